//! Several pixels of a result side by side in the columns of the array, where a layer has channels for few of them.
//!
//! Pixels side by side are the channels of one wide pixel, in memory and in the array: each has the weights of the
//! layer, shifted by the pixels of the image between them, and the columns share a vector of all that they read.

use super::lower::{Layer, Lowered};
use super::packing::passes;
use crate::arch::NpuArch;
use crate::isa::npu::Unit;

/// The most groups of C channels that pixels make one vector of.
const MOST_GROUPS: usize = 4;
/// The most bytes of an image from a vector to the next.
const LONGEST_STEP: usize = (1 << 16) - 1;

/// The layers with their pixels side by side, as many as make them the fastest; none where that is one everywhere.
pub(super) fn joined(lowered: &Lowered, arch: &NpuArch) -> Option<Lowered> {
    let joined = lowered.layers.iter().map(|layer| {
        let apart = cycles(lowered, layer, arch);
        let bare = Layer {
            weights: Vec::new(),
            ..layer.clone()
        };
        let joined = numbers(layer, arch).map(|pixels| {
            let joined = side_by_side(&bare, pixels);
            (cycles(lowered, &joined, arch), joined)
        });
        let (cycles, joined) = joined.min_by_key(|(cycles, _)| *cycles)?;
        (cycles < apart).then(|| Layer {
            weights: shifted(layer, &joined),
            ..joined
        })
    });
    let joined = Vec::from_iter(joined);
    joined.iter().any(Option::is_some).then(|| {
        let mut all = lowered.clone();
        for (layer, joined) in all.layers.iter_mut().zip(joined) {
            if let Some(joined) = joined {
                *layer = joined;
            }
        }
        all
    })
}

/// How many pixels can be joined.
fn numbers(layer: &Layer, arch: &NpuArch) -> impl Iterator<Item = usize> {
    let [_, width, channels] = layer.result;
    let step = layer.strides[1] * layer.image[2];
    let most = match layer.unit == Unit::Matrix && layer.pool.is_none() {
        true => (MOST_GROUPS * arch.columns as usize / channels).min(LONGEST_STEP / step),
        false => 1,
    };
    (2..=most).filter(move |pixels| width.is_multiple_of(*pixels))
}

/// Cycles of a layer, about: MATRIX and POST work at a time.
fn cycles(lowered: &Lowered, layer: &Layer, arch: &NpuArch) -> usize {
    let [height, width, channels] = layer.result;
    let vectors = height * width;
    let tiles = channels.div_ceil(arch.columns as usize) * passes(lowered, layer, arch);
    let groups = channels.div_ceil(arch.lanes as usize);
    let reads = 1 + usize::from(layer.residual.is_some());
    (tiles * vectors.max(arch.rows as usize)).max(groups * reads * vectors)
}

/// A layer without its weights, with so many pixels of its result as one.
fn side_by_side(layer: &Layer, pixels: usize) -> Layer {
    let [height, width, channels] = layer.result;
    let [rows, columns] = layer.kernel;
    let step = layer.strides[1];
    let columns = (columns - 1) * layer.dilations[1] + 1 + (pixels - 1) * step;
    Layer {
        result: [height, width / pixels, pixels * channels],
        kernel: [rows, columns],
        strides: [layer.strides[0], pixels * step],
        dilations: [layer.dilations[0], 1],
        bias: layer.bias.repeat(pixels),
        factors: layer.factors.repeat(pixels),
        groups: 1,
        pixels,
        ..layer.clone()
    }
}

/// The weights of a layer for each of the pixels that are joined.
fn shifted(layer: &Layer, joined: &Layer) -> Vec<i8> {
    let channels = layer.image[2];
    let [rows, columns] = layer.kernel;
    let wide = joined.kernel[1];
    let mut all = vec![0; joined.result[2] * rows * wide * channels];
    for pixel in 0..joined.pixels {
        let first = pixel * layer.result[2] * rows * wide + pixel * layer.strides[1];
        for (tap, weights) in layer.weights.chunks(channels).enumerate() {
            let column = tap % columns * layer.dilations[1];
            let to = first + tap / columns * wide + column;
            all[to * channels..][..channels].copy_from_slice(weights);
        }
    }
    all
}
