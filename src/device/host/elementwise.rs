//! Two activations, element by element.

use super::scale::Factor;
use super::{Meaning, Task};
use crate::compiler::{Rounding, fixed, scaled};
use crate::graph::{Binary, Family};

impl Task<'_> {
    pub(super) fn binary(&self, binary: Binary) -> Result<Vec<i32>, String> {
        let [a, b] = [self.meaning(0), self.meaning(1)];
        let y = Meaning::of(self.output());
        match (binary, self.rounding, self.graph.family) {
            (Binary::Add, Rounding::Fixed, _) => self.sum_of_20_bits(1),
            (Binary::Sub, Rounding::Fixed, _) => self.sum_of_20_bits(-1),
            (Binary::Add, Rounding::Float, Family::TfLite) => self.sum_of_21_bits(1),
            (Binary::Sub, Rounding::Float, Family::TfLite) => self.sum_of_21_bits(-1),
            (Binary::Add, Rounding::Float, Family::Onnx) => {
                let [to_a, to_b] = [a.scale / y.scale, b.scale / y.scale];
                let of_b = to_b * b.zero_point as f32;
                let zeros = to_a.mul_add(a.zero_point as f32, of_b);
                let constant = y.zero_point as f32 - zeros;
                self.pairs(|left, right| {
                    let sum = to_b.mul_add(right as f32, constant);
                    Ok(to_a.mul_add(left as f32, sum).round_ties_even() as i32)
                })
            }
            (Binary::Mul, Rounding::Float, Family::Onnx) => {
                let factor = a.scale * b.scale / y.scale;
                self.pairs(|left, right| {
                    let product = (left - a.zero_point) * (right - b.zero_point);
                    // The zero point is added before the rounding.
                    let steps = product as f32 * factor + y.zero_point as f32;
                    Ok(steps.round_ties_even() as i32)
                })
            }
            (Binary::Mul, _, _) => {
                let double = f64::from(a.scale) * f64::from(b.scale) / f64::from(y.scale);
                let factor = self.factor(a.scale * b.scale / y.scale, double)?;
                self.pairs(|left, right| {
                    let product = (left - a.zero_point) * (right - b.zero_point);
                    self.rescaled(product.into(), factor)
                })
            }
            (Binary::Maximum, _, Family::TfLite) => self.pairs(|left, right| Ok(left.max(right))),
            (Binary::Minimum, _, Family::TfLite) => self.pairs(|left, right| Ok(left.min(right))),
            (_, _, Family::Onnx) => self.pairs(|left, right| {
                let (left, right) = (a.real(left), b.real(right));
                Ok(y.nearest(match binary {
                    Binary::Maximum => left.max(right),
                    Binary::Minimum => left.min(right),
                    _ => left - right,
                }))
            }),
        }
    }

    /// What is below zero, times the second input.
    pub(super) fn prelu(&self) -> Result<Vec<i32>, String> {
        let [x, slope] = [self.meaning(0), self.meaning(1)];
        let y = Meaning::of(self.output());
        if self.graph.family == Family::Onnx {
            return self.pairs(|left, right| {
                let real = x.real(left);
                let factor = if real < 0.0 { slope.real(right) } else { 1.0 };
                Ok(y.nearest(real * factor))
            });
        }
        let [from, by, to] = [x, slope, y].map(|meaning| f64::from(meaning.scale));
        let above = Factor::fixed(from / to)?;
        let below = Factor::fixed(from * by / to)?;
        self.pairs(|left, right| {
            let value = i64::from(left - x.zero_point);
            match value < 0 {
                true => self.rescaled(value * i64::from(right - slope.zero_point), below),
                false => self.rescaled(value, above),
            }
        })
    }

    /// Times a factor of the channel, and an offset of it added, each rounded to single precision.
    pub(super) fn normalized(&self) -> Result<Vec<i32>, String> {
        let (x, y) = (self.meaning(0), Meaning::of(self.output()));
        let reals = |place| -> Result<&[f32], String> {
            let reals = self.input(place)?.floats();
            reals.ok_or_else(|| "a factor is no real number".into())
        };
        let channels = Vec::from_iter(reals(1)?.iter().zip(reals(2)?));
        let values = self.integers(0)?.into_iter().zip(channels.iter().cycle());
        let integers = values.map(|(value, (factor, offset))| {
            self.limited(y.nearest(x.real(value) * **factor + **offset))
        });
        Ok(integers.collect())
    }

    /// What becomes of both inputs' elements, within the limits; the second one is repeated where it is smaller.
    fn pairs(&self, of: impl Fn(i32, i32) -> Result<i32, String>) -> Result<Vec<i32>, String> {
        let (first, second) = (self.integers(0)?, self.integers(1)?);
        let mut result = Vec::with_capacity(first.len());
        for row in first.chunks(second.len()) {
            for (left, right) in row.iter().zip(&second) {
                result.push(self.limited(of(*left, *right)?));
            }
        }
        Ok(result)
    }

    /// TFLite Micro: 20 bits to the left, in units of twice the larger scale.
    fn sum_of_20_bits(&self, sign: i64) -> Result<Vec<i32>, String> {
        let [a, b] = [self.meaning(0), self.meaning(1)];
        let [of_a, of_b] = [a, b].map(|meaning| f64::from(meaning.scale));
        let unit = 2.0 * of_a.max(of_b);
        let none = || "the factors between its scales have no fixed-point form".to_owned();
        let [to_a, to_b] = [of_a, of_b].map(|scale| fixed(scale / unit));
        let (to_a, to_b) = (to_a.ok_or_else(none)?, to_b.ok_or_else(none)?);
        let of_y = f64::from(Meaning::of(self.output()).scale);
        let to_y = Factor::fixed(unit / (f64::from(1 << 20) * of_y))?;
        self.pairs(|left, right| {
            let left = scaled((left - a.zero_point) << 20, to_a);
            let right = scaled((right - b.zero_point) << 20, to_b);
            self.rescaled(left + sign * right, to_y)
        })
    }

    /// XNNPACK: factors of up to 21 bits, halves up.
    fn sum_of_21_bits(&self, sign: i64) -> Result<Vec<i32>, String> {
        let [a, b] = [self.meaning(0), self.meaning(1)];
        let y = Meaning::of(self.output());
        let [to_a, to_b] = [a.scale / y.scale, b.scale / y.scale];
        let largest = to_a.max(to_b);
        if !(1.0 / 1024.0..256.0).contains(&largest) {
            return Err(format!(
                "the factor {largest} between its scales is out of range"
            ));
        }
        let shift = 20 - (largest.to_bits() >> 23) as i32 + 127;
        let factor = |ratio: f32| (ratio * 2_f32.powi(shift)).round_ties_even() as i64;
        let (to_a, to_b) = (factor(to_a), sign * factor(to_b));
        self.pairs(|left, right| {
            let sum =
                i64::from(left - a.zero_point) * to_a + i64::from(right - b.zero_point) * to_b;
            let half = 1_i64 << (shift - 1);
            Ok(((sum + half) >> shift) as i32 + y.zero_point)
        })
    }
}
