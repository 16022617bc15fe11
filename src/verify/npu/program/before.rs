//! What must become of the program that runs before another.

use super::shrink::{has_no_count, has_unit, signals};
use super::space::Space;
use super::{Before, ProgramCase};
use crate::blocks::npu::Cause;
use crate::isa::npu::{INSTRUCTION_BYTES, Instruction, Operation, SEMAPHORE_MAX, SEMAPHORES};
use std::ops::Range;

/// What must become of a program.
pub(super) struct Expected {
    /// Why it may have stopped.
    pub causes: Vec<Cause>,
    /// The instruction at which it stopped, where that is certain.
    pub index: Option<u32>,
    /// What its END says, if it has ended.
    pub code: u32,
    /// The DRAM of the case when it has ended, where that is defined.
    pub dram: Option<Vec<u8>>,
}

/// Bits of an instruction that say how it waits and signals.
const WAITS_AND_SIGNAL: Range<u8> = 4..48;

/// Causes of programs of which the functional model says nothing.
const ANY: [Cause; 8] = [
    Cause::None,
    Cause::Illegal,
    Cause::Overflow,
    Cause::ReadFailed,
    Cause::WriteFailed,
    Cause::Watchdog,
    Cause::Stopped,
    Cause::OutOfRange,
];

impl ProgramCase {
    /// What must become of the first program.
    pub(super) fn first_program(&self) -> Expected {
        let at = Space::of(&self.arch).bytes.into();
        let certain = |causes: &[Cause], dram, code| Expected {
            causes: causes.to_vec(),
            index: None,
            code,
            dram,
        };
        let model = |program: &[Instruction]| {
            let mut dram = self.dram();
            let code = self.model(program, at, &mut dram);
            code.map(|code| (dram, code))
        };
        let code = self.program.last().map_or(0, |end| match end.operation {
            Operation::End(end) => end.code,
            _ => 0,
        });
        match self.before {
            Before::Nothing | Before::Reset(_) => certain(&[Cause::None], None, code),
            Before::Itself => match model(&self.program) {
                Ok((dram, code)) => certain(&[Cause::None], Some(dram), code),
                Err(_) => certain(&ANY, None, code),
            },
            // No instruction has come before DRAM answers.
            Before::Stopped(cycles) if cycles < self.latency.into() => {
                certain(&[Cause::Stopped], None, code)
            }
            Before::Stopped(_) => certain(&[Cause::None, Cause::Stopped], None, code),
            Before::Refused(byte) => certain(&self.refused(byte), None, code),
            Before::Flipped(index, bit) => {
                let mut program = self.program.clone();
                let bytes = program[index as usize].encode();
                let mut bytes = bytes.expect("an instruction of a case");
                bytes[bit as usize / 8] ^= 1 << (bit % 8);
                let Ok(flipped) = Instruction::decode(&bytes) else {
                    return Expected {
                        index: Some(index),
                        ..certain(&[Cause::Illegal], None, code)
                    };
                };
                program[index as usize] = flipped;
                if has_no_count(&flipped) {
                    return Expected {
                        index: Some(index),
                        ..certain(&[Cause::OutOfRange], None, code)
                    };
                }
                let illegal = match model(&program) {
                    Ok((dram, code)) => return certain(&[Cause::None], Some(dram), code),
                    Err(illegal) => illegal,
                };
                // Such an instruction may meet the end of DRAM before that of the scratchpad.
                let beyond = [Cause::OutOfRange, Cause::ReadFailed, Cause::WriteFailed];
                let crosses = illegal.reason.contains("both halves");
                // Its tiles may not be there, which the host ends, or its signals too many, before it comes to the end
                // of the bank.
                let too_long = [Cause::OutOfRange, Cause::Stopped, Cause::Overflow];
                let exceeds = illegal.reason.contains("an accumulator bank");
                match balance(&program) {
                    _ if crosses && illegal.index == index as usize => certain(&beyond, None, code),
                    _ if exceeds && illegal.index == index as usize => {
                        certain(&too_long, None, code)
                    }
                    // Only waits and signals differ from a legal program.
                    Balance::Starves if WAITS_AND_SIGNAL.contains(&bit) => {
                        certain(&[Cause::Watchdog], None, code)
                    }
                    Balance::Overflows if WAITS_AND_SIGNAL.contains(&bit) => {
                        certain(&[Cause::Overflow], None, code)
                    }
                    _ => certain(&ANY, None, code),
                }
            }
        }
    }

    /// What stops the program where DRAM refuses the beat of a byte.
    fn refused(&self, byte: u32) -> Vec<Cause> {
        let beat = |byte: u64| byte / u64::from(self.arch.bus_bytes());
        let wanted = beat(byte.into());
        let meets = |runs: &[Range<u64>]| {
            let touches =
                |run: &Range<u64>| (beat(run.start)..=beat(run.end - 1)).contains(&wanted);
            runs.iter().any(touches)
        };
        let (mut reads, mut writes) = (Vec::new(), Vec::new());
        reads.push(0..(INSTRUCTION_BYTES * self.program.len()) as u64);
        let starts = Space::bases(0);
        for instruction in &self.program {
            match instruction.operation {
                Operation::Load(of) => reads.extend(runs(
                    starts[of.region as usize] + u64::from(of.offset),
                    of.run,
                    [(of.rows, of.row_stride), (of.planes, of.plane_stride)],
                )),
                Operation::Weights(of) => {
                    let first = starts[of.region as usize] + u64::from(of.offset);
                    let bytes = u64::from(of.tiles * self.arch.tile_bytes());
                    reads.push(first..first + bytes);
                }
                Operation::Store(of) => writes.extend(runs(
                    starts[of.region as usize] + u64::from(of.offset),
                    of.run,
                    [(of.rows, of.row_stride), (of.planes, of.plane_stride)],
                )),
                _ => {}
            }
        }
        match (meets(&reads), meets(&writes)) {
            (true, true) => vec![Cause::ReadFailed, Cause::WriteFailed],
            (true, false) => vec![Cause::ReadFailed],
            (false, true) => vec![Cause::WriteFailed],
            (false, false) => vec![Cause::None],
        }
    }
}

/// The bytes of DRAM of each run.
pub(super) fn runs(
    first: u64,
    run: u32,
    [(rows, row_stride), (planes, plane_stride)]: [(u32, u32); 2],
) -> impl Iterator<Item = Range<u64>> {
    (0..planes).flat_map(move |plane| {
        (0..rows).map(move |row| {
            let stride = |count: u32, of: u32| u64::from(count) * u64::from(of);
            let start = first + stride(plane, plane_stride) + stride(row, row_stride);
            start..start + u64::from(run)
        })
    })
}

/// What signals and waits alone say of a program.
enum Balance {
    /// Some instruction waits for more signals than there are: it waits for ever.
    Starves,
    /// There are more signals than a semaphore counts, whatever is taken of them.
    Overflows,
    /// It needs a closer look.
    Unknown,
}

fn balance(program: &[Instruction]) -> Balance {
    let mut found = Balance::Unknown;
    for semaphore in 0..SEMAPHORES {
        let with_unit = program.iter().filter(|of| has_unit(of));
        let waits = with_unit.flat_map(|of| of.synchronization.waits);
        let taken: u32 = waits
            .filter(|wait| wait.semaphore == semaphore)
            .map(|wait| wait.count)
            .sum();
        let given: u32 = program.iter().map(|of| signals(of, semaphore)).sum();
        if taken > given {
            return Balance::Starves;
        }
        if given - taken > SEMAPHORE_MAX {
            found = Balance::Overflows;
        }
    }
    found
}
