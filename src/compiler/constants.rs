//! Weights and parameters in DRAM.

use super::lower::{Factor, Layer, Lowered, Reduction, Residual, to_int8};
use super::tiling::Tiling;
use super::units::window;
use crate::arch::NpuArch;
use crate::graph::{Graph, TensorId};
use crate::isa::npu::Unit;
use std::collections::BTreeMap;

/// Where the constants of a layer are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LayerConstants {
    /// Tiles of weights, in the order of their use.
    pub weights: u32,
    /// A word for each channel of all tiles.
    pub bias: u32,
    /// Multipliers and shifts, where channels differ.
    pub factors: Option<[u32; 2]>,
    /// The tables of a sum.
    pub tables: Option<[u32; 2]>,
}

/// The bytes of all constants, and where those of each layer are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Constants {
    pub bytes: Vec<u8>,
    pub layers: Vec<LayerConstants>,
    /// Where the constant activations are.
    pub activations: BTreeMap<TensorId, u32>,
}

/// Lays the constants of all layers out, each at a beat of the bus.
pub(super) fn lay_out(
    graph: &Graph,
    lowered: &Lowered,
    tilings: &[Tiling],
    arch: &NpuArch,
) -> Constants {
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
        let tables = layer.residual.as_ref().map(|residual| {
            let (multiplier, shift, float) = match residual.factor {
                Factor::Float(scale) => (scale.to_bits() as i32, 0, 1),
                Factor::Fixed(multiplier, shift) => (multiplier as i32, shift, 0),
            };
            let Residual {
                zero_point,
                low,
                high,
                ..
            } = *residual;
            let mut result = residual.result_table.clone();
            result.extend([multiplier, shift, zero_point, low, high, float]);
            [&result, &residual.residual_table].map(|table| {
                let bytes: Vec<u8> = table.iter().flat_map(|word| word.to_le_bytes()).collect();
                put(&bytes)
            })
        });
        let weights = put(&match layer.pool {
            _ if layer.unit == Unit::Vector => vector_groups(layer, arch),
            Some(_) => identities(layer, tiling, arch),
            None => tiles(layer, tiling, arch),
        });
        layers.push(LayerConstants {
            weights,
            bias,
            factors,
            tables,
        });
    }
    let mut activations = BTreeMap::new();
    for tensor in &lowered.constants {
        let values = graph[*tensor]
            .values
            .as_ref()
            .and_then(|values| values.integers());
        let offset = to_int8(graph[*tensor].element);
        let bytes = values
            .unwrap_or_default()
            .into_iter()
            .map(|value| (value + offset) as u8);
        activations.insert(*tensor, put(&bytes.collect::<Vec<_>>()));
    }
    bytes.resize(bytes.len().next_multiple_of(arch.bus_bytes() as usize), 0);
    Constants {
        bytes,
        layers,
        activations,
    }
}

/// Groups of the weights of VECTOR: for each block of C channels, or for all where it adds bytes up, and for each
/// kernel row its groups of T taps. Those of the last one are at its end.
fn vector_groups(layer: &Layer, arch: &NpuArch) -> Vec<u8> {
    let [taps, lanes] = [arch.vector_taps, arch.vector_channels()].map(|of| of as usize);
    let [rows, columns] = layer.kernel;
    let columns = columns / window(layer, arch);
    let channels = match layer.pool {
        None => layer.image[2],
        Some(Reduction::Sum) => lanes,
        Some(Reduction::Maximum) => 0,
    };
    let mut bytes = Vec::new();
    for first_channel in (0..channels).step_by(arch.columns as usize) {
        for row in 0..rows {
            for first in (0..columns).step_by(taps) {
                let missing = (first + taps).saturating_sub(columns);
                for tap in 0..taps {
                    for channel in first_channel..first_channel + lanes {
                        let column = (first + tap).checked_sub(missing);
                        let column = column.filter(|at| tap >= missing && *at < columns);
                        let weight = column.filter(|_| channel < channels).map(|column| {
                            let tap = (channel * rows + row) * columns + column;
                            match layer.pool {
                                None => layer.weights[tap * channels + channel],
                                Some(_) => 1,
                            }
                        });
                        bytes.push(weight.unwrap_or(0) as u8);
                    }
                }
            }
        }
    }
    bytes
}

/// Tiles that hand C channels on: for each block one, or the same for each kernel row and tap.
fn identities(layer: &Layer, tiling: &Tiling, arch: &NpuArch) -> Vec<u8> {
    let (columns, tile) = (arch.columns as usize, arch.tile_bytes() as usize);
    let mut blocks = vec![0; tiling.blocks * tile];
    for channel in 0..columns {
        blocks[channel * columns + channel] = 1;
    }
    let times = tiling.tiles(layer) / tiling.blocks;
    let repeated = blocks.chunks(tile).map(|block| block.repeat(times));
    repeated.collect::<Vec<_>>().concat()
}

/// The tiles of a layer: for each C output channels, each block, kernel row and tap, R rows of C weights.
fn tiles(layer: &Layer, tiling: &Tiling, arch: &NpuArch) -> Vec<u8> {
    let (rows, columns) = (arch.rows as usize, arch.columns as usize);
    let channels = layer.image[2];
    let [kernel_rows, kernel_columns] = layer.kernel;
    let outputs = layer.result[2];
    let mut bytes = Vec::with_capacity(tiling.columns * tiling.tiles(layer) * rows * columns);
    let [blocks, passes_of_row, taps] = tiling.passes(layer);
    for tile in 0..tiling.columns {
        for block in 0..blocks {
            for kernel_row in 0..passes_of_row {
                for tap in 0..taps {
                    for row in 0..rows {
                        // The kernel column and channel of this byte of the vector: if that spans kernel rows, the
                        // column goes on behind those of a row.
                        let (column, channel) = match tiling.spans {
                            true => {
                                let byte = tap * rows + row;
                                (byte / channels, byte % channels)
                            }
                            false => (tap, block * rows + row),
                        };
                        let exists = match layer.packed_pitch {
                            None => column < kernel_columns && channel < channels,
                            Some(_) => column < kernel_rows * kernel_columns,
                        };
                        for output in tile * columns..(tile + 1) * columns {
                            let tap = (output * kernel_rows + kernel_row) * kernel_columns + column;
                            let weight = (exists && output < outputs)
                                .then(|| layer.weights[tap * channels + channel]);
                            bytes.push(weight.unwrap_or(0) as u8);
                        }
                    }
                }
            }
        }
    }
    bytes
}
