//! What the model expects of a program, beside what the core takes.

use super::{NetworkCase, random_network};
use crate::arch::NpuArch;
use crate::blocks::npu::NpuCore;
use crate::device::npu::{ProgramOutcome, ProgramRun, READ_LATENCY, WRITE_LATENCY};
use crate::device::{Backend, Error, Native, unwatched};
use crate::hdl::elaborate;
use crate::isa::npu::{COUNTERS_OF, Instruction};
use crate::model::npu::{Dram, predict};
use crate::verify::Predicted;

/// Cycles of a difference that matters.
const LEAST_OFF: u64 = 8;

/// Of a program that has run.
pub fn predicted(
    arch: &NpuArch,
    program: &[Instruction],
    run: &ProgramRun,
    outcome: &ProgramOutcome,
) -> Predicted {
    let dram = Dram {
        read_latency: run.latency.into(),
        write_latency: run.write_latency.into(),
        bases: run.bases,
    };
    let expected = predict(program, arch, dram);
    let names = COUNTERS_OF.iter().map(|(name, _)| *name);
    let counters = expected.counters.into_iter().zip(outcome.counters);
    let counters = names.zip(counters).skip(1);
    Predicted {
        expected: expected.cycles,
        cycles: outcome.cycles,
        counters: counters
            .map(|(name, (expected, counted))| (name, expected, counted))
            .collect(),
        first_off: first_off(program, &expected.spans, outcome),
    }
}

/// The first instruction whose work ends at another time than the model says, of those that no other one of their unit
/// follows at once: of others the core does not tell.
fn first_off(
    program: &[Instruction],
    expected: &[Option<[u64; 2]>],
    outcome: &ProgramOutcome,
) -> Option<String> {
    let counted = outcome.timeline.of_program(program);
    let units = program.iter().map(|of| of.operation.opcode().unit());
    let units = Vec::from_iter(units);
    let mut off = Vec::new();
    for (number, (expected, counted_here)) in expected.iter().zip(&counted).enumerate() {
        let (Some(unit), Some([_, end]), Some(span)) = (units[number], expected, counted_here)
        else {
            continue;
        };
        let next = (number + 1..program.len()).find(|next| units[*next] == Some(unit));
        let next = next.and_then(|next| counted[next]);
        let stands_alone = next.is_none_or(|next| next.start > span.end + LEAST_OFF);
        if stands_alone && end.abs_diff(span.end) > LEAST_OFF {
            let name = unit.name();
            let ends = format!("{end} expected, {} counted", span.end);
            off.push((
                span.end.min(*end),
                format!("instruction {number}, {name}, ends: {ends}"),
            ));
        }
    }
    off.into_iter().min().map(|(_, first)| first)
}

/// The network of a seed on its random core, with a DRAM that never pauses.
///
/// # Errors
/// When the simulator does not run it.
pub fn predict_random(seed: u64) -> Result<(NetworkCase, Predicted), Error> {
    let case = NetworkCase {
        latency: READ_LATENCY,
        stalls: 0,
        ..random_network(seed)
    };
    let mut built = case.build();
    built.run.write_latency = WRITE_LATENCY;
    let design = elaborate(&NpuCore::new(&case.arch));
    let design = design.map_err(|error| Error::Signal(error.to_string()))?;
    let outcome = Native::new(&design)?.run(&built.run.scenario(&case.arch), &mut unwatched)?;
    let unended = || Error::Signal(format!("the program of {case} did not end"));
    let outcome = built.run.outcome(outcome).ok_or_else(unended)?;
    let program = &built.network.program;
    let predicted = predicted(&case.arch, program, &built.run, &outcome);
    Ok((case, predicted))
}
