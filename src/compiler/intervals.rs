//! What the channels of activations can be, whatever the inputs are.

use super::lower::{Factor, Layer, Lowered, Reduction, Residual};
use crate::graph::TensorId;
use std::collections::BTreeMap;

/// Integers from a least to a greatest one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Interval {
    low: i64,
    high: i64,
}

impl Interval {
    /// What an int8 can be.
    const BYTE: Interval = Interval {
        low: -128,
        high: 127,
    };

    fn point(value: i32) -> Interval {
        Interval::between(value, value)
    }

    fn between(low: i32, high: i32) -> Interval {
        Interval {
            low: low.into(),
            high: high.into(),
        }
    }

    /// The one integer that it is.
    pub fn constant(self) -> Option<i32> {
        (self.low == self.high).then_some(self.low as i32)
    }

    /// The least one with all of both.
    fn union(self, other: Interval) -> Interval {
        Interval {
            low: self.low.min(other.low),
            high: self.high.max(other.high),
        }
    }

    /// The larger one of two integers.
    fn maximum(self, other: Interval) -> Interval {
        Interval {
            low: self.low.max(other.low),
            high: self.high.max(other.high),
        }
    }

    fn plus(self, other: Interval) -> Interval {
        Interval {
            low: self.low + other.low,
            high: self.high + other.high,
        }
    }

    fn times(self, factor: i64) -> Interval {
        let [a, b] = [self.low * factor, self.high * factor];
        Interval {
            low: a.min(b),
            high: a.max(b),
        }
    }

    /// What sums of 32 bits become, limited to some bytes. A result grows with its sum, unless that wraps.
    fn requantized(self, factor: Factor, zero_point: i32, limits: (i32, i32)) -> Interval {
        let all = Interval::between(limits.0, limits.1);
        let left = match factor {
            Factor::Fixed(_, shift) => shift.max(0),
            Factor::Float(_) => 0,
        };
        let ends = [self.low, self.high];
        let wraps = |end: i64| i32::try_from(end << left).is_err();
        if ends
            .iter()
            .any(|end| i32::try_from(*end).is_err() || wraps(*end))
        {
            return all;
        }
        let [low, high] = ends.map(|end| {
            let steps = factor.scaled(end as i32);
            let value = steps.saturating_add(zero_point.into());
            value.clamp(all.low, all.high)
        });
        Interval { low, high }
    }
}

/// For each result of a layer what its channels can be.
pub(super) type Intervals = BTreeMap<TensorId, Vec<Interval>>;

/// What the results of all layers can be.
pub(super) fn intervals(lowered: &Lowered) -> Intervals {
    let mut found = Intervals::new();
    for layer in &lowered.layers {
        let results = results(layer, &found);
        found.insert(layer.output, results);
    }
    found
}

/// The channel of a tensor with so many channels that a channel of an image is: the image may be the same bytes in
/// another shape.
pub(super) fn channel_of(channel: usize, of_image: usize, of_tensor: usize) -> Option<usize> {
    of_image
        .is_multiple_of(of_tensor)
        .then_some(channel % of_tensor)
}

/// What the channels of an image can be.
fn image(tensor: TensorId, channels: usize, found: &Intervals) -> Vec<Interval> {
    let of = |channel: usize| {
        let tensor = found.get(&tensor)?;
        let place = channel_of(channel, channels, tensor.len())?;
        Some(tensor[place])
    };
    let all = (0..channels).map(|channel| of(channel).unwrap_or(Interval::BYTE));
    all.collect()
}

fn results(layer: &Layer, found: &Intervals) -> Vec<Interval> {
    let channels = image(layer.input, layer.image[2], found);
    let mut results = match layer.pool {
        None => sums(layer, &channels),
        Some(reduction) => {
            let results = (0..).zip(&channels);
            let results = results.map(|(number, of)| reduced(layer, reduction, number, *of));
            results.collect()
        }
    };
    if let Some(residual) = &layer.residual {
        let others = image(residual.tensor, layer.result[2], found);
        for (result, other) in results.iter_mut().zip(others) {
            *result = sum_of_two(residual, *result, other);
        }
    }
    results
}

