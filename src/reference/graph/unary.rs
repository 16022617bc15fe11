//! Functions of each element.

use super::super::{quantize_multiplier, rounding_divide_by_power_of_two};
use super::{Mode, RunError, Step};
use crate::graph::{Family, Function};

impl Step<'_> {
    pub(super) fn unary(&self, function: Function) -> Result<Vec<i32>, RunError> {
        match (self.graph.family, function) {
            (Family::TfLite, Function::LeakyRelu { slope }) => self.leaky_relu(slope),
            (Family::TfLite, Function::HardSwish) => self.hard_swish(),
            (Family::TfLite, _) => Ok(self.exact(function)),
            (Family::Onnx, _) => Ok(self.real_function(function)),
        }
    }

    /// What is negative, times a constant for each channel.
    pub(super) fn prelu(&self) -> Result<Vec<i32>, RunError> {
        let (x, slope, y) = (
            self.input_meaning(0),
            self.input_meaning(1),
            self.output_meaning(),
        );
        if self.graph.family == Family::Onnx {
            let real = |(left, right): (i32, i32)| match x.real(left) {
                real if real < 0.0 => self.limited(self.integer_of(real * slope.real(right))),
                real => self.limited(self.integer_of(real)),
            };
            return Ok(self.pairs().map(real).collect());
        }
        let [wide_x, wide_slope, wide_y] = [x, slope, y].map(|meaning| f64::from(meaning.scale));
        let positive = self.fixed_point(wide_x / wide_y)?;
        let negative = self.fixed_point(wide_x * wide_slope / wide_y)?;
        let of_pair = |(left, right): (i32, i32)| match left - x.zero_point {
            value @ 0.. => self.scaled(value.into(), positive),
            value => self.scaled((value * (right - slope.zero_point)).into(), negative),
        };
        self.pairs().map(of_pair).collect()
    }

    /// ONNX Runtime: in single precision between two quantizations.
    fn real_function(&self, function: Function) -> Vec<i32> {
        let x = self.input_meaning(0);
        let of = |value: i32| self.limited(self.integer_of(single(function, x.real(value))));
        self.integers(0).into_iter().map(of).collect()
    }

    /// TFLite: the exact value, rounded, halves away from zero.
    fn exact(&self, function: Function) -> Vec<i32> {
        let (x, y) = (self.input_meaning(0), self.output_meaning());
        let of = |value: i32| {
            let real = f64::from(x.scale) * f64::from(value - x.zero_point);
            let steps = (double(function, real) / f64::from(y.scale)).round();
            self.limited((steps as i32).saturating_add(y.zero_point))
        };
        self.integers(0).into_iter().map(of).collect()
    }

    fn leaky_relu(&self, slope: f32) -> Result<Vec<i32>, RunError> {
        let (x, y) = (self.input_meaning(0), self.output_meaning());
        let values = self.integers(0).into_iter();
        let values = values.map(|value| value - x.zero_point);
        let ratios = [x.scale / y.scale, x.scale * slope / y.scale];
        if self.mode == Mode::FixedPoint {
            let [positive, negative] = ratios.map(|ratio| self.fixed_point(ratio.into()));
            let (positive, negative) = (positive?, negative?);
            let of = |value: i32| match value {
                0.. => self.scaled(value.into(), positive),
                _ => self.scaled(value.into(), negative),
            };
            return values.map(of).collect();
        }
        // XNNPACK: factors of 8 fractional bits, halves up.
        let [positive, negative] = [ratios[0], ratios[0] * slope].map(|ratio| {
            let factor = (256.0 * ratio).round_ties_even();
            // A factor beyond 32 bits makes a limit of all but 0.
            factor.clamp(i32::MIN as f32, i32::MAX as f32) as i64
        });
        let of = |value: i32| {
            let factor = if value < 0 { negative } else { positive };
            let scaled = (i64::from(value) * factor + 128) >> 8;
            self.limited((scaled + i64::from(y.zero_point)).clamp(-1024, 1024) as i32)
        };
        Ok(values.map(of).collect())
    }

    /// TFLite's hard swish: all in 16 bits, 7 of them for fractions of the input.
    fn hard_swish(&self) -> Result<Vec<i32>, RunError> {
        let (x, y) = (self.input_meaning(0), self.output_meaning());
        let fine = x.scale / 128.0;
        let factor = |ratio: f32| -> Result<(i16, i32), RunError> {
            let found = quantize_multiplier(ratio.into());
            let (wide, shift) = found.ok_or_else(|| self.out_of_range(ratio.into()))?;
            Ok((
                ((i64::from(wide) + (1 << 15)) >> 16).min(i16::MAX.into()) as i16,
                shift,
            ))
        };
        let (to_output, output_shift) = factor(fine / y.scale)?;
        let (to_share, share_shift) = factor(fine / (3.0 / 32768.0))?;
        if output_shift > 0 {
            return Err(self.out_of_range((fine / y.scale).into()));
        }
        let of = |value: i32| {
            let input = ((value - x.zero_point) * 128) as i16;
            let before_shift = high_half(input, to_output);
            // From -1 to 1 the input over 3, then a share from 0 to 1.
            let mut share = input;
            if share_shift > 0 {
                share = shifted_left(share, share_shift - 1);
            }
            share = high_half(share, to_share);
            share = match share_shift {
                1.. => shifted_left(share, 1),
                _ => rounding_divide_by_power_of_two(share.into(), -share_shift as u32) as i16,
            };
            let share = (i32::from(share) + (1 << 15)) >> 1;
            let product = share * i32::from(before_shift) / (1 << 15);
            let result = rounding_divide_by_power_of_two(product, -output_shift as u32);
            self.limited(result + y.zero_point)
        };
        Ok(self.integers(0).into_iter().map(of).collect())
    }
}

