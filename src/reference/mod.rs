//! Bit-exact golden models in plain integer Rust.
//!
//! What hardware must compute, written as directly as possible and sharing no code with it:
//! nothing here knows of arrays, widths, tiles or streams.
#![forbid(unsafe_code)]

mod matmul;

pub use matmul::{MatmulError, matmul};
