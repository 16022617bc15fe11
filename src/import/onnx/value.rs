//! What a name of the file stands for.

use super::ImportError;
use super::constant::Constant;
use crate::graph::{Operator, TensorId};
use std::rc::Rc;

/// What a name of the file stands for.
#[derive(Clone)]
pub(super) enum Value {
    Constant(Rc<Constant>),
    Activation(Activation),
    Pending(Pending),
}

/// A tensor of the graph.
#[derive(Clone)]
pub(super) struct Activation {
    pub(super) id: TensorId,
    pub(super) axes: Axes,
    /// True when the file speaks of the real numbers for which the integers of the tensor stand.
    pub(super) real: bool,
}

/// How the values of a tensor of the graph lie in the file.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Axes {
    /// Axes in the file, the batch axis included. With four, the file has channels second and the
    /// graph has them last.
    pub(super) rank: usize,
    /// `[height, width, channels]` of the image that was flattened, where the file has its values
    /// channel by channel and the tensor pixel by pixel.
    pub(super) flattened: Option<[usize; 3]>,
}

/// An operator on real numbers whose result has no quantization yet.
#[derive(Clone)]
pub(super) struct Pending {
    pub(super) node: String,
    pub(super) op_type: String,
    pub(super) operator: Operator,
    pub(super) inputs: Vec<TensorId>,
    pub(super) axes: Axes,
    /// Real numbers between which the result lies.
    pub(super) limits: [f32; 2],
}

impl Axes {
    /// So many axes of a tensor that is no flattened image.
    pub(super) fn of(rank: usize) -> Axes {
        Axes {
            rank,
            flattened: None,
        }
    }
}

impl Pending {
    /// It is used without being quantized.
    pub(super) fn float(&self) -> ImportError {
        ImportError::Float {
            node: self.node.clone(),
            operator: self.op_type.clone(),
        }
    }
}

/// The shape in the graph of a tensor of the file.
pub(super) fn graph_shape(sizes: &[usize]) -> Result<Vec<usize>, String> {
    match *sizes {
        [batch, _, ..] if batch != 1 => Err(format!("has a batch of {batch}; only 1 is supported")),
        [_, channels, height, width] => Ok(vec![height, width, channels]),
        [_, ref sizes @ ..] if !sizes.is_empty() => Ok(sizes.to_vec()),
        _ => Ok(sizes.to_vec()),
    }
}

/// The shape in the file of a tensor of the graph.
pub(super) fn file_shape(shape: &[usize], rank: usize) -> Vec<usize> {
    match (rank, shape) {
        (4, &[height, width, channels]) => vec![1, channels, height, width],
        (0 | 1, _) => shape.to_vec(),
        _ => [&[1], shape].concat(),
    }
}
