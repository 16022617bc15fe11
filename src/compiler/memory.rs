//! Homes of the activations: places in the scratchpad, and in DRAM where it is too small.

use super::bands::{Bands, Place, cut, least};
use super::binding::Binding;
use super::lower::{Layer, Lowered};
use super::room::{Block, half_bytes, room};
use super::{CompileError, WINDOW, region};
use crate::arch::NpuArch;
use crate::graph::{Graph, TensorId};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Where an activation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home {
    /// At an address of the scratchpad, as a whole.
    Scratchpad(u32),
    /// In DRAM, and in the scratchpad in bands.
    Dram {
        /// The region.
        region: u32,
        /// First byte within it.
        offset: u32,
    },
}

/// Where all activations are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    pub homes: BTreeMap<TensorId, Home>,
    /// For each layer its bands, where some of its tensors are in DRAM.
    pub bands: Vec<Option<Bands>>,
    /// Bytes of the region of activations.
    pub activations: u32,
    /// Layers that may be under way at a time: what the first of them reads has a place of its own as long.
    pub window: usize,
}

/// What is given to the layers, and asked of them: where it is in DRAM.
pub(super) struct Ports<'a> {
    pub inputs: &'a [Binding],
    pub outputs: &'a [Binding],
    /// Activations that are constant.
    pub constants: &'a BTreeMap<TensorId, u32>,
}

/// Addresses in the scratchpad, and the bands of each layer that has some.
type Placed = (BTreeMap<TensorId, u32>, Vec<Option<Bands>>);

/// A layer that has no room.
struct Crowded {
    /// What is in the scratchpad then, or was to be, and its bytes.
    live: Vec<(TensorId, u32)>,
    error: CompileError,
}

/// Gives each activation its home. Where the scratchpad has no room, the largest activation of those that are
/// needed then goes to DRAM, and planning begins again.
pub(super) fn plan(
    graph: &Graph,
    lowered: &Lowered,
    ports: &Ports<'_>,
    arch: &NpuArch,
) -> Result<Plan, CompileError> {
    let mut in_dram = BTreeSet::new();
    // Taking turns is worth no transfer.
    let mut window = WINDOW;
    loop {
        match place(graph, lowered, &in_dram, window, arch) {
            Ok((places, bands)) => {
                let (homes, activations) = homes(graph, lowered, ports, &in_dram, arch);
                let places = places.into_iter();
                let places = places.map(|(tensor, address)| (tensor, Home::Scratchpad(address)));
                return Ok(Plan {
                    homes: homes.into_iter().chain(places).collect(),
                    bands,
                    activations,
                    window,
                });
            }
            Err(_) if window > 1 => window = 1,
            Err(Crowded { live, error }) => {
                let largest = live
                    .iter()
                    .max_by_key(|(tensor, bytes)| (*bytes, Reverse(*tensor)));
                in_dram.insert(largest.ok_or(error)?.0);
            }
        }
    }
}

/// The last layer that reads an activation; that behind all where it is an output.
fn last_use(lowered: &Lowered, tensor: TensorId) -> usize {
    let layers = &lowered.layers;
    let last = layers.iter().rposition(|layer| layer.reads(tensor));
    match lowered.outputs.contains(&tensor) {
        true => layers.len(),
        false => last.unwrap_or(0),
    }
}

