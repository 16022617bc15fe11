//! The shape of what a node computes.

use super::{Convolution, Graph, GraphError, Node, Operator, Padding, Pool, Tensor, TensorId};

/// Sizes beyond this are refused, so that products of two do not overflow.
pub(super) const MOST: usize = i32::MAX as usize;

/// How many elements a shape has; none where they are too many.
pub(super) fn count(shape: &[usize]) -> Option<usize> {
    let times = |product: usize, size: &usize| product.checked_mul(*size);
    let product = shape.iter().try_fold(1, times);
    product.filter(|product| *product <= MOST)
}

impl Graph {
    /// The shape of the output of a node.
    ///
    /// # Errors
    /// When an input does not exist or has a shape that the operator does not take.
    pub fn shape_of(&self, node: &Node) -> Result<Vec<usize>, GraphError> {
        for id in &node.inputs {
            self.existing(*id)?;
        }
        let inputs: Vec<&Tensor> = node.inputs.iter().map(|id| &self[*id]).collect();
        shape(&node.operator, &inputs).map_err(|problem| node.error(problem))
    }

    pub(super) fn existing(&self, id: TensorId) -> Result<(), GraphError> {
        match self.tensors.get(id.0) {
            Some(_) => Ok(()),
            None => Err(GraphError::Tensor {
                tensor: id.0.to_string(),
                problem: format!("does not exist: there are {} tensors", self.tensors.len()),
            }),
        }
    }
}

impl Node {
    pub(super) fn error(&self, problem: String) -> GraphError {
        GraphError::Node {
            node: self.name.clone(),
            operator: self.operator.name(),
            problem,
        }
    }
}

/// What an operator makes of inputs, or why it does not take them.
fn shape(operator: &Operator, inputs: &[&Tensor]) -> Result<Vec<usize>, String> {
    let (least, most) = operator.inputs();
    if !(least..=most).contains(&inputs.len()) {
        let found = inputs.len();
        return Err(format!("takes {least} to {most} inputs and has {found}"));
    }
    let x = inputs[0];
    match operator {
        Operator::Convolution(convolution) => convolved(convolution, inputs),
        Operator::FullyConnected => {
            let (&[outputs, features], [rows @ .., last]) = (&inputs[1].shape[..], &x.shape[..])
            else {
                return Err(takes("weights of [output, feature]", inputs[1]));
            };
            if features != *last {
                return Err(takes("as many features as its weights", x));
            }
            check_bias(inputs, outputs)?;
            Ok([rows, &[outputs]].concat())
        }
        Operator::Add => match x.shape.ends_with(&inputs[1].shape) {
            true => Ok(x.shape.clone()),
            false => Err(takes(
                "a second input with the last axes of the first",
                inputs[1],
            )),
        },
        Operator::AveragePool(pool) | Operator::MaxPool(pool) => pooled(pool, x),
        Operator::GlobalAveragePool => Ok(vec![1, 1, image(x)?.1]),
        Operator::Reshape { shape } => match count(shape).is_some_and(|count| count == x.len()) {
            true => Ok(shape.clone()),
            false => Err(takes("an input of as many values as its output", x)),
        },
        Operator::Softmax { .. } if x.shape.is_empty() => Err(takes("at least one axis", x)),
        Operator::Clip { .. }
        | Operator::Quantize
        | Operator::Dequantize
        | Operator::Softmax { .. } => Ok(x.shape.clone()),
    }
}

fn takes(wanted: &str, tensor: &Tensor) -> String {
    let Tensor { name, shape, .. } = tensor;
    format!("takes {wanted}; `{name}` has the shape {shape:?}")
}

/// Height and width of an image, and its channels.
fn image(x: &Tensor) -> Result<([usize; 2], usize), String> {
    match *x.shape.as_slice() {
        [height, width, channels] => Ok(([height, width], channels)),
        _ => Err(takes("an image of [height, width, channels]", x)),
    }
}

fn check_bias(inputs: &[&Tensor], outputs: usize) -> Result<(), String> {
    match inputs.get(2) {
        Some(bias) if bias.shape != [outputs] => Err(takes("a bias per output channel", bias)),
        _ => Ok(()),
    }
}

fn convolved(convolution: &Convolution, inputs: &[&Tensor]) -> Result<Vec<usize>, String> {
    let (size, channels) = image(inputs[0])?;
    let &[outputs, height, width, of_group] = inputs[1].shape.as_slice() else {
        return Err(takes("weights of [output, row, column, input]", inputs[1]));
    };
    let groups = convolution.groups;
    if groups == 0 || !outputs.is_multiple_of(groups) || !channels.is_multiple_of(groups) {
        return Err(format!(
            "does not split {channels} channels into {outputs} by {groups} groups"
        ));
    }
    if of_group != channels / groups {
        return Err(takes("weights for the channels of a group", inputs[1]));
    }
    check_bias(inputs, outputs)?;
    let Convolution {
        strides,
        dilations,
        padding,
        ..
    } = *convolution;
    let [height, width] = positions(size, [height, width], strides, dilations, padding)?;
    Ok(vec![height, width, outputs])
}

fn pooled(pool: &Pool, x: &Tensor) -> Result<Vec<usize>, String> {
    let (size, channels) = image(x)?;
    let Padding {
        top,
        left,
        bottom,
        right,
    } = pool.padding;
    let [height, width] = positions(size, pool.kernel, pool.strides, [1, 1], pool.padding)?;
    if top.max(bottom) >= pool.kernel[0] || left.max(right) >= pool.kernel[1] {
        return Err("has a window that lies on the padding alone".into());
    }
    Ok(vec![height, width, channels])
}

/// How often a window fits an image, down and right.
fn positions(
    size: [usize; 2],
    kernel: [usize; 2],
    strides: [usize; 2],
    dilations: [usize; 2],
    padding: Padding,
) -> Result<[usize; 2], String> {
    let Padding {
        top,
        left,
        bottom,
        right,
    } = padding;
    let positive = [kernel, strides, dilations].concat();
    let fits = |sizes: &[usize], least| sizes.iter().all(|size| (least..=MOST).contains(size));
    if !fits(&positive, 1) || !fits(&[top, left, bottom, right], 0) || !fits(&size, 0) {
        return Err("has a window, stride or dilation of 0, or a size beyond 2^31 - 1".into());
    }
    let padded = [size[0] + top + bottom, size[1] + left + right];
    let window = [0, 1].map(|axis| (kernel[axis] - 1) * dilations[axis] + 1);
    if window[0] > padded[0] || window[1] > padded[1] {
        return Err(format!(
            "has a window of {window:?} that is larger than its padded input of {padded:?}"
        ));
    }
    Ok([0, 1].map(|axis| (padded[axis] - window[axis]) / strides[axis] + 1))
}
