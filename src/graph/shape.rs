//! The shape of what a node computes.

use super::{Graph, GraphError, Node, Operator, Padding, Problem, TensorId};

/// Sizes beyond this are refused, so that products of two do not overflow.
pub(super) const MOST: usize = i32::MAX as usize;

impl Graph {
    /// The shape of the output of a node.
    ///
    /// # Errors
    /// When an input does not exist or has a shape that the operator does not take.
    pub fn shape_of(&self, node: &Node) -> Result<Vec<usize>, GraphError> {
        let fail = |problem| node.error(problem);
        for id in &node.inputs {
            self.existing(*id)?;
        }
        let (least, most) = node.operator.inputs();
        let found = node.inputs.len();
        if !(least..=most).contains(&found) {
            return Err(fail(Problem::Inputs { least, most, found }));
        }
        let wrong = |input: usize, wanted| {
            let tensor = &self[node.inputs[input]];
            fail(Problem::Shape {
                wanted,
                tensor: tensor.name.clone(),
                shape: tensor.shape.clone(),
            })
        };
        let shape = |input: usize| self[node.inputs[input]].shape.as_slice();
        let image = || match *shape(0) {
            [height, width, channels] => Ok(([height, width], channels)),
            _ => Err(wrong(0, "an image of [height, width, channels]")),
        };
        let bias = |outputs: usize| match node.inputs.len() {
            3 if *shape(2) != [outputs] => Err(wrong(2, "a bias per output channel")),
            _ => Ok(()),
        };
        match &node.operator {
            Operator::Convolution(convolution) => {
                let (size, channels) = image()?;
                let &[outputs, kernel_height, kernel_width, inputs] = shape(1) else {
                    return Err(wrong(1, "weights of [output, row, column, input]"));
                };
                let groups = convolution.groups;
                if groups == 0 || outputs % groups != 0 || channels % groups != 0 {
                    let channels = if channels.is_multiple_of(groups.max(1)) {
                        outputs
                    } else {
                        channels
                    };
                    return Err(fail(Problem::Groups { channels, groups }));
                }
                if inputs != channels / groups {
                    return Err(wrong(1, "weights for the channels of a group"));
                }
                bias(outputs)?;
                let kernel = [kernel_height, kernel_width];
                let window = Window {
                    kernel,
                    strides: convolution.strides,
                    dilations: convolution.dilations,
                    padding: convolution.padding,
                };
                let [height, width] = window.positions(size).map_err(fail)?;
                Ok(vec![height, width, outputs])
            }
            Operator::FullyConnected => {
                let (&[outputs, features], [rows @ .., last]) = (shape(1), shape(0)) else {
                    return Err(wrong(1, "weights of [output, feature]"));
                };
                if features != *last {
                    return Err(wrong(0, "as many features as its weights"));
                }
                bias(outputs)?;
                Ok([rows, &[outputs]].concat())
            }
            Operator::Add if shape(0).ends_with(shape(1)) => Ok(shape(0).to_vec()),
            Operator::Add => Err(wrong(1, "a second input with the last axes of the first")),
            Operator::AveragePool(pool) | Operator::MaxPool(pool) => {
                let (size, channels) = image()?;
                let window = Window {
                    kernel: pool.kernel,
                    strides: pool.strides,
                    dilations: [1, 1],
                    padding: pool.padding,
                };
                let Padding {
                    top,
                    left,
                    bottom,
                    right,
                } = pool.padding;
                let [height, width] = window.positions(size).map_err(fail)?;
                if top.max(bottom) >= pool.kernel[0] || left.max(right) >= pool.kernel[1] {
                    return Err(fail(Problem::OnlyPadding));
                }
                Ok(vec![height, width, channels])
            }
            Operator::GlobalAveragePool => Ok(vec![1, 1, image()?.1]),
            Operator::Reshape { shape: wanted } => {
                let product = |shape: &[usize]| {
                    let size = shape.iter().try_fold(1_usize, |a, b| a.checked_mul(*b));
                    size.filter(|size| *size <= MOST)
                };
                if product(wanted).is_none_or(|size| Some(size) != product(shape(0))) {
                    return Err(wrong(0, "an input of as many values as its output"));
                }
                Ok(wanted.clone())
            }
            Operator::Softmax { .. } if shape(0).is_empty() => Err(wrong(0, "at least one axis")),
            Operator::Clip { .. }
            | Operator::Quantize
            | Operator::Dequantize
            | Operator::Softmax { .. } => Ok(shape(0).to_vec()),
        }
    }

    pub(super) fn existing(&self, id: TensorId) -> Result<(), GraphError> {
        match self.tensors.get(id.0) {
            Some(_) => Ok(()),
            None => Err(GraphError::Tensor {
                tensor: id.0.to_string(),
                problem: Problem::Missing(self.tensors.len()),
            }),
        }
    }
}

impl Node {
    pub(super) fn error(&self, problem: Problem) -> GraphError {
        GraphError::Node {
            node: self.name.clone(),
            operator: self.operator.name(),
            problem,
        }
    }
}

/// A window that moves over an image.
struct Window {
    kernel: [usize; 2],
    strides: [usize; 2],
    dilations: [usize; 2],
    padding: Padding,
}

impl Window {
    /// How often it fits, down and right.
    fn positions(&self, size: [usize; 2]) -> Result<[usize; 2], Problem> {
        let Padding {
            top,
            left,
            bottom,
            right,
        } = self.padding;
        let steps = [self.kernel, self.strides, self.dilations].concat();
        let positive = steps.iter().all(|size| (1..=MOST).contains(size));
        if !positive || [top, left, bottom, right].iter().any(|size| *size > MOST) {
            return Err(Problem::Window);
        }
        let padded = [size[0] + top + bottom, size[1] + left + right];
        let window = [0, 1].map(|axis| (self.kernel[axis] - 1) * self.dilations[axis] + 1);
        if window[0] > padded[0] || window[1] > padded[1] {
            let input = padded;
            return Err(Problem::SmallInput { window, input });
        }
        Ok([0, 1].map(|axis| (padded[axis] - window[axis]) / self.strides[axis] + 1))
    }
}
