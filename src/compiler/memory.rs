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
    /// For each layer the first one that may not begin while it is under way: what it reads has its place so long.
    pub until: Vec<usize>,
}

/// What is given to the layers, and asked of them: where it is in DRAM.
pub(super) struct Ports<'a> {
    pub inputs: &'a [Binding],
    pub outputs: &'a [Binding],
    /// Activations that are constant.
    pub constants: &'a BTreeMap<TensorId, u32>,
}

/// An activation of the scratchpad.
#[derive(Clone, Copy, Debug)]
struct Life {
    tensor: TensorId,
    bytes: u32,
    /// The half in which it should be, and whether that is worth more than taking turns.
    half: u32,
    apart: bool,
    /// The layer that makes it.
    first: usize,
    /// The last layer that reads it.
    read: usize,
    /// The last layer that may begin while that is under way.
    last: usize,
}

impl Life {
    /// Whether both are there at a time.
    fn meets(&self, other: &Life) -> bool {
        self.first <= other.last && other.first <= self.last
    }
}

/// A layer that has no room, or an activation.
struct Crowded {
    /// What is in the scratchpad then, or was to be.
    live: Vec<Life>,
    error: CompileError,
}

/// Gives each activation its home. Where the scratchpad has no room, fewer layers are under way at a time, since
/// taking turns is worth no transfer; where that is not enough, the largest activation of those that are needed
/// then goes to DRAM; and planning begins again.
pub(super) fn plan(
    graph: &Graph,
    lowered: &Lowered,
    ports: &Ports<'_>,
    arch: &NpuArch,
) -> Result<Plan, CompileError> {
    let mut in_dram = BTreeSet::new();
    let mut limits = Vec::from_iter((0..lowered.layers.len()).map(|layer| layer + WINDOW));
    loop {
        let until = until(&lowered.layers, &in_dram, &limits);
        let lives = lives(graph, lowered, &in_dram, &until);
        let found = place(graph, lowered, &lives, arch);
        let found = found.and_then(|places| Ok((bands(lowered, &lives, &places, arch)?, places)));
        match found {
            Ok((bands, places)) => {
                let (homes, activations) = homes(graph, lowered, ports, &in_dram, arch);
                let places = places.iter().map(|(tensor, block)| {
                    let half = block.place * arch.scratchpad_bytes / 2;
                    (*tensor, Home::Scratchpad(half + block.offset))
                });
                return Ok(Plan {
                    homes: homes.into_iter().chain(places).collect(),
                    bands,
                    activations,
                    until,
                });
            }
            Err(Crowded { live, error }) => match wait(&live) {
                Some((layer, limit)) => limits[layer] = limit,
                None => {
                    let largest = live.iter().max_by_key(|of| (of.bytes, Reverse(of.tensor)));
                    in_dram.insert(largest.ok_or(error)?.tensor);
                }
            },
        }
    }
}

/// The first layer that may not begin while each one is under way, at most these. A layer that reaches DRAM goes alone,
/// and so does the one behind it.
fn until(layers: &[Layer], in_dram: &BTreeSet<TensorId>, limits: &[usize]) -> Vec<usize> {
    let is_banded = |layer: &Layer| {
        let mut tensors = layer.tensors().into_iter().flatten();
        tensors.any(|tensor| in_dram.contains(&tensor))
    };
    let mut until = limits.to_vec();
    let mut next = usize::MAX;
    for (number, layer) in layers.iter().enumerate().rev() {
        let is_alone = is_banded(layer) || number > 0 && is_banded(&layers[number - 1]);
        until[number] = until[number].min(if is_alone { number + 1 } else { next });
        next = if is_alone { number } else { until[number] };
    }
    until
}

