//! Functions of one byte: limits of the layer in front, or a table.

use super::super::arithmetic::{fixed, scaled};
use super::super::{CompileError, Rounding};
use super::{Lowered, Residual, identity, is_read_once, limits, meaning, refuse, unity};
use crate::graph::{Family, Graph, Node, Operator};

/// Bytes, as numbers.
const BYTES: std::ops::RangeInclusive<i32> = -128..=127;

pub(super) fn unary(
    graph: &Graph,
    node: &Node,
    rounding: Rounding,
    lowered: &mut Lowered,
) -> Result<(), CompileError> {
    let values: Vec<i32> = BYTES
        .map(|byte| value(graph, node, rounding, byte))
        .collect::<Option<_>>()
        .ok_or_else(|| {
            refuse(
                node,
                "the factor between its scales has no fixed-point form",
            )
        })?;
    let (low, high) = (values[0], values[255]);
    let only_limits = BYTES
        .zip(&values)
        .all(|(byte, value)| byte.clamp(low, high) == *value);
    let input = lowered.origin(node.inputs[0]);
    let in_front = lowered
        .layers
        .last_mut()
        .filter(|layer| layer.output == input);
    if let Some(layer) = in_front
        && only_limits
        && is_read_once(graph, node.inputs[0])
    {
        let (layer_low, layer_high) = match &mut layer.residual {
            Some(residual) => (&mut residual.low, &mut residual.high),
            None => (&mut layer.low, &mut layer.high),
        };
        (*layer_low, *layer_high) = (
            (*layer_low).clamp(low, high),
            (*layer_high).clamp(low, high),
        );
        layer.fuse(node);
        return Ok(());
    }
    let mut layer = identity(graph, node, input, rounding);
    let by_byte = |byte: usize| values[usize::from((byte as u8) ^ 0x80)];
    layer.residual = Some(Residual {
        tensor: input,
        result_table: (0..256).map(by_byte).collect(),
        residual_table: vec![0; 256],
        factor: unity(rounding),
        zero_point: 0,
        low: -128,
        high: 127,
    });
    lowered.layers.push(layer);
    Ok(())
}

/// What the runtimes make of a byte, in and out as int8.
fn value(graph: &Graph, node: &Node, rounding: Rounding, byte: i32) -> Option<i32> {
    let (x, y) = (
        meaning(&graph[node.inputs[0]]),
        meaning(&graph[node.output]),
    );
    let (low, high) = limits(graph, node);
    let offset = byte - x.zero_point;
    let rescaled = || {
        let factor = fixed(f64::from(x.scale / y.scale))?;
        Some(scaled(offset, factor) as i32 + y.zero_point)
    };
    let quantized =
        |real: f32| ((real / y.scale).round_ties_even() as i32).saturating_add(y.zero_point);
    let limit =
        |limit: f32, scale: f32, zero: i32| ((limit / scale).round() as i32).saturating_add(zero);
    let value = match (&node.operator, graph.family, rounding) {
        (Operator::Clip { low, high }, Family::Onnx, _) => {
            quantized((x.scale * offset as f32).clamp(*low, *high))
        }
        (Operator::Clip { low, high }, Family::TfLite, Rounding::Fixed) if high.is_finite() => byte
            .clamp(
                limit(*low, x.scale, x.zero_point),
                limit(*high, x.scale, x.zero_point),
            ),
        (Operator::Clip { low, high }, Family::TfLite, _) => rescaled()?.clamp(
            limit(*low, y.scale, y.zero_point),
            limit(*high, y.scale, y.zero_point),
        ),
        (_, Family::Onnx, Rounding::Float) => quantized(x.scale * offset as f32),
        (_, Family::TfLite, Rounding::Float) => {
            let factor = (256.0 * (x.scale / y.scale)).round_ties_even() as i64;
            let scaled = (i64::from(offset) * factor + 128) >> 8;
            (scaled + i64::from(y.zero_point)).clamp(-512, 512) as i32
        }
        (_, _, Rounding::Fixed) => {
            let factor = fixed(f64::from(x.scale) / f64::from(y.scale))?;
            scaled(offset, factor) as i32 + y.zero_point
        }
    };
    Some(value.clamp(low, high))
}
