//! Bit-exact golden models in plain Rust.
//!
//! What hardware must compute, written as directly as possible and sharing no code with it:
//! nothing here knows of streams, pipelines or cycles. What elements mean is asked of
//! [`number`](crate::number), what instructions are of [`isa`](crate::isa), what a network is of
//! [`graph`](crate::graph).
#![forbid(unsafe_code)]

pub mod graph;
mod machine;
mod matmul;
mod requantize;

pub use machine::{IllegalProgram, MachineSize, run_program};
pub use matmul::{MatmulError, integer_matmul, matmul};
pub use requantize::{
    fixed_point, float_scale, quantize_multiplier, rounding_divide_by_power_of_two,
    saturating_rounding_doubling_high_mul,
};
