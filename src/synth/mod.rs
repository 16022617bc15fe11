//! External tools.
#![forbid(unsafe_code)]

pub mod ecp5;
pub mod tools;
