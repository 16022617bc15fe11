//! The shape of what a node computes.

use super::{
    Convolution, Graph, GraphError, Node, Operator, Pad, Padding, Pool, Tensor, TensorId, View,
};

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
        Operator::MatMul => multiplied(x, inputs[1]),
        Operator::Binary(_) | Operator::PRelu => match x.shape.ends_with(&inputs[1].shape) {
            true => Ok(x.shape.clone()),
            false => Err(takes(
                "a second input with the last axes of the first",
                inputs[1],
            )),
        },
        Operator::BatchNormalization => {
            let of_channel = |input: &&Tensor| {
                x.shape.last().map(std::slice::from_ref) == Some(&input.shape[..])
            };
            match inputs[1..].iter().all(of_channel) {
                true => Ok(x.shape.clone()),
                false => Err(takes("a factor and an offset for each of its channels", x)),
            }
        }
        Operator::View(view) => viewed(view, x),
        Operator::Select { axis, places } => selected(*axis, places, x),
        Operator::Concat { axis } => concatenated(*axis, inputs),
        Operator::Pad(pad) => padded(pad, x),
        Operator::ArgMax => match x.shape.split_last() {
            Some((_, rest)) => Ok(rest.to_vec()),
            None => Err(takes("at least one axis", x)),
        },
        Operator::ResizeLinear(resize) => {
            let (_, channels) = image(x)?;
            let [height, width] = resize.size;
            Ok(vec![height, width, channels])
        }
        Operator::AveragePool(pool) | Operator::MaxPool(pool) => pooled(pool, x),
        Operator::GlobalAveragePool => Ok(vec![1, 1, image(x)?.1]),
        Operator::Reshape { shape } => match count(shape).is_some_and(|count| count == x.len()) {
            true => Ok(shape.clone()),
            false => Err(takes("an input of as many values as its output", x)),
        },
        Operator::Softmax { .. } if x.shape.is_empty() => Err(takes("at least one axis", x)),
        Operator::Clip { .. }
        | Operator::Unary(_)
        | Operator::Quantize
        | Operator::Dequantize
        | Operator::Softmax { .. } => Ok(x.shape.clone()),
    }
}

fn multiplied(x: &Tensor, y: &Tensor) -> Result<Vec<usize>, String> {
    let ([first @ .., rows, inner], [others @ .., height, columns]) = (&x.shape[..], &y.shape[..])
    else {
        return Err(takes("inputs of at least two axes", y));
    };
    match first == others && inner == height {
        true => Ok([first, &[*rows, *columns]].concat()),
        false => Err(takes("a second input with rows for its columns", y)),
    }
}

fn viewed(view: &View, x: &Tensor) -> Result<Vec<usize>, String> {
    let inside = |range: std::ops::Range<usize>| range.end <= x.len();
    match count(&view.shape).is_some() && view.range().is_some_and(inside) {
        true => Ok(view.shape.clone()),
        false => Err(takes("an input with all places that it reads", x)),
    }
}

fn selected(axis: usize, places: &[usize], x: &Tensor) -> Result<Vec<usize>, String> {
    let mut shape = x.shape.clone();
    let size = shape.get_mut(axis);
    match size {
        Some(size) if places.iter().all(|place| place < size) => *size = places.len(),
        _ => return Err(takes("an input with all places that it reads", x)),
    }
    Ok(shape)
}

fn concatenated(axis: usize, inputs: &[&Tensor]) -> Result<Vec<usize>, String> {
    let mut shape = inputs[0].shape.clone();
    if axis >= shape.len() {
        return Err(takes("an input with its axis", inputs[0]));
    }
    shape[axis] = 0;
    for input in inputs {
        let same = |(at, size): (usize, &usize)| at == axis || *size == input.shape[at];
        let fits = input.shape.len() == shape.len() && shape.iter().enumerate().all(same);
        let sum = fits.then(|| shape[axis].checked_add(input.shape[axis]));
        shape[axis] = sum
            .flatten()
            .ok_or_else(|| takes("inputs that differ along its axis alone", input))?;
    }
    Ok(shape)
}

fn padded(pad: &Pad, x: &Tensor) -> Result<Vec<usize>, String> {
    let Pad {
        before,
        after,
        between,
        ..
    } = pad;
    if [before, after, between]
        .iter()
        .any(|of| of.len() != x.shape.len())
    {
        return Err(takes("an input of as many axes as it pads", x));
    }
    let size = |axis: usize| {
        let gaps = x.shape[axis].saturating_sub(1).checked_mul(between[axis])?;
        let size = x.shape[axis].checked_add(gaps)?;
        size.checked_add(before[axis])?.checked_add(after[axis])
    };
    let shape = (0..x.shape.len()).map(size).collect::<Option<Vec<_>>>();
    let shape = shape.filter(|shape| count(shape).is_some());
    shape.ok_or_else(|| "makes a tensor of more than 2^31 - 1 values".into())
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
