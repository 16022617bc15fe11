//! Random architectures, data and stalls, and what judges the results.
//!
//! A [`Case`] is everything that happens to one core; each kind of core has its own, as
//! [`matmul::MatmulCase`], [`npu::ProgramCase`] and [`npu::NetworkCase`]. [`check::run_case`] runs one on the simulators and has it judged;
//! [`campaign::run`] does so for random cases, shrinks a failing one and prints it in a form that
//! can be replayed.

pub mod bench;
pub mod campaign;
mod case;
pub mod check;
pub mod formal;
mod kinds;
pub mod matmul;
pub mod mutation;
pub mod npu;
mod predicted;
pub mod random_design;
mod verdict;

pub use case::{Case, ParseCaseError, Stimulus};
pub use kinds::{Cores, parse, random_case};
pub use predicted::Predicted;
pub use verdict::{CaseFailure, CaseReport, Mismatch};