/// The layer that another could wait for, so that not all of these are there at a time, and that other one: those that
/// are the furthest apart.
fn wait(live: &[Life]) -> Option<(usize, usize)> {
    let pairs = live
        .iter()
        .flat_map(|of| live.iter().map(move |other| (of, other)));
    let pairs = pairs.filter(|(of, other)| of.meets(other) && of.read < other.first);
    let furthest = pairs.max_by_key(|(of, other)| (other.first - of.read, of.bytes));
    furthest.map(|(of, other)| (of.read, other.first))
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

/// The activations of the scratchpad, in the order in which they are made. A half is read once in a cycle, so that what
/// a layer adds to its results lies in the other half than its input, where there is room, as do its results.
fn lives(
    graph: &Graph,
    lowered: &Lowered,
    in_dram: &BTreeSet<TensorId>,
    until: &[usize],
) -> Vec<Life> {
    let layers = &lowered.layers;
    let given = lowered.inputs.iter().chain(&lowered.constants);
    let given = given.map(|tensor| (0, *tensor, None));
    let results = layers.iter().enumerate();
    let results = results.map(|(first, layer)| (first, layer.output, Some(layer)));
    let mut halves = BTreeMap::new();
    let mut lives = Vec::new();
    for (first, tensor, layer) in given.chain(results) {
        if in_dram.contains(&tensor) {
            continue;
        }
        let beside = layers.iter().find_map(|layer| {
            let residual = layer.residual.as_ref()?.tensor;
            match (layer.input == tensor, residual == tensor) {
                (false, true) => halves.get(&layer.input),
                (true, false) => halves.get(&residual),
                _ => None,
            }
        });
        let apart = beside.is_some();
        let beside = beside.or_else(|| halves.get(&layer?.input));
        let half = beside.map_or(0, |beside: &u32| 1 - beside);
        halves.insert(tensor, half);
        let read = last_use(lowered, tensor);
        lives.push(Life {
            tensor,
            bytes: lowered.scratchpad_bytes(graph, tensor) as u32,
            half,
            apart,
            first,
            read,
            last: until.get(read).map_or(read, |until| until - 1),
        });
    }
    lives
}

/// Where each activation is in the scratchpad: the largest first, since small ones fit between them.
fn place(
    graph: &Graph,
    lowered: &Lowered,
    lives: &[Life],
    arch: &NpuArch,
) -> Result<BTreeMap<TensorId, Block>, Crowded> {
    let mut by_size = Vec::from_iter(lives);
    by_size.sort_by_key(|life| Reverse(life.bytes));
    let mut placed: Vec<(Life, Block)> = Vec::new();
    for life in by_size {
        let beside = Vec::from_iter(placed.iter().filter(|(other, _)| other.meets(life)));
        let in_half = |half: u32| {
            let blocks = beside.iter().map(|(_, block)| block);
            let offset = room(
                blocks.filter(|block| block.place == half),
                life.bytes,
                arch.rows,
            )?;
            let end = u64::from(offset) + u64::from(life.bytes);
            (end <= half_bytes(arch)).then_some((half, offset))
        };
        let crowded = |others: &mut dyn Iterator<Item = &&(Life, Block)>| {
            let maker = lowered.layers.get(life.first);
            let maker = maker.filter(|layer| layer.output == life.tensor);
            // Between the layers of a split pool are tensors that the graph has not.
            let name = maker.map_or_else(|| &graph[life.tensor].name, |layer| &layer.name);
            Crowded {
                live: others.map(|(other, _)| *other).chain([*life]).collect(),
                error: no_room(name, life.bytes.into(), arch),
            }
        };
        let wanted = in_half(life.half);
        if life.apart && wanted.is_none() {
            let rivals = crowded(&mut beside.iter().filter(|(_, of)| of.place == life.half));
            if wait(&rivals.live).is_some() {
                return Err(rivals);
            }
        }
        let found = wanted.or_else(|| in_half(1 - life.half));
        let Some((place, offset)) = found else {
            return Err(crowded(&mut beside.iter()));
        };
        let block = Block {
            place,
            offset,
            bytes: life.bytes,
            last: life.last,
        };
        placed.push((*life, block));
    }
    let places = placed.into_iter().map(|(life, block)| (life.tensor, block));
    Ok(places.collect())
}

/// The bands of each layer that reaches DRAM.
fn bands(
    lowered: &Lowered,
    lives: &[Life],
    places: &BTreeMap<TensorId, Block>,
    arch: &NpuArch,
) -> Result<Vec<Option<Bands>>, Crowded> {
    let bands = lowered.layers.iter().enumerate().map(|(number, layer)| {
        let tensors = layer.tensors().map(|tensor| {
            Some(match places.get(&tensor?) {
                Some(block) => Place::Half(block.place),
                None => Place::Dram,
            })
        });
        if !tensors.contains(&Some(Place::Dram)) {
            return Ok(None);
        }
        let live = lives
            .iter()
            .filter(|life| (life.first..=life.last).contains(&number));
        let live = Vec::from_iter(live.copied());
        let blocks = Vec::from_iter(live.iter().map(|life| places[&life.tensor]));
        // That image and addend are apart from each other is worth a transfer.
        let found = cut(layer, tensors, &blocks, !live.is_empty(), arch);
        let bands = found.ok_or_else(|| Crowded {
            live,
            error: no_room(&layer.name, least(layer, tensors, arch), arch),
        });
        bands.map(Some)
    });
    bands.collect()
}

/// A half has no room for so many bytes.
fn no_room(node: &str, bytes: u64, arch: &NpuArch) -> CompileError {
    CompileError::Scratchpad {
        node: node.into(),
        needed: 2 * bytes,
        missing: (2 * bytes).saturating_sub(arch.scratchpad_bytes.into()),
    }
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
