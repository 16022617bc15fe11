//! Sums of two activations.

use super::super::fixed_point;
use super::scale::Factor;
use super::{Mode, RunError, Step};
use crate::graph::Family;

impl Step<'_> {
    /// The second input is repeated where it is smaller.
    pub(super) fn sum(&self) -> Result<Vec<i32>, RunError> {
        let (a, b) = (self.integers(0), self.integers(1));
        let pairs = a.into_iter().zip(b.into_iter().cycle());
        let sums = match (self.mode, self.graph.family) {
            (Mode::FixedPoint, _) => return self.tflite_micro(pairs),
            (Mode::Float, Family::TfLite) => self.xnnpack(pairs)?,
            (Mode::Float, Family::Onnx) => self.onnx_runtime(pairs),
        };
        Ok(sums.into_iter().map(|sum| self.limited(sum)).collect())
    }

    /// TFLite Micro: both inputs, 20 bits to the left, in units of twice the larger scale.
    fn tflite_micro(&self, pairs: impl Iterator<Item = (i32, i32)>) -> Result<Vec<i32>, RunError> {
        const LEFT: u32 = 20;
        let (a, b, y) = (
            self.input_meaning(0),
            self.input_meaning(1),
            self.output_meaning(),
        );
        let [a_scale, b_scale, y_scale] = [a, b, y].map(|meaning| f64::from(meaning.scale));
        let unit = 2.0 * a_scale.max(b_scale);
        let a_factor = self.fixed_point(a_scale / unit)?;
        let b_factor = self.fixed_point(b_scale / unit)?;
        let y_factor = self.fixed_point(unit / (f64::from(1 << LEFT) * y_scale))?;
        let moved = |value: i32, factor| match factor {
            Factor::FixedPoint(multiplier, shift) => {
                fixed_point(value << LEFT, multiplier, shift, 0, i32::MIN, i32::MAX)
            }
            Factor::Float(_) => value,
        };
        let sum = |(left, right): (i32, i32)| {
            let sum = moved(left - a.zero_point, a_factor) + moved(right - b.zero_point, b_factor);
            self.scaled(sum.into(), y_factor)
        };
        pairs.map(sum).collect()
    }

    /// XNNPACK: integer factors of up to 21 bits, rounded half up by a shift.
    fn xnnpack(&self, pairs: impl Iterator<Item = (i32, i32)>) -> Result<Vec<i32>, RunError> {
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
            let right = i64::from(right - b.zero_point) * b_factor;
            let rounded = (left + right + (1 << (shift - 1))) >> shift;
            rounded as i32 + y.zero_point
        };
        Ok(pairs.map(sum).collect())
    }

    /// ONNX Runtime's QLinearAdd: two fused multiply-adds, the zero point before the rounding.
    fn onnx_runtime(&self, pairs: impl Iterator<Item = (i32, i32)>) -> Vec<i32> {
        let (a, b, y) = (
            self.input_meaning(0),
            self.input_meaning(1),
            self.output_meaning(),
        );
        let (a_factor, b_factor) = (a.scale / y.scale, b.scale / y.scale);
        let zeros = a_factor * a.zero_point as f32 + b_factor * b.zero_point as f32;
        let constant = y.zero_point as f32 - zeros;
        let sum = |(left, right): (i32, i32)| {
            let sum = (left as f32).mul_add(a_factor, constant);
            (right as f32).mul_add(b_factor, sum).round_ties_even() as i32
        };
        pairs.map(sum).collect()
    }
}
