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
    /// Axes in the file, the batch axis included. With four, the file has channels second and the
    /// graph has them last.
    pub(super) rank: usize,
    /// True when the file speaks of the real numbers for which the integers of the tensor stand.
    pub(super) real: bool,
    /// `[height, width, channels]` of the image that was flattened, where the file has its values
    /// channel by channel and the tensor pixel by pixel.
    pub(super) order: Option<[usize; 3]>,
}

/// An operator on real numbers whose result has no quantization yet.
#[derive(Clone)]
pub(super) struct Pending {
    pub(super) node: String,
    pub(super) op_type: String,
    pub(super) operator: Operator,
    pub(super) inputs: Vec<TensorId>,
    /// Axes of the result, and its order.
    pub(super) rank: usize,
    pub(super) order: Option<[usize; 3]>,
    /// Real numbers between which the result lies.
    pub(super) limits: [f32; 2],
}

impl Activation {
    pub(super) fn new(id: TensorId, rank: usize) -> Activation {
        Activation {
            id,
            rank,
            real: false,
            order: None,
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