/// What the channels of a convolution's result can be.
fn sums(layer: &Layer, channels: &[Interval]) -> Vec<Interval> {
    let padding = Interval::point(layer.padding_value);
    let mut bytes = Vec::new();
    for reach in reaches(layer) {
        bytes.extend(channels.iter().map(|channel| match reach {
            Reach::Inside => *channel,
            Reach::Outside => padding,
            Reach::Both => channel.union(padding),
        }));
    }
    let outputs = layer.bias.iter().enumerate();
    let results = outputs.map(|(output, bias)| {
        let weights = &layer.weights[output * bytes.len()..][..bytes.len()];
        let products = bytes.iter().zip(weights);
        let products = products.map(|(byte, weight)| byte.times(i64::from(*weight)));
        let sum = products.fold(Interval::point(*bias), Interval::plus);
        let limits = (layer.low, layer.high);
        sum.requantized(layer.factors[output], layer.zero_point, limits)
    });
    results.collect()
}

/// What windows of a channel can become.
fn reduced(layer: &Layer, reduction: Reduction, number: usize, channel: Interval) -> Interval {
    let padding = Interval::point(layer.padding_value);
    let all = layer.kernel[0] * layer.kernel[1];
    let results = layer.inside_counts().into_iter().map(|inside| {
        let window = match reduction {
            Reduction::Sum => {
                let outside = padding.times((all - inside) as i64);
                channel.times(inside as i64).plus(outside)
            }
            Reduction::Maximum if inside == all => channel,
            Reduction::Maximum if inside == 0 => padding,
            Reduction::Maximum => channel.maximum(padding),
        };
        let factor = layer.factors_inside.get(&inside);
        let factor = *factor.unwrap_or(&layer.factors[number]);
        let sum = window.plus(Interval::point(layer.bias[number]));
        sum.requantized(factor, layer.zero_point, (layer.low, layer.high))
    });
    let whole = results.reduce(Interval::union);
    whole.unwrap_or(Interval::between(layer.low, layer.high))
}

/// What the sum of two bytes can be.
fn sum_of_two(residual: &Residual, result: Interval, other: Interval) -> Interval {
    let entries = |table: &[i32], bytes: Interval| {
        let entries = (bytes.low..=bytes.high).map(|byte| table[usize::from(byte as u8)]);
        let points = entries.map(Interval::point);
        points.reduce(Interval::union)
    };
    let limits = (residual.low, residual.high);
    let result = entries(&residual.result_table, result);
    let other = entries(&residual.residual_table, other);
    let sum = result.zip(other).map(|(a, b)| a.plus(b));
    sum.map_or(Interval::between(limits.0, limits.1), |sum| {
        sum.requantized(residual.factor, residual.zero_point, limits)
    })
}

/// Where a tap of a kernel lies in the windows of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// In the image in all of them.
    Inside,
    /// In none.
    Outside,
    /// In some.
    Both,
}

/// Where each tap lies, row by row.
fn reaches(layer: &Layer) -> Vec<Reach> {
    let [rows, columns] = [0, 1].map(|axis| {
        let reach = |tap: usize| {
            let image = layer.padding[axis]..layer.padding[axis] + layer.image[axis];
            let places = (0..layer.result[axis])
                .map(|at| at * layer.strides[axis] + tap * layer.dilations[axis]);
            let inside = places.filter(|place| image.contains(place)).count();
            match inside {
                0 => Reach::Outside,
                _ if inside == layer.result[axis] => Reach::Inside,
                _ => Reach::Both,
            }
        };
        Vec::from_iter((0..layer.kernel[axis]).map(reach))
    });
    let pairs = rows
        .iter()
        .flat_map(|row| columns.iter().map(move |column| (*row, *column)));
    let taps = pairs.map(|pair| match pair {
        (Reach::Inside, Reach::Inside) => Reach::Inside,
        (Reach::Outside, _) | (_, Reach::Outside) => Reach::Outside,
        _ => Reach::Both,
    });
    taps.collect()
}

/// Whether some window of a layer reaches beyond its image.
pub(super) fn reaches_outside(layer: &Layer) -> bool {
    reaches(layer).iter().any(|reach| *reach != Reach::Inside)
}
