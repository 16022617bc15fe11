//! Floating point to integers and back, and integers to those of another quantization.

use super::{Mode, RunError, Step};
use crate::graph::{Family, Values};

impl Step<'_> {
    pub(super) fn dequantized(&self) -> Values {
        let meaning = self.input_meaning(0);
        let real = |value: i32| meaning.scale * (value - meaning.zero_point) as f32;
        Values::Float32(self.integers(0).into_iter().map(real).collect())
    }

    pub(super) fn quantized(&self) -> Result<Vec<i32>, RunError> {
        match self.input(0) {
            Values::Float32(values) => Ok(values.iter().map(|x| self.quantized_real(*x)).collect()),
            _ => self.requantized(),
        }
    }

    fn quantized_real(&self, real: f32) -> i32 {
        let y = self.output_meaning();
        let integer = match (self.graph.family, self.mode) {
            (Family::Onnx, _) => (real / y.scale).round_ties_even(),
            (Family::TfLite, Mode::FixedPoint) => (real / y.scale).round(),
            (Family::TfLite, Mode::Float) => (real * (1.0 / y.scale)).round_ties_even(),
        };
        self.limited((integer as i32).saturating_add(y.zero_point))
    }

    /// Integers of one quantization as those of another one.
    fn requantized(&self) -> Result<Vec<i32>, RunError> {
        let (x, y) = (self.input_meaning(0), self.output_meaning());
        let values = self
            .integers(0)
            .into_iter()
            .map(|value| value - x.zero_point);
        match (self.graph.family, self.mode) {
            (Family::Onnx, Mode::Float) => {
                let real = |value: i32| self.quantized_real(x.scale * value as f32);
                Ok(values.map(real).collect())
            }
            // XNNPACK: a factor of 8 fractional bits, halves up.
            (Family::TfLite, Mode::Float) => {
                let factor = (256.0 * (x.scale / y.scale)).round_ties_even();
                // A factor beyond 32 bits makes a limit of all but 0.
                let factor = factor.min(i32::MAX as f32) as i64;
                let moved = |value: i32| {
                    let scaled = (i64::from(value) * factor + 128) >> 8;
                    self.limited((scaled + i64::from(y.zero_point)).clamp(-256, 256) as i32)
                };
                Ok(values.map(moved).collect())
            }
            (_, Mode::FixedPoint) => {
                let factor = self.fixed_point(f64::from(x.scale) / f64::from(y.scale))?;
                values
                    .map(|value| self.scaled(value.into(), factor))
                    .collect()
            }
        }
    }
}
