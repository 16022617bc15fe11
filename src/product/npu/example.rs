//! The job that goes with a core for networks as an example.

use super::programs::{End, Program, Programs, RESULTS};
use crate::arch::{NpuArch, Requantization};
use crate::compiler::{Rounding, compile, region};
use crate::device::npu::ProgramRun;
use crate::device::pack::BeatWords;
use crate::graph::{
    Convolution, Element, Family, Graph, GraphError, Operator, Output, Padding, Quantization,
    TensorId, Values,
};
use crate::isa::npu::{CAUSES, EVENT_BITS, INSTRUCTION_BYTES, npu_registers};
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
    let mut run = ProgramRun::of_network(&network, &[bytes(&image)]);
    let programs = Programs::behind(arch, std::mem::take(&mut run.dram));
    run.bases[region::OUTPUTS as usize] = programs.results as u64;
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
    let mut of_network = bytes(results);
    let written = of_network.len().div_ceil(beat);
    of_network.resize(RESULTS, 0);
    let all = programs.all.iter().filter_map(|of| of.results.as_ref());
    let results = std::iter::once(&of_network).chain(all).map(|of| beats(of));
    let results = Vec::from_iter(results);
    let repeated = programs.repeated.map(|(at, times)| {
        let beats = (INSTRUCTION_BYTES / beat).max(1);
        let copies = times / (beat / INSTRUCTION_BYTES).max(1);
        (at / beat..at / beat + beats, copies)
    });
    let units = network.program.iter();
    let units = units.filter_map(|of| of.operation.opcode().unit());
    let events = units.fold(0, |all, unit| all | (1 << EVENT_BITS | 1) << unit as u32);
    let [h, w, c] = IMAGE;
    Some(Example {
        title: format!(
            "registers, a network (a convolution of 3x3 on an image of {h} x {w} x {c} and a fully connected layer), \
             programs by hand, failed and stopped ones"
        ),
        steps: steps(arch, &run, &programs, written),
        transfers: Vec::new(),
        memory: Some(ExampleMemory {
            width: arch.bus_bits,
            base: base(&programs),
            beats: beats(&programs.dram),
            repeated,
            first_result: programs.results / beat,
            results,
            events,
        }),
        max_cycles: MAX_CYCLES,
    })
}

/// Address of the first byte of DRAM: results are behind the first 32 bits.
fn base(programs: &Programs) -> u64 {
    (1 << 32) - programs.results as u64
}

/// Bits of `interrupt_enable` and `interrupt_status`.
const ENDED: u32 = 1;
const FAILED: u32 = 2;
/// Bits of `control`.
const START: u32 = 1;
const STOP: u32 = 2;
const FETCH: u32 = 4;
/// Bit of `status`.
const BUSY: u32 = 1;
/// What `cycles` and a host's own count may differ by.
const SLACK: u32 = 16;
/// Cycles without a move, after which a program is stopped: more than DRAM pauses, and of which 16 bits count too few.
const WATCHDOG: u32 = 100;
const LONG_WATCHDOG: u32 = (1 << 16) + 40;
/// As it is behind a reset.
const USUAL_WATCHDOG: u32 = 1 << 20;
/// Numbers of what the bench counts: units at work, and beats.
const COUNTED: [(&str, u32); 6] = [
    ("load_busy", 8),
    ("matrix_active", 9),
    ("post_active", 10),
    ("store_busy", 11),
    ("read_beats", 16),
    ("write_beats", 17),
];

/// What the host does; the results of the network are so many beats.
fn steps(arch: &NpuArch, run: &ProgramRun, programs: &Programs, results: usize) -> Vec<Step> {
    let mut host = Host {
        script: Script::new(npu_registers(&arch.module_name(), arch)),
        run,
        base: base(programs),
        results: results as u32,
        code: 0,
    };
    host.script.registers();
    host.script.strobed("control", 0b1110, 1);
    host.script.read(Action::Read, "status", 0, "nothing runs");
    host.program();
    host.program();
    host.enabled_late();
    let nowhere = 2 * (programs.results as u64).next_power_of_two();
    host.fails("read_failed", |host| {
        host.words("program", host.base + nowhere, "where no DRAM is");
        host.script.order(Action::Start, "control", START, "start");
    });
    host.program();
    host.fails("stopped", |host| {
        host.script.order(Action::Start, "control", START, "start");
        host.script.order(Action::Abort, "control", STOP, "stop");
    });
    host.program();
    host.fails("watchdog", |host| {
        host.script.write("watchdog", WATCHDOG, "");
        host.script.then(Action::Hold, 1);
        host.script.order(Action::Start, "control", START, "start");
        host.script.then(Action::Idle, 4 * WATCHDOG);
        host.script.then(Action::Hold, 0);
    });
    host.program();
    let place = host.script.open_long();
    host.stopped_at_dram(programs);
    host.fetched(programs, nowhere);
    let mut kinds = 1;
    for program in &programs.all {
        if let Some(_results) = &program.results {
            host.by_hand(program, kinds);
            kinds += 1;
        } else {
            host.by_hand(program, 0);
        }
    }
    host.program();
    host.script.close_once(place);
    let place = host.script.open_long();
    let waits = programs.all.iter().find(|of| of.end == End::Never);
    if let Some(program) = waits {
        host.script.write("watchdog", LONG_WATCHDOG, "");
        host.bases();
        host.place(program);
        host.script.order(Action::Start, "control", START, "start");
        host.script.then(Action::Idle, LONG_WATCHDOG - 100);
        host.script.read(
            Action::Read,
            "status",
            BUSY | host.code << 16,
            "it still waits",
        );
        host.stopped("watchdog");
    }
    host.script.close_once(place);
    host.program();
    host.start(ENDED);
    host.script.then(Action::Idle, 60);
    host.script.disturb();
    host.script.then(Action::Reset, 0);
    host.script.steps
}

