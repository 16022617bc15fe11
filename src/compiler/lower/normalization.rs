//! Batch normalization: a weight for each channel, where that gives all bytes of the runtime.

use super::super::arithmetic::fixed;
use super::super::{CompileError, Rounding};
use super::unary::BYTES;
use super::{Factor, Layer, Meaning, identity, limits, meaning, refuse, unity};
use crate::graph::{Graph, Node, Values};

/// How much steeper or flatter than the runtime's line that of a layer may be, the first tries first: among the weights
/// of one slope some channel may have none whose bias is fine enough.
const STRETCHES: [f64; 7] = [
    0.0,
    1.0 / 65536.0,
    -1.0 / 65536.0,
    1.0 / 16384.0,
    -1.0 / 16384.0,
    1.0 / 4096.0,
    -1.0 / 4096.0,
];

/// A depthwise convolution of one pixel.
pub(super) fn normalization(
    graph: &Graph,
    node: &Node,
    rounding: Rounding,
) -> Result<Layer, CompileError> {
    let mut layer = identity(graph, node, node.inputs[0], rounding);
    let y = meaning(&graph[node.output]);
    let channels = layer.image[2];
    layer.pool = None;
    layer.groups = channels;
    layer.multiplications = layer.image.iter().product::<usize>() as u64;
    layer.zero_point = y.zero_point;
    (layer.low, layer.high) = limits(graph, node);
    layer.weights = vec![0; channels * channels];
    let [lines, offsets] = [1, 2].map(|place| {
        let values = graph[node.inputs[place]].values.as_ref();
        values.and_then(Values::floats).unwrap_or_default()
    });
    for (channel, (factor, offset)) in lines.iter().zip(offsets).enumerate() {
        let line = Line {
            x: meaning(&graph[node.inputs[0]]),
            y,
            limits: (layer.low, layer.high),
            factor: *factor,
            offset: *offset,
        };
        let form = line.form(rounding).ok_or_else(|| {
            let reason = format!("no weight gives all bytes of channel {channel} exactly");
            refuse(node, reason)
        })?;
        layer.weights[channel * channels + channel] = form.weight;
        layer.bias[channel] = form.bias;
        layer.factors[channel] = form.factor;
    }
    Ok(layer)
}

/// What a channel computes: `factor * x + offset` between two quantizations.
struct Line {
    x: Meaning,
    y: Meaning,
    limits: (i32, i32),
    factor: f32,
    offset: f32,
}

/// The same as a sum of one product.
struct Form {
    weight: i8,
    bias: i32,
    factor: Factor,
}

impl Line {
    /// Weight, bias and factor that give what ONNX Runtime makes of each byte.
    fn form(&self, rounding: Rounding) -> Option<Form> {
        let bytes = Vec::from_iter(BYTES.map(|byte| self.result(byte)));
        if bytes.iter().all(|byte| *byte == bytes[0]) {
            return Some(Form {
                weight: 0,
                bias: bytes[0] - self.y.zero_point,
                factor: unity(rounding),
            });
        }
        let steps = |real: f32| f64::from(real) / f64::from(self.y.scale);
        let (slope, offset) = (
            steps(self.factor) * f64::from(self.x.scale),
            steps(self.offset),
        );
        // Large weights first: the finest biases.
        let weights = STRETCHES
            .iter()
            .flat_map(|stretch| (1..=127).rev().map(move |weight| (weight, 1.0 + stretch)));
        weights.into_iter().find_map(|(weight, stretch)| {
            let unit = slope.abs() / f64::from(weight) * stretch;
            let factor = match rounding {
                Rounding::Float => {
                    Some(Factor::Float(unit as f32)).filter(|_| (unit as f32).is_normal())?
                }
                Rounding::Fixed => {
                    let (multiplier, shift) = fixed(unit)?;
                    Factor::Fixed(multiplier, shift)
                }
            };
            let weight = weight * slope.signum() as i8;
            let nearest = (offset / unit).round() as i64;
            let of_zero = i64::from(self.x.zero_point) * i64::from(weight);
            let mut forms = [0, -1, 1].into_iter().filter_map(|more| {
                let bias = i32::try_from(nearest.saturating_add(more - of_zero)).ok()?;
                Some(Form {
                    weight,
                    bias,
                    factor,
                })
            });
            forms.find(|form| {
                BYTES
                    .zip(&bytes)
                    .all(|(byte, wanted)| self.gives(form, byte, *wanted))
            })
        })
    }

    /// In single precision, product and sum rounded one after the other.
    fn result(&self, byte: i32) -> i32 {
        let real = self.x.scale * (byte - self.x.zero_point) as f32;
        let steps = ((real * self.factor + self.offset) / self.y.scale).round_ties_even() as i32;
        let (low, high) = self.limits;
        steps.saturating_add(self.y.zero_point).clamp(low, high)
    }

    /// Whether a form makes this of a byte.
    fn gives(&self, form: &Form, byte: i32, wanted: i32) -> bool {
        let sum = (i32::from(form.weight) * byte).checked_add(form.bias);
        let (low, high) = self.limits;
        sum.is_some_and(|sum| {
            let found = form
                .factor
                .scaled(sum)
                .saturating_add(self.y.zero_point.into());
            found.clamp(low.into(), high.into()) == i64::from(wanted)
        })
    }
}