/// The scratchpad address of each activation that is not in DRAM, and the bands of layers that reach DRAM. A
/// half is read once in a cycle, so that what a layer adds to its results lies in the other half than
/// its input, where there is room. Places of activations that were read for the last time are used again.
fn place(
    graph: &Graph,
    lowered: &Lowered,
    in_dram: &BTreeSet<TensorId>,
    window: usize,
    arch: &NpuArch,
) -> Result<Placed, Crowded> {
    let layers = &lowered.layers;
    let mut live: Vec<(TensorId, Block)> = Vec::new();
    let mut places = BTreeMap::new();
    let mut bands = Vec::new();
    let mut halves: BTreeMap<TensorId, u32> = BTreeMap::new();
    let given = lowered.inputs.iter().chain(&lowered.constants);
    let given = given.map(|tensor| (0, *tensor, None));
    let results = (0..)
        .zip(layers)
        .map(|(at, layer)| (at, layer.output, Some(layer)));
    for (at, tensor, layer) in given.chain(results) {
        // What the layer itself reads is still needed.
        live.retain(|(_, block)| block.last >= at || layer.is_none());
        let blocks =
            |live: &[(TensorId, Block)]| Vec::from_iter(live.iter().map(|(_, block)| *block));
        let crowded = |live: &[(TensorId, Block)], new: Option<u32>, needed: u64| Crowded {
            live: live
                .iter()
                .map(|(tensor, block)| (*tensor, block.bytes))
                .chain(new.map(|bytes| (tensor, bytes)))
                .collect(),
            error: CompileError::Scratchpad {
                // Between the layers of a split pool are tensors that the graph has not.
                node: layer
                    .map_or_else(|| &graph[tensor].name, |layer| &layer.name)
                    .clone(),
                needed: 2 * needed,
                missing: (2 * needed).saturating_sub(arch.scratchpad_bytes.into()),
            },
        };
        if !in_dram.contains(&tensor) {
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
            let bytes = lowered.scratchpad_bytes(graph, tensor) as u32;
            let found = [wanted, 1 - wanted].into_iter().find_map(|half| {
                let blocks = live.iter().map(|(_, block)| block);
                let offset = room(blocks.filter(|block| block.place == half), bytes, arch.rows)?;
                let end = u64::from(offset) + u64::from(bytes);
                (end <= half_bytes(arch)).then_some((half, offset))
            });
            let Some((half, offset)) = found else {
                return Err(crowded(&live, Some(bytes), bytes.into()));
            };
            live.push((
                tensor,
                Block {
                    place: half,
                    offset,
                    bytes,
                    last: last_use(lowered, tensor) + window - 1,
                },
            ));
            halves.insert(tensor, half);
            places.insert(tensor, half * arch.scratchpad_bytes / 2 + offset);
        }
        let Some(layer) = layer else {
            continue;
        };
        let tensors = layer.tensors().map(|tensor| {
            Some(match halves.get(&tensor?) {
                Some(half) => Place::Half(*half),
                None => Place::Dram,
            })
        });
        if !tensors.contains(&Some(Place::Dram)) {
            bands.push(None);
            continue;
        }
        // That image and addend are apart from each other is worth a transfer.
        let found = cut(layer, tensors, &blocks(&live), !live.is_empty(), arch);
        let needed = least(layer, tensors, arch);
        bands.push(Some(found.ok_or_else(|| crowded(&live, None, needed))?));
    }
    Ok((places, bands))
}

/// Homes of the activations in DRAM, and the bytes of the region of those that have none yet: places there are
/// used again as those of the scratchpad.
fn homes(
    graph: &Graph,
    lowered: &Lowered,
    ports: &Ports<'_>,
    in_dram: &BTreeSet<TensorId>,
    arch: &NpuArch,
) -> (BTreeMap<TensorId, Home>, u32) {
    let mut homes = BTreeMap::new();
    let mut home = |tensor: TensorId, region: u32, offset: u32| {
        if in_dram.contains(&tensor) {
            homes.entry(tensor).or_insert(Home::Dram { region, offset });
        }
    };
    for binding in ports.inputs {
        home(binding.tensor, region::INPUTS, binding.offset);
    }
    for (tensor, offset) in ports.constants {
        home(*tensor, region::CONSTANTS, *offset);
    }
    for binding in ports.outputs {
        home(binding.tensor, region::OUTPUTS, binding.offset);
    }
    let mut live: Vec<Block> = Vec::new();
    let mut end = 0;
    for (at, Layer { output, .. }) in lowered.layers.iter().enumerate() {
        live.retain(|block| block.last >= at);
        if in_dram.contains(output) && !homes.contains_key(output) {
            let bytes = lowered.bytes(graph, *output) as u32;
            let offset = room(live.iter(), bytes, arch.bus_bytes()).unwrap_or(end);
            live.push(Block {
                place: region::ACTIVATIONS,
                offset,
                bytes,
                last: last_use(lowered, *output),
            });
            end = end.max(offset + bytes);
            homes.insert(
                *output,
                Home::Dram {
                    region: region::ACTIVATIONS,
                    offset,
                },
            );
        }
    }
    (homes, end)
}
