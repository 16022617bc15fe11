//! From operand buffers through the array to vectors of sums.

mod common;
mod output_stationary;
mod weight_stationary;

pub use common::{DatapathOutputs, DatapathParams};
pub use output_stationary::{OutputStationaryDatapath, OutputStationaryDatapathInputs};
pub use weight_stationary::{WeightStationaryDatapath, WeightStationaryDatapathInputs};
