//! Programs by hand or at random: what they leave in DRAM is what the functional model says.

mod before;
mod generate;
mod judge;
mod layers;
mod shrink;
mod space;
mod text;

pub use generate::{random_program, random_program_of};
pub(crate) use text::PROGRAM;

use super::{SLOW, enough_cycles, machine_size};
use crate::arch::NpuArch;
use crate::device::npu::ProgramRun;
use crate::device::{Backend, Error, Operation, Refusal, Restart};
use crate::isa::npu::{INSTRUCTION_BYTES, Instruction, npu_registers};
use crate::product::Product;
use crate::reference::{IllegalProgram, run_program};
use crate::verify::{Case, Stimulus};
use before::Expected;
use space::{BASE, Space};

/// A core, and a program that runs on it. [`Display`](std::fmt::Display) and
/// [`FromStr`](std::str::FromStr) are inverse: the text is what `ferrogrid verify --replay` takes.
///
/// ```
/// use ferrogrid::verify::npu::ProgramCase;
/// let text = "program rows=4 columns=8 latency=30; load offset=0x6000 run=9 rows=1 planes=1; end code=7";
/// let case: ProgramCase = text.parse()?;
/// assert_eq!((case.arch.columns, case.program.len()), (8, 2));
/// assert_eq!(case.to_string().parse(), Ok(case));
/// # Ok::<(), ferrogrid::verify::ParseCaseError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramCase {
    /// The core.
    pub arch: NpuArch,
    /// A legal program.
    pub program: Vec<Instruction>,
    /// What the machine does before it.
    pub before: Before,
    /// Cycles from a request of DRAM to its answer.
    pub latency: u16,
    /// In how many of 256 cycles each channel of DRAM pauses.
    pub stalls: u8,
    /// What images and weights are.
    pub data: Data,
    /// Decides what is in DRAM and where it pauses.
    pub seed: u64,
}

/// What the machine does before the program of a case: in a DRAM of its own, so that the program must find the
/// machine as if nothing had been.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// Nothing.
    Nothing,
    /// The program itself.
    Itself,
    /// The program with an inverted bit: of this instruction, this one.
    Flipped(u32, u8),
    /// The program, while DRAM refuses the beat that this byte is in.
    Refused(u32),
    /// The program, which the host stops so many cycles after its start.
    Stopped(u32),
    /// The same in the same DRAM, until a reset of one cycle comes so many cycles after the first; then everything
    /// begins anew.
    Reset(u32),
}

impl Before {
    /// A program runs first, in a DRAM of its own.
    fn is_program(self) -> bool {
        !matches!(self, Before::Nothing | Before::Reset(_))
    }
}

/// What images and weights are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Data {
    /// All bytes.
    Full,
    /// From -3 to 3, so that a byte of a result shows every unit of a sum.
    Small,
}

/// Cycles without progress after which a program that may wait for ever is stopped.
const WATCHDOG: u32 = 1500;
/// Cycles after which the host stops one that makes progress.
const PATIENCE: u32 = 4000;
/// A bit of `control`, and those of `interrupt_status`.
const STOP: u32 = 2;
const ALL_EVENTS: u32 = 3;

impl ProgramCase {
    /// Whether the case can be run: why not.
    ///
    /// # Errors
    /// What is wrong.
    pub fn check(&self) -> Result<(), String> {
        let room = Space::of(&self.arch).biases as usize / INSTRUCTION_BYTES;
        if self.program.len() > room {
            return Err(format!("a program has at most {room} instructions"));
        }
        match self.before {
            Before::Flipped(instruction, _) if instruction as usize >= self.program.len() => {
                return Err(format!("the program has no instruction {instruction}"));
            }
            Before::Refused(byte) if byte >= Space::of(&self.arch).bytes => {
                return Err(format!("DRAM of a program has no byte {byte}"));
            }
            _ => {}
        }
        let model = self.model(&self.program, 0, &mut self.dram());
        model.map(|_| ()).map_err(|illegal| illegal.to_string())
    }

    /// DRAM at the start: with the program at its beginning, and where something runs before it, behind that the
    /// same with the other program.
    fn dram(&self) -> Vec<u8> {
        let space = Space::of(&self.arch);
        let mut dram = space.fill(self.arch.requantization, self.data, self.seed);
        for (place, instruction) in dram.chunks_mut(INSTRUCTION_BYTES).zip(&self.program) {
            place.copy_from_slice(&instruction.encode().expect("an instruction of a case"));
        }
        if self.before.is_program() {
            dram.extend_from_within(..);
        }
        if let Before::Flipped(instruction, bit) = self.before {
            let at = INSTRUCTION_BYTES * instruction as usize + bit as usize / 8;
            dram[space.bytes as usize + at] ^= 1 << (bit % 8);
        }
        dram
    }

