//! What can be wrong with a case.

use crate::device::{Error, Failure};
use crate::verify::case::Case;
use thiserror::Error;

/// A case that failed.
#[derive(Debug, Error)]
#[error("{mismatch}\nreplay: ferrogrid verify --replay \"{case}\"")]
pub struct CaseFailure {
    /// The case.
    pub case: Box<Case>,
    /// The first thing that is wrong.
    pub mismatch: Box<Mismatch>,
}

/// What is wrong. Jobs count from 0.
#[derive(Debug, Error)]
pub enum Mismatch {
    /// An element of a result.
    #[error(
        "job {job}: C[{row}, {column}] is {found} and must be {expected} (beat {beat}, cycle {cycle})"
    )]
    Element {
        /// The job.
        job: usize,
        /// Row of C.
        row: usize,
        /// Column of C.
        column: usize,
        /// The golden product.
        expected: i64,
        /// What the core sent.
        found: i64,
        /// The beat of the job's result.
        beat: usize,
        /// When it was taken.
        cycle: u64,
    },
    /// The form of a result: padding, TLAST, number of beats.
    #[error("job {job}: beat {beat} of C {problem}")]
    Form {
        /// The job.
        job: usize,
        /// The beat of the job's result.
        beat: usize,
        /// What is wrong.
        problem: String,
    },
    /// A register.
    #[error("job {job}: register `{register}` reads {found:#x} and must be {expected:#x}")]
    Register {
        /// The job.
        job: usize,
        /// Its name.
        register: &'static str,
        /// What it must be.
        expected: u32,
        /// What it is.
        found: u32,
    },
    /// A counter.
    #[error("job {job}: {problem}")]
    Counter {
        /// The job.
        job: usize,
        /// What is wrong.
        problem: String,
    },
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
