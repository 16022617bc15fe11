//! Arrays of PEs. Arithmetic lives in the PEs, timing in skew and deskew: an array only wires.

mod grid;
mod row;
mod skew;

pub use grid::Array;
pub use row::ArrayRow;
pub use skew::{Lanes, Skew};
