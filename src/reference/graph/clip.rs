//! Activations that stand alone.

use super::{Mode, RunError, Step};
use crate::graph::{Family, Limits};

impl Step<'_> {
    /// The input between real limits, in the quantization of the output.
    pub(super) fn clipped(&self, low: f32, high: f32) -> Result<Vec<i32>, RunError> {
        let (x, y) = (self.input_meaning(0), self.output_meaning());
        let values = self.integers(0);
        match (self.graph.family, self.mode) {
            // ONNX Runtime: between two quantizations, in floating point.
            (Family::Onnx, _) => {
                let clip = |value: i32| {
                    let real = (x.scale * (value - x.zero_point) as f32).clamp(low, high);
                    let integer = (real / y.scale).round_ties_even() as i32;
                    self.limited(integer.saturating_add(y.zero_point))
                };
                Ok(values.into_iter().map(clip).collect())
            }
            // TFLite Micro's RELU6 only clips: it does not look at the scale of its output.
            (Family::TfLite, Mode::FixedPoint) if high.is_finite() => {
                let Limits { low, high } = limits(low, high, x.scale, x.zero_point);
                let clip = |value: i32| self.limited(value.clamp(low, high));
                Ok(values.into_iter().map(clip).collect())
            }
            (Family::TfLite, _) => {
                let Limits { low, high } = limits(low, high, y.scale, y.zero_point);
                let factor = self.fixed_point((x.scale / y.scale).into())?;
                let clip = |value: i32| {
                    let scaled = self.scaled(i64::from(value - x.zero_point), factor)?;
                    Ok(scaled.clamp(low, high))
                };
                values.into_iter().map(clip).collect()
            }
        }
    }
}

/// Real limits as integers, halves away from zero.
fn limits(low: f32, high: f32, scale: f32, zero_point: i32) -> Limits {
    let integer = |limit: f32| ((limit / scale).round() as i32).saturating_add(zero_point);
    Limits {
        low: integer(low),
        high: integer(high),
    }
}
