//! A small network disturbed in every phase: stopped, reset, refused by DRAM, cut short, damaged. Nothing hangs, the core
//! says what happened, and a second run of the network, in memory of its own, is right.

use super::{Machine, Random};
use ferrogrid::arch::NpuArch;
use ferrogrid::compiler::{Binding, Network, Rounding, compile, region};
use ferrogrid::config::{Bytes, NpuConfig};
use ferrogrid::device::npu::ProgramRun;
use ferrogrid::device::{Operation, Refusal, Restart, Scenario};
use ferrogrid::graph::{
    Convolution, Element, Family, Graph, Operator, Output, Padding, Quantization, Values,
};
use ferrogrid::isa::npu::{CAUSES, INSTRUCTION_BYTES, Instruction, Operation as Op, npu_registers};
use ferrogrid::reference::graph::{Mode, run};
use std::ops::Range;

/// Cycles in which nothing moves until the watchdog stops a program.
const WATCHDOG: u32 = 400;

/// Height and width of an image for which there is room everywhere, and of one that is in DRAM between the layers.
const SMALL: usize = 3;
const LARGE: usize = 26;

/// A network in DRAM twice, the second time so many bytes behind the first.
struct Twice {
    machine: Machine,
    network: Network,
    /// The first run, with the DRAM of both.
    run: ProgramRun,
    behind: usize,
    /// What both must leave.
    outputs: Vec<Vec<u8>>,
    /// What an undisturbed run takes.
    cycles: u64,
}

/// What became of the first run.
#[derive(Debug)]
struct First {
    cause: usize,
    index: u32,
    fault: u64,
}

impl First {
    /// Its name; `ended` where nothing stopped it.
    fn cause(&self) -> &'static str {
        CAUSES[self.cause].0
    }
}

/// A depthwise and a dense convolution of an image of this height and width: every unit.
fn graph(size: usize) -> Graph {
    let mut random = Random(5);
    let mut graph = Graph::new(Family::TfLite);
    let int8 = |scale| (Element::Int8, Quantization::per_tensor(scale, 3));
    let mut constant = |graph: &mut Graph, name: &str, shape: &[usize]| {
        let values = Values::Int8(random.bytes(shape.iter().product()));
        let meaning = Some(Quantization::per_tensor(0.01, 0));
        graph.constant(name, shape, values, meaning)
    };
    let around = |size: usize, groups| {
        let padding = Padding {
            top: size / 2,
            left: size / 2,
            bottom: size / 2,
            right: size / 2,
        };
        Operator::Convolution(Convolution {
            strides: [1, 1],
            dilations: [1, 1],
            padding,
            groups,
        })
    };
    let x = graph.input("x", [size, size, 4], int8(0.05));
    let w = constant(&mut graph, "w0", &[4, 3, 3, 1]);
    let a = Output::new("a", int8(0.1));
    let a = graph.node("depthwise", around(3, 4), &[x, w], a).unwrap();
    let w = constant(&mut graph, "w1", &[3, 1, 1, 4]);
    let y = Output::new("y", int8(0.2));
    let y = graph.node("dense", around(1, 1), &[a, w], y);
    graph.outputs.push(y.unwrap());
    graph
}

impl Twice {
    /// Of an image of this height and width.
    fn new(size: usize) -> Twice {
        let mut config = NpuConfig::new(4, 4);
        config.memory.scratchpad = Some(Bytes::kib(4));
        config.memory.weights = Some(Bytes(512));
        let arch = NpuArch::new(&config).unwrap();
        let graph = graph(size);
        let network = compile(&graph, &arch, Rounding::Fixed).unwrap();
        let input = Random(6).bytes(graph[graph.inputs[0]].len());
        let bytes = input.iter().map(|byte| *byte as u8).collect();
        let golden = run(&graph, &[Values::Int8(input)], Mode::FixedPoint).unwrap();
        let output = golden[&graph.outputs[0]].integers().unwrap();
        let output = output.into_iter().map(|value| value as u8).collect();

        let mut run = ProgramRun::of_network(&network, &[bytes]);
        run.latency = 5;
        run.write_latency = 5;
        let behind = run.dram.len();
        run.dram.extend_from_within(..);
        let mut machine = Machine::new(&arch);
        let outcome = machine.run(&run).expect("the network ends");
        assert_eq!(outcome.cause, 0);
        Twice {
            machine,
            network,
            run,
            behind,
            outputs: vec![output],
            cycles: outcome.cycles,
        }
    }

    /// Where the bytes of the first run's program, constants, inputs and outputs are.
    fn parts(&self) -> [Range<u64>; 4] {
        let network = &self.network;
        let base = |region: u32| self.run.bases[region as usize];
        let part = |first: u64, bytes: usize| first..first + bytes as u64;
        let bytes = |of: &[Binding]| of.iter().map(|of| of.bytes as usize).sum();
        [
            part(0, network.program.len() * INSTRUCTION_BYTES),
            part(base(region::CONSTANTS), network.constants.len()),
            part(base(region::INPUTS), bytes(&network.inputs)),
            part(base(region::OUTPUTS), bytes(&network.outputs)),
        ]
    }

