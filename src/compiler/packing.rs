//! Kernel rows side by side in vectors, where a layer reads its image from DRAM and vectors would not be full.

use super::lower::{Layer, Lowered};
use super::tiling::passes_of_rows;
use crate::arch::NpuArch;
use crate::isa::npu::Unit;

/// The most rows of a LOAD, and bytes from a row of an image to the next.
const MOST_ROWS: usize = (1 << 12) - 1;
const LONGEST_PITCH: usize = (1 << 16) - 1;

/// Packs the kernel rows of layers: the rows of their images are in the scratchpad then at a pitch with which bytes of
/// a vector in different rows are in different banks.
pub(super) fn pack(lowered: &mut Lowered, arch: &NpuArch) {
    for index in 0..lowered.layers.len() {
        lowered.layers[index].packed_pitch = pitch(lowered, &lowered.layers[index], arch);
    }
}

/// Passes of a vector of the results of a layer, packed where that is better.
pub(super) fn passes(lowered: &Lowered, layer: &Layer, arch: &NpuArch) -> usize {
    match pitch(lowered, layer, arch) {
        Some(_) => (layer.kernel[0] * layer.kernel_row()).div_ceil(arch.rows as usize),
        None => passes_of_rows(layer, arch),
    }
}

/// The pitch of a layer that is better packed, and can be.
fn pitch(lowered: &Lowered, layer: &Layer, arch: &NpuArch) -> Option<usize> {
    let is_given = lowered.inputs.contains(&layer.input);
    let reads = lowered.layers.iter().flat_map(Layer::tensors_read);
    let reads = reads.filter(|tensor| *tensor == layer.input).count();
    let is_alone = reads == 1 && !lowered.outputs.contains(&layer.input);
    let mut pitches = layer.image_row()..=LONGEST_PITCH;
    let pitch =
        pitches.find(|pitch| pitch % arch.rows as usize == layer.kernel_row() % arch.rows as usize);
    pitch.filter(|_| is_given && is_alone && is_better(layer, arch))
}

/// Whether a layer takes fewer passes with its kernel rows packed.
fn is_better(layer: &Layer, arch: &NpuArch) -> bool {
    let [rows, row] = [arch.rows as usize, layer.kernel_row()];
    let window = layer.kernel[0] * row;
    // The rows behind the first are whole in a vector, but for the last one.
    let behind = (arch.image_rows() as usize - 1) * row;
    let reach = (0..window)
        .step_by(rows)
        .all(|first| row - first % row + behind >= rows.min(window - first));
    reach
        && layer.unit == Unit::Matrix
        && layer.pool.is_none()
        && layer.dilations == [1, 1]
        && layer.image[0] <= MOST_ROWS
        && window.div_ceil(rows) < passes_of_rows(layer, arch)
}
