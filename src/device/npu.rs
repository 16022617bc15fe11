//! Runs programs on an NPU.

use super::timeline::Timeline;
use super::{AxiLite, Goal, Memory, Operation, Outcome, Scenario, Sink};
use crate::arch::NpuArch;
use crate::compiler::{Binding, Network, region};
use crate::isa::npu::{CAUSES, COUNTERS_OF, Instruction, REGIONS, npu_registers};

/// Cycles that the AXI4 memory of a run takes to answer reads.
pub const READ_LATENCY: u16 = 30;
/// Cycles that it takes to answer writes.
pub const WRITE_LATENCY: u16 = 10;

/// Bits of `control`.
const START: u32 = 1;
const FETCH: u32 = 4;

/// The stream that says what units do.
const EVENTS: &str = "m_axis_events";

/// A program with the DRAM that it runs on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramRun {
    /// Address of the first instruction, at a beat of the bus.
    pub program: u64,
    /// Its instructions.
    pub instructions: u32,
    /// First address of each DRAM region.
    pub bases: [u64; REGIONS as usize],
    /// All of DRAM, from address 0 on, the program in it.
    pub dram: Vec<u8>,
    /// Cycles from a read request to its first beat.
    pub latency: u16,
    /// Cycles from the last beat of a write to its answer.
    pub write_latency: u16,
    /// In how many of 256 cycles each channel pauses.
    pub stalls: u8,
    /// Decides where it pauses.
    pub seed: u32,
    /// The program is fetched ahead of its start.
    pub fetch_ahead: bool,
    /// The run is given up then.
    pub max_cycles: u64,
}

/// What a run of a program left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramOutcome {
    /// Why it stopped: 0 where it ended.
    pub cause: u32,
    /// What END said.
    pub code: u32,
    /// The instruction at which it stopped.
    pub index: u32,
    /// DRAM address of the transfer that was answered with an error; 0 where there was none.
    pub fault: u64,
    /// The counters, in the order of [`COUNTERS_OF`].
    pub counters: [u64; COUNTERS_OF.len()],
    /// Cycles from the write that starts it to the interrupt.
    pub cycles: u64,
    /// When its instructions were at work.
    pub timeline: Timeline,
    /// All of DRAM.
    pub dram: Vec<u8>,
}

impl ProgramOutcome {
    /// Why it stopped before its end, in words; none where it ended.
    pub fn stopped(&self) -> Option<String> {
        let &ProgramOutcome {
            cause,
            index,
            fault,
            ..
        } = self;
        let what = match cause {
            0 => return None,
            _ => CAUSES
                .get(cause as usize)
                .map_or("there is none such", |(_, what)| what),
        };
        let fault = match fault {
            0 => String::new(),
            _ => format!(", fault address {fault:#x}"),
        };
        Some(format!("cause {cause} ({what}), index {index}{fault}"))
    }
}

impl ProgramRun {
    /// A run of a program at the beginning of a DRAM of so many bytes.
    ///
    /// # Panics
    /// When an instruction has no encoding or DRAM is too small for the program.
    pub fn new(program: &[Instruction], dram_bytes: usize) -> ProgramRun {
        let mut dram = Vec::new();
        for instruction in program {
            dram.extend(
                instruction
                    .encode()
                    .expect("an instruction with an encoding"),
            );
        }
        assert!(dram.len() <= dram_bytes, "DRAM is smaller than the program");
        dram.resize(dram_bytes, 0);
        ProgramRun {
            program: 0,
            instructions: program.len() as u32,
            bases: [0; REGIONS as usize],
            dram,
            latency: READ_LATENCY,
            write_latency: WRITE_LATENCY,
            stalls: 0,
            seed: 1,
            fetch_ahead: true,
            max_cycles: 10_000_000,
        }
    }

