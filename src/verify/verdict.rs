//! What a case was found to be: right, or what is wrong with it.

use crate::device::{Error, Failure};
use std::collections::BTreeMap;
use thiserror::Error;

/// What a case that passed was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseReport {
    /// Jobs, refused and failed ones included.
    pub jobs: u64,
    /// Elements of results that were compared.
    pub elements: u64,
    /// Cycles of one simulator.
    pub cycles: u64,
    /// How often each cover point of the core was hit, by its hierarchical name.
    pub covers: BTreeMap<String, u64>,
}

impl CaseReport {
    /// Takes in another report.
    pub fn add(&mut self, other: &CaseReport) {
        self.jobs += other.jobs;
        self.elements += other.elements;
        self.cycles += other.cycles;
        for (path, count) in &other.covers {
            *self.covers.entry(path.clone()).or_default() += count;
        }
    }
}

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
    /// The test bench of a core has found something.
    #[error("its test bench says: {0}")]
    Bench(String),
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
