//! An outcome against what the functional model says.

use super::ProgramCase;
use super::before::{Expected, runs};
use super::space::Space;
use crate::blocks::npu::Cause;
use crate::device::Outcome;
use crate::device::npu::ProgramRun;
use crate::isa::npu::{COUNTERS_OF, INSTRUCTION_BYTES, Instruction, Operation};
use crate::verify::npu::Wrong;
use crate::verify::verdict::{CaseReport, Mismatch};
use std::ops::Range;

/// `first` is the operation that reads the status of the program that ran first, and what must have become
/// of that.
pub(super) fn judge(
    case: &ProgramCase,
    run: &ProgramRun,
    first: Option<&(usize, Expected)>,
    outcome: &Outcome,
) -> Result<CaseReport, Mismatch> {
    if let Some(failure) = outcome.failures.first() {
        return Err(Mismatch::Rule(failure.clone()));
    }
    let mut ended = false;
    if let Some((read, expected)) = first
        && let Some(status) = outcome.operations.get(*read + 1)
    {
        let status = [outcome.operations[*read].data, status.data];
        ended = first_status(expected, status)?;
    }
    if outcome.timed_out() {
        return Err(Mismatch::Stuck {
            cycles: outcome.cycles,
            waiting: outcome.waiting.join("; "),
        });
    }
    let program = "the program";
    let result = run.outcome(outcome.clone()).ok_or(Wrong::Status {
        program,
        what: "the number of registers read",
        expected: "all".into(),
        found: outcome.operations.len() as u32,
    })?;
    let mut dram = case.dram();
    // The model has found the program legal when the case was made.
    let code = case.model(&case.program, 0, &mut dram).unwrap_or_default();
    for (what, found, expected) in [("cause", result.cause, 0), ("code", result.code, code)] {
        if found != expected {
            let expected = expected.to_string();
            return Err(Wrong::Status {
                program,
                what,
                expected,
                found,
            }
            .into());
        }
    }
    for (name, expected) in counters(case) {
        let at = COUNTERS_OF.iter().position(|(of, _)| *of == name);
        let found = at.map_or(0, |at| result.counters[at]);
        if found != expected {
            let (expected, found) = (expected.to_string(), found as u32);
            return Err(Wrong::Status {
                program,
                what: name,
                expected,
                found,
            }
            .into());
        }
    }
    let bytes = Space::of(&case.arch).bytes as usize;
    let defined = match first {
        Some((_, expected)) if ended && expected.dram.is_some() => {
            let first_dram = expected.dram.iter().flatten().copied();
            dram.truncate(bytes);
            dram.extend(first_dram.skip(bytes));
            dram.len()
        }
        _ => bytes,
    };
    let pairs = result.dram.iter().zip(&dram).take(defined);
    if let Some(address) = pairs
        .clone()
        .position(|(found, expected)| found != expected)
    {
        let at = (address % bytes) as u64;
        return Err(Wrong::Byte {
            address: address as u64,
            expected: dram[address],
            found: result.dram[address],
            writer: writer(&case.program, at),
        }
        .into());
    }
    Ok(CaseReport {
        jobs: 1 + u64::from(first.is_some()),
        elements: case.program.iter().map(stored).sum(),
        cycles: outcome.cycles,
        covers: (outcome.covers.iter())
            .map(|cover| (cover.path.clone(), cover.count))
            .collect(),
    })
}

/// Holds status and index of the first program to what they must be; gives whether it has ended well.
fn first_status(expected: &Expected, [status, index]: [u32; 2]) -> Result<bool, Wrong> {
    let wrong = |what, expected: String, found| {
        let program = "the program before";
        Err(Wrong::Status {
            program,
            what,
            expected,
            found,
        })
    };
    let cause = status >> 4 & 0xf;
    let causes = &expected.causes;
    if !causes.iter().any(|of| *of as u32 == cause) {
        return wrong("cause", format!("{causes:?}"), cause);
    }
    if status & 1 != 0 {
        return wrong("busy", "0".into(), 1);
    }
    let ended = cause == Cause::None as u32;
    let code = status >> 16;
    if ended && expected.dram.is_some() && code != expected.code {
        return wrong("code", expected.code.to_string(), code);
    }
    match expected.index {
        Some(expected) if expected != index => wrong("index", expected.to_string(), index),
        _ => Ok(ended),
    }
}

/// What the counters of a program must be, where no timing changes it: vectors of the passes of MATRIX and VECTOR,
/// sums that POST reads, and beats.
fn counters(case: &ProgramCase) -> [(&'static str, u64); 5] {
    let [mut vectors, mut of_vector, mut sums, mut reads, mut writes] = [0; 5];
    let bus = u64::from(case.arch.bus_bytes());
    let beats = |run: Range<u64>| (run.end - 1) / bus - run.start / bus + 1;
    let first = |region: u32, offset: u32| Space::bases(0)[region as usize] + u64::from(offset);
    for instruction in &case.program {
        // An instruction is some beats, or the beat that it is in.
        reads += (INSTRUCTION_BYTES as u64).div_ceil(bus);
        match instruction.operation {
            Operation::Load(of) => {
                let strides = [(of.rows, of.row_stride), (of.planes, of.plane_stride)];
                reads += runs(first(of.region, of.offset), of.run, strides)
                    .map(beats)
                    .sum::<u64>();
            }
            Operation::Weights(of) => reads += u64::from(of.tiles * case.arch.tile_bytes()) / bus,
            Operation::Matrix(of) => {
                let taps = if of.packed { 1 } else { of.taps };
                let taps = u64::from(of.kernel_rows * taps);
                vectors += taps * u64::from(of.blocks * of.rows * of.columns);
            }
            Operation::Vector(of) => {
                let passes = u64::from(of.kernel_rows * of.groups);
                of_vector += passes * u64::from(of.rows * of.columns);
            }
            Operation::Post(of) => {
                let groups = of.channels.div_ceil(case.arch.lanes);
                sums += u64::from(of.rows * of.columns * of.window * groups);
            }
            Operation::Store(of) => {
                let strides = [(of.rows, of.row_stride), (of.planes, of.plane_stride)];
                writes += runs(first(of.region, of.offset), of.run, strides)
                    .map(beats)
                    .sum::<u64>();
            }
            Operation::Fence(_) | Operation::End(_) => {}
        }
    }
    [
        ("matrix_active", vectors),
        ("vector_active", of_vector),
        ("post_active", sums),
        ("read_beats", reads),
        ("write_beats", writes),
    ]
}

/// Bytes that an instruction stores.
fn stored(instruction: &Instruction) -> u64 {
    match instruction.operation {
        Operation::Store(of) => u64::from(of.run) * u64::from(of.rows * of.planes),
        _ => 0,
    }
}

/// Which instruction writes a byte, counted from the beginning of its program, last.
fn writer(program: &[Instruction], at: u64) -> String {
    let writes = |instruction: &Instruction| match instruction.operation {
        Operation::Store(of) => {
            let first = Space::bases(0)[of.region as usize] + u64::from(of.offset);
            let mut runs = runs(
                first,
                of.run,
                [(of.rows, of.row_stride), (of.planes, of.plane_stride)],
            );
            runs.any(|run| run.contains(&at))
        }
        _ => false,
    };
    match program.iter().rposition(writes) {
        Some(index) => format!("instruction {index}, `{}`, stores it", program[index]),
        None => "no instruction stores it".into(),
    }
}
