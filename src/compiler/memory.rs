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

/// The scratchpad address of each activation. A layer's result lies in the other half than its input, so that
/// the array reads while POST writes; places of activations that were read for the last time are used
/// again.
pub(super) fn place(
    graph: &Graph,
    lowered: &Lowered,
    arch: &NpuArch,
) -> Result<BTreeMap<TensorId, u32>, CompileError> {
    let layers = &lowered.layers;
    let half = arch.scratchpad_bytes / 2;
    let last_use = |tensor: TensorId| {
        let is_output = graph
            .outputs
            .iter()
            .any(|output| lowered.origin(*output) == tensor);
        let last = layers.iter().rposition(|layer| layer.input == tensor);
        if is_output {
            layers.len()
        } else {
            last.unwrap_or(0)
        }
    };
    let mut live: Vec<Block> = Vec::new();
    let mut places = BTreeMap::new();
    let mut halves: BTreeMap<TensorId, u32> = BTreeMap::new();
    let inputs = graph.inputs.iter().map(|input| (0, *input, 0));
    let results = (0..).zip(layers).map(|(at, layer)| (at, layer.output, 1));
    for (at, tensor, result) in inputs.chain(results) {
        let wanted = match result {
            0 => 0,
            _ => 1 - halves.get(&layers[at].input).copied().unwrap_or(0),
        };
        // What the layer itself reads is still needed.
        live.retain(|block| block.last >= at || result == 0);
        let bytes = graph[tensor].len() as u32;
        let mut taken: Vec<_> = live.iter().filter(|block| block.half == wanted).collect();
        taken.sort_by_key(|block| block.offset);
        let mut offset = 0;
        for block in taken {
            if offset + bytes <= block.offset {
                break;
            }
            offset = offset.max((block.offset + block.bytes).next_multiple_of(arch.rows));
        }
        if u64::from(offset) + u64::from(bytes) > u64::from(half) {
            return Err(CompileError::Scratchpad {
                node: layers
                    .get(at)
                    .map_or_else(|| graph[tensor].name.clone(), |l| l.name.clone()),
                needed: u64::from(offset) + u64::from(bytes),
                there: half.into(),
            });
        }
        live.push(Block {
            half: wanted,
            offset,
            bytes,
            last: last_use(tensor),
        });
        halves.insert(tensor, wanted);
        places.insert(tensor, wanted * half + offset);
    }
    Ok(places)
}
