//! The instructions of a program, and what they wait for.

mod layer;
mod matrix;
mod parameters;
mod post;
mod program;
mod transfers;

use super::constants::Constants;
use super::lower::{Lowered, to_int8};
use super::tiling::Tiling;
use super::{Binding, LayerSummary, Network, region};
use crate::arch::NpuArch;
use crate::graph::{Graph, TensorId};
use crate::isa::npu::{End, Operation};
use matrix::bytes_needed;
use program::{LOAD_UNIT, POST_UNIT, Program};
use std::collections::BTreeMap;

/// What is there of an activation when a semaphore has been signalled so often, over the whole program.
#[derive(Clone, Debug, Default)]
struct Progress {
    /// Signals so far, and bytes from the first on that are there then.
    parts: Vec<(u32, usize)>,
    semaphore: u32,
    /// The layer that it is the result of; none for an input.
    layer: Option<usize>,
}

/// A program under construction.
struct Schedule<'a> {
    arch: &'a NpuArch,
    places: &'a BTreeMap<TensorId, u32>,
    constants: &'a Constants,
    program: Program,
    progress: BTreeMap<TensorId, Progress>,
    /// Where the parameters of the next layer go, and those of each layer are.
    next_channel: u32,
    channels: Vec<std::ops::Range<u32>>,
    /// For each layer the signals of LAYER_DONE that say that it is done.
    done: BTreeMap<usize, u32>,
}

/// Writes the program.
pub(super) fn schedule(
    graph: &Graph,
    lowered: &Lowered,
    tilings: &[Tiling],
    places: &BTreeMap<TensorId, u32>,
    constants: Constants,
    arch: &NpuArch,
) -> Network {
    let mut schedule = Schedule {
        arch,
        places,
        constants: &constants,
        program: Program::default(),
        progress: BTreeMap::new(),
        next_channel: 0,
        channels: Vec::new(),
        done: BTreeMap::new(),
    };
    let bind = |tensors: &[TensorId]| {
        let mut offset = 0;
        let beat = arch.bus_bytes();
        let mut bindings = Vec::new();
        for tensor in tensors {
            let of = &graph[*tensor];
            bindings.push(Binding {
                tensor: *tensor,
                offset,
                bytes: of.len() as u32,
                unsigned: to_int8(of.element) != 0,
            });
            offset = (offset + of.len() as u32).next_multiple_of(beat);
        }
        bindings
    };
    let (inputs, outputs) = (bind(&lowered.inputs), bind(&lowered.outputs));
    let mut layers = Vec::new();
    let mut stored = Vec::new();
    for (tensor, offset) in &schedule.constants.activations {
        let binding = Binding {
            tensor: *tensor,
            offset: *offset,
            bytes: graph[*tensor].len() as u32,
            unsigned: false,
        };
        let bytes = binding.bytes as usize;
        schedule.load_input(&binding, region::CONSTANTS, &graph[*tensor].shape, bytes);
    }
    // What the first chunk needs comes in front of the first weights, the rest behind them.
    for (number, input) in inputs.iter().enumerate() {
        let first = (lowered.layers.first().zip(tilings.first()))
            .filter(|(layer, _)| layer.input == input.tensor && number + 1 == inputs.len());
        let needed = first.map(|(layer, tiling)| bytes_needed(layer, &tiling.chunks[0]));
        let needed = needed.unwrap_or(input.bytes as usize);
        schedule.load_input(input, region::INPUTS, &graph[input.tensor].shape, needed);
    }
    for (index, (layer, tiling)) in lowered.layers.iter().zip(tilings).enumerate() {
        let first = schedule.program.instructions.len();
        let place = outputs
            .iter()
            .position(|binding| lowered.origin(binding.tensor) == layer.output);
        let output = place.map(|place| &outputs[place]);
        stored.extend(place);
        let later = &lowered.layers[index + 1..];
        let is_read = later.iter().any(|other| other.reads(layer.output));
        schedule.layer(index, layer, tiling, output.filter(|_| !is_read));
        layers.push(LayerSummary {
            name: layer.name.clone(),
            operator: layer.operator.into(),
            shape: layer.result.to_vec(),
            multiplications: layer.multiplications,
            instructions: first..schedule.program.instructions.len(),
        });
        if let (Some(output), true) = (output, is_read) {
            schedule.program.fence(POST_UNIT);
            schedule.store(output, layer.output, 0..output.bytes as usize);
        }
    }
    // Inputs and constants that are asked for, and what is asked for twice.
    let others = (outputs.iter().enumerate()).filter(|(place, _)| !stored.contains(place));
    let others = Vec::from_iter(others.map(|(_, output)| output));
    if !others.is_empty() {
        schedule.program.fence(LOAD_UNIT | POST_UNIT);
    }
    for output in others {
        let tensor = lowered.origin(output.tensor);
        schedule.store(output, tensor, 0..output.bytes as usize);
    }
    schedule.program.put(Operation::End(End { code: 0 }));
    Network {
        program: schedule.program.instructions,
        constants: constants.bytes,
        inputs,
        outputs,
        layers,
        config_hash: arch.config_hash(),
    }
}
