//! Random architectures, data and stalls, and what judges the results.

pub mod bench;
pub mod formal;
pub mod random_arch;
pub mod random_design;
