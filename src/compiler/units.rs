//! Which unit computes each layer: depthwise convolutions and pools go to VECTOR, beside the array.

use super::lower::{Layer, Lowered, Reduction};
use crate::arch::NpuArch;
use crate::graph::TensorId;
use crate::isa::npu::Unit;

/// The most kernel rows, groups of taps of one, and vectors of a row, of a VECTOR.
const MOST: [usize; 3] = [63, 127, 255];

/// Gives layers to VECTOR.
pub(super) fn choose(lowered: &mut Lowered, arch: &NpuArch) {
    for layer in &mut lowered.layers {
        if is_for_vector(layer, arch) {
            layer.unit = Unit::Vector;
        }
    }
    // Who waits for what LOAD reads is one unit.
    while let Some(index) = (0..lowered.layers.len()).find(|index| is_shared(lowered, *index)) {
        lowered.layers[index].unit = Unit::Matrix;
    }
}

/// Groups of taps of all kernel rows and blocks of channels.
pub(super) fn groups(layer: &Layer, arch: &NpuArch) -> usize {
    // The weights of a sum are those of all channels, a maximum has none.
    let blocks = match layer.pool {
        None => layer.image[2].div_ceil(arch.columns as usize),
        Some(Reduction::Sum) => 1,
        Some(Reduction::Maximum) => 0,
    };
    blocks * layer.kernel[0] * groups_of_row(layer, arch)
}

/// Groups of taps of a kernel row.
pub(super) fn groups_of_row(layer: &Layer, arch: &NpuArch) -> usize {
    (layer.kernel[1] / window(layer, arch)).div_ceil(arch.vector_taps as usize)
}

/// Vectors of VECTOR that POST makes one. A pool with one result has a vector for each column of its window: VECTOR
/// comes back to the sums of a vector some cycles later only.
pub(super) fn window(layer: &Layer, arch: &NpuArch) -> usize {
    let columns = layer.kernel[1];
    let fits = columns <= MOST[2].min(arch.accumulator_vectors as usize);
    match layer.pool.is_some() && layer.result[..2] == [1, 1] && fits {
        true => columns,
        false => 1,
    }
}

fn is_for_vector(layer: &Layer, arch: &NpuArch) -> bool {
    let is_depthwise = layer.groups > 1 && layer.groups == layer.image[2];
    (is_depthwise || layer.pool.is_some())
        && layer.result[2] == layer.image[2]
        && arch.vector_taps > 0
        && arch.rows >= arch.columns
        && layer.kernel[0] <= MOST[0]
        && groups_of_row(layer, arch) <= MOST[1]
        && groups(layer, arch) <= arch.vector_weights as usize
}

/// Whether a layer of VECTOR reads what LOAD tells another unit of.
fn is_shared(lowered: &Lowered, index: usize) -> bool {
    let of = &lowered.layers[index];
    let comes_from_dram = |tensor: TensorId| {
        let is_made = lowered.layers.iter().any(|layer| layer.output == tensor);
        !is_made
    };
    let residual = of.residual.as_ref().map(|residual| residual.tensor);
    let mut others = lowered.layers.iter();
    of.unit == Unit::Vector
        && (residual.is_some_and(comes_from_dram)
            || comes_from_dram(of.input)
                && others.any(|layer| layer.unit != Unit::Vector && layer.reads(of.input)))
}
