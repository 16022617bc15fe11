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
        "the core `{core}` has `requantization = \"{there}\"`, and {what} in {wanted}: make it \"both\""
    )]
    Requantization {
        /// The core.
        core: String,
        /// What it has.
        there: Requantization,
        /// What is not possible, up to `in`.
        what: String,
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
    /// The program is too long.
    #[error("the program has more than 65,535 instructions, and a core runs no more")]
    Program,
    /// The scratchpad is too small for a row of a layer, with everything else in DRAM.
    #[error(
        "node `{node}`: a row of its result and what it is made of need {needed} bytes of the scratchpad, {missing} more \
         than there are: make [memory] scratchpad larger"
    )]
    Scratchpad {
        /// The node.
        node: String,
        /// Bytes that are needed, both halves.
        needed: u64,
        /// How many of them are not there.
        missing: u64,
    },
}
