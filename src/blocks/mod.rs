//! The hardware, from cells to cores.

#![forbid(unsafe_code)]

pub mod array;
pub mod buffer;
pub mod control;
pub mod datapath;
mod matmul;
pub mod npu;
pub mod pe;
pub mod ports;
pub mod post;
pub mod prim;
pub mod vendor;

pub use matmul::MatmulCore;
