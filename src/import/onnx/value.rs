//! What a name of the file stands for.

use super::ImportError;
use super::constant::Constant;
use super::normalization::{Affine, NOT_QUANTIZED};
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

/// How the values of a tensor of the graph lie in the file. The shape of the tensor may be another one of as many
/// values: what counts is the order in memory.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Axes {
    /// Sizes along the axes of the file, the batch axis included.
    pub(super) sizes: Vec<usize>,
    /// The axes of the file in the order in which they lie in memory.
    pub(super) order: Vec<usize>,
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
    /// What a Pad writes, where it is no integer of the input.
    pub(super) padding: Option<f32>,
    /// What becomes of sums of products with constant weights.
    pub(super) affine: Option<Box<Affine>>,
}

impl Axes {
    /// The axes of a tensor as inputs and outputs have it: what has three axes in the graph has in memory its first one
    /// of the file last.
    pub(super) fn of(sizes: &[usize]) -> Axes {
        let order = match *sizes {
            [1, _, _, _] => vec![0, 2, 3, 1],
            [batch, _, _] if batch != 1 => vec![1, 2, 0],
            _ => (0..sizes.len()).collect(),
        };
        Axes::in_order(sizes, order)
    }

    pub(super) fn in_order(sizes: &[usize], order: Vec<usize>) -> Axes {
        Axes {
            sizes: sizes.to_vec(),
            order,
            flattened: None,
        }
    }

    /// In the order of the file.
    pub(super) fn plain(sizes: &[usize]) -> Axes {
        Axes::in_order(sizes, (0..sizes.len()).collect())
    }

    pub(super) fn rank(&self) -> usize {
        self.sizes.len()
    }

    /// Sizes in memory, all axes.
    pub(super) fn whole(&self) -> Vec<usize> {
        self.order.iter().map(|axis| self.sizes[*axis]).collect()
    }

    /// The shape in the graph: sizes in memory without a batch axis of 1.
    pub(super) fn shape(&self) -> Vec<usize> {
        let mut shape = self.whole();
        if self.leaves_out() {
            shape.remove(0);
        }
        shape
    }

    /// Whether the graph has not the first axis in memory.
    fn leaves_out(&self) -> bool {
        self.rank() > 1 && self.order[0] == 0 && self.sizes[0] == 1
    }

    /// The distance in memory along each axis of the file.
    pub(super) fn strides(&self) -> Vec<isize> {
        let mut strides = vec![0; self.rank()];
        let mut step = 1;
        for axis in self.order.iter().rev() {
            strides[*axis] = step;
            step *= self.sizes[*axis] as isize;
        }
        strides
    }

    /// Whether values lie as in another order of the same axes.
    pub(super) fn lies_as(&self, order: &[usize]) -> bool {
        let long = |order: &[usize]| -> Vec<usize> {
            let axes = order.iter().copied();
            axes.filter(|axis| self.sizes[*axis] > 1).collect()
        };
        self.flattened.is_none() && long(&self.order) == long(order)
    }

    /// How many values.
    pub(super) fn len(&self) -> usize {
        let times = |product: usize, size: &usize| product.saturating_mul(*size);
        self.sizes.iter().fold(1, times)
    }
}

impl Pending {
    /// It is used without being quantized.
    pub(super) fn float(&self) -> ImportError {
        let (node, operator) = (self.node.clone(), self.op_type.clone());
        match self.operator {
            Operator::BatchNormalization => ImportError::Node {
                node,
                operator,
                reason: NOT_QUANTIZED.into(),
            },
            _ => ImportError::Float { node, operator },
        }
    }
}
