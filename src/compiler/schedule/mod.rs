//! The instructions of a program, and what they wait for.

mod band;
mod layer;
mod matrix;
mod parameters;
mod post;
mod program;
mod transfers;

use super::constants::Constants;
use super::lower::{Lowered, to_int8};
use super::memory::{Home, Plan, Ports};
use super::tiling::Tiling;
use super::{Instructions, LayerSummary, region};
use crate::arch::NpuArch;
use crate::graph::{Graph, TensorId};
use crate::isa::npu::{End, Instruction, Operation};
use program::{LOAD_UNIT, POST_UNIT, Program};
use std::collections::BTreeMap;
use std::ops::Range;

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
    plan: &'a Plan,
    constants: &'a Constants,
    program: Program,
    progress: BTreeMap<TensorId, Progress>,
    /// Where the parameters of the next layer go, and where those of layers are.
    next_channel: u32,
    channels: Vec<(usize, Range<u32>)>,
    /// For each layer the signals of LAYER_DONE that say that it is done.
    done: BTreeMap<usize, u32>,
    /// All layers in front of this one were done at the last fence.
    fenced: usize,
    /// Signals of INPUT and ACTIVATION in front of the last fence, which the next MATRIX takes.
    before_fence: Option<[u32; 2]>,
}

/// Writes the program; gives its layers too.
pub(super) fn schedule(
    graph: &Graph,
    lowered: &Lowered,
    tilings: &[Tiling],
    plan: &Plan,
    ports: &Ports<'_>,
    constants: &Constants,
    arch: &NpuArch,
) -> (Vec<Instruction>, Vec<LayerSummary>) {
    let mut schedule = Schedule {
        arch,
        plan,
        constants,
        program: Program::default(),
        progress: BTreeMap::new(),
        next_channel: 0,
        channels: Vec::new(),
        done: BTreeMap::new(),
        fenced: 0,
        before_fence: None,
    };
    schedule.load_ports(graph, lowered, tilings, ports);
    let mut layers = Vec::new();
    let mut stored = Vec::new();
    for (index, (layer, tiling)) in lowered.layers.iter().zip(tilings).enumerate() {
        let first = schedule.program.instructions.len();
        let place = (ports.outputs.iter()).position(|binding| binding.tensor == layer.output);
        let output = place.map(|place| &ports.outputs[place]);
        stored.extend(place);
        let later = &lowered.layers[index + 1..];
        let is_read = later.iter().any(|other| other.reads(layer.output));
        schedule.layer(index, layer, tiling, output.filter(|_| !is_read));
        let mut instructions = Instructions::default();
        instructions.add(first..schedule.program.instructions.len());
        layers.push(LayerSummary {
            name: layer.name.clone(),
            operator: layer.operator.into(),
            shape: layer.result.to_vec(),
            multiplications: layer.multiplications,
            instructions,
            result: layer.output,
            home: plan.homes[&layer.output],
            // A step of a node has a tensor that the graph has not.
            unsigned: (graph.tensors.get(layer.output.0))
                .is_some_and(|tensor| to_int8(tensor.element) != 0),
        });
        if let (Some(output), true, Home::Scratchpad(address)) =
            (output, is_read, plan.homes[&layer.output])
        {
            schedule.program.fence(POST_UNIT);
            let bytes = 0..output.bytes as usize;
            schedule.store((region::OUTPUTS, output.offset), address.into(), bytes, 0);
        }
    }
    // Inputs and constants that are asked for, and what is asked for twice.
    let others = (ports.outputs.iter().enumerate()).filter(|(place, _)| !stored.contains(place));
    let others = Vec::from_iter(others.map(|(_, output)| output));
    if !others.is_empty() {
        schedule.program.fence(LOAD_UNIT | POST_UNIT);
    }
    schedule.store_others(&others);
    schedule.program.put(Operation::End(End { code: 0 }));
    (schedule.program.instructions, layers)
}
