//! Why a network has no program.

use crate::arch::Requantization;
use crate::graph::GraphError;
use thiserror::Error;

/// Why a network has no program.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum CompileError {
    /// The graph is inconsistent.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// A node cannot be run.
    #[error("node `{node}` ({operator}): {reason}")]
    Node {
        /// Its name.
        node: String,
        /// Its operator.
        operator: &'static str,
        /// Why not.
        reason: String,
    },
    /// The core does not round so.
    #[error(
        "the core `{core}` has `requantization = \"{there}\"`, and sums are to be rounded in {wanted}: take \
         the other mode, or make it \"both\""
    )]
    Requantization {
        /// The core.
        core: String,
        /// What it has.
        there: Requantization,
        /// `single precision` or `fixed point`.
        wanted: &'static str,
    },
    /// A layer is larger than instructions can say.
    #[error("node `{node}` is too large for the NPU: {reason}")]
    Size {
        /// Its name.
        node: String,
        /// Which field is too narrow.
        reason: String,
    },
    /// The activations do not fit the scratchpad.
    #[error(
        "the activations of `{node}` need {needed} bytes of a half of the scratchpad, which has {there}: \
         make [memory] scratchpad larger"
    )]
    Scratchpad {
        /// The node whose result has no place.
        node: String,
        /// Bytes that are needed.
        needed: u64,
        /// Bytes of a half.
        there: u64,
    },
}
