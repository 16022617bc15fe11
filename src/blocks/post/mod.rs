//! Post-processing: what becomes of sums behind the array.

mod product;
mod requantizer;
mod rounding;

pub use requantizer::{Arithmetic, Requantizer, RequantizerInputs, RequantizerOutputs};
