//! What a configuration breaks.

use crate::config::Problem;
use std::fmt;

/// The rules that a configuration breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchError {
    /// At least one, each with its key.
    pub problems: Vec<Problem>,
}

impl ArchError {
    /// Nothing, or all the problems that there are.
    pub(super) fn check(problems: Vec<Problem>) -> Result<(), ArchError> {
        match problems.is_empty() {
            true => Ok(()),
            false => Err(ArchError { problems }),
        }
    }
}

/// One problem a line.
impl fmt::Display for ArchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ArchError {}

impl From<Problem> for ArchError {
    fn from(problem: Problem) -> ArchError {
        ArchError {
            problems: vec![problem],
        }
    }
}
