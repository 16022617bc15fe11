//! Channels that are the same for every input become part of the biases of the layers that read them, and nothing
//! computes them; the same becomes of channels on which nothing depends.

use super::intervals::{Intervals, channel_of, intervals, reaches_outside};
use super::kept::Kept;
use super::lower::{Layer, Lowered};
use super::tiling::passes_of_rows;
use crate::arch::NpuArch;
use crate::graph::TensorId;
use std::collections::{BTreeMap, BTreeSet};

/// Leaves channels out of the results of layers, where all layers that read them allow it.
pub(super) fn fold(lowered: &mut Lowered, arch: &NpuArch) {
    let intervals = intervals(lowered);
    let channels = Channels::of(lowered, &intervals, arch);
    for layer in &mut lowered.layers {
        fold_layer(layer, &channels, &intervals);
    }
}

/// Whether each channel of the result is made of that of the image alone: a layer has the same channels on both sides.
fn is_of_each_channel(layer: &Layer) -> bool {
    let is_depthwise = layer.groups > 1 && layer.groups == layer.image[2];
    layer.pool.is_some() || is_depthwise && layer.result[2] == layer.image[2]
}

/// Which channels of the results of layers are kept.
struct Channels {
    /// For each result of a layer the first tensor of those that have the same channels.
    firsts: BTreeMap<TensorId, TensorId>,
    /// For each of these whether a channel is kept.
    kept: BTreeMap<TensorId, Vec<bool>>,
}

impl Channels {
    /// The fewest that are worth while.
    fn of(lowered: &Lowered, intervals: &Intervals, arch: &NpuArch) -> Channels {
        let layers = &lowered.layers;
        let made = layers.iter().map(|layer| layer.output);
        let mut channels = Channels {
            firsts: made.map(|tensor| (tensor, tensor)).collect(),
            kept: BTreeMap::new(),
        };
        let mut whole = BTreeSet::from_iter(lowered.outputs.iter().copied());
        for layer in layers {
            channels.tie(layer, intervals, &mut whole);
        }
        for layer in layers {
            let first = channels.firsts[&layer.output];
            let kept = vec![false; layer.result[2]];
            channels.kept.entry(first).or_insert(kept);
        }
        for tensor in whole {
            if let Some(first) = channels.firsts.get(&tensor) {
                let kept = channels.kept.get_mut(first);
                kept.into_iter().for_each(|kept| kept.fill(true));
            }
        }
        while channels.keep_needed(layers, intervals) || channels.keep_for_nothing(layers, arch) {}
        channels
    }

    /// Makes tensors keep the same channels as others, as a layer demands, or all: they become `whole`.
    fn tie(&mut self, layer: &Layer, intervals: &Intervals, whole: &mut BTreeSet<TensorId>) {
        let residual = layer.residual.as_ref().map(|residual| residual.tensor);
        let image = is_of_each_channel(layer).then_some(layer.input);
        for tensor in image.into_iter().chain(residual) {
            match intervals.get(&tensor).map(Vec::len) {
                Some(count) if count == layer.result[2] => {
                    let [from, to] = [tensor, layer.output].map(|tensor| self.firsts[&tensor]);
                    for first in self.firsts.values_mut().filter(|first| **first == from) {
                        *first = to;
                    }
                }
                // It is given, or has another shape.
                _ => whole.extend([tensor, layer.output]),
            }
        }
        // Channels of an image in another shape that are none of the tensor.
        let of_tensor = intervals.get(&layer.input).map(Vec::len);
        if of_tensor.is_some_and(|count| !layer.image[2].is_multiple_of(count)) {
            whole.insert(layer.input);
        }
    }

    /// Whether each channel of a result is kept; none where no layer makes it.
    fn kept(&self, tensor: TensorId) -> Option<&[bool]> {
        Some(&self.kept[self.firsts.get(&tensor)?])
    }

    /// Keeps what layers cannot do without; false where they have all of it.
    fn keep_needed(&mut self, layers: &[Layer], intervals: &Intervals) -> bool {
        let mut is_new = false;
        for layer in layers.iter().rev() {
            let Some(kept) = self.kept(layer.input) else {
                continue;
            };
            if is_of_each_channel(layer) {
                continue;
            }
            let outside = reaches_outside(layer);
            let outputs = self.kept(layer.output).unwrap_or_default();
            let needs = |channel: &usize| {
                let constant = intervals[&layer.input][*channel].constant();
                let is_folded =
                    constant.is_some_and(|value| !outside || value == layer.padding_value);
                !is_folded && has_weights(layer, *channel, kept.len(), outputs)
            };
            let missing = (0..kept.len()).filter(|channel| !kept[*channel]);
            let needed = Vec::from_iter(missing.filter(needs));
            is_new |= !needed.is_empty();
            let first = self.firsts[&layer.input];
            for channel in needed {
                self.kept.entry(first).or_default()[channel] = true;
            }
        }
        is_new
    }

