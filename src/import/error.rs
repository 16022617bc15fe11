//! Why a file is not imported.

use crate::graph::GraphError;
use miette::Diagnostic;
use std::fmt;
use thiserror::Error;

/// A format of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// TensorFlow Lite.
    TfLite,
    /// ONNX.
    Onnx,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Format::TfLite => "TFLite",
            Format::Onnx => "ONNX",
        })
    }
}

/// Why a file is not imported.
#[derive(Clone, Debug, PartialEq, Error, Diagnostic)]
pub enum ImportError {
    /// It is of another kind.
    #[error("this is neither a TFLite nor an ONNX model: {reason}")]
    #[diagnostic(
        code(ferrogrid::import::unknown),
        help(
            "a TFLite file has `TFL3` at byte 4; an ONNX file is a protobuf message with a graph"
        )
    )]
    Unknown {
        /// Why it is no ONNX model.
        reason: String,
    },
    /// Its parts do not fit together.
    #[error("the {format} file is damaged: {reason}")]
    #[diagnostic(
        code(ferrogrid::import::damaged),
        help("export or download the file again")
    )]
    Damaged {
        /// Its format.
        format: Format,
        /// What was found.
        reason: String,
    },
    /// An operator is not supported.
    #[error("node `{node}`: the operator {operator} is not supported")]
    #[diagnostic(
        code(ferrogrid::import::operator),
        help("supported are: {}", .supported.join(", "))
    )]
    Operator {
        /// Name of the node.
        node: String,
        /// Its operator.
        operator: String,
        /// The operators that are.
        supported: Vec<&'static str>,
    },
    /// The way an operator is used is not supported.
    #[error("node `{node}` ({operator}) {reason}")]
    #[diagnostic(code(ferrogrid::import::node))]
    Node {
        /// Name of the node.
        node: String,
        /// Its operator.
        operator: String,
        /// What is wrong or not supported.
        reason: String,
    },
    /// A tensor is not supported.
    #[error("tensor `{tensor}` {reason}")]
    #[diagnostic(code(ferrogrid::import::tensor))]
    Tensor {
        /// Its name.
        tensor: String,
        /// What is wrong or not supported.
        reason: String,
    },
    /// A node computes in floating point.
    #[error(
        "node `{node}` ({operator}) computes in floating point: this part of the model is not quantized"
    )]
    #[diagnostic(
        code(ferrogrid::import::float),
        help(
            "quantize the model first: `ferrogrid quantize` does so with samples of what it will see"
        )
    )]
    Float {
        /// Name of the node.
        node: String,
        /// Its operator.
        operator: String,
    },
    /// The network is inconsistent.
    #[error(transparent)]
    #[diagnostic(code(ferrogrid::import::graph))]
    Graph(#[from] GraphError),
}
