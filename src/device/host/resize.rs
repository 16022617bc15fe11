//! Images with values between theirs.

use super::{Meaning, Task};
use crate::compiler::Rounding;
use crate::graph::{Family, Grid, Resize};

/// A place between two of the image.
struct Place {
    first: usize,
    second: usize,
    /// How far behind the first it is: in units of 2^10 or 2^11 to one.
    steps: i64,
    /// The same as weights of both.
    weights: [f32; 2],
}

impl Task<'_> {
    pub(super) fn resized(&self, resize: &Resize) -> Result<Vec<i32>, String> {
        let image = &self.tensor(0).shape;
        let integers = self.integers(0)?;
        let places = |axis: usize| -> Vec<Place> {
            let (from, to) = (image[axis], resize.size[axis]);
            let place = |at: usize| match (self.graph.family, self.rounding) {
                (Family::Onnx, _) => real_place(resize.grid, resize.scales[axis], [from, to], at),
                (Family::TfLite, Rounding::Fixed) => place_of_10_bits(resize.grid, from, to, at),
                (Family::TfLite, Rounding::Float) => place_of_11_bits(resize.grid, from, to, at),
            };
            (0..to).map(place).collect()
        };
        let (rows, columns) = (places(0), places(1));
        let (x, y) = (self.meaning(0), Meaning::of(self.output()));
        let mut result = Vec::with_capacity(self.output().len());
        for row in &rows {
            for column in &columns {
                for channel in 0..image[2] {
                    let at = |y: usize, x: usize| integers[(y * image[1] + x) * image[2] + channel];
                    let corners = [
                        at(row.first, column.first),
                        at(row.first, column.second),
                        at(row.second, column.first),
                        at(row.second, column.second),
                    ];
                    let value = match (self.graph.family, self.rounding) {
                        (Family::Onnx, _) => {
                            let [top, bottom] = row.weights;
                            let [left, right] = column.weights;
                            let weights = [left * top, right * top, left * bottom, right * bottom];
                            let reals = corners.map(|corner| x.real(corner));
                            let terms = weights
                                .iter()
                                .zip(reals)
                                .map(|(weight, real)| weight * real);
                            y.nearest(terms.sum())
                        }
                        (Family::TfLite, Rounding::Fixed) => {
                            let sum = weighted(corners, row.steps, column.steps, 1 << 10);
                            let magnitude = (sum.abs() + (1 << 19)) >> 20;
                            (magnitude * sum.signum()) as i32
                        }
                        (Family::TfLite, Rounding::Float) => {
                            let sum = weighted(corners, row.steps, column.steps, 1 << 11);
                            ((sum + (1 << 21)) >> 22) as i32
                        }
                    };
                    result.push(self.limited(value));
                }
            }
        }
        Ok(result)
    }
}

/// The sum of four corners, in squares of the unit.
fn weighted(corners: [i32; 4], down: i64, right: i64, unit: i64) -> i64 {
    let [a, b, c, d] = corners.map(i64::from);
    let top = a * unit + (b - a) * right;
    let bottom = c * unit + (d - c) * right;
    top * unit + (bottom - top) * down
}

/// TFLite Micro's places.
fn place_of_10_bits(grid: Grid, from: usize, to: usize, at: usize) -> Place {
    let [last, from, to, at] = [from - 1, from, to, at].map(|size| size as i64);
    let step = match grid {
        Grid::Corners if to > 1 => ((last << 10) + (to - 1) / 2) / (to - 1),
        _ => ((from << 10) + to / 2) / to,
    };
    let mut place = at * step;
    if grid == Grid::HalfPixel {
        place += step / 2 - 512;
    }
    // Towards 0.
    let first = (place / 1024).max(0);
    let second = ((place + 1023) / 1024).clamp(0, last);
    Place {
        first: first as usize,
        second: second as usize,
        steps: place - 1024 * first,
        weights: [0.0; 2],
    }
}

/// XNNPACK's places.
fn place_of_11_bits(grid: Grid, from: usize, to: usize, at: usize) -> Place {
    let step = match grid {
        Grid::Corners if to > 1 => (from - 1) as f32 / (to - 1) as f32,
        _ => from as f32 / to as f32,
    };
    let offset = if grid == Grid::HalfPixel {
        0.5 * step - 0.5
    } else {
        0.0
    };
    let place = (at as f32 * step + offset).max(0.0).min((from - 1) as f32);
    let first = place.floor();
    Place {
        first: first as usize,
        second: (first as usize + 1).min(from - 1),
        steps: ((place - first) * 2048.0).round_ties_even() as i64,
        weights: [0.0; 2],
    }
}

/// ONNX Runtime's places.
fn real_place(grid: Grid, scale: f32, [from, to]: [usize; 2], at: usize) -> Place {
    let last = from - 1;
    let place = match grid {
        Grid::Asymmetric => at as f32 / scale,
        Grid::HalfPixel => (at as f32 + 0.5) / scale - 0.5,
        Grid::Corners if to == 1 => 0.0,
        Grid::Corners => at as f32 * last as f32 / (to - 1) as f32,
    };
    let place = place.max(0.0).min(last as f32);
    let first = place.floor();
    let second = (first as usize + 1).min(last);
    Place {
        first: first as usize,
        second,
        steps: 0,
        // At the last one both are the same.
        weights: match second == first as usize {
            true => [0.5; 2],
            false => [second as f32 - place, place - first],
        },
    }
}
