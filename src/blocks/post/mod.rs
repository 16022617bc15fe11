//! Post-processing: what becomes of sums behind the array.

mod aligned;
mod product;
mod requantizer;
mod significant;

pub use requantizer::{Arithmetic, Requantizer, RequantizerInputs, RequantizerOutputs};
