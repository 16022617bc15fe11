//! The hardware, from cells to cores.

#![forbid(unsafe_code)]

pub mod prim;
