//! Random architectures, data and stalls, and what judges the results.
//!
//! A [`case::Case`] is everything that happens to one core: its architecture, the jobs, their
//! data, stalls and faults. [`check::run_case`] runs it and holds every beat of the result, status
//! and counters to the golden model; [`campaign::run`] does so for random cases, shrinks a failing
//! one and prints it in a form that can be replayed.

pub mod bench;
pub mod campaign;
pub mod case;
pub mod check;
mod data;
mod expect;
pub mod formal;
pub mod mutation;
pub mod random_arch;
pub mod random_design;
mod stimulus;
