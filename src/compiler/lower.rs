//! Layers of nodes: convolutions with biases that hold the zero points, and factors of channels.

use super::{CompileError, Rounding};
use crate::graph::{Element, Graph, Node, Operator, Quantization, TensorId};

/// A convolution over an image, to which every operator of the array comes down.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layer {
    /// Of the node.
    pub name: String,
    pub operator: &'static str,
    pub input: TensorId,
    pub output: TensorId,
    /// Height, width, channels.
    pub image: [usize; 3],
    /// Height, width, channels.
    pub result: [usize; 3],
    /// Rows and columns.
    pub kernel: [usize; 2],
    pub strides: [usize; 2],
    pub dilations: [usize; 2],
    /// Rows above and columns at the left of the image that are its zero point.
    pub padding: [usize; 2],
    /// What stands there, as int8.
    pub padding_value: i32,
    /// `[output][kernel row][kernel column][input]`.
    pub weights: Vec<i8>,
    /// With the zero points of input and weights folded in.
    pub bias: Vec<i32>,
    pub factors: Vec<Factor>,
    /// As int8.
    pub zero_point: i32,
    pub low: i32,
    pub high: i32,
}

/// The factor of a channel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Factor {
    Float(f32),
    /// Multiplier and shift.
    Fixed(u32, i32),
}

/// What the program has to do.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Lowered {
    pub layers: Vec<Layer>,
    /// Tensors that are the same bytes as another one: reshaped ones.
    aliases: std::collections::BTreeMap<TensorId, TensorId>,
}

impl Lowered {
    /// The tensor whose bytes these are.
    pub fn origin(&self, tensor: TensorId) -> TensorId {
        self.aliases.get(&tensor).copied().unwrap_or(tensor)
    }
}

/// What makes uint8 int8.
pub(super) fn to_int8(element: Element) -> i32 {
    match element {
        Element::Uint8 => -128,
        Element::Int8 | Element::Int32 | Element::Float32 => 0,
    }
}

fn refuse(node: &Node, reason: impl Into<String>) -> CompileError {
    CompileError::Node {
        node: node.name.clone(),
        operator: node.operator.name(),
        reason: reason.into(),
    }
}

/// Makes layers of the nodes of a graph.
pub(super) fn lower(graph: &Graph, rounding: Rounding) -> Result<Lowered, CompileError> {
    graph.check()?;
    let mut lowered = Lowered {
        layers: Vec::new(),
        aliases: std::collections::BTreeMap::new(),
    };
    for node in &graph.nodes {
        match &node.operator {
            Operator::Reshape { .. } => {
                let origin = lowered.origin(node.inputs[0]);
                lowered.aliases.insert(node.output, origin);
            }
            Operator::Convolution(_) | Operator::FullyConnected => {
                let mut layer = weighted(graph, node, rounding)?;
                layer.input = lowered.origin(layer.input);
                lowered.layers.push(layer);
            }
            other => return Err(refuse(node, format!("{other} is not supported on the NPU"))),
        }
    }
    Ok(lowered)
}

