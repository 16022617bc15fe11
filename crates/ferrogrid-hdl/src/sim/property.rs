//! Assertions, assumptions and cover points at rising edges.

use crate::ir::PropertyKind;

/// Failures kept; a broken design fails at every edge.
pub(super) const MOST_FAILURES: usize = 1000;

/// An assertion, an assumption or a memory rule that did not hold at a rising edge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Rising edges before the one at which it failed.
    pub cycle: u64,
    /// Hierarchical name of the property or memory.
    pub path: String,
    /// What it means.
    pub message: String,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "cycle {}: {}: {}", self.cycle, self.path, self.message)
    }
}

/// How often a cover point was hit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cover {
    /// Hierarchical name of the cover point.
    pub path: String,
    /// Rising edges outside reset at which its condition was 1.
    pub count: u64,
}

/// A property of one scope.
#[derive(Clone, Debug)]
pub(super) struct PropertyLayout {
    pub kind: PropertyKind,
    pub path: String,
    pub message: String,
    pub condition: u32,
    pub domain: u32,
    /// Which of the cover points it is, if it is one.
    pub cover: usize,
}
