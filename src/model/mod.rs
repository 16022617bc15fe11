//! What a core takes, before it is built and while it runs: cycles, area and energy by arithmetic alone, no simulation.
//!
//! The models follow the hardware: every number in them is a depth of a pipeline or a width of a port that `blocks`
//! has, and the tests hold them to the cycles that the hardware takes.
#![forbid(unsafe_code)]

mod area;
pub mod energy;
pub mod matmul;
pub mod npu;

pub use area::{Area, Core, Multipliers, area, area_by_unit, area_of_array, area_with};
