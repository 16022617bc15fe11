//! Convolutions and fully connected layers.

use super::super::arithmetic::fixed;
use super::super::{CompileError, Rounding};
use super::{Factor, Layer, refuse, to_int8};
use crate::graph::{Convolution, Graph, Node, Operator, Padding, Quantization, Tensor};
use crate::isa::npu::Unit;
use std::collections::BTreeMap;

/// A convolution or a fully connected layer.
pub(super) fn weighted(
    graph: &Graph,
    node: &Node,
    rounding: Rounding,
) -> Result<Layer, CompileError> {
    let (input, weights) = (&graph[node.inputs[0]], &graph[node.inputs[1]]);
    let output = &graph[node.output];
    let meaning = |tensor: &Tensor| {
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
            let convolution = Convolution {
                strides: [1, 1],
                dilations: [1, 1],
                padding: Padding::default(),
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
    for (output, bias) in bias.iter_mut().enumerate() {
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
        let folded = i64::from(*bias) - i64::from(input_zero) * sum;
        *bias = i32::try_from(folded).map_err(|_| {
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
        fused: Vec::new(),
        input: node.inputs[0],
        output: node.output,
        image,
        result,
        kernel,
        strides: geometry.strides,
        dilations: geometry.dilations,
        groups: geometry.groups,
        unit: Unit::Matrix,
        padding: [geometry.padding.top, geometry.padding.left],
        padding_value: input_zero,
        weights: dense,
        bias,
        factors: (0..outputs).map(factor).collect::<Result<_, _>>()?,
        factors_inside: BTreeMap::new(),
        multiplications: (values.len() * result[0] * result[1]) as u64,
        zero_point: y.zero_point(0) + offset,
        low: node.limits.low + offset,
        high: node.limits.high + offset,
        pool: None,
        residual: None,
        packed_pitch: None,
        kept: None,
        pixels: 1,
    })
}
