//! What can be wrong with a case.

use crate::device::{Error, Failure};
use thiserror::Error;

/// A case that failed.
#[derive(Debug, Error)]
#[error("{mismatch}\nreplay: ferrogrid verify --replay \"{case}\"")]
pub struct CaseFailure {
    /// The text of the case.
    pub case: String,
    /// The first thing that is wrong.
    pub mismatch: Box<Mismatch>,
}

/// What is wrong.
#[derive(Debug, Error)]
pub enum Mismatch {
    /// What the core did.
    #[error(transparent)]
    Wrong(Box<dyn std::error::Error + Send + Sync>),
    /// An assertion of the core or a rule of a bus.
    #[error("{0}")]
    Rule(Failure),
    /// The core stopped.
    #[error("nothing more after {cycles} cycles: {waiting}")]
    Stuck {
        /// Cycles that were more than enough.
        cycles: u64,
        /// What was awaited.
        waiting: String,
    },
    /// Simulators differ.
    #[error("{first} and {second} differ: {difference}")]
    Disagreement {
        /// A simulator.
        first: &'static str,
        /// Another.
        second: &'static str,
        /// The first difference.
        difference: String,
    },
    /// The case could not be run.
    #[error(transparent)]
    Device(#[from] Error),
}