    /// The bytes of the runs that the first run stores.
    fn stores(&self) -> Vec<Range<u64>> {
        let mut runs = Vec::new();
        for instruction in &self.network.program {
            let Op::Store(of) = instruction.operation else {
                continue;
            };
            let first = self.run.bases[of.region as usize] + u64::from(of.offset);
            for (plane, row) in
                (0..of.planes).flat_map(|plane| (0..of.rows).map(move |row| (plane, row)))
            {
                let start = first + u64::from(plane * of.plane_stride + row * of.row_stride);
                runs.push(start..start + u64::from(of.run));
            }
        }
        runs
    }

    /// The first run begins, `then` happens, it is read what became of it, and the second run goes from its start to its
    /// end. `change` comes before all that.
    fn disturbed(&mut self, then: &[Operation], change: impl FnOnce(&mut Scenario)) -> First {
        let arch = &self.machine.arch;
        let map = npu_registers(&arch.module_name(), arch);
        let write = |name: &str, data: u64| Operation::write(map.get(name).offset, data as u32);
        let read = |name: &str| Operation::Read {
            address: map.get(name).offset,
        };
        let mut scenario = self.run.scenario(arch);
        let operations = &mut scenario.operations;
        let wait = |of: &Operation| *of == Operation::WaitInterrupt;
        let start = operations.iter().position(wait).unwrap();
        operations.truncate(start);
        operations.insert(0, write("watchdog", WATCHDOG.into()));
        operations.extend_from_slice(then);
        let status = operations.len();
        operations.extend(["status", "index", "fault_low"].map(read));
        operations.push(write("interrupt_status", 3));
        let behind = self.behind as u64;
        operations.push(write("program_low", self.run.program + behind));
        let instructions = self.network.program.len() as u64;
        operations.push(write("instructions", instructions));
        for (region, base) in self.run.bases.iter().enumerate() {
            operations.push(write(&format!("base_{region}_low"), base + behind));
        }
        operations.push(write("control", 1));
        operations.push(Operation::WaitInterrupt);
        operations.push(read("status"));
        scenario.max_cycles = 40 * self.cycles + 4000;
        change(&mut scenario);

        let outcome = self.machine.scenario(&scenario);
        let done = outcome.operations.len();
        assert_eq!(done, scenario.operations.len(), "{:?}", outcome.waiting);
        let word = |place: usize| outcome.operations[place].data;
        assert_eq!(word(done - 1) & 0xff, 0, "the second run");
        let dram = &outcome.memories[0].bytes;
        let outputs = |from: usize| self.run.outputs(&self.network, &dram[from..]);
        assert_eq!(outputs(self.behind), self.outputs, "the second run");
        assert_eq!(word(status) & 1, 0, "the first run is over");
        let first = First {
            cause: (word(status) >> 4 & 0xf) as usize,
            index: word(status + 1),
            fault: word(status + 2).into(),
        };
        let is_whole = scenario.memories[0].bytes == self.run.dram;
        if first.cause == 0 && is_whole {
            assert_eq!(outputs(0), self.outputs, "the first run says that it ended");
        }
        first
    }

    /// The write that stops a program.
    fn stop(&self) -> Operation {
        let arch = &self.machine.arch;
        let map = npu_registers(&arch.module_name(), arch);
        Operation::write(map.get("control").offset, 2)
    }
}

const WAIT: [Operation; 1] = [Operation::WaitInterrupt];

#[test]
fn a_network_stopped_in_every_phase() {
    let mut twice = Twice::new(SMALL);
    let (mut stopped, mut ended) = (0, 0);
    for idle in (0..twice.cycles as u32 + 20).step_by(3) {
        let then = [Operation::Idle(idle), twice.stop(), WAIT[0]];
        let first = twice.disturbed(&then, |_| {});
        match first.cause() {
            "stopped" => stopped += 1,
            "ended" => ended += 1,
            other => panic!("{other} when stopped after {idle} cycles"),
        }
    }
    assert!(stopped > 50 && ended > 0, "{stopped} and {ended}");
}

/// Everything begins anew, also in the midst of bursts.
#[test]
fn a_network_reset_in_every_phase() {
    let mut twice = Twice::new(SMALL);
    for cycle in (0..2 * twice.cycles + 100).step_by(5) {
        let length = 1 + cycle as u32 % 2;
        let first = twice.disturbed(&WAIT, |scenario| {
            scenario.restart = Some(Restart { cycle, length });
        });
        assert_eq!(first.cause(), "ended", "reset at {cycle}");
    }
}

