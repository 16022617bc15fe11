//! Functions of one byte: limits of the layer in front, or a table.

use super::super::arithmetic::{fixed, scaled};
use super::super::{CompileError, Rounding};
use super::{Lowered, Meaning, Residual, identity, is_read_once, limits, meaning, refuse, unity};
use crate::graph::{Family, Function, Graph, Node, Operator};
use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

/// Bytes, as numbers.
pub(super) const BYTES: std::ops::RangeInclusive<i32> = -128..=127;

pub(super) fn unary(
    graph: &Graph,
    node: &Node,
    rounding: Rounding,
    lowered: &mut Lowered,
) -> Result<(), CompileError> {
    let values: Vec<i32> = table(graph, node, rounding).ok_or_else(|| {
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

/// What the runtimes make of each byte from -128 on, in and out as int8.
pub(crate) fn table(graph: &Graph, node: &Node, rounding: Rounding) -> Option<Vec<i32>> {
    let (x, y) = (
        meaning(&graph[node.inputs[0]]),
        meaning(&graph[node.output]),
    );
    let (low, high) = limits(graph, node);
    let scales = Scales { x, y };
    let function = function(&node.operator, graph.family, rounding, scales)?;
    let value = |byte: i32| function(byte - x.zero_point).clamp(low, high);
    Some(BYTES.map(value).collect())
}

/// What input and output mean.
#[derive(Clone, Copy)]
struct Scales {
    x: Meaning,
    y: Meaning,
}

impl Scales {
    /// ONNX Runtime's QuantizeLinear.
    fn quantized(&self, real: f32) -> i32 {
        let steps = (real / self.y.scale).round_ties_even() as i32;
        steps.saturating_add(self.y.zero_point)
    }

    /// The integer of a real limit in one of both.
    fn limit(limit: f32, of: Meaning) -> i32 {
        ((limit / of.scale).round() as i32).saturating_add(of.zero_point)
    }
}

/// An integer less the zero point to one of the output, before its limits.
type Table = Box<dyn Fn(i32) -> i32>;

fn function(
    operator: &Operator,
    family: Family,
    rounding: Rounding,
    scales: Scales,
) -> Option<Table> {
    let Scales { x, y } = scales;
    let fixed_point = move |ratio: f64| -> Option<Table> {
        let factor = fixed(ratio)?;
        Some(Box::new(move |value| {
            scaled(value, factor) as i32 + y.zero_point
        }))
    };
    // XNNPACK: a factor of 8 fractional bits, halves up.
    let eighths = move |ratio: f32| -> Table {
        // Beyond these limits every integer but 0 is out of range.
        let factor = (256.0 * ratio).round_ties_even().clamp(-1e9, 1e9) as i64;
        Box::new(move |value| {
            let scaled = (i64::from(value) * factor + 128) >> 8;
            (scaled + i64::from(y.zero_point)).clamp(-512, 512) as i32
        })
    };
    let of_reals = move |of: Box<dyn Fn(f32) -> f32>| -> Option<Table> {
        Some(Box::new(move |value| {
            scales.quantized(of(x.scale * value as f32))
        }))
    };
    match (operator, family, rounding) {
        (Operator::Clip { low, high }, Family::Onnx, _) => {
            let (low, high) = (*low, *high);
            of_reals(Box::new(move |real| real.clamp(low, high)))
        }
        (Operator::Clip { low, high }, Family::TfLite, Rounding::Fixed) if high.is_finite() => {
            let [low, high] = [*low, *high].map(|limit| Scales::limit(limit, x));
            Some(Box::new(move |value| {
                (value + x.zero_point).clamp(low, high)
            }))
        }
        (Operator::Clip { low, high }, Family::TfLite, _) => {
            let [low, high] = [*low, *high].map(|limit| Scales::limit(limit, y));
            let scaled = fixed_point((x.scale / y.scale).into())?;
            Some(Box::new(move |value| scaled(value).clamp(low, high)))
        }
        (Operator::Unary(function), Family::Onnx, _) => of_reals(real_function(*function)),
        (Operator::Unary(Function::LeakyRelu { slope }), Family::TfLite, _) => {
            let ratio = x.scale / y.scale;
            let [positive, negative] = match rounding {
                Rounding::Fixed => [
                    fixed_point(ratio.into())?,
                    fixed_point((x.scale * slope / y.scale).into())?,
                ],
                Rounding::Float => [eighths(ratio), eighths(ratio * slope)],
            };
            Some(Box::new(move |value| match value {
                0.. => positive(value),
                _ => negative(value),
            }))
        }
        (Operator::Unary(Function::HardSwish), Family::TfLite, _) => hard_swish(scales),
        (Operator::Unary(function), Family::TfLite, _) => {
            let function = exact_function(*function);
            Some(Box::new(move |value| {
                let real = function(f64::from(x.scale) * f64::from(value));
                let steps = (real / f64::from(y.scale)).round() as i32;
                steps.saturating_add(y.zero_point)
            }))
        }
        (_, Family::Onnx, Rounding::Float) => of_reals(Box::new(|real| real)),
        (_, Family::TfLite, Rounding::Float) => Some(eighths(x.scale / y.scale)),
        (_, _, Rounding::Fixed) => fixed_point(f64::from(x.scale) / f64::from(y.scale)),
    }
}

/// In single precision, as ONNX Runtime; what has an exponential in it is rounded from double.
fn real_function(function: Function) -> Box<dyn Fn(f32) -> f32> {
    match function {
        Function::LeakyRelu { slope } => Box::new(move |x| if x < 0.0 { slope * x } else { x }),
        Function::HardSwish => Box::new(|x| {
            let share = 1.0 / 6.0 * x + 0.5;
            x * share.clamp(0.0, 1.0)
        }),
        Function::HardSigmoid { slope, offset } => {
            Box::new(move |x| (slope * x + offset).clamp(0.0, 1.0))
        }
        function => {
            let exact = exact_function(function);
            Box::new(move |x| exact(x.into()) as f32)
        }
    }
}

fn exact_function(function: Function) -> Box<dyn Fn(f64) -> f64> {
    match function {
        Function::Sigmoid => Box::new(|x| (1.0 + (-x).exp()).recip()),
        Function::Tanh => Box::new(f64::tanh),
        Function::Elu { scale } => Box::new(move |x| match x < 0.0 {
            true => f64::from(scale) * x.exp_m1(),
            false => x,
        }),
        Function::LeakyRelu { slope } => {
            Box::new(move |x| if x < 0.0 { f64::from(slope) * x } else { x })
        }
        Function::HardSwish => Box::new(|x| x * (x / 6.0 + 0.5).clamp(0.0, 1.0)),
        Function::HardSigmoid { slope, offset } => {
            Box::new(move |x| (f64::from(slope) * x + f64::from(offset)).clamp(0.0, 1.0))
        }
        Function::Gelu { approximate: false } => {
            Box::new(|x| x * (0.5 + 0.5 * libm::erf(x * FRAC_1_SQRT_2)))
        }
        // (1 + tanh(z)) / 2 is 1 / (1 + exp(-2z)).
        Function::Gelu { approximate: true } => Box::new(|x| {
            let z = FRAC_2_SQRT_PI * FRAC_1_SQRT_2 * x * (1.0 + 0.044_715 * x * x);
            x * (1.0 + (-2.0 * z).exp()).recip()
        }),
    }
}

/// TFLite's hard swish in 16 bits: the input has 7 for fractions, factors 15; none where a factor has no such form.
fn hard_swish(scales: Scales) -> Option<Table> {
    let Scales { x, y } = scales;
    let fine = x.scale / 128.0;
    let narrow = |ratio: f32| -> Option<(i32, i32)> {
        let (multiplier, shift) = fixed(ratio.into())?;
        Some((
            ((i64::from(multiplier) + 0x8000) >> 16).min(0x7fff) as i32,
            shift,
        ))
    };
    let output = narrow(fine / y.scale).filter(|(_, shift)| *shift <= 0)?;
    // A share of 1 is 3 units of the input.
    let share = narrow(fine / (3.0 / 32768.0))?;
    let short = |value: i64| value.clamp(-0x8000, 0x7fff);
    let times = move |value: i64, factor: i32| short((value * i64::from(factor) + 0x4000) >> 15);
    let halved = |value: i64, places: i32| {
        let half = (1_i64 << places) >> 1;
        (value.abs() + half) / (1 << places) * value.signum()
    };
    Some(Box::new(move |value| {
        let input = i64::from(value) << 7;
        let (multiplier, shift) = share;
        let mut of_one = input;
        if shift > 0 {
            of_one = short(of_one << (shift - 1).min(16));
        }
        of_one = times(of_one, multiplier);
        of_one = match shift {
            1.. => short(of_one << 1),
            _ => halved(of_one, -shift),
        };
        let product = ((of_one + 0x8000) >> 1) * times(input, output.0) / 0x8000;
        halved(product, -output.1) as i32 + y.zero_point
    }))
}
