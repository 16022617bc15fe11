//! Runs a core: operands to streams, streams to a simulator, results back.

pub mod npy;
pub mod pack;
