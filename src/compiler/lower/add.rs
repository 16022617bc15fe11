//! Sums and differences of two activations: tables in the layer that makes one of them.

use super::super::arithmetic::{fixed, scaled};
use super::super::{CompileError, Rounding};
use super::{
    Factor, Layer, Lowered, Meaning, Residual, identity, is_read_once, limits, meaning, refuse,
};
use crate::graph::{Family, Graph, Node, TensorId};
use std::collections::BTreeSet;

/// Bytes as unsigned numbers, as int8.
fn bytes() -> impl Iterator<Item = i32> {
    (0..=255_u8).map(|byte| (byte as i8).into())
}

/// The sum where the sign is 1, the difference where it is -1.
pub(super) fn add(
    graph: &Graph,
    node: &Node,
    rounding: Rounding,
    sign: i32,
    lowered: &mut Lowered,
) -> Result<(), CompileError> {
    let [a, b] = [node.inputs[0], node.inputs[1]];
    if graph[a].len() != graph[b].len() {
        return Err(refuse(node, "its second input is repeated"));
    }
    for input in [a, b] {
        if graph[input].values.is_some() && !lowered.constants.contains(&input) {
            lowered.constants.push(input);
        }
    }
    // It becomes part of the layer that makes one of them, last of all: of the one with more work for the
    // array, beside which POST takes its time for the sum.
    let maker = |tensor: TensorId| {
        let origin = lowered.origin(tensor);
        let is_maker = |layer: &Layer| layer.output == origin && layer.residual.is_none();
        let found = lowered.layers.iter().position(is_maker)?;
        // Not of one that is added to itself, in whatever shapes.
        let differ = lowered.origin(a) != lowered.origin(b);
        (differ && is_read_once(graph, tensor)).then_some(found)
    };
    let work = |layer: usize| {
        let layer = &lowered.layers[layer];
        layer.kernel[0] * layer.kernel[1] * layer.image[2]
    };
    let makers = [(a, b), (b, a)].map(|(result, residual)| (result, residual, maker(result)));
    let (result, residual, maker) = makers
        .into_iter()
        .max_by_key(|(_, _, maker)| maker.map(|layer| (work(layer), layer)))
        .unwrap_or((a, b, None));
    let sum = Sum {
        result: meaning(&graph[result]),
        residual: meaning(&graph[residual]),
        output: meaning(&graph[node.output]),
        limits: limits(graph, node),
        first_is_result: result == a,
        signs: if result == a { [1, sign] } else { [sign, 1] },
        is_difference: sign < 0,
        constant: graph[residual].values.as_ref().and_then(|values| {
            let offset = meaning(&graph[residual]).offset;
            let integers = values.integers()?.into_iter().map(|value| value - offset);
            Some(BTreeSet::from_iter(integers))
        }),
    };
    let tables = match (rounding, graph.family) {
        (Rounding::Fixed, _) => sum.tflite_micro(),
        (Rounding::Float, Family::TfLite) => sum.xnnpack(),
        (Rounding::Float, Family::Onnx) => sum.onnx_runtime(),
    };
    let tables = tables.ok_or_else(|| refuse(node, "no integer tables give its sums exactly"))?;
    let residual = Residual {
        tensor: lowered.origin(residual),
        result_table: tables.result,
        residual_table: tables.residual,
        factor: tables.factor,
        zero_point: tables.zero_point,
        low: sum.limits.0,
        high: sum.limits.1,
    };
    let mut layer = match maker {
        Some(maker) => {
            let mut layer = lowered.layers.remove(maker);
            layer.fuse(node);
            layer
        }
        None => identity(graph, node, lowered.origin(result), rounding),
    };
    layer.residual = Some(residual);
    lowered.layers.push(layer);
    Ok(())
}

/// A sum, in the arithmetic of int8.
struct Sum {
    result: Meaning,
    residual: Meaning,
    output: Meaning,
    limits: (i32, i32),
    /// The result is the first input of the node.
    first_is_result: bool,
    /// Of the result and the residual.
    signs: [i32; 2],
    is_difference: bool,
    /// The values of a residual that is constant.
    constant: Option<BTreeSet<i32>>,
}

/// Tables that give a sum.
struct SumTables {
    result: Vec<i32>,
    residual: Vec<i32>,
    factor: Factor,
    zero_point: i32,
}

impl Sum {
    /// TFLite Micro: 20 bits to the left, in units of twice the larger scale.
    fn tflite_micro(&self) -> Option<SumTables> {
        let [a, b, y] = [self.result, self.residual, self.output].map(|of| f64::from(of.scale));
        let unit = 2.0 * a.max(b);
        let table = |of: Meaning, scale: f64, sign: i32| -> Option<Vec<i32>> {
            let factor = fixed(scale / unit)?;
            let entry = |byte| sign * scaled((byte - of.zero_point) << 20, factor) as i32;
            Some(bytes().map(entry).collect())
        };
        let (multiplier, shift) = fixed(unit / (f64::from(1 << 20) * y))?;
        Some(SumTables {
            result: table(self.result, a, self.signs[0])?,
            residual: table(self.residual, b, self.signs[1])?,
            factor: Factor::Fixed(multiplier, shift),
            zero_point: self.output.zero_point,
        })
    }

