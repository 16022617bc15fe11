//! What a back end notes down during a run, and how it becomes an [`Outcome`].

use super::outcome::{Failure, MemoryResult, OperationResult, Outcome, SinkResult, SourceResult};
use super::plan::Plan;
use super::scenario::{Goal, Operation};
use crate::hdl::sim::Cover;

/// The raw record of a run.
#[derive(Debug, Default)]
pub(super) struct Log {
    pub cycles: u64,
    pub finished: bool,
    pub operations: Vec<OperationResult>,
    /// The last word that a poll which has not finished has read.
    pub polled: Option<u32>,
    pub sources: Vec<SourceState>,
    pub sinks: Vec<SinkResult>,
    pub memories: Vec<MemoryResult>,
    pub uarts: Vec<Vec<u8>>,
    pub failures: Vec<Failure>,
    pub covers: Vec<Cover>,
}

/// A source at the end of the run.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SourceState {
    pub result: SourceResult,
    /// Index of the next beat, counted over all packets; dropped beats count.
    pub position: usize,
    /// The next beat is being offered.
    pub offered: bool,
}

impl Log {
    /// Notes a failure unless the same was noted before.
    pub fn fail(&mut self, cycle: u64, message: String) {
        if self
            .failures
            .iter()
            .all(|failure| failure.message != message)
        {
            self.failures.push(Failure { cycle, message });
        }
    }

    /// The outcome, with what is missing put into words.
    pub fn into_outcome(mut self, plan: &Plan<'_>) -> Outcome {
        let waiting = if self.finished {
            Vec::new()
        } else {
            self.waiting(plan)
        };
        // A cycle's failures come in the order in which a back end sees them; make it one order.
        self.failures
            .sort_by(|a, b| (a.cycle, &a.message).cmp(&(b.cycle, &b.message)));
        // So do cover points.
        self.covers.sort_by(|a, b| a.path.cmp(&b.path));
        Outcome {
            cycles: self.cycles,
            operations: self.operations,
            sources: self.sources.iter().map(|state| state.result).collect(),
            sinks: self.sinks,
            memories: self.memories,
            uarts: self.uarts,
            failures: self.failures,
            covers: self.covers,
            waiting,
        }
    }

    fn waiting(&self, plan: &Plan<'_>) -> Vec<String> {
        let mut lines = Vec::new();
        let done = self.operations.len();
        if let Some(operation) = plan.scenario.operations.get(done) {
            let what = describe(operation, plan);
            let polled = self.polled.map(|word| format!(", last read {word:#x}"));
            lines.push(format!(
                "operation {done}: {what}{}",
                polled.unwrap_or_default()
            ));
        }
        for (source, state) in plan.scenario.sources.iter().zip(&self.sources) {
            let (position, beats) = (state.position, source.beats());
            if position == beats || source.optional {
                continue;
            }
            let next = if state.offered {
                "is offered and not accepted"
            } else {
                "is not offered"
            };
            lines.push(format!(
                "source {}: beat {position} of {beats} {next}",
                source.prefix
            ));
        }
        for (sink, result) in plan.scenario.sinks.iter().zip(&self.sinks) {
            let (beats, packets) = (result.beats.len(), result.packets());
            let (has, wants, unit) = match sink.goal {
                Goal::Beats(wants) => (beats, wants, "beats"),
                Goal::Packets(wants) => (packets, wants, "packets"),
            };
            if has < wants {
                lines.push(format!(
                    "sink {}: {has} of {wants} {unit} came",
                    sink.prefix
                ));
            }
        }
        for (uart, came) in plan.scenario.uarts.iter().zip(&self.uarts) {
            if came.len() < uart.goal {
                let (prefix, came) = (&uart.prefix, came.len());
                lines.push(format!("{prefix}: {came} of {} bytes came", uart.goal));
            }
        }
        if lines.is_empty() {
            lines.push("the trailing cycles".to_owned());
        }
        lines
    }
}

fn describe(operation: &Operation, plan: &Plan<'_>) -> String {
    match *operation {
        Operation::Write { address, data, .. } => format!("write {data:#x} to {address:#x}"),
        Operation::Read { address } => format!("read {address:#x}"),
        Operation::Poll {
            address,
            mask,
            value,
        } => {
            format!("poll {address:#x} until its bits {mask:#x} are {value:#x}")
        }
        Operation::WaitInterrupt => format!("wait for {}", plan.scenario.interrupt),
        Operation::WaitPackets { sink, packets } => {
            format!(
                "wait for {packets} packets at {}",
                plan.scenario.sinks[sink].prefix
            )
        }
        Operation::Idle(cycles) => format!("idle for {cycles} cycles"),
        Operation::Reset(cycles) => format!("reset for {cycles} cycles"),
    }
}
