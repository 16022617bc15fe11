//! Pools: an identity through the array, and POST reduces the windows.

use super::super::arithmetic::{fixed, scaled};
use super::super::{CompileError, Rounding};
use super::{Factor, Layer, Meaning, Reduction, identity, image, limits, meaning, refuse};
use crate::graph::{Family, Graph, Node, Operator, Padding, Pool};
use std::collections::BTreeSet;

pub(super) fn pool(graph: &Graph, node: &Node, rounding: Rounding) -> Result<Layer, CompileError> {
    let (input, output) = (&graph[node.inputs[0]], &graph[node.output]);
    let [height, width, channels] = image(input);
    let whole = Pool {
        kernel: [height, width],
        strides: [1, 1],
        padding: Padding::default(),
        count_padding: false,
    };
    let (pool, is_maximum) = match &node.operator {
        Operator::MaxPool(pool) => (*pool, true),
        Operator::AveragePool(pool) => (*pool, false),
        _ => (whole, false),
    };
    let mut layer = identity(graph, node, node.inputs[0], rounding);
    layer.result = image(output);
    layer.kernel = pool.kernel;
    layer.strides = pool.strides;
    layer.padding = [pool.padding.top, pool.padding.left];
    (layer.low, layer.high) = limits(graph, node);
    if is_maximum {
        // What is outside of the image never wins.
        layer.padding_value = -128;
        layer.pool = Some(Reduction::Maximum);
        return Ok(layer);
    }
    let count = pool.kernel[0] * pool.kernel[1];
    let (x, y) = (meaning(input), meaning(output));
    let is_global = matches!(node.operator, Operator::GlobalAveragePool);
    let factor = |count: usize| match (graph.family, rounding) {
        (Family::TfLite, _) if !is_global => {
            let of_count = divide(count as i32);
            of_count
                .ok_or_else(|| refuse(node, format!("a mean of {count} has no fixed-point form")))
        }
        (Family::Onnx, Rounding::Float) if !is_global => Err(refuse(
            node,
            "a mean of windows in single precision is not supported on the NPU",
        )),
        (Family::TfLite, Rounding::Float) => {
            let factor = real_mean(count as i32, x, y, limits(graph, node));
            factor.ok_or_else(|| refuse(node, "no factor gives its means exactly"))
        }
        (Family::Onnx, Rounding::Float) => Ok(Factor::Float(x.scale / (y.scale * count as f32))),
        (family, Rounding::Fixed) => {
            let real = match family {
                Family::TfLite => f64::from(x.scale) / f64::from(y.scale),
                Family::Onnx => f64::from(x.scale) / (f64::from(y.scale) * count as f64),
            };
            let (multiplier, shift) = fixed(real).ok_or_else(|| {
                refuse(node, format!("the factor {real} has no fixed-point form"))
            })?;
            if family == Family::Onnx {
                return Ok(Factor::Fixed(multiplier, shift));
            }
            // The count divides the multiplier, which is shifted to the left first as far as it goes.
            let left = (count.ilog2() as i32).min(31 + shift).max(0);
            match shift - left {
                right @ -31.. => {
                    let shared = (u64::from(multiplier) << left) / count as u64;
                    Ok(Factor::Fixed(shared as u32, right))
                }
                right => Err(refuse(
                    node,
                    format!("its shift to the right by {}", -right),
                )),
            }
        }
    };
    if graph.family == Family::Onnx || is_global {
        layer.bias = vec![-x.zero_point * count as i32; channels];
        layer.zero_point = y.zero_point;
        if pool.padding != Padding::default() {
            // Pixels outside of the image add nothing.
            layer.padding_value = x.zero_point;
        }
    }
    let counts = match pool.padding == Padding::default() || pool.count_padding {
        true => BTreeSet::from([count]),
        false => layer.inside_counts(),
    };
    if counts.iter().sum::<usize>() > MOST_PLACES {
        let reason = format!(
            "its means are of windows of {} sizes, up to {count}",
            counts.len()
        );
        return Err(refuse(node, reason));
    }
    layer.factors_inside = counts
        .iter()
        .map(|count| Ok((*count, factor(*count)?)))
        .collect::<Result<_, CompileError>>()?;
    if let Some((_, factor)) = layer.factors_inside.last_key_value() {
        layer.factors = vec![*factor; channels];
    }
    if counts.len() == 1 {
        layer.factors_inside.clear();
    }
    Ok(layer)
}

/// The most places of all windows of different sizes: for each mean, all sums of so many are looked at.
const MOST_PLACES: usize = 1 << 16;

/// The factor that gives LiteRT's mean of so many int8, which it computes in single precision from the integers
/// themselves; proven for every sum.
fn real_mean(count: i32, x: Meaning, y: Meaning, (low, high): (i32, i32)) -> Option<Factor> {
    // More sums than are worth proving.
    if count > 1 << 16 {
        return None;
    }
    let ratio = x.scale / y.scale;
    // As the runtime has them: uint8 is not made int8.
    let [x_zero, y_zero] = [x, y].map(|of| (of.zero_point + of.offset) as f32);
    let moved = y_zero - x_zero * ratio;
    let exact = |sum: i32| {
        let mean = (sum + x.offset * count) as f32 / count as f32;
        (mean * ratio + moved).round_ties_even() as i32 - y.offset
    };
    let gives = |factor: &Factor| {
        (-128 * count..=127 * count).all(|sum| {
            let centred = sum - x.zero_point * count;
            let found = factor.scaled(centred) + i64::from(y.zero_point);
            found.clamp(low.into(), high.into()) == i64::from(exact(sum).clamp(low, high))
        })
    };
    let near = ratio * (1.0 / count as f32);
    let floats = [near, near.next_up(), near.next_down()].map(Factor::Float);
    let (multiplier, shift) = fixed(f64::from(ratio) / f64::from(count))?;
    let fixed = [0, 1, -1].map(|more| Factor::Fixed(multiplier.saturating_add_signed(more), shift));
    floats.into_iter().chain(fixed).find(gives)
}

/// The factor that divides every sum of so many int8, halves away from zero.
fn divide(count: i32) -> Option<Factor> {
    let exact = |factor: (u32, i32)| {
        (-128 * count..=127 * count).all(|sum| {
            let half = count / 2 * sum.signum();
            scaled(sum, factor) == i64::from((sum + half) / count)
        })
    };
    let (near, shift) = match count.count_ones() {
        1 => (0x7fff_ffff, -(count.ilog2() as i32)),
        _ => fixed(1.0 / f64::from(count))?,
    };
    let fixed_point = (near.saturating_sub(2)..=(near + 2).min(0x7fff_ffff))
        .map(|multiplier| (multiplier, shift))
        .find(|factor| exact(*factor))
        .map(|(multiplier, shift)| Factor::Fixed(multiplier, shift));
    // In single precision halves go to even; an odd count has none.
    let single = 1.0 / count as f32;
    let rounds = (-128 * count..=127 * count).all(|sum| {
        let half = count / 2 * sum.signum();
        (sum as f32 * single).round_ties_even() as i32 == (sum + half) / count
    });
    fixed_point.or(rounds.then_some(Factor::Float(single)))
}
