//! From operand buffers through the array to vectors of sums.

mod common;
mod output_stationary;
mod weight_stationary;

pub use output_stationary::OutputStationaryDatapath;
pub use weight_stationary::WeightStationaryDatapath;

/// Cycles from the issue of operands until they stand at the edge of the array: the memory's
/// output register and the operand register.
const OPERAND_LATENCY: u32 = 2;

/// The instance of the array.
pub(super) const ARRAY: &str = "array";
