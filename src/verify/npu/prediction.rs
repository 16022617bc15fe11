//! What the model expects of a program, beside what the core takes.

use super::{NetworkCase, random_network};
use crate::arch::NpuArch;
use crate::blocks::npu::NpuCore;
use crate::device::npu::{ProgramOutcome, ProgramRun};
use crate::device::{Backend, Error, Native, unwatched};
use crate::hdl::elaborate;
use crate::isa::npu::{COUNTERS_OF, Instruction};
use crate::model::npu::{Dram, predict};
use std::fmt;

/// Cycles and counters, expected and counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Predicted {
    /// Cycles from the start to the interrupt, as the model has them.
    pub expected: u64,
    /// As the core takes them.
    pub cycles: u64,
    /// The counters, in the order of [`COUNTERS_OF`], as the model has them.
    pub expected_counters: [u64; COUNTERS_OF.len()],
    /// As the core has them.
    pub counters: [u64; COUNTERS_OF.len()],
}

impl Predicted {
    /// Of a program that has run.
    pub fn new(
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
        Predicted {
            expected: expected.cycles,
            cycles: outcome.cycles,
            expected_counters: expected.counters,
            counters: outcome.counters,
        }
    }

    /// The same of a network of several programs: that of another one is added.
    pub fn add(&mut self, other: &Predicted) {
        self.expected = self.expected.saturating_add(other.expected);
        self.cycles += other.cycles;
        let counters = self.expected_counters.iter_mut().chain(&mut self.counters);
        let others = other.expected_counters.iter().chain(&other.counters);
        for (sum, more) in counters.zip(others) {
            *sum = sum.saturating_add(*more);
        }
    }

    /// By how many percent of the cycles that the core takes the model expects more.
    pub fn error(&self) -> f64 {
        100.0 * (self.expected as f64 / self.cycles as f64 - 1.0)
    }

    /// The counter that is off by most, besides the cycles: its unit is where to look.
    pub fn most_off(&self) -> &'static str {
        let counters = self.expected_counters.iter().zip(self.counters);
        let off = counters.map(|(expected, counted)| expected.abs_diff(counted));
        let names = COUNTERS_OF.iter().map(|(name, _)| *name);
        let most = names.zip(off).skip(1).max_by_key(|(_, off)| *off);
        most.map_or("none", |(name, _)| name)
    }
}

impl fmt::Display for Predicted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} cycles expected, {} counted, {:+.2} %; off by most: {}",
            self.expected,
            self.cycles,
            self.error(),
            self.most_off()
        )
    }
}

/// The network of a seed on its random core, in DRAM that answers in time.
///
/// # Errors
/// When the simulator does not run it.
pub fn predict_random(seed: u64) -> Result<(NetworkCase, Predicted), Error> {
    let case = NetworkCase {
        latency: crate::device::npu::READ_LATENCY,
        stalls: 0,
        ..random_network(seed)
    };
    let mut built = case.build();
    built.run.write_latency = crate::device::npu::WRITE_LATENCY;
    let design = elaborate(&NpuCore::new(&case.arch));
    let design = design.map_err(|error| Error::Signal(error.to_string()))?;
    let outcome = Native::new(&design)?.run(&built.run.scenario(&case.arch), &mut unwatched)?;
    let outcome = built.run.outcome(outcome);
    let outcome =
        outcome.ok_or_else(|| Error::Signal(format!("the program of {case} did not end")))?;
    let program = &built.network.program;
    let predicted = Predicted::new(&case.arch, program, &built.run, &outcome);
    Ok((case, predicted))
}
