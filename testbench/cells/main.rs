//! The cells of `blocks::prim`: each against a naive model under random idle and backpressure, and
//! proofs of the cells with handshakes.

mod axi4;
mod axi4_proofs;
mod axi_lite;
mod bench;
mod c_header;
mod contracts;
mod crossing;
mod fifo;
mod harness;
mod lint;
mod proofs;
mod semaphores;
mod slices;
mod small;
mod store;
mod tool;
mod weight_ring;
