//! Sums that become integers of a result.

use super::{Meaning, Task};
use crate::compiler::{Rounding, fixed, scaled};

/// A factor between scales.
#[derive(Clone, Copy)]
pub(super) enum Factor {
    /// In single precision, halves to even.
    Single(f32),
    /// Multiplier and shift.
    Fixed((u32, i32)),
}

impl Factor {
    /// A multiplier and a shift for a real factor.
    pub(super) fn fixed(real: f64) -> Result<Factor, String> {
        let found = fixed(real).map(Factor::Fixed);
        found.ok_or_else(|| format!("the factor {real} has no fixed-point form"))
    }
}

impl Task<'_> {
    /// A factor as the core rounds: in single precision and in double, as runtimes form it.
    pub(super) fn factor(&self, single: f32, double: f64) -> Result<Factor, String> {
        match self.rounding {
            Rounding::Float if single.is_finite() => Ok(Factor::Single(single)),
            Rounding::Float => Err(format!("the factor {single} is out of range")),
            Rounding::Fixed => Factor::fixed(double),
        }
    }

    /// A sum as an integer of the result.
    pub(super) fn rescaled(&self, sum: i64, factor: Factor) -> Result<i32, String> {
        let sum = i32::try_from(sum).map_err(|_| "a sum does not fit 32 bits".to_owned())?;
        let steps = match factor {
            Factor::Single(scale) => (sum as f32 * scale).round_ties_even() as i64,
            Factor::Fixed(factor) => scaled(sum, factor),
        };
        let zero_point = i64::from(Meaning::of(self.output()).zero_point);
        let moved = steps.saturating_add(zero_point);
        Ok(self.limited(moved.clamp(i32::MIN.into(), i32::MAX.into()) as i32))
    }
}