/// The first beats of the runs that a beat of four bytes is in.
fn firsts(runs: &[Range<u64>], beat: u64) -> Vec<u64> {
    let first = |run: &Range<u64>| run.start / 4 * 4;
    let runs = runs.iter().map(|run| first(run)..run.end);
    let runs = runs.filter(|run| run.contains(&beat));
    runs.map(|run| run.start).collect()
}

/// Between the layers, too.
#[test]
fn dram_that_refuses_activations() {
    let mut twice = Twice::new(LARGE);
    let base = twice.run.bases[region::ACTIVATIONS as usize];
    let stores = twice.stores();
    let end = base + u64::from(twice.network.activations);
    let mut refused = 0;
    for beat in (base..end).step_by(4 * 83) {
        let first = twice.disturbed(&WAIT, |scenario| {
            scenario.memories[0].refusals = vec![(beat, Refusal::Subordinate)];
        });
        let wanted = firsts(&stores, beat);
        match first.cause() {
            "ended" => assert!(wanted.is_empty(), "{beat:#x}"),
            "write_failed" => assert!(wanted.contains(&first.fault), "{first:?} at {beat:#x}"),
            _ => panic!("{first:?} at {beat:#x}"),
        }
        refused += u32::from(first.cause != 0);
    }
    assert!(refused > 5, "{refused}");
}

#[test]
fn dram_that_refuses_at_every_beat_of_a_network() {
    let mut twice = Twice::new(SMALL);
    let parts = twice.parts();
    let stores = twice.stores();
    let mut refused = [0; 4];
    for beat in (0..twice.behind as u64).step_by(4) {
        let refusal = match beat % 12 {
            0 => Refusal::Subordinate,
            _ => Refusal::Decode,
        };
        let first = twice.disturbed(&WAIT, |scenario| {
            scenario.memories[0].refusals = vec![(beat, refusal)];
        });
        let place = parts.iter().position(|part| part.contains(&beat));
        let is_named = match (first.cause(), place) {
            // What is between the parts, and fills them.
            ("ended", None | Some(1)) => continue,
            ("read_failed", Some(0)) => first.fault == 0,
            ("read_failed", Some(1 | 2)) => first.fault == beat,
            // The beginning of a run that the beat is in.
            ("write_failed", Some(3)) => firsts(&stores, beat).contains(&first.fault),
            _ => false,
        };
        assert!(is_named, "{first:?} of {parts:?} when {beat:#x} is refused");
        refused[place.unwrap()] += 1;
    }
    let beats = parts.map(|part| (part.end - part.start).div_ceil(4));
    let [of_program, of_constants, of_inputs, of_outputs] = refused;
    assert_eq!(
        [of_program, of_inputs, of_outputs],
        [beats[0], beats[2], beats[3]]
    );
    assert!(2 * of_constants > beats[1], "{refused:?} of {beats:?}");
}

/// A program without its end is none that has ended.
#[test]
fn a_network_cut_short_at_every_instruction() {
    let mut twice = Twice::new(SMALL);
    for instructions in 0..twice.run.instructions {
        twice.run.instructions = instructions;
        let first = twice.disturbed(&WAIT, |_| {});
        assert_eq!(first.cause(), "watchdog", "{instructions} instructions");
        assert!(first.index <= instructions);
    }
}

/// Whatever an instruction has become, the host gets the core back.
#[test]
fn a_network_with_inverted_bits() {
    let mut twice = Twice::new(SMALL);
    let mut random = Random(7);
    let instructions = twice.network.program.len() as u32;
    let mut causes = vec![0; CAUSES.len()];
    for _ in 0..120 {
        let index = random.within(0, instructions - 1) as usize;
        let bit = random.within(0, 8 * INSTRUCTION_BYTES as u32 - 1) as usize;
        let mut bytes = twice.network.program[index].encode().unwrap();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let is_store = |of: &Instruction| matches!(of.operation, Op::Store(_));
        let decoded = Instruction::decode(&bytes);
        // A wrong STORE may meet the second network.
        if is_store(&twice.network.program[index]) || decoded.as_ref().is_ok_and(is_store) {
            continue;
        }
        let idle = Operation::Idle(3 * twice.cycles as u32);
        let then = [idle, twice.stop(), WAIT[0]];
        let first = twice.disturbed(&then, |scenario| {
            let at = index * INSTRUCTION_BYTES;
            scenario.memories[0].bytes[at..at + INSTRUCTION_BYTES].copy_from_slice(&bytes);
        });
        if decoded.is_err() {
            let found = (first.cause(), first.index as usize);
            assert_eq!(found, ("illegal", index), "bit {bit} of {index}");
        }
        causes[first.cause] += 1;
    }
    println!("causes {causes:?}");
    assert!(causes[0] > 0 && causes[1] > 0, "{causes:?}");
}
