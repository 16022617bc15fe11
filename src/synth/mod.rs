//! External tools.
#![forbid(unsafe_code)]

pub mod tools;
