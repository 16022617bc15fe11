//! Arrays of PEs, skew and deskew, each alone against a naive model.

mod pe;
mod skew;
mod systolic;
