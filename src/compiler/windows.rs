//! Largest values of windows that no accumulator bank holds: of smaller windows, one layer behind the other.

use super::lower::{Layer, Lowered, Reduction};
use super::tiling::has_room;
use crate::arch::NpuArch;
use crate::graph::{Graph, TensorId};
use crate::isa::npu::Unit;

/// The most image rows from a kernel row to the next.
const LONGEST_STEP: usize = 31;

/// Splits them; the activations between are numbered behind those of the graph.
pub(super) fn split(graph: &Graph, lowered: &mut Lowered, arch: &NpuArch) {
    let mut next = graph.tensors.len();
    let mut rest = Vec::from_iter(lowered.layers.drain(..).rev());
    while let Some(layer) = rest.pop() {
        let is_too_large = layer.unit == Unit::Matrix && !has_room(layer.kernel, arch);
        if layer.pool != Some(Reduction::Maximum) || !is_too_large {
            lowered.layers.push(layer);
            continue;
        }
        let (first, second) = halves(&layer, TensorId(next));
        next += 1;
        rest.push(second);
        rest.push(first);
    }
}

/// Two layers that give what one does: rows and columns apart, or in one direction a window of which two cover
/// the whole.
fn halves(layer: &Layer, between: TensorId) -> (Layer, Layer) {
    let (mut first, mut second) = (layer.clone(), layer.clone());
    first.output = between;
    (first.low, first.high, first.residual) = (-128, 127, None);
    second.input = between;
    match layer.kernel {
        [rows, columns] if rows > 1 && columns > 1 => {
            (first.kernel, second.kernel) = ([rows, 1], [1, columns]);
            first.strides[1] = 1;
            first.padding[1] = 0;
            first.result[1] = layer.image[1];
            second.strides[0] = 1;
            second.padding[0] = 0;
        }
        [rows, _] => {
            let axis = usize::from(rows == 1);
            let step = (layer.kernel[axis] / 2).min(LONGEST_STEP);
            first.kernel[axis] -= step;
            first.strides[axis] = 1;
            first.result[axis] = (layer.result[axis] - 1) * layer.strides[axis] + step + 1;
            second.kernel[axis] = 2;
            second.dilations[axis] = step;
            second.strides[1 - axis] = 1;
            second.padding = [0, 0];
        }
    }
    second.image = first.result;
    (first, second)
}
