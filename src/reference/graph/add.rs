//! Sums and differences of two activations.

use super::super::fixed_point;
use super::{Mode, RunError, Step};
use crate::graph::Family;

impl Step<'_> {
    /// The sum where the sign is 1, the difference where it is -1.
    pub(super) fn sum(&self, sign: i32) -> Result<Vec<i32>, RunError> {
        let sums = match (self.mode, self.graph.family) {
            (Mode::FixedPoint, _) => return self.tflite_micro(sign),
            (Mode::Float, Family::TfLite) => self.xnnpack(sign.into())?,
            (Mode::Float, Family::Onnx) if sign < 0 => self.real_difference(),
            (Mode::Float, Family::Onnx) => self.onnx_runtime(),
        };
        Ok(sums.into_iter().map(|sum| self.limited(sum)).collect())
    }

    /// TFLite Micro: both inputs, 20 bits to the left, in units of twice the larger scale.
    fn tflite_micro(&self, sign: i32) -> Result<Vec<i32>, RunError> {
        const LEFT: u32 = 20;
        let (a, b, y) = (
            self.input_meaning(0),
            self.input_meaning(1),
            self.output_meaning(),
        );
        let [a_scale, b_scale, y_scale] = [a, b, y].map(|meaning| f64::from(meaning.scale));
        let unit = 2.0 * a_scale.max(b_scale);
        let a_factor = self.multiplier(a_scale / unit)?;
        let b_factor = self.multiplier(b_scale / unit)?;
        let y_factor = self.fixed_point(unit / (f64::from(1 << LEFT) * y_scale))?;
        let moved = |value: i32, (multiplier, shift)| {
            fixed_point(value << LEFT, multiplier, shift, 0, i32::MIN, i32::MAX)
        };
        let sum = |(left, right): (i32, i32)| {
            let [left, right] = [
                moved(left - a.zero_point, a_factor),
                moved(right - b.zero_point, b_factor),
            ];
            self.scaled((left + sign * right).into(), y_factor)
        };
        self.pairs().map(sum).collect()
    }

    /// XNNPACK: integer factors of up to 21 bits, rounded half up by a shift.
    fn xnnpack(&self, sign: i64) -> Result<Vec<i32>, RunError> {
        let (a, b, y) = (
            self.input_meaning(0),
            self.input_meaning(1),
            self.output_meaning(),
        );
        let (a_ratio, b_ratio) = (a.scale / y.scale, b.scale / y.scale);
        let largest = a_ratio.max(b_ratio);
        // XNNPACK takes no others.
        if !(2_f32.powi(-10)..256.0).contains(&largest) {
            return Err(self.out_of_range(largest.into()));
        }
        let exponent = (largest.to_bits() >> 23) as i32 - 127;
        let shift = 20 - exponent;
        let factor = |ratio: f32| (ratio * 2_f32.powi(shift)).round_ties_even() as i64;
        let (a_factor, b_factor) = (factor(a_ratio), factor(b_ratio));
        let sum = |(left, right): (i32, i32)| {
            let left = i64::from(left - a.zero_point) * a_factor;
            let right = sign * i64::from(right - b.zero_point) * b_factor;
            let rounded = (left + right + (1 << (shift - 1))) >> shift;
            rounded as i32 + y.zero_point
        };
        Ok(self.pairs().map(sum).collect())
    }

    /// ONNX Runtime's QLinearAdd: fused multiply-adds, that of the first input last, the zero point before the
    /// rounding.
    fn onnx_runtime(&self) -> Vec<i32> {
        let (a, b, y) = (
            self.input_meaning(0),
            self.input_meaning(1),
            self.output_meaning(),
        );
        let (a_factor, b_factor) = (a.scale / y.scale, b.scale / y.scale);
        let zeros = (a.zero_point as f32).mul_add(a_factor, b_factor * b.zero_point as f32);
        let constant = y.zero_point as f32 - zeros;
        let sum = |(left, right): (i32, i32)| {
            let sum = (right as f32).mul_add(b_factor, constant);
            (left as f32).mul_add(a_factor, sum).round_ties_even() as i32
        };
        self.pairs().map(sum).collect()
    }

    /// ONNX Runtime's Sub: real numbers.
    fn real_difference(&self) -> Vec<i32> {
        let [a, b] = [self.input_meaning(0), self.input_meaning(1)];
        let difference = |(left, right): (i32, i32)| self.integer_of(a.real(left) - b.real(right));
        self.pairs().map(difference).collect()
    }
}
