//! The job that goes with a core for networks as an example.

use crate::arch::{NpuArch, Requantization};
use crate::compiler::{Rounding, compile, region};
use crate::device::npu::ProgramRun;
use crate::graph::{
    Convolution, Element, Family, Graph, GraphError, Operator, Output, Padding, Quantization,
    TensorId, Values,
};
use crate::isa::npu::{EVENT_BITS, npu_registers};
use crate::product::example::value;
use crate::product::{Action, Example, ExampleMemory, Step};
use crate::reference::graph::{Mode, run as golden};

/// Height, width and channels of the image.
const IMAGE: [usize; 3] = [6, 5, 3];
/// Channels of the convolution.
const CHANNELS: usize = 10;
/// Outputs of the fully connected layer.
const OUTPUTS: usize = 7;
/// Cycles that are more than enough for a program that reads its few weights once.
const MAX_CYCLES: u64 = 20_000;

/// A small network with edges, whose results come from the golden model; none where the core has no room
/// for it.
pub(super) fn example(arch: &NpuArch) -> Option<Example> {
    let (rounding, mode, family) = match arch.requantization {
        Requantization::Float => (Rounding::Float, Mode::Float, Family::Onnx),
        _ => (Rounding::Fixed, Mode::FixedPoint, Family::TfLite),
    };
    let graph = network(family).expect("a consistent graph");
    let network = compile(&graph, arch, rounding).ok()?;
    let image = integers(0, IMAGE.iter().product());
    let values = golden(&graph, &[Values::Int8(image.clone())], mode).expect("sums of 32 bits");
    let Values::Int8(results) = &values[&graph.outputs[0]] else {
        unreachable!("the output is of int8");
    };

    let bytes = |integers: &[i8]| Vec::from_iter(integers.iter().map(|integer| *integer as u8));
    let run = ProgramRun::of_network(&network, &[bytes(&image)]);
    let beat = arch.bus_bytes() as usize;
    let beats = |bytes: &[u8]| {
        let words = |beat: &[u8]| {
            let words = beat.chunks(4).map(|word| {
                let mut bytes = [0; 4];
                bytes[..word.len()].copy_from_slice(word);
                u32::from_le_bytes(bytes)
            });
            words.collect()
        };
        let whole = bytes.len().next_multiple_of(beat);
        let padded = [bytes, &vec![0; whole - bytes.len()]].concat();
        padded.chunks(beat).map(words).collect()
    };
    let first_byte = run.bases[region::OUTPUTS as usize] as usize;
    let units = network.program.iter();
    let units = units.filter_map(|of| of.operation.opcode().unit());
    let events = units.fold(0, |all, unit| all | (1 << EVENT_BITS | 1) << unit as u32);
    let [h, w, c] = IMAGE;
    let (before, job) = steps(arch, &run);
    Some(Example {
        title: format!(
            "network, a convolution of 3x3 on an image of {h} x {w} x {c} and a fully connected layer"
        ),
        size: "a network".into(),
        before,
        job,
        transfers: Vec::new(),
        memory: Some(ExampleMemory {
            width: arch.bus_bits,
            beats: beats(&run.dram),
            first_result: first_byte / beat,
            results: beats(&bytes(results)),
            events,
        }),
        max_cycles: MAX_CYCLES,
    })
}

/// The steps before the first job, and those of a job.
fn steps(arch: &NpuArch, run: &ProgramRun) -> (Vec<Step>, Vec<Step>) {
    let map = npu_registers(&arch.module_name(), arch);
    let step = |action, register, data, note| Step {
        action,
        register,
        data,
        note,
    };
    let constant = |name| step(Action::Read, name, map.get(name).reset_word(), "");
    let write = |register, data| step(Action::Write, register, data, "");
    let field = |register: &str, field: &str| map.get(register).get(field).mask();
    let both = |register: &str| field(register, "done") | field(register, "error");
    let (enable, clear) = (both("interrupt_enable"), both("interrupt_status"));
    let base = |region: u32| run.bases[region as usize] as u32;
    let job = vec![
        write("program_low", run.program as u32),
        write("instructions", run.instructions),
        write("base_0_low", base(region::CONSTANTS)),
        write("base_1_low", base(region::INPUTS)),
        write("base_2_low", base(region::OUTPUTS)),
        step(Action::Write, "interrupt_enable", enable, "done, error"),
        step(Action::Start, "control", field("control", "start"), "start"),
        step(Action::Interrupt, "", 0, ""),
        step(Action::Write, "interrupt_status", clear, "clear"),
        step(Action::Read, "status", 0, "ended, no error"),
        step(Action::Show, "cycles_low", 0, ""),
    ];
    (vec![constant("id"), constant("config_hash")], job)
}

/// A convolution with padding, then a fully connected layer.
fn network(family: Family) -> Result<Graph, GraphError> {
    let int8 = |scale, zero_point| (Element::Int8, Quantization::per_tensor(scale, zero_point));
    let mut graph = Graph::new(family);
    let x = graph.input("image", IMAGE, int8(1.0, 3));
    let around = Padding {
        top: 1,
        left: 1,
        bottom: 1,
        right: 1,
    };
    let convolution = Operator::Convolution(Convolution {
        strides: [1, 1],
        dilations: [1, 1],
        padding: around,
        groups: 1,
    });
    // The scales of the results are such that few of them saturate.
    let weights = constant(&mut graph, "kernels", &[CHANNELS, 3, 3, IMAGE[2]]);
    let hidden = Output::new("hidden", int8(512.0, -5));
    let hidden = graph.node("convolution", convolution, &[x, weights], hidden)?;
    let features = IMAGE[0] * IMAGE[1] * CHANNELS;
    let shape = vec![features];
    let flat = Output::new("flat", int8(512.0, -5));
    let flat = graph.node("flatten", Operator::Reshape { shape }, &[hidden], flat)?;
    let weights = constant(&mut graph, "weights", &[OUTPUTS, features]);
    let y = Output::new("results", int8(512.0 * 1024.0, 7));
    let y = graph.node("layer", Operator::FullyConnected, &[flat, weights], y)?;
    graph.outputs.push(y);
    Ok(graph)
}

/// Weights of scale 1.
fn constant(graph: &mut Graph, name: &str, shape: &[usize]) -> TensorId {
    let values = Values::Int8(integers(graph.tensors.len(), shape.iter().product()));
    graph.constant(name, shape, values, Some(Quantization::per_tensor(1.0, 0)))
}

/// Integers for the `number`-th tensor, extreme ones among them.
fn integers(number: usize, count: usize) -> Vec<i8> {
    let first = 10_000 * number as u64 + 1;
    let values = (first..).map(|index| value(index, NpuArch::WEIGHT) as i8);
    values.take(count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch;
    use crate::config::{Kind, presets_of};
    use std::collections::BTreeSet;

    #[test]
    fn every_preset_has_an_example_with_many_results() {
        for preset in presets_of(Kind::Npu) {
            let arch = arch::npu_from_preset(preset.name).unwrap();
            let example = example(&arch).expect("it fits");
            let memory = example.memory.expect("DRAM");
            let bytes = memory
                .results
                .iter()
                .flatten()
                .flat_map(|word| word.to_le_bytes());
            let different: BTreeSet<u8> = bytes.take(OUTPUTS).collect();
            assert!(
                different.len() > OUTPUTS / 2,
                "{}: {different:?}",
                preset.name
            );
        }
    }
}