/// A convolution or a fully connected layer.
fn weighted(graph: &Graph, node: &Node, rounding: Rounding) -> Result<Layer, CompileError> {
    let (input, weights) = (&graph[node.inputs[0]], &graph[node.inputs[1]]);
    let output = &graph[node.output];
    let meaning = |tensor: &crate::graph::Tensor| {
        let found = tensor.quantization.clone();
        found.unwrap_or(Quantization::per_tensor(1.0, 0))
    };
    let (x, w, y) = (meaning(input), meaning(weights), meaning(output));
    let outputs = weights.shape[0];
    let values = weights.values.as_ref().and_then(|values| values.integers());
    let values = values.ok_or_else(|| refuse(node, "its weights are not constant"))?;

    let (image, result, kernel, geometry) = match &node.operator {
        Operator::Convolution(convolution) => (
            [input.shape[0], input.shape[1], input.shape[2]],
            [output.shape[0], output.shape[1], output.shape[2]],
            [weights.shape[1], weights.shape[2]],
            *convolution,
        ),
        _ => {
            let features = weights.shape[1];
            let rows = input.len() / features;
            let convolution = crate::graph::Convolution {
                strides: [1, 1],
                dilations: [1, 1],
                padding: crate::graph::Padding::default(),
                groups: 1,
            };
            ([rows, 1, features], [rows, 1, outputs], [1, 1], convolution)
        }
    };
    let channels = image[2];
    let per_group = channels / geometry.groups;
    let outputs_per_group = outputs / geometry.groups;
    let input_zero = x.zero_point(0) + to_int8(input.element);

    let mut dense = vec![0; outputs * kernel[0] * kernel[1] * channels];
    let mut bias = match node.inputs.get(2) {
        Some(bias) => {
            let values = graph[*bias]
                .values
                .as_ref()
                .and_then(|values| values.integers());
            values.ok_or_else(|| refuse(node, "its bias is not constant"))?
        }
        None => vec![0; outputs],
    };
    for output in 0..outputs {
        let first = output / outputs_per_group * per_group;
        let mut sum = 0_i64;
        for tap in 0..kernel[0] * kernel[1] {
            for channel in 0..per_group {
                let at = (output * kernel[0] * kernel[1] + tap) * per_group + channel;
                let weight = values[at] - w.zero_point(output);
                sum += i64::from(weight);
                let to = (output * kernel[0] * kernel[1] + tap) * channels + first + channel;
                dense[to] = i8::try_from(weight)
                    .map_err(|_| refuse(node, "a weight less its zero point does not fit int8"))?;
            }
        }
        let folded = i64::from(bias[output]) - i64::from(input_zero) * sum;
        bias[output] = i32::try_from(folded).map_err(|_| {
            refuse(
                node,
                "a bias does not fit 32 bits when the zero point is folded in",
            )
        })?;
    }
    let factor = |channel: usize| -> Result<Factor, CompileError> {
        let (x, w_scale, y) = (x.scale(0), w.scale(channel), y.scale(0));
        let wide = |value: f32| f64::from(value);
        match rounding {
            Rounding::Float => Ok(Factor::Float(x * w_scale / y)),
            Rounding::Fixed => {
                let single =
                    matches!(node.operator, Operator::FullyConnected) && w.scales.len() == 1;
                let real = match single {
                    true => wide(x * w_scale) / wide(y),
                    false => wide(x) * wide(w_scale) / wide(y),
                };
                let (multiplier, shift) = fixed(real).ok_or_else(|| {
                    refuse(node, format!("the factor {real} has no fixed-point form"))
                })?;
                Ok(Factor::Fixed(multiplier, shift))
            }
        }
    };
    let offset = to_int8(output.element);
    Ok(Layer {
        name: node.name.clone(),
        operator: node.operator.name(),
        input: node.inputs[0],
        output: node.output,
        image,
        result,
        kernel,
        strides: geometry.strides,
        dilations: geometry.dilations,
        padding: [geometry.padding.top, geometry.padding.left],
        padding_value: input_zero,
        weights: dense,
        bias,
        factors: (0..outputs).map(factor).collect::<Result<_, _>>()?,
        zero_point: y.zero_point(0) + offset,
        low: node.limits.low + offset,
        high: node.limits.high + offset,
    })
}

/// A real factor as a 31-bit multiplier and a shift to the left, as TFLite forms them: the mantissa is
/// rounded, and what is below 2^-32 is 0.
pub(super) fn fixed(real: f64) -> Option<(u32, i32)> {
    if !real.is_finite() || real < 0.0 {
        return None;
    }
    if real == 0.0 {
        return Some((0, 0));
    }
    let mut shift = real.log2().floor() as i32 + 1;
    let mut mantissa = (real * 2_f64.powi(31 - shift)).round();
    // The logarithm is rounded: the mantissa decides.
    if mantissa >= 2_f64.powi(31) {
        shift += 1;
        mantissa = (real * 2_f64.powi(31 - shift)).round();
    }
    if mantissa < 2_f64.powi(30) {
        shift -= 1;
        mantissa = (real * 2_f64.powi(31 - shift)).round();
        if mantissa >= 2_f64.powi(31) {
            (mantissa, shift) = (2_f64.powi(30), shift + 1);
        }
    }
    match shift {
        ..-31 => Some((0, 0)),
        -31..=30 => Some((mantissa as u32, shift)),
        _ => None,
    }
}
