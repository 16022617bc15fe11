//! Places of the activations in the scratchpad.

use super::CompileError;
use super::lower::Lowered;
use crate::arch::NpuArch;
use crate::graph::{Graph, TensorId};
use std::collections::BTreeMap;

/// An activation that has a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Block {
    half: u32,
    offset: u32,
    bytes: u32,
    /// The last layer that reads it.
    last: usize,
}

/// The scratchpad address of each activation. A half is read once in a cycle, so that what a layer adds to
/// its results lies in the other half than its input, where there is room. Places of activations
/// that were read for the last time are used again.
pub(super) fn place(
    graph: &Graph,
    lowered: &Lowered,
    arch: &NpuArch,
) -> Result<BTreeMap<TensorId, u32>, CompileError> {
    let layers = &lowered.layers;
    let last_use = |tensor: TensorId| {
        let is_output = lowered.outputs.contains(&tensor);
        let last = layers.iter().rposition(|layer| layer.reads(tensor));
        if is_output {
            layers.len()
        } else {
            last.unwrap_or(0)
        }
    };
    let mut live: Vec<Block> = Vec::new();
    let mut places = BTreeMap::new();
    let mut halves: BTreeMap<TensorId, u32> = BTreeMap::new();
    let given = lowered.inputs.iter().chain(&lowered.constants);
    let given = given.map(|tensor| (0, *tensor, None));
    let results = (0..)
        .zip(layers)
        .map(|(at, layer)| (at, layer.output, Some(layer)));
    for (at, tensor, layer) in given.chain(results) {
        // What the layer itself reads is still needed.
        live.retain(|block| block.last >= at || layer.is_none());
        let beside = layers.iter().find_map(|layer| {
            let residual = layer.residual.as_ref()?.tensor;
            match (layer.input == tensor, residual == tensor) {
                (false, true) => halves.get(&layer.input),
                (true, false) => halves.get(&residual),
                _ => None,
            }
        });
        let beside = beside.or_else(|| halves.get(&layer?.input));
        let wanted = beside.map_or(0, |beside| 1 - beside);
        let bytes = graph[tensor].len() as u32;
        let found = [wanted, 1 - wanted]
            .into_iter()
            .find_map(|half| Some((half, room(&live, half, bytes, arch)?)));
        let Some((half, offset)) = found else {
            let used: u32 = live.iter().map(|block| block.bytes).sum();
            return Err(CompileError::Scratchpad {
                node: layer
                    .map_or(&graph[tensor].name, |layer| &layer.name)
                    .clone(),
                bytes: bytes.into(),
                used: used.into(),
                there: arch.scratchpad_bytes.into(),
            });
        };
        live.push(Block {
            half,
            offset,
            bytes,
            last: last_use(tensor),
        });
        halves.insert(tensor, half);
        places.insert(tensor, half * arch.scratchpad_bytes / 2 + offset);
    }
    Ok(places)
}

/// The lowest place in a half with room for so many bytes.
fn room(live: &[Block], half: u32, bytes: u32, arch: &NpuArch) -> Option<u32> {
    let mut taken: Vec<_> = live.iter().filter(|block| block.half == half).collect();
    taken.sort_by_key(|block| block.offset);
    let mut offset = 0;
    for block in taken {
        if offset + bytes <= block.offset {
            break;
        }
        offset = offset.max((block.offset + block.bytes).next_multiple_of(arch.rows));
    }
    let end = u64::from(offset) + u64::from(bytes);
    (end <= u64::from(arch.scratchpad_bytes) / 2).then_some(offset)
}
