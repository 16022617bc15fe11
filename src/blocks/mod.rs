//! The hardware, from cells to cores.

#![forbid(unsafe_code)]

pub mod array;
pub mod buffer;
pub mod control;
mod matmul;
pub mod pe;
pub mod prim;

pub use matmul::MatmulCore;