/// `a * b / 2^15`, halves up.
fn high_half(a: i16, b: i16) -> i16 {
    let product = i32::from(a) * i32::from(b);
    let nudge = if product >= 0 { 1 << 14 } else { 1 - (1 << 14) };
    ((product + nudge) / (1 << 15)).min(i16::MAX.into()) as i16
}

fn shifted_left(value: i16, places: i32) -> i16 {
    let wide = i64::from(value) << places.min(32);
    wide.clamp(i16::MIN.into(), i16::MAX.into()) as i16
}

/// In single precision; exponentials in double.
fn single(function: Function, x: f32) -> f32 {
    match function {
        Function::LeakyRelu { slope } if x < 0.0 => slope * x,
        Function::LeakyRelu { .. } => x,
        Function::HardSwish => x * (x * (1.0 / 6.0) + 0.5).clamp(0.0, 1.0),
        Function::HardSigmoid { slope, offset } => (slope * x + offset).clamp(0.0, 1.0),
        Function::Sigmoid | Function::Tanh | Function::Elu { .. } | Function::Gelu { .. } => {
            double(function, x.into()) as f32
        }
    }
}

fn double(function: Function, x: f64) -> f64 {
    match function {
        Function::LeakyRelu { slope } if x < 0.0 => f64::from(slope) * x,
        Function::LeakyRelu { .. } => x,
        Function::HardSwish => x * (x / 6.0 + 0.5).clamp(0.0, 1.0),
        Function::HardSigmoid { slope, offset } => {
            (f64::from(slope) * x + f64::from(offset)).clamp(0.0, 1.0)
        }
        Function::Sigmoid => 1.0 / (1.0 + (-x).exp()),
        Function::Tanh => x.tanh(),
        Function::Elu { scale } if x < 0.0 => f64::from(scale) * x.exp_m1(),
        Function::Elu { .. } => x,
        Function::Gelu { approximate: false } => {
            x / 2.0 * libm::erfc(-x / std::f64::consts::SQRT_2)
        }
        Function::Gelu { approximate: true } => {
            let inner = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x.powi(3));
            x / 2.0 * (1.0 + inner.tanh())
        }
    }
}