struct Host<'a> {
    script: Script,
    run: &'a ProgramRun,
    base: u64,
    /// Beats of them.
    results: u32,
    /// What the last END has said.
    code: u32,
}

impl Host<'_> {
    /// Both words of an address.
    fn words(&mut self, register: &str, address: u64, note: &'static str) {
        let [low, high] = [address as u32, (address >> 32) as u32];
        self.script.write(&format!("{register}_low"), low, note);
        self.script.write(&format!("{register}_high"), high, "");
    }

    /// Says where everything is.
    fn prepare(&mut self, interrupts: u32) {
        let run = self.run;
        self.words("program", self.base + run.program, "");
        self.script.write("instructions", run.instructions, "");
        let regions = [region::CONSTANTS, region::INPUTS, region::OUTPUTS];
        for (number, region) in regions.into_iter().enumerate() {
            let base = self.base + run.bases[region as usize];
            self.words(&format!("base_{number}"), base, "");
        }
        self.script.write("interrupt_enable", interrupts, "");
    }

    fn start(&mut self, interrupts: u32) {
        self.prepare(interrupts);
        self.script.order(Action::Start, "control", START, "start");
    }

    /// Runs the program once.
    fn program(&mut self) {
        self.start(ENDED);
        self.code = 0;
        self.ends();
        let results = self.results;
        let script = &mut self.script;
        script.read(Action::Read, "write_beats_low", results, "");
        script.read(Action::Sum, "matrix_active_low", 0, "");
        script.read(Action::Sum, "stall_weights_low", 0, "");
        script.read(Action::Sum, "stall_bank_low", 0, "");
        script.read(Action::Covers, "cycles_low", 0, "");
        script.then(Action::Compare, 0);
    }

    /// The program has ended, and each counter shows what the bench has counted.
    fn ends(&mut self) {
        let script = &mut self.script;
        script.then(Action::Interrupt, 0);
        let status = self.code << 16;
        script.read(Action::Read, "status", status, "ended, no error");
        script.read(Action::Read, "interrupt_status", ENDED, "");
        script.read(Action::Cycles, "cycles_low", SLACK, "");
        script.read(Action::Read, "cycles_high", 0, "");
        for (counter, number) in COUNTED {
            script.read(Action::Counted, &format!("{counter}_low"), number, "");
            script.read(Action::Read, &format!("{counter}_high"), 0, "");
        }
        for register in ["fault_low", "fault_high"] {
            script.read(Action::Read, register, 0, "");
        }
        script.write("interrupt_status", ENDED, "clear");
        script.then(Action::Quiet, 0);
    }

    /// A program whose interrupt is enabled after its end.
    fn enabled_late(&mut self) {
        self.start(0);
        let script = &mut self.script;
        script.poll("interrupt_status", u32::MAX, ENDED, "");
        script.then(Action::Quiet, 0);
        for strobes in [0b1110, 0] {
            script.strobed("interrupt_status", strobes, ENDED | FAILED);
            script.read(Action::Read, "interrupt_status", ENDED, "");
        }
        script.write("interrupt_status", FAILED, "another");
        script.read(Action::Read, "interrupt_status", ENDED, "");
        script.write("interrupt_enable", FAILED, "not of this");
        script.then(Action::Quiet, 0);
        script.write("interrupt_enable", ENDED, "of this");
        script.then(Action::Interrupt, 0);
        script.write("interrupt_status", ENDED, "clear");
        script.then(Action::Quiet, 0);
        script.then(Action::Compare, 0);
    }

    /// A program that stops before its end, and why.
    fn fails(&mut self, cause: &str, start: impl FnOnce(&mut Self)) {
        self.prepare(FAILED);
        start(self);
        self.stopped(cause);
    }

    fn stopped(&mut self, cause: &str) {
        let number = CAUSES.iter().position(|(name, _)| *name == cause);
        let status = (number.expect("a cause") as u32) << 4 | self.code << 16;
        let script = &mut self.script;
        script.then(Action::Interrupt, 0);
        script.read(Action::Read, "status", status, "why");
        script.read(Action::Read, "interrupt_status", FAILED, "");
        script.write("interrupt_status", FAILED, "clear");
        script.then(Action::Quiet, 0);
        script.write("watchdog", USUAL_WATCHDOG, "");
    }

    /// All regions begin where DRAM does: programs by hand say where everything is in it.
    fn bases(&mut self) {
        self.words("base_0", self.base, "");
        self.words("base_3", self.base, "");
        self.script.write("interrupt_enable", ENDED | FAILED, "");
    }

    fn place(&mut self, program: &Program) {
        self.words("program", self.base + program.at as u64, program.note);
        let instructions = program.instructions as u32;
        self.script.write("instructions", instructions, "");
    }

    /// A program by hand, whose results are of this kind.
    fn by_hand(&mut self, program: &Program, kind: u32) {
        self.bases();
        self.place(program);
        self.script.write("watchdog", WATCHDOG, "");
        self.script.order(Action::Start, "control", START, "start");
        match program.end {
            End::Code(code) => {
                self.code = code;
                self.ends();
                let script = &mut self.script;
                let instructions = program.instructions as u32;
                script.read(Action::Read, "index", instructions, "");
                script.then(Action::Compare, kind);
            }
            End::Cause(cause, index, fault) => {
                self.stopped(cause);
                let script = &mut self.script;
                if let Some(index) = index {
                    script.read(Action::Read, "index", index as u32, "");
                }
                let fault = match fault {
                    0 => 0,
                    fault => self.base + fault,
                };
                script.read(Action::Read, "fault_low", fault as u32, "");
                script.read(Action::Read, "fault_high", (fault >> 32) as u32, "");
            }
            End::Never => {
                let script = &mut self.script;
                script.write("watchdog", 0, "never");
                script.strobed("control", 0b1110, STOP);
                script.then(Action::Idle, 4 * WATCHDOG);
                script.read(Action::Read, "status", BUSY | self.code << 16, "it waits");
                script.order(Action::Abort, "control", STOP, "stop");
                self.stopped("stopped");
            }
        }
    }

    /// Programs that are stopped while DRAM owes them something: the core waits for it.
    fn stopped_at_dram(&mut self, programs: &Programs) {
        for program in programs.all.iter().filter(|of| of.stops) {
            self.bases();
            self.place(program);
            self.script.order(Action::Start, "control", START, "start");
            self.script.then(Action::Idle, 120);
            self.script.then(Action::Hold, 1);
            self.script.order(Action::Abort, "control", STOP, "stop");
            self.script.then(Action::Idle, 4 * WATCHDOG);
            let script = &mut self.script;
            let stopped = CAUSES.iter().position(|(name, _)| *name == "stopped");
            let status = BUSY | (stopped.expect("a cause") as u32) << 4 | self.code << 16;
            script.read(Action::Read, "status", status, "DRAM has not answered");
            script.then(Action::Hold, 0);
            self.stopped("stopped");
            self.program();
        }
    }

    /// Programs that are fetched ahead: stopped before they are started, of no DRAM, and run.
    fn fetched(&mut self, programs: &Programs, nowhere: u64) {
        let Some(other) = programs.all.first() else {
            return;
        };
        for _ in 0..2 {
            self.bases();
            self.place(other);
            self.script.strobed("control", 0b1110, FETCH);
            self.script
                .order(Action::Write, "control", FETCH, "fetch ahead");
            self.script.then(Action::Idle, 200);
            self.script
                .order(Action::Write, "control", STOP, "forget it");
            self.stopped("stopped");
            self.program();
        }
        self.bases();
        self.words("program", self.base + nowhere, "where no DRAM is");
        self.script
            .write("instructions", 2, "all are fetched ahead");
        self.script
            .order(Action::Write, "control", FETCH, "fetch ahead");
        self.script.then(Action::Idle, 200);
        self.script.order(Action::Start, "control", START, "start");
        self.stopped("read_failed");
        for _ in 0..2 {
            self.prepare(ENDED);
            self.script
                .order(Action::Write, "control", FETCH, "fetch ahead");
            self.script.then(Action::Idle, 200);
            self.script.order(Action::Start, "control", START, "start");
            let script = &mut self.script;
            script.then(Action::Interrupt, 0);
            script.read(Action::Read, "status", self.code << 16, "ended, no error");
            script.write("interrupt_status", ENDED, "clear");
            script.then(Action::Compare, 0);
        }
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
            let bytes = memory.results[0]
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
