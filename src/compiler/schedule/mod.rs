//! The instructions of a program, and what they wait for.

mod band;
mod clock;
mod layer;
mod matrix;
mod parameters;
mod post;
mod program;
mod progress;
mod ring;
mod steps;
mod transfers;
mod turns;
mod vector;
mod work;

use super::constants::Constants;
use super::lower::{Layer, Lowered, to_int8};
use super::memory::{Home, Plan, Ports};
use super::tiling::Tiling;
use super::{LayerSummary, region};
use crate::arch::NpuArch;
use crate::graph::{Graph, TensorId};
use crate::isa::npu::{End, Instruction, Operation, Unit};
use clock::Clock;
use program::{LOAD_UNIT, POST_UNIT, Program, semaphore};
use progress::Progress;
use ring::Ring;
use std::collections::BTreeMap;
use std::ops::Range;

/// A program under construction.
struct Schedule<'a> {
    arch: &'a NpuArch,
    layers: &'a [Layer],
    plan: &'a Plan,
    constants: &'a Constants,
    program: Program,
    progress: BTreeMap<TensorId, Progress>,
    /// What is in the ring of weights.
    ring: Ring,
    /// The last layer of which tiles were read ahead, and how many.
    fetched: (usize, usize),
    /// When units are free, as estimated.
    clock: Clock,
    /// Where the parameters of the next layer go, and where those of layers are.
    next_channel: u32,
    channels: Vec<(usize, Range<u32>)>,
    /// The same of the weights of VECTOR.
    next_group: u32,
    groups: Vec<(usize, Range<u32>)>,
    /// For each layer the signals of LAYER_DONE or VECTOR_DONE that say that it is done.
    done: BTreeMap<usize, (u32, u32)>,
    /// For each layer of VECTOR the signals of VECTOR_DONE that say that it needs its weights no more.
    vector_done: BTreeMap<usize, u32>,
    /// All layers in front of this one were done at the last fence.
    fenced: usize,
    /// Signals in front of the last fence, which the next MATRIX, or VECTOR, takes.
    before_fence: [Option<[u32; 2]>; 2],
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
        layers: &lowered.layers,
        plan,
        constants,
        program: Program::default(),
        progress: BTreeMap::new(),
        ring: Ring::default(),
        fetched: (0, 0),
        clock: Clock::default(),
        next_channel: 0,
        channels: Vec::new(),
        next_group: 0,
        groups: Vec::new(),
        done: BTreeMap::new(),
        vector_done: BTreeMap::new(),
        fenced: 0,
        before_fence: [None; 2],
    };
    schedule.load_ports(graph, lowered, tilings, ports);
    let layers = lowered.layers.iter().zip(tilings);
    let instructions = schedule.layers(&Vec::from_iter(layers), ports);
    let summaries = lowered.layers.iter().zip(instructions);
    let summaries = summaries.map(|(layer, instructions)| LayerSummary {
        name: layer.name.clone(),
        operator: layer.operator.into(),
        shape: layer.result_shape().to_vec(),
        kept: layer.kept.clone(),
        multiplications: layer.multiplications,
        instructions,
        result: layer.output,
        home: plan.homes[&layer.output],
        // A step of a node has a tensor that the graph has not.
        unsigned: (graph.tensors.get(layer.output.0))
            .is_some_and(|tensor| to_int8(tensor.element) != 0),
    });
    let summaries = summaries.collect();
    // Inputs and constants that are asked for, and what is asked for twice.
    let others = ports.outputs.iter().enumerate().filter(|(place, output)| {
        let first = ports
            .outputs
            .iter()
            .position(|of| of.tensor == output.tensor);
        let is_made = (lowered.layers.iter()).any(|layer| layer.output == output.tensor);
        !is_made || first != Some(*place)
    });
    let others = Vec::from_iter(others.map(|(_, output)| output));
    if !others.is_empty() {
        schedule.program.fence(LOAD_UNIT | POST_UNIT);
    }
    schedule.store_others(&others);
    schedule.program.put(Operation::End(End { code: 0 }));
    (schedule.program.instructions, summaries)
}

impl Schedule<'_> {
    /// The semaphores by which LOAD and POST tell a unit that a tensor is there.
    fn semaphores(unit: Unit) -> [u32; 2] {
        match unit {
            Unit::Vector => [semaphore::VECTOR_INPUT, semaphore::VECTOR_ACTIVATION],
            _ => [semaphore::INPUT, semaphore::ACTIVATION],
        }
    }

    /// The unit that waits for a tensor.
    fn reader(&self, tensor: TensorId) -> Unit {
        let mut layers = self.layers.iter();
        let reader = layers.find(|layer| layer.input == tensor);
        reader.map_or(Unit::Matrix, |layer| layer.unit)
    }

    /// Stores the result of a layer that others read too, when it has been made.
    fn store_result(&mut self, layer: &Layer, ports: &Ports<'_>) {
        let output = ports.outputs.iter().find(|of| of.tensor == layer.output);
        if let (Some(output), Home::Scratchpad(address)) = (output, self.plan.homes[&layer.output])
        {
            self.program.fence(POST_UNIT);
            let bytes = 0..output.bytes as usize;
            self.store((region::OUTPUTS, output.offset), address.into(), bytes, 0);
        }
    }
}
