//! What is inconsistent in a graph.

use thiserror::Error;

/// What is inconsistent, and where.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum GraphError {
    /// A tensor.
    #[error("tensor `{tensor}` {problem}")]
    Tensor {
        /// Its name, or its number where there is no such tensor.
        tensor: String,
        /// The end of a sentence that begins with the tensor.
        problem: String,
    },
    /// A node.
    #[error("node `{node}` ({operator}) {problem}")]
    Node {
        /// Its name.
        node: String,
        /// Its operator.
        operator: &'static str,
        /// The end of a sentence that begins with the node.
        problem: String,
    },
}
