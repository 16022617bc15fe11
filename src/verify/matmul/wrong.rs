//! What can be wrong with what a matmul core did.

use crate::number::Number;
use crate::verify::verdict::Mismatch;
use thiserror::Error;

/// What is wrong. Jobs count from 0.
#[derive(Debug, Error)]
pub enum Wrong {
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
        expected: Number,
        /// What the core sent.
        found: Number,
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
    /// The response to an access.
    #[error(
        "operation {number} of the host was answered with {found} and must be with {expected} (0 OKAY, 2 SLVERR)"
    )]
    Response {
        /// The operation.
        number: usize,
        /// What it must be.
        expected: u8,
        /// What it is.
        found: u8,
    },
    /// A counter.
    #[error("job {job}: {problem}")]
    Counter {
        /// The job.
        job: usize,
        /// What is wrong.
        problem: String,
    },
}

impl From<Wrong> for Mismatch {
    fn from(wrong: Wrong) -> Mismatch {
        Mismatch::Wrong(Box::new(wrong))
    }
}
