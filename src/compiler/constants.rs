//! Weights and parameters in DRAM.

use super::lower::{Factor, Layer, Lowered};
use super::tiling::Tiling;
use crate::arch::NpuArch;

/// Where the constants of a layer are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LayerConstants {
    /// Tiles of weights, in the order of their use.
    pub weights: u32,
    /// A word for each channel of all tiles.
    pub bias: u32,
    /// Multipliers and shifts, where channels differ.
    pub factors: Option<[u32; 2]>,
}

/// The bytes of all constants, and where those of each layer are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Constants {
    pub bytes: Vec<u8>,
    pub layers: Vec<LayerConstants>,
}

/// Lays the constants of all layers out, each at a beat of the bus.
pub(super) fn lay_out(lowered: &Lowered, tilings: &[Tiling], arch: &NpuArch) -> Constants {
    let mut bytes = Vec::new();
    let mut put = |more: &[u8]| {
        bytes.resize(bytes.len().next_multiple_of(arch.bus_bytes() as usize), 0);
        let at = bytes.len() as u32;
        bytes.extend(more);
        at
    };
    let mut layers = Vec::new();
    for (layer, tiling) in lowered.layers.iter().zip(tilings) {
        let channels = tiling.columns * arch.columns as usize;
        let words = |word: &dyn Fn(usize) -> u32| -> Vec<u8> {
            let of = |channel| {
                if channel < layer.bias.len() {
                    word(channel)
                } else {
                    0
                }
            };
            (0..channels)
                .flat_map(|channel| of(channel).to_le_bytes())
                .collect()
        };
        let bias = put(&words(&|channel| layer.bias[channel] as u32));
        let differ = layer
            .factors
            .iter()
            .any(|factor| *factor != layer.factors[0]);
        let factors = differ.then(|| {
            let multipliers = put(&words(&|channel| match layer.factors[channel] {
                Factor::Float(scale) => scale.to_bits(),
                Factor::Fixed(multiplier, _) => multiplier,
            }));
            let shifts = put(&words(&|channel| match layer.factors[channel] {
                Factor::Float(_) => 0,
                Factor::Fixed(_, shift) => shift as u32,
            }));
            [multipliers, shifts]
        });
        let weights = put(&tiles(layer, tiling, arch));
        layers.push(LayerConstants {
            weights,
            bias,
            factors,
        });
    }
    bytes.resize(bytes.len().next_multiple_of(arch.bus_bytes() as usize), 0);
    Constants { bytes, layers }
}

/// The tiles of a layer: for each C output channels, each block, kernel row and tap, R rows of C weights.
fn tiles(layer: &Layer, tiling: &Tiling, arch: &NpuArch) -> Vec<u8> {
    let (rows, columns) = (arch.rows as usize, arch.columns as usize);
    let channels = layer.image[2];
    let [kernel_rows, kernel_columns] = layer.kernel;
    let outputs = layer.result[2];
    let mut bytes = Vec::with_capacity(tiling.columns * tiling.tiles(layer) * rows * columns);
    for tile in 0..tiling.columns {
        for block in 0..tiling.blocks {
            for kernel_row in 0..kernel_rows {
                for tap in 0..tiling.taps {
                    for row in 0..rows {
                        // The kernel column and channel of this byte of the vector.
                        let place = match tiling.spans {
                            true => {
                                let byte = tap * rows + row;
                                (byte / channels, byte % channels)
                            }
                            false => (tap, block * rows + row),
                        };
                        let exists = place.0 < kernel_columns && place.1 < channels;
                        let place = exists.then_some(place);
                        for column in 0..columns {
                            let output = tile * columns + column;
                            let weight = place.filter(|_| output < outputs).map(
                                |(kernel_column, channel)| {
                                    let tap = (output * kernel_rows + kernel_row) * kernel_columns
                                        + kernel_column;
                                    layer.weights[tap * channels + channel]
                                },
                            );
                            bytes.push(weight.unwrap_or(0) as u8);
                        }
                    }
                }
            }
        }
    }
    bytes
}
