//! The job that goes with a core for networks as an example.

use crate::arch::{NpuArch, Requantization};
use crate::compiler::{Rounding, compile, region};
use crate::device::npu::ProgramRun;
use crate::device::pack::BeatWords;
use crate::graph::{
    Convolution, Element, Family, Graph, GraphError, Operator, Output, Padding, Quantization,
    TensorId, Values,
};
use crate::isa::npu::{CAUSES, EVENT_BITS, npu_registers};
use crate::product::example::value;
use crate::product::script::Script;
use crate::product::{Action, Example, ExampleMemory, Step};
use crate::reference::graph::{Mode, run as golden};

/// Height, width and channels of the image.
const IMAGE: [usize; 3] = [6, 5, 3];
/// Channels of the convolution.
const CHANNELS: usize = 10;
/// Outputs of the fully connected layer.
const OUTPUTS: usize = 7;
/// Cycles that are more than enough for a program that reads its few weights once.
const MAX_CYCLES: u64 = 5_000;

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
    let beats = |bytes: &[u8]| -> Vec<BeatWords> {
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
    let results = beats(&bytes(results));
    let dram = beats(&run.dram);
    Some(Example {
        title: format!(
            "registers, a network (a convolution of 3x3 on an image of {h} x {w} x {c} and a fully connected layer), \
             failed and stopped programs"
        ),
        steps: steps(arch, &run, results.len(), dram.len() * beat),
        transfers: Vec::new(),
        memory: Some(ExampleMemory {
            width: arch.bus_bits,
            beats: dram,
            first_result: first_byte / beat,
            results,
            events,
        }),
        max_cycles: MAX_CYCLES,
    })
}

/// Bits of `interrupt_enable` and `interrupt_status`.
const ENDED: u32 = 1;
const FAILED: u32 = 2;
/// What `cycles` and a host's own count may differ by.
const SLACK: u32 = 16;

/// What the host does; the results are so many beats, and DRAM so many bytes.
fn steps(arch: &NpuArch, run: &ProgramRun, results: usize, dram: usize) -> Vec<Step> {
    let mut host = Host {
        script: Script::new(npu_registers(&arch.module_name(), arch)),
        run,
        results: results as u32,
    };
    host.script.registers();
    host.script.strobed("control", 0b1110, 1);
    host.script.read(Action::Read, "status", 0, "nothing runs");
    host.program();
    host.program();
    host.enabled_late();
    let beyond = dram.next_power_of_two() as u32 * 2;
    host.fails("read_failed", |script| {
        script.write("program_low", beyond, "where no DRAM is");
        script.order(Action::Start, "control", 1, "start");
    });
    host.program();
    host.fails("stopped", |script| {
        script.order(Action::Start, "control", 1, "start");
        script.order(Action::Abort, "control", 2, "stop");
    });
    host.program();
    host.fails("watchdog", |script| {
        script.write("watchdog", WATCHDOG, "");
        script.then(Action::Hold, 1);
        script.order(Action::Start, "control", 1, "start");
        script.then(Action::Idle, 4 * WATCHDOG);
        script.then(Action::Hold, 0);
    });
    host.program();
    host.start(ENDED);
    host.script.then(Action::Idle, 60);
    host.script.then(Action::Reset, 0);
    host.script.steps
}

/// Cycles without a move, after which a program is stopped.
const WATCHDOG: u32 = 100;

struct Host<'a> {
    script: Script,
    run: &'a ProgramRun,
    /// Beats of them.
    results: u32,
}

impl Host<'_> {
    /// Says where everything is.
    fn prepare(&mut self, interrupts: u32) {
        let (run, script) = (self.run, &mut self.script);
        let base = |region: u32| run.bases[region as usize] as u32;
        script.write("program_low", run.program as u32, "");
        script.write("instructions", run.instructions, "");
        script.write("base_0_low", base(region::CONSTANTS), "");
        script.write("base_1_low", base(region::INPUTS), "");
        script.write("base_2_low", base(region::OUTPUTS), "");
        script.write("interrupt_enable", interrupts, "");
    }

    fn start(&mut self, interrupts: u32) {
        self.prepare(interrupts);
        self.script.order(Action::Start, "control", 1, "start");
    }

    /// Runs the program once.
    fn program(&mut self) {
        self.start(ENDED);
        let results = self.results;
        let script = &mut self.script;
        script.then(Action::Interrupt, 0);
        script.read(Action::Read, "status", 0, "ended, no error");
        script.read(Action::Read, "interrupt_status", ENDED, "");
        script.read(Action::Cycles, "cycles_low", SLACK, "");
        for counter in ["load_busy_low", "matrix_active_low", "post_active_low"] {
            script.read(Action::More, counter, 0, "");
        }
        script.read(Action::Read, "write_beats_low", results, "");
        script.read(Action::Sum, "matrix_active_low", 0, "");
        script.read(Action::Sum, "stall_weights_low", 0, "");
        script.read(Action::Sum, "stall_bank_low", 0, "");
        script.read(Action::Covers, "cycles_low", 0, "");
        script.write("interrupt_status", ENDED, "clear");
        script.then(Action::Quiet, 0);
        script.then(Action::Compare, 0);
    }

    /// A program whose interrupt is enabled after its end.
    fn enabled_late(&mut self) {
        self.start(0);
        let script = &mut self.script;
        script.poll("interrupt_status", u32::MAX, ENDED, "");
        script.then(Action::Quiet, 0);
        script.write("interrupt_enable", FAILED, "not of this");
        script.then(Action::Quiet, 0);
        script.write("interrupt_enable", ENDED, "of this");
        script.then(Action::Interrupt, 0);
        script.write("interrupt_status", ENDED, "clear");
        script.then(Action::Quiet, 0);
        script.then(Action::Compare, 0);
    }

    /// A program that stops before its end, and why.
    fn fails(&mut self, cause: &str, start: impl FnOnce(&mut Script)) {
        let number = CAUSES.iter().position(|(name, _)| *name == cause);
        let number = number.expect("a cause") as u32;
        self.prepare(FAILED);
        let script = &mut self.script;
        start(script);
        script.then(Action::Interrupt, 0);
        script.read(Action::Read, "status", number << 4, "why");
        script.read(Action::Read, "interrupt_status", FAILED, "");
        script.write("interrupt_status", FAILED, "clear");
        script.then(Action::Quiet, 0);
        script.write("watchdog", 1 << 20, "");
    }
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
