//! Factors between scales, and sums that are scaled by them.

use super::super::{fixed_point, float_scale, quantize_multiplier};
use super::{Mode, RunError, Step};

/// A factor as an arithmetic has it.
#[derive(Clone, Copy)]
pub(super) enum Factor {
    /// In single precision.
    Float(f32),
    /// As a multiplier and a shift.
    FixedPoint(i32, i32),
}

impl Step<'_> {
    /// A factor in the mode of the run: in single precision and in double, as runtimes form them.
    pub(super) fn factor(&self, single: f32, double: f64) -> Result<Factor, RunError> {
        match self.mode {
            Mode::Float if single.is_finite() => Ok(Factor::Float(single)),
            Mode::Float => Err(self.out_of_range(single.into())),
            Mode::FixedPoint => self.fixed_point(double),
        }
    }

    /// A factor with a multiplier and a shift, whatever the mode.
    pub(super) fn fixed_point(&self, factor: f64) -> Result<Factor, RunError> {
        let quantized = quantize_multiplier(factor);
        let (multiplier, shift) = quantized.ok_or_else(|| self.out_of_range(factor))?;
        Ok(Factor::FixedPoint(multiplier, shift))
    }

    pub(super) fn out_of_range(&self, factor: f64) -> RunError {
        let node = self.node.name.clone();
        RunError::Factor { node, factor }
    }

    /// A sum as a value of the output.
    pub(super) fn scaled(&self, sum: i64, factor: Factor) -> Result<i32, RunError> {
        let sum = i32::try_from(sum).map_err(|_| RunError::Overflow {
            node: self.node.name.clone(),
        })?;
        let zero_point = self.output_meaning().zero_point;
        let (low, high) = (self.node.limits.low, self.node.limits.high);
        Ok(match factor {
            Factor::Float(scale) => float_scale(sum, scale, zero_point, low, high),
            Factor::FixedPoint(multiplier, shift) => {
                fixed_point(sum, multiplier, shift, zero_point, low, high)
            }
        })
    }
}
