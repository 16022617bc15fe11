//! What is inconsistent in a graph.

use super::Element;
use thiserror::Error;

/// What is inconsistent, and where.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum GraphError {
    /// A tensor.
    #[error("tensor `{tensor}` {problem}")]
    Tensor {
        /// Its name, or its index where there is none of this index.
        tensor: String,
        /// What is wrong with it.
        problem: Problem,
    },
    /// A node.
    #[error("node `{node}` ({operator}) {problem}")]
    Node {
        /// Its name.
        node: String,
        /// Its operator.
        operator: &'static str,
        /// What is wrong with it.
        problem: Problem,
    },
}

/// What is wrong with a tensor or a node: the end of a sentence that begins with its name.
#[derive(Clone, Debug, PartialEq, Error)]
#[allow(missing_docs)] // The messages say what the fields are.
pub enum Problem {
    #[error("does not exist: there are {0} tensors")]
    Missing(usize),
    #[error(
        "has the shape {0:?}: every size must be at least 1, and all together at most 2^31 - 1"
    )]
    Size(Vec<usize>),
    #[error("holds {found} values, and its shape has {wanted}")]
    Count { found: usize, wanted: usize },
    #[error("has type {found}, and its values have {values}")]
    Type { found: Element, values: Element },
    #[error(
        "has {scales} scales and {zero_points} zero points; it may have one of each, or as many as its first axis"
    )]
    Channels { scales: usize, zero_points: usize },
    #[error("has the scale {0}: scales must be finite and greater than 0")]
    Scale(f32),
    #[error("has the zero point {zero_point}, which {element} does not hold")]
    ZeroPoint { zero_point: i32, element: Element },
    #[error("is computed twice, or computed and given at once")]
    Twice,
    #[error("is an output that nothing computes")]
    NotComputed,
    #[error("takes {least} to {most} inputs and has {found}")]
    Inputs {
        least: usize,
        most: usize,
        found: usize,
    },
    #[error("reads `{0}`, which is neither given, constant nor computed before")]
    Order(String),
    #[error("takes {wanted}; `{tensor}` has the shape {shape:?}")]
    Shape {
        wanted: &'static str,
        tensor: String,
        shape: Vec<usize>,
    },
    #[error("has a window, stride, dilation or number of groups of 0, or one beyond 2^31 - 1")]
    Window,
    #[error("has a window of {window:?} that is larger than its padded input of {input:?}")]
    SmallInput {
        window: [usize; 2],
        input: [usize; 2],
    },
    #[error("has a window that lies on the padding alone")]
    OnlyPadding,
    #[error("does not split {channels} channels into {groups} groups")]
    Groups { channels: usize, groups: usize },
    #[error("gives the shape {found:?}, and its output `{tensor}` has {wanted:?}")]
    Result {
        tensor: String,
        found: Vec<usize>,
        wanted: Vec<usize>,
    },
    #[error("takes {wanted}; `{tensor}` is {found}")]
    Element {
        wanted: &'static str,
        tensor: String,
        found: Element,
    },
    #[error("needs the scale and the zero point of `{0}`, and there are none, or one per channel")]
    NotQuantized(String),
    #[error("needs weights and bias that are constant; `{0}` is not")]
    NotConstant(String),
    #[error(
        "keeps values as they are: `{0}` must have the type, scale and zero point of its input"
    )]
    Requantizes(String),
    #[error("limits its result to {low}..={high}, which {element} does not hold")]
    Limits {
        low: i32,
        high: i32,
        element: Element,
    },
    #[error("clips between {low} and {high}, which are no limits")]
    Clip { low: f32, high: f32 },
}