    /// What a host and DRAM do for it.
    pub fn scenario(&self, arch: &NpuArch) -> Scenario {
        let map = npu_registers(&arch.module_name(), arch);
        let at = |name: &str| map.get(name).offset;
        let halves = |name: &str, value: u64| {
            [
                (format!("{name}_low"), value as u32),
                (format!("{name}_high"), (value >> 32) as u32),
            ]
        };
        let word = |name: &str, value: u32| (name.to_owned(), value);
        let mut writes = Vec::from(halves("program", self.program));
        writes.push(word("instructions", self.instructions));
        writes.extend(self.fetch_ahead.then(|| word("control", FETCH)));
        for (region, base) in self.bases.iter().enumerate() {
            writes.extend(halves(&format!("base_{region}"), *base));
        }
        writes.push(word("interrupt_enable", 3));
        writes.push(word("control", START));
        let writes = writes.into_iter();
        let mut operations =
            Vec::from_iter(writes.map(|(name, data)| Operation::write(at(&name), data)));
        operations.push(Operation::WaitInterrupt);
        for name in self.reads() {
            operations.push(Operation::Read { address: at(&name) });
        }
        Scenario {
            max_cycles: self.max_cycles,
            control: Some(AxiLite::new("s_axil")),
            operations,
            sinks: vec![Sink::new(EVENTS, Goal::Beats(0))],
            memories: vec![Memory {
                latency: self.latency,
                write_latency: self.write_latency,
                stalls: self.stalls,
                seed: self.seed,
                ..Memory::new("m_axi", self.dram.clone())
            }],
            ..Scenario::default()
        }
    }

    /// Registers that are read in the end.
    fn reads(&self) -> Vec<String> {
        let counters = COUNTERS_OF.iter();
        let counters =
            counters.flat_map(|(name, _)| [format!("{name}_low"), format!("{name}_high")]);
        ["status", "index", "fault_low", "fault_high"]
            .map(String::from)
            .into_iter()
            .chain(counters)
            .collect()
    }

    /// What an outcome of [`Self::scenario`] says; none where the program did not end.
    pub fn outcome(&self, outcome: Outcome) -> Option<ProgramOutcome> {
        let reads = self.reads().len();
        let all = &outcome.operations;
        let wait = all.len().checked_sub(reads + 1)?;
        let words: Vec<u64> = all[wait + 1..]
            .iter()
            .map(|read| read.data.into())
            .collect();
        let start = all.get(wait.checked_sub(1)?)?.start;
        let wide = |index: usize| words[index] | words[index + 1] << 32;
        let status = words[0] as u32;
        let memory = outcome.memories.into_iter().next()?;
        Some(ProgramOutcome {
            cause: status >> 4 & 0xf,
            code: status >> 16,
            index: words[1] as u32,
            fault: wide(2),
            counters: std::array::from_fn(|counter| wide(4 + 2 * counter)),
            cycles: all[wait].end - start,
            timeline: Timeline::new(&outcome.sinks[0].beats, start),
            dram: memory.bytes,
        })
    }
}

impl ProgramRun {
    /// A run of a network on inputs of a byte an element, in the order of the graph.
    ///
    /// # Panics
    /// When the inputs are not of the network's sizes.
    pub fn of_network(network: &Network, inputs: &[Vec<u8>]) -> ProgramRun {
        let mut run = ProgramRun::new(&network.program, 32 * network.program.len());
        let place = |run: &mut ProgramRun, index: u32, bytes: usize| {
            // No beat of any bus is shared.
            let base = run.dram.len().next_multiple_of(64);
            run.dram.resize(base + bytes, 0);
            run.bases[index as usize] = base as u64;
            base
        };
        let base = place(&mut run, region::CONSTANTS, network.constants.len());
        run.dram[base..].copy_from_slice(&network.constants);
        let size = |bindings: &[Binding]| {
            let last = bindings.last();
            last.map_or(0, |last| (last.offset + last.bytes) as usize)
        };
        let base = place(&mut run, region::INPUTS, size(&network.inputs));
        assert_eq!(inputs.len(), network.inputs.len(), "inputs of the network");
        for (binding, input) in network.inputs.iter().zip(inputs) {
            assert_eq!(input.len(), binding.bytes as usize, "elements of an input");
            let at = base + binding.offset as usize;
            for (to, from) in run.dram[at..].iter_mut().zip(input) {
                *to = from ^ binding.inverted();
            }
        }
        place(&mut run, region::OUTPUTS, size(&network.outputs));
        place(&mut run, region::ACTIVATIONS, network.activations as usize);
        let end = run.dram.len().next_multiple_of(64);
        run.dram.resize(end, 0);
        run
    }

    /// The outputs of a network in a DRAM that such a run has left, a byte an element.
    pub fn outputs(&self, network: &Network, dram: &[u8]) -> Vec<Vec<u8>> {
        let base = self.bases[region::OUTPUTS as usize] as usize;
        let output = |binding: &Binding| {
            let at = base + binding.offset as usize;
            let bytes = &dram[at..at + binding.bytes as usize];
            bytes.iter().map(|byte| byte ^ binding.inverted()).collect()
        };
        network.outputs.iter().map(output).collect()
    }
}
