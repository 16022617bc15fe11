//! From operand buffers through the array to vectors of sums.

mod common;
mod output_stationary;
mod weight_stationary;

use crate::arch::MatmulArch;

pub use output_stationary::OutputStationaryDatapath;
pub use weight_stationary::WeightStationaryDatapath;

/// Cycles from the issue of operands until they stand at the edge of the array: those of the read,
/// and the operand register.
fn operand_latency(arch: &MatmulArch) -> u32 {
    arch.read_latency() + 1
}

/// The instance of the array.
pub(super) const ARRAY: &str = "array";
