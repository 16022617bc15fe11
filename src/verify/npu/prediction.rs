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
    }
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