    /// XNNPACK: integer factors of up to 21 bits, rounded half up by a shift.
    fn xnnpack(&self) -> Option<SumTables> {
        let (a, b) = (
            self.result.scale / self.output.scale,
            self.residual.scale / self.output.scale,
        );
        let largest = a.max(b);
        if !(2_f32.powi(-10)..256.0).contains(&largest) {
            return None;
        }
        let exponent = (largest.to_bits() >> 23) as i32 - 127;
        let shift = 20 - exponent;
        let table = |of: Meaning, ratio: f32, sign: i32| {
            let factor = sign * (ratio * 2_f32.powi(shift)).round_ties_even() as i32;
            bytes()
                .map(|byte| (byte - of.zero_point) * factor)
                .collect()
        };
        Some(SumTables {
            result: table(self.result, a, self.signs[0]),
            residual: table(self.residual, b, self.signs[1]),
            // The high half of the product rounds halves up, and no shift follows.
            factor: Factor::Fixed(1 << (31 - shift), 0),
            zero_point: self.output.zero_point,
        })
    }

    /// ONNX Runtime: fused multiply-adds in single precision; a difference of real numbers. Tables are found that agree for all pairs.
    fn onnx_runtime(&self) -> Option<SumTables> {
        let (first, second) = match self.first_is_result {
            true => (self.result, self.residual),
            false => (self.residual, self.result),
        };
        let (a, b) = (
            first.scale / self.output.scale,
            second.scale / self.output.scale,
        );
        // As the runtime has them: uint8 is not made int8.
        let zero = |of: Meaning| (of.zero_point + of.offset) as f32;
        let constant = zero(self.output) - a.mul_add(zero(first), b * zero(second));
        let exact = |result: i32, residual: i32| {
            let (left, right) = if self.first_is_result {
                (result, residual)
            } else {
                (residual, result)
            };
            if self.is_difference {
                let real = |of: Meaning, byte: i32| of.scale * (byte - of.zero_point) as f32;
                let real = (real(first, left) - real(second, right)) / self.output.scale;
                return (real.round_ties_even() as i32).saturating_add(self.output.zero_point);
            }
            let sum = ((right + second.offset) as f32).mul_add(b, constant);
            let sum = ((left + first.offset) as f32).mul_add(a, sum);
            sum.round_ties_even() as i32 - self.output.offset
        };
        let (of_result, of_residual) = match self.first_is_result {
            true => (a, b),
            false => (b, a),
        };
        let candidate = |bits: i32, float: bool, more: i32| {
            let unit = 2_f64.powi(bits);
            let entry = |real: f64| (real * unit).round() as i32;
            let part = |factor: f32, of: Meaning, byte: i32, sign: i32| {
                f64::from(factor) * f64::from(sign * (byte - of.zero_point))
            };
            let zero = f64::from(self.output.zero_point);
            let [of_first, of_second] = self.signs;
            let result = bytes().map(|byte| {
                entry(part(of_result, self.result, byte, of_first) + zero).saturating_add(more)
            });
            let residual =
                bytes().map(|byte| entry(part(of_residual, self.residual, byte, of_second)));
            SumTables {
                result: result.collect(),
                residual: residual.collect(),
                factor: match float {
                    true => Factor::Float(2_f32.powi(-bits)),
                    false => Factor::Fixed(1 << (31 - bits), 0),
                },
                zero_point: 0,
            }
        };
        let agrees = |tables: &SumTables| {
            bytes().zip(&tables.result).all(|(result, left)| {
                bytes().zip(&tables.residual).all(|(residual, right)| {
                    let constant = self.constant.as_ref();
                    if constant.is_some_and(|values| !values.contains(&residual)) {
                        return true;
                    }
                    let sum = left.wrapping_add(*right);
                    let value = tables.factor.scaled(sum);
                    let (low, high) = (i64::from(self.limits.0), i64::from(self.limits.1));
                    value.clamp(low, high) == i64::from(exact(result, residual)).clamp(low, high)
                })
            })
        };
        // Fine units first; coarse ones are summed exactly in single precision, where halves go to even.
        // The rounding of single precision itself may be met by a unit more or less.
        let fine = (16..=22)
            .rev()
            .flat_map(|bits| [0, 1, -1, 2, -2].map(|more| (bits, false, more)));
        let coarse = (8..=15).rev().map(|bits| (bits, true, 0));
        (fine.chain(coarse))
            .map(|(bits, float, more)| candidate(bits, float, more))
            .find(agrees)
    }
}