    /// Runs a program that stands `at` in DRAM in the functional model.
    fn model(
        &self,
        program: &[Instruction],
        at: u64,
        dram: &mut Vec<u8>,
    ) -> Result<u32, IllegalProgram> {
        run_program(&machine_size(&self.arch), program, Space::bases(at), dram)
    }

    /// The registers of a run of the program that stands `at` in DRAM.
    fn run_at(&self, at: u64, dram: Vec<u8>) -> ProgramRun {
        ProgramRun {
            program: BASE + at,
            instructions: self.program.len() as u32,
            bases: Space::bases(BASE + at),
            dram,
            latency: self.latency,
            write_latency: self.latency,
            stalls: self.stalls,
            seed: self.seed as u32 | 1,
            fetch_ahead: self.seed & 2 != 0,
            max_cycles: self.enough_cycles(),
        }
    }

    /// Cycles that are more than enough for all that the case does.
    fn enough_cycles(&self) -> u64 {
        let once = enough_cycles(&self.arch, &self.program, self.latency, self.stalls);
        match self.before {
            Before::Nothing => once,
            _ => 2 * once + u64::from(PATIENCE + WATCHDOG),
        }
    }

    /// When the host stops the program that runs first.
    fn stops_after(&self, expected: &Expected) -> Option<u32> {
        match self.before {
            Before::Stopped(cycles) => Some(cycles),
            Before::Flipped(..) if expected.causes.len() > 1 => Some(PATIENCE),
            _ => None,
        }
    }
}

impl Case for ProgramCase {
    fn product(&self) -> &dyn Product {
        &self.arch
    }

    fn stimulus(&self, _: &mut dyn Backend) -> Result<Stimulus<'_>, Error> {
        let run = self.run_at(0, self.dram());
        let mut scenario = run.scenario(&self.arch);
        let memory = &mut scenario.memories[0];
        memory.base = BASE;
        memory.overtake = self.stalls > 0;
        memory.after_valid = self.stalls >= SLOW;
        if let Before::Reset(cycle) = self.before {
            let (cycle, length) = (cycle.into(), 1);
            scenario.restart = Some(Restart { cycle, length });
        }
        let mut first = None;
        if self.before.is_program() {
            let space = Space::of(&self.arch);
            if let Before::Refused(byte) = self.before {
                let beat = byte / self.arch.bus_bytes() * self.arch.bus_bytes();
                let address = BASE + u64::from(space.bytes + beat);
                memory.refusals.push((address, Refusal::Subordinate));
            }
            let expected = self.first_program();
            let map = npu_registers(&self.arch.module_name(), &self.arch);
            let at = |name: &str| map.get(name).offset;
            let before = self.run_at(space.bytes.into(), Vec::new());
            let mut operations = before.scenario(&self.arch).operations;
            let starts = operations
                .iter()
                .position(|of| *of == Operation::WaitInterrupt);
            operations.truncate(starts.expect("a run waits for its end"));
            if matches!(self.before, Before::Flipped(..)) {
                operations.insert(0, Operation::write(at("watchdog"), WATCHDOG));
            }
            if let Some(cycles) = self.stops_after(&expected) {
                operations.push(Operation::Idle(cycles.max(1)));
                operations.push(Operation::write(at("control"), STOP));
            }
            operations.push(Operation::WaitInterrupt);
            let reads = operations.len();
            for name in ["status", "index"] {
                operations.push(Operation::Read { address: at(name) });
            }
            operations.push(Operation::write(at("interrupt_status"), ALL_EVENTS));
            operations.push(Operation::write(at("watchdog"), 0));
            operations.append(&mut scenario.operations);
            scenario.operations = operations;
            first = Some((reads, expected));
        }
        // What a program stores of which the model says nothing.
        let bytes = Space::of(&self.arch).bytes as usize;
        let undefined = match &first {
            Some((_, expected)) if expected.dram.is_none() => bytes..2 * bytes,
            _ => 0..0,
        };
        let judge = move |outcome: &_| judge::judge(self, &run, first.as_ref(), outcome);
        let mut stimulus = Stimulus::new(scenario, judge);
        stimulus.undefined = undefined;
        Ok(stimulus)
    }

    fn simpler(&self) -> Box<dyn Iterator<Item = Box<dyn Case>>> {
        let boxed = |case| Box::new(case) as Box<dyn Case>;
        Box::new(shrink::simpler(self).map(boxed))
    }
}
