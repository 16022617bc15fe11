//! The range of every tensor, from what it is for the samples.

use super::QuantizeError;
use super::network::Network;
use super::operators::fixed_range;
use super::progress::Progress;
use super::range::{Histogram, Method};
use super::run::Run;
use super::samples::Samples;
use ndarray::{ArrayD, Axis};
use std::collections::BTreeMap;

/// Ranges of a tensor.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    /// From the least value to the largest.
    pub(super) all: [f32; 2],
    /// That which 8 bits stand for.
    pub(super) narrow: [f32; 2],
}

/// The ranges of each of these tensors.
pub(super) fn ranges(
    network: &Network,
    samples: &Samples,
    tensors: &[String],
    method: Method,
    progress: &mut Progress,
) -> Result<BTreeMap<String, Range>, QuantizeError> {
    let run = Run::new(network, samples)?;
    let passes = if method == Method::MinMax { 1 } else { 2 };
    progress.begin("calibrate", passes * samples.len())?;
    let mut extremes = vec![[f32::INFINITY, f32::NEG_INFINITY]; tensors.len()];
    for sample in 0..samples.len() {
        for (extreme, values) in extremes.iter_mut().zip(run.tensors(sample, tensors)?) {
            for value in &values {
                extreme[0] = extreme[0].min(*value);
                extreme[1] = extreme[1].max(*value);
            }
        }
        progress.step()?;
    }
    let mut histograms = Vec::from_iter(extremes.into_iter().map(Histogram::new));
    if passes == 2 {
        for sample in 0..samples.len() {
            for (histogram, values) in histograms.iter_mut().zip(run.tensors(sample, tensors)?) {
                histogram.add(&values);
            }
            progress.step()?;
        }
    }
    let ranges = tensors.iter().zip(&histograms).map(|(tensor, histogram)| {
        let producer = network.producer(tensor).map(|at| &network.nodes()[at]);
        let fixed = producer.and_then(fixed_range);
        let range = |method| fixed.unwrap_or_else(|| histogram.range(method));
        let range = Range {
            all: range(Method::MinMax),
            narrow: range(method),
        };
        (tensor.clone(), range)
    });
    Ok(ranges.collect())
}

/// The largest magnitude in each channel, the second axis of a tensor.
pub(super) fn channel_limits(
    network: &Network,
    samples: &Samples,
    tensors: &[String],
    progress: &mut Progress,
) -> Result<Vec<Vec<f32>>, QuantizeError> {
    let run = Run::new(network, samples)?;
    let mut limits: Vec<Vec<f32>> = vec![Vec::new(); tensors.len()];
    progress.begin("look at channels", samples.len())?;
    for sample in 0..samples.len() {
        for (limits, values) in limits.iter_mut().zip(run.tensors(sample, tensors)?) {
            let of_sample = channels(&values, |values| {
                values.fold(0.0, |most: f32, value| most.max(value.abs()))
            });
            limits.resize(of_sample.len(), 0.0);
            for (limit, most) in limits.iter_mut().zip(of_sample) {
                *limit = limit.max(most);
            }
        }
        progress.step()?;
    }
    Ok(limits)
}

/// A figure of each channel of a tensor: its second axis.
pub(super) fn channels<T>(
    values: &ArrayD<f32>,
    figure: impl Fn(&mut dyn Iterator<Item = f32>) -> T,
) -> Vec<T> {
    match values.ndim() {
        0 | 1 => vec![figure(&mut values.iter().copied())],
        _ => values
            .axis_iter(Axis(1))
            .map(|channel| figure(&mut channel.iter().copied()))
            .collect(),
    }
}
