//! Images with values between theirs.

use super::{Mode, Step};
use crate::graph::{Family, Grid, Resize};

/// The two neighbours of a place along an axis, and the weight of the second one.
type Between<T> = (usize, usize, T);

impl Step<'_> {
    pub(super) fn resized(&self, resize: &Resize) -> Vec<i32> {
        match (self.graph.family, self.mode) {
            (Family::TfLite, Mode::FixedPoint) => self.with_10_bits(resize),
            (Family::TfLite, Mode::Float) => self.with_11_bits(resize),
            (Family::Onnx, _) => self.with_reals(resize),
        }
    }

    /// TFLite Micro: weights of 10 bits, halves away from zero.
    fn with_10_bits(&self, resize: &Resize) -> Vec<i32> {
        const ONE: i64 = 1 << 10;
        let between = |axis: usize| -> Vec<Between<i64>> {
            let (from, to) = self.sizes(resize, axis);
            let (wide_from, wide_to) = (from as i64, to as i64);
            let step = match resize.grid {
                Grid::Corners if to > 1 => {
                    (ONE * (wide_from - 1) + (wide_to - 1) / 2) / (wide_to - 1)
                }
                _ => (ONE * wide_from + wide_to / 2) / wide_to,
            };
            let at = |place: usize| {
                let mut at = place as i64 * step;
                if resize.grid == Grid::HalfPixel {
                    at += step / 2 - ONE / 2;
                }
                let lower = (at / ONE).max(0);
                let upper = ((at + ONE - 1) / ONE).min(wide_from - 1);
                (lower as usize, upper.max(0) as usize, at - ONE * lower)
            };
            (0..to).map(at).collect()
        };
        self.interpolated([between(0), between(1)], |corners, down, right| {
            let [[a, b], [c, d]] = corners.map(|row| row.map(i64::from));
            let upper = a * (ONE - right) + b * right;
            let lower = c * (ONE - right) + d * right;
            let sum = upper * (ONE - down) + lower * down;
            let half = if sum > 0 { 1 << 19 } else { -(1 << 19) };
            ((sum + half) / (1 << 20)) as i32
        })
    }

    /// XNNPACK: weights of 11 bits, halves up.
    fn with_11_bits(&self, resize: &Resize) -> Vec<i32> {
        let between = |axis: usize| -> Vec<Between<i64>> {
            let (from, to) = self.sizes(resize, axis);
            let last = from - 1;
            let step = match resize.grid {
                Grid::Corners if to > 1 => last as f32 / (to - 1) as f32,
                _ => from as f32 / to as f32,
            };
            let offset = match resize.grid {
                Grid::HalfPixel => 0.5 * step - 0.5,
                _ => 0.0,
            };
            let at = |place: usize| {
                let at = (place as f32 * step + offset).clamp(0.0, last as f32);
                let lower = at as usize;
                let weight = (at - lower as f32) * 2048.0;
                (
                    lower,
                    (lower + 1).min(last),
                    weight.round_ties_even() as i64,
                )
            };
            (0..to).map(at).collect()
        };
        self.interpolated([between(0), between(1)], |corners, down, right| {
            let [upper, lower] = corners.map(|[left, of_right]| {
                i64::from(left) * 2048 + i64::from(of_right - left) * right
            });
            ((upper * 2048 + (lower - upper) * down + (1 << 21)) >> 22) as i32
        })
    }

    /// ONNX Runtime: real numbers.
    fn with_reals(&self, resize: &Resize) -> Vec<i32> {
        let between = |axis: usize| -> Vec<Between<[f32; 2]>> {
            let (from, to) = self.sizes(resize, axis);
            let last = from - 1;
            let scale = resize.scales[axis];
            let at = |place: usize| {
                let at = match resize.grid {
                    Grid::HalfPixel => (place as f32 + 0.5) / scale - 0.5,
                    Grid::Corners if to > 1 => place as f32 * last as f32 / (to - 1) as f32,
                    Grid::Corners => 0.0,
                    Grid::Asymmetric => place as f32 / scale,
                };
                let at = at.clamp(0.0, last as f32);
                let (lower, upper) = (at as usize, (at as usize + 1).min(last));
                let weights = match lower == upper {
                    true => [0.5, 0.5],
                    false => [upper as f32 - at, at - lower as f32],
                };
                (lower, upper, weights)
            };
            (0..to).map(at).collect()
        };
        let x = self.input_meaning(0);
        self.interpolated([between(0), between(1)], |corners, down, right| {
            let [[a, b], [c, d]] = corners.map(|row| row.map(|value| x.real(value)));
            let sum = right[0] * down[0] * a
                + right[1] * down[0] * b
                + right[0] * down[1] * c
                + right[1] * down[1] * d;
            self.integer_of(sum)
        })
    }

    fn sizes(&self, resize: &Resize, axis: usize) -> (usize, usize) {
        (self.input_tensor(0).shape[axis], resize.size[axis])
    }

    /// What `of` makes of the four neighbours of each element, for each channel.
    fn interpolated<T: Copy>(
        &self,
        [rows, columns]: [Vec<Between<T>>; 2],
        of: impl Fn([[i32; 2]; 2], T, T) -> i32,
    ) -> Vec<i32> {
        let image = &self.input_tensor(0).shape;
        let (width, channels) = (image[1], image[2]);
        let input = self.integers(0);
        let mut result = Vec::with_capacity(self.output().len());
        for (top, bottom, down) in &rows {
            for (left, right, across) in &columns {
                for channel in 0..channels {
                    let at = |row: usize, column: usize| {
                        input[(row * width + column) * channels + channel]
                    };
                    let corners = [
                        [at(*top, *left), at(*top, *right)],
                        [at(*bottom, *left), at(*bottom, *right)],
                    ];
                    result.push(self.limited(of(corners, *down, *across)));
                }
            }
        }
        result
    }
}