    /// Keeps more channels where that costs nothing; false where there are none.
    fn keep_for_nothing(&mut self, layers: &[Layer], arch: &NpuArch) -> bool {
        let mut is_new = false;
        for (first, kept) in &mut self.kept {
            let is_of = |tensor: &TensorId| self.firsts.get(tensor) == Some(first);
            let count = kept.iter().filter(|kept| **kept).count();
            let is_one = layers
                .iter()
                .any(|layer| is_of(&layer.output) && layer.result[..2] == [1, 1]);
            // A vector has its tiles in one go where all are full; else POST takes that many channels at a time.
            let step = if is_one { arch.columns } else { arch.lanes };
            let more = count.max(1).next_multiple_of(step as usize).min(kept.len());
            let is_slower = layers.iter().any(|layer| {
                let passes = |count: usize| {
                    let channels = layer.image[2] / kept.len() * count;
                    let [height, width, _] = layer.image;
                    let mut layer = layer.clone();
                    layer.image = [height, width, channels];
                    passes_of_rows(&layer, arch)
                };
                is_of(&layer.input) && count > 0 && passes(more) > passes(count)
            });
            let more = if is_slower { count } else { more };
            let dropped = kept.iter_mut().filter(|kept| !**kept);
            for kept in dropped.take(more - count) {
                *kept = true;
                is_new = true;
            }
        }
        is_new
    }
}

/// Whether a channel of the tensor that a layer reads has weights other than 0 for results that are kept.
fn has_weights(layer: &Layer, channel: usize, of_tensor: usize, outputs: &[bool]) -> bool {
    let channels = layer.image[2];
    let taps = layer.kernel[0] * layer.kernel[1];
    let of_outputs = layer.weights.chunks(taps * channels).zip(outputs);
    let mut kept = of_outputs.filter(|(_, kept)| **kept);
    kept.any(|(weights, _)| {
        let places = (channel..weights.len()).step_by(of_tensor);
        places.into_iter().any(|place| weights[place] != 0)
    })
}

/// Makes a layer of the channels that are kept.
fn fold_layer(layer: &mut Layer, channels: &Channels, intervals: &Intervals) {
    let outputs = Vec::from(channels.kept(layer.output).unwrap_or_default());
    let of_image = layer.image[2];
    let image = channels.kept(layer.input).map(|kept| {
        let of = |channel| channel_of(channel, of_image, kept.len());
        let is_kept = |channel| of(channel).is_none_or(|channel| kept[channel]);
        Vec::from_iter((0..of_image).map(is_kept))
    });
    let image = image.unwrap_or_else(|| vec![true; of_image]);
    if !image.contains(&false) && !outputs.contains(&false) {
        return;
    }
    if !is_of_each_channel(layer) {
        add_constants(layer, &image, intervals);
        // What is left of groups need not be as many channels each.
        layer.groups = 1;
    }
    layer.weights = {
        let taps = layer.kernel[0] * layer.kernel[1];
        let of_outputs = layer.weights.chunks(taps * of_image).zip(&outputs);
        let weights = of_outputs.filter(|(_, kept)| **kept);
        let weights = weights.flat_map(|(weights, _)| weights.iter().zip(image.iter().cycle()));
        only_kept(weights)
    };
    layer.bias = only_kept(layer.bias.iter().zip(&outputs));
    layer.factors = only_kept(layer.factors.iter().zip(&outputs));
    let numbers = Vec::from_iter(0..outputs.len());
    let kept: Vec<usize> = only_kept(numbers.iter().zip(&outputs));
    layer.image[2] = image.iter().filter(|kept| **kept).count();
    layer.result[2] = kept.len();
    if layer.groups > 1 {
        layer.groups = layer.image[2];
    }
    if kept.len() < outputs.len() {
        layer.kept = Some(Kept {
            channels: kept,
            of: outputs.len(),
        });
    }
}

/// Of pairs with whether they are kept those that are.
fn only_kept<'a, T: Copy + 'a>(all: impl Iterator<Item = (&'a T, &'a bool)>) -> Vec<T> {
    let kept = all.filter(|(_, kept)| **kept);
    kept.map(|(value, _)| *value).collect()
}

/// Adds the products of constant channels that are not kept to the biases. Those that are not constant have no weights.
fn add_constants(layer: &mut Layer, image: &[bool], intervals: &Intervals) {
    let Some(of) = intervals.get(&layer.input) else {
        return;
    };
    let constants = image.iter().enumerate().map(|(channel, kept)| match kept {
        true => 0,
        false => of[channel % of.len()].constant().unwrap_or(0),
    });
    let constants = Vec::from_iter(constants);
    let taps = layer.kernel[0] * layer.kernel[1];
    let of_outputs = layer.weights.chunks(taps * image.len());
    for (bias, weights) in layer.bias.iter_mut().zip(of_outputs) {
        for (weight, constant) in weights.iter().zip(constants.iter().cycle()) {
            *bias = bias.wrapping_add(constant * i32::from(*weight));
        }
    }
}
