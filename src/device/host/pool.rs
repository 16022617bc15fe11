//! Means of windows.

use super::scale::Factor;
use super::{Meaning, Task};
use crate::compiler::Rounding;
use crate::graph::{Family, Pool};
use std::ops::Range;

impl Task<'_> {
    pub(super) fn average_pool(&self, pool: &Pool) -> Result<Vec<i32>, String> {
        let (image, result) = (&self.tensor(0).shape, &self.output().shape);
        let (width, channels) = (image[1], image[2]);
        let input = self.integers(0)?;
        let before = [pool.padding.top, pool.padding.left];
        // The part of a window that is inside of the image, along an axis.
        let inside = |axis: usize, at: usize| -> Range<usize> {
            let first = at * pool.strides[axis];
            let end = (first + pool.kernel[axis]).saturating_sub(before[axis]);
            first.saturating_sub(before[axis])..end.min(image[axis])
        };
        let mut integers = Vec::with_capacity(self.output().len());
        for y in 0..result[0] {
            for x in 0..result[1] {
                let (rows, columns) = (inside(0, y), inside(1, x));
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
