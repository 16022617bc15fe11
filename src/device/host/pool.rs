//! Means and largest values of windows.

use super::scale::Factor;
use super::{Meaning, Task};
use crate::compiler::{Rounding, fixed};
use crate::graph::{Family, Pool};
use std::ops::Range;

/// The rows and columns of the window of a result that are inside of the image.
fn inside(pool: &Pool, image: &[usize], at: [usize; 2]) -> [Range<usize>; 2] {
    let before = [pool.padding.top, pool.padding.left];
    [0, 1].map(|axis| {
        let first = at[axis] * pool.strides[axis];
        let end = (first + pool.kernel[axis]).saturating_sub(before[axis]);
        first.saturating_sub(before[axis])..end.min(image[axis])
    })
}

impl Task<'_> {
    pub(super) fn average_pool(&self, pool: &Pool) -> Result<Vec<i32>, String> {
        let (image, result) = (&self.tensor(0).shape, &self.output().shape);
        let (width, channels) = (image[1], image[2]);
        let input = self.integers(0)?;
        let mut integers = Vec::with_capacity(self.output().len());
        for y in 0..result[0] {
            for x in 0..result[1] {
                let [rows, columns] = inside(pool, image, [y, x]);
                let count = match pool.count_padding {
                    true => pool.kernel[0] * pool.kernel[1],
                    false => rows.len() * columns.len(),
                };
                for channel in 0..channels {
                    let pixels = rows.clone().flat_map(|row| {
                        let columns = columns.clone();
                        columns.map(move |column| (row * width + column) * channels + channel)
                    });
                    integers.push(self.mean(pixels.map(|pixel| input[pixel]), count)?);
                }
            }
        }
        Ok(integers)
    }

    pub(super) fn max_pool(&self, pool: &Pool) -> Result<Vec<i32>, String> {
        let (image, result) = (&self.tensor(0).shape, &self.output().shape);
        let (width, channels) = (image[1], image[2]);
        let input = self.integers(0)?;
        let (lowest, _) = self.output().element.range();
        let mut integers = Vec::with_capacity(self.output().len());
        for y in 0..result[0] {
            for x in 0..result[1] {
                let [rows, columns] = inside(pool, image, [y, x]);
                for channel in 0..channels {
                    let pixels = rows.clone().flat_map(|row| {
                        let columns = columns.clone();
                        columns.map(move |column| (row * width + column) * channels + channel)
                    });
                    let largest = pixels.map(|pixel| input[pixel]).max();
                    integers.push(self.limited(largest.unwrap_or(lowest)));
                }
            }
        }
        Ok(integers)
    }

    pub(super) fn global_average_pool(&self) -> Result<Vec<i32>, String> {
        let image = &self.tensor(0).shape;
        let (count, channels) = (image[0] * image[1], image[2]);
        let (x, y) = (self.meaning(0), Meaning::of(self.output()));
        let mut sums = vec![0_i64; channels];
        for pixel in self.integers(0)?.chunks(channels) {
            for (sum, integer) in sums.iter_mut().zip(pixel) {
                *sum += i64::from(*integer);
            }
        }
        let ratio = x.scale / y.scale;
        let [wide_x, wide_y] = [x.scale, y.scale].map(f64::from);
        let factor = match (self.graph.family, self.rounding) {
            (Family::TfLite, Rounding::Float) => {
                // In single precision, the zero points last.
                let zeros = y.zero_point as f32 - ratio * x.zero_point as f32;
                let mean = |sum: i64| {
                    let real = sum as f32 / count as f32 * ratio + zeros;
                    self.limited(real.round_ties_even() as i32)
                };
                return Ok(sums.into_iter().map(mean).collect());
            }
            (Family::TfLite, Rounding::Fixed) => {
                let none = || "the factor between its scales has no fixed-point form".to_owned();
                let (multiplier, shift) = fixed(wide_x / wide_y).ok_or_else(none)?;
                let left = (count.ilog2() as i32).min(31 + shift).max(0);
                let shared = (u64::from(multiplier) << left) / count as u64;
                Factor::Fixed((shared as u32, shift - left))
            }
            (Family::Onnx, _) => self.factor(
                x.scale / (y.scale * count as f32),
                wide_x / (wide_y * count as f64),
            )?,
        };
        let zeros = i64::from(x.zero_point) * count as i64;
        let mean = |sum: i64| self.rescaled(sum - zeros, factor);
        sums.into_iter().map(mean).collect()
    }

    /// The mean of integers and of so many zero points that they are `count`.
    fn mean(&self, integers: impl Iterator<Item = i32>, count: usize) -> Result<i32, String> {
        let (x, y) = (self.meaning(0), Meaning::of(self.output()));
        if self.graph.family == Family::TfLite {
            // Halves away from zero.
            let sum: i64 = integers.map(i64::from).sum();
            let twice = 2 * sum.abs() + count as i64;
            let mean = twice / (2 * count as i64) * sum.signum();
            return Ok(self.limited(mean as i32));
        }
        if self.rounding == Rounding::Float {
            let sum: f32 = integers.map(|integer| x.real(integer)).sum();
            return Ok(self.limited(y.nearest(sum / count as f32)));
        }
        let sum = integers
            .map(|integer| i64::from(integer - x.zero_point))
            .sum();
        let real = f64::from(x.scale) / (f64::from(y.scale) * count as f64);
        self.rescaled(sum, Factor::fixed(real)?)
    }
}
