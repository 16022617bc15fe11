//! From the values that a tensor has to the range that eight bits stand for.

use ndarray::ArrayD;
use serde::Serialize;

/// How a range is found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// From the least value to the largest.
    MinMax,
    /// The range of so many percent of the values, as many left out on each side.
    Percentile(f64),
    /// The symmetric limit with the least divergence between the values and those that are quantized
    /// (Kullback and Leibler), as TensorRT and ONNX Runtime do.
    Entropy,
    /// The range with the least mean of squared errors.
    MeanSquare,
}

const BINS: usize = 2048;

/// Share of the values that a limit of [`Method::Entropy`] leaves inside: few values fill few bins, which any limit tells
/// exactly.
const INSIDE: f64 = 0.99;

/// How often a tensor has which values.
#[derive(Clone, Debug)]
pub(super) struct Histogram {
    low: f32,
    high: f32,
    counts: Vec<u64>,
}

impl Histogram {
    /// Nothing yet, of values between these.
    pub(super) fn new([low, high]: [f32; 2]) -> Histogram {
        let counts = vec![0; BINS];
        Histogram { low, high, counts }
    }

    pub(super) fn add(&mut self, values: &ArrayD<f32>) {
        let per_value = BINS as f32 / (self.high - self.low);
        if !per_value.is_finite() {
            return;
        }
        for value in values {
            let bin = ((value - self.low) * per_value) as usize;
            self.counts[bin.min(BINS - 1)] += 1;
        }
    }

    fn width(&self) -> f32 {
        (self.high - self.low) / BINS as f32
    }

    /// The middle of each bin that has values, and how many.
    fn bins(&self) -> impl Iterator<Item = (f32, f64)> {
        let bins = self.counts.iter().enumerate();
        let middle = |bin: usize| self.low + (bin as f32 + 0.5) * self.width();
        bins.filter(|(_, count)| **count > 0)
            .map(move |(bin, count)| (middle(bin), *count as f64))
    }

    /// The range by a method.
    pub(super) fn range(&self, method: Method) -> [f32; 2] {
        let all = [self.low.min(0.0), self.high.max(0.0)];
        if self.counts.iter().all(|count| *count == 0) {
            return all;
        }
        let [low, high] = match method {
            Method::MinMax => all,
            Method::Percentile(percent) => self.percentile(percent),
            Method::Entropy => self.entropy(),
            Method::MeanSquare => self.mean_square(all),
        };
        [low.clamp(all[0], 0.0), high.clamp(0.0, all[1])]
    }

    fn percentile(&self, percent: f64) -> [f32; 2] {
        let total: u64 = self.counts.iter().sum();
        let beyond = (total as f64 * (1.0 - percent / 100.0) / 2.0) as u64;
        let skipped = |counts: &mut dyn Iterator<Item = &u64>| {
            let mut sum = 0;
            counts
                .take_while(|count| {
                    sum += **count;
                    sum <= beyond
                })
                .count() as f32
        };
        let below = skipped(&mut self.counts.iter());
        let above = skipped(&mut self.counts.iter().rev());
        [
            self.low + below * self.width(),
            self.high - above * self.width(),
        ]
    }

    /// The range with the least sum of squared errors: both limits in turn, each of a hundred parts of what it may be.
    fn mean_square(&self, all: [f32; 2]) -> [f32; 2] {
        let bins = Vec::from_iter(self.bins());
        let error = |range: [f32; 2]| {
            let (scale, zero_point) = meaning(range, 8);
            let errors = bins.iter().map(|(value, count)| {
                let integer = (value / scale).round_ties_even() + zero_point as f32;
                let real = (integer.clamp(-128.0, 127.0) - zero_point as f32) * scale;
                count * f64::from(value - real).powi(2)
            });
            errors.sum::<f64>()
        };
        let mut best = all;
        for side in [1, 0, 1, 0] {
            let candidates = (1..=100).map(|part| {
                let mut range = best;
                range[side] = all[side] * part as f32 / 100.0;
                range
            });
            let errors = candidates.map(|range| (error(range), range));
            let least = errors.min_by(|a, b| a.0.total_cmp(&b.0));
            if let Some((_, range)) = least {
                best = range;
            }
        }
        best
    }

    /// The limit, the same on both sides of 0, with the least divergence.
    fn entropy(&self) -> [f32; 2] {
        let largest = self.high.abs().max(self.low.abs());
        let mut sizes = vec![0.0; BINS];
        for (value, count) in self.bins() {
            let bin = (value.abs() / largest * BINS as f32) as usize;
            sizes[bin.min(BINS - 1)] += count;
        }
        // 0 is exact whatever the limit is, and often in most places.
        sizes[0] = sizes[1];
        // Of the 255 steps those on one side of 0, where there are values on both.
        let levels = if self.low < 0.0 && self.high > 0.0 {
            128
        } else {
            255
        };
        let total: f64 = sizes.iter().sum();
        let enough = |end: &usize| sizes[..*end].iter().sum::<f64>() >= INSIDE * total;
        let divergences = (levels..=BINS)
            .filter(enough)
            .map(|end| (divergence(&sizes, end, levels), end));
        let least = divergences.min_by(|a, b| a.0.total_cmp(&b.0));
        let limit = largest * least.map_or(1.0, |(_, end)| end as f32 / BINS as f32);
        [-limit, limit]
    }
}

/// How far what so many levels tell of the first bins is from the bins, what is beyond them being in the last one.
fn divergence(sizes: &[f64], end: usize, levels: usize) -> f64 {
    let mut wanted = sizes[..end].to_vec();
    wanted[end - 1] += sizes[end..].iter().sum::<f64>();
    let total: f64 = wanted.iter().sum();
    let inside: f64 = sizes[..end].iter().sum();
    let mut divergence = 0.0;
    for level in 0..levels {
        let bins = level * end / levels..(level + 1) * end / levels;
        let filled = sizes[bins.clone()].iter().filter(|size| **size > 0.0);
        let filled = filled.count() as f64;
        let mean = sizes[bins.clone()].iter().sum::<f64>() / filled / inside;
        for bin in bins.filter(|bin| wanted[*bin] > 0.0) {
            let share = wanted[bin] / total;
            // A value that the levels do not have counts as one that is rare.
            let told = if sizes[bin] > 0.0 { mean } else { 1e-9 };
            divergence += share * (share / told).ln();
        }
    }
    divergence
}

/// Scale and zero point of signed integers of so many bits for a range that holds 0.
pub(super) fn meaning([low, high]: [f32; 2], bits: u32) -> (f32, i32) {
    let least = -(1 << (bits - 1));
    let steps = ((1_u32 << bits) - 1) as f32;
    let scale = (high - low) / steps;
    if scale.is_nan() || scale < f32::MIN_POSITIVE {
        return (1.0, least);
    }
    let zero_point = (least as f32 - low / scale).round_ties_even() as i32;
    (scale, zero_point.clamp(least, -least - 1))
}

/// The next smaller scale with which no integer stands for less or more than these limits.
pub(super) fn within(
    (scale, zero_point): (f32, i32),
    bits: u32,
    [low, high]: [f32; 2],
) -> (f32, i32) {
    let least = -(1 << (bits - 1));
    let below = (least - zero_point) as f32;
    let above = (-least - 1 - zero_point) as f32;
    let mut scale = scale;
    if below < 0.0 {
        scale = scale.min(low / below);
    }
    if above > 0.0 {
        scale = scale.min(high / above);
    }
    // The quotient may have been rounded up.
    while below * scale < low || above * scale > high {
        scale = scale.next_down();
    }
    (scale, zero_point)
}
