//! The cells of `blocks::prim`: each against a naive model under random idle and backpressure, and
//! proofs of the cells that hold payloads.

mod bench;
mod fifo;
mod slices;
