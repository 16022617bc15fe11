//! The whole matmul core against the golden model: random cases, and directed ones.

mod random;
