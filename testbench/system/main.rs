//! The whole matmul core against the golden model: random cases, and directed ones.

mod counters;
mod faults;
mod model;
mod queued;
mod random;
mod registers;
mod results;
mod shapes;
mod status;
mod support;
#[path = "../tools.rs"]
mod tools;
