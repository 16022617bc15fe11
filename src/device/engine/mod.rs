//! The cycle loop and the drivers in Rust, over any model that runs in this process.
//!
//! `verilator/runner.cpp` and `icarus/testbench.rs` say the same in C++ and in Verilog; a change
//! here is a change there, and `testbench/device` compares the three.

mod axi_lite;
mod stream;

use super::error::Error;
use super::log::{Log, Rule, SourceState};
use super::outcome::OperationResult;
use super::plan::Plan;
use super::scenario::{Goal, Operation};
use super::{Outcome, Watch};
use crate::hdl::sim::Cover;
use axi_lite::AxiLiteDriver;
use stream::{SinkDriver, SourceDriver};

/// Cycles between two calls of the watch function.
pub(super) const WATCH_INTERVAL: u64 = 1 << 16;

/// A design that can be stepped. Port numbers are indices into the interface's ports.
pub(super) trait Model {
    /// Drives the reset port.
    fn set_reset(&mut self, asserted: bool);
    /// Drives an input; `words` has as many words as the port needs, bits above its width are 0.
    fn set(&mut self, port: usize, words: &[u32]);
    /// Reads a port; bits above its width read as 0.
    fn get(&mut self, port: usize, words: &mut [u32]);
    /// Lets the inputs take effect on the outputs.
    fn settle(&mut self);
    /// The rising edge.
    fn edge(&mut self);
    /// The assertions that failed since the last call.
    fn take_failures(&mut self) -> Vec<String>;
    /// The cover points and how often each was hit so far.
    fn covers(&self) -> Vec<Cover>;

    /// Drives an input of at most 32 bits; higher bits are cut off.
    fn set_word(&mut self, port: usize, word: u32);

    /// Reads a port of at most 32 bits.
    fn word(&mut self, port: usize) -> u32 {
        let mut word = [0];
        self.get(port, &mut word);
        word[0]
    }

    /// Reads a port of one bit.
    fn bit(&mut self, port: usize) -> bool {
        self.word(port) != 0
    }
}

/// What inputs show while nothing is offered: bits that a design must not use.
pub(super) const JUNK: u32 = 0xa5a5_a5a5;

/// Runs a plan on a model that has just been made.
pub(super) fn run<M: Model>(
    plan: &Plan<'_>,
    model: &mut M,
    watch: &mut Watch,
) -> Result<Outcome, Error> {
    let mut runner = Runner::new(plan);
    let mut cycle = 0;
    while cycle < plan.scenario.max_cycles {
        let more = runner.cycle(model, cycle);
        cycle += 1;
        if !more {
            runner.log.finished = true;
            break;
        }
        if cycle % WATCH_INTERVAL == 0 && watch(cycle).is_break() {
            return Err(Error::Cancelled { cycle });
        }
    }
    let mut log = runner.finish(cycle);
    log.covers = model.covers();
    Ok(log.into_outcome(plan))
}

struct Runner<'a> {
    plan: &'a Plan<'a>,
    log: Log,
    sources: Vec<SourceDriver<'a>>,
    sinks: Vec<SinkDriver<'a>>,
    control: Option<AxiLiteDriver<'a>>,
    /// Cycles that the current operation has had, and the first of them.
    spent: u64,
    started: u64,
    trailing: u32,
}

impl<'a> Runner<'a> {
    fn new(plan: &'a Plan<'a>) -> Self {
        let scenario = plan.scenario;
        let mut runner = Self {
            plan,
            log: Log::default(),
            sources: Vec::new(),
            sinks: Vec::new(),
            control: None,
            spent: 0,
            started: 0,
            trailing: scenario.trailing_cycles,
        };
        runner.restart();
        runner
    }

    /// Everything from the beginning, failures kept.
    fn restart(&mut self) {
        let scenario = self.plan.scenario;
        self.sources = (scenario.sources.iter().zip(&self.plan.sources))
            .map(|(source, &ports)| SourceDriver::new(source, ports))
            .collect();
        self.sinks = (scenario.sinks.iter().zip(&self.plan.sinks))
            .map(|(sink, &ports)| SinkDriver::new(sink, ports))
            .collect();
        self.control = (self.plan.control.zip(scenario.control.as_ref()))
            .map(|(ports, master)| AxiLiteDriver::new(master, ports));
        self.log.operations.clear();
        self.log.polled = None;
        self.spent = 0;
        self.trailing = scenario.trailing_cycles;
    }

    /// One cycle; false when the run is over with it.
    fn cycle<M: Model>(&mut self, model: &mut M, cycle: u64) -> bool {
        let scenario = self.plan.scenario;
        if scenario
            .restart
            .is_some_and(|restart| restart.cycle == cycle)
        {
            self.restart();
        }
        let held = cycle < u64::from(scenario.reset_cycles)
            || scenario
                .restart
                .is_some_and(|restart| (restart.cycle..restart.end()).contains(&cycle));
        let operation = scenario.operations.get(self.log.operations.len()).copied();
        let resetting = !held && matches!(operation, Some(Operation::Reset(_)));
        if !held && self.spent == 0 {
            self.started = cycle;
            self.begin(operation);
        }

        let quiet = held || resetting;
        model.set_reset(quiet);
        let done = self.log.operations.len();
        for source in &mut self.sources {
            source.drive(model, cycle, done, quiet);
        }
        for sink in &mut self.sinks {
            sink.drive(model, cycle, quiet);
        }
        if let Some(control) = &mut self.control {
            control.drive(model, cycle, quiet);
        }
        model.settle();

        if !quiet {
            self.sample(model, cycle);
        }
        let more = held || self.advance(model, cycle, operation);
        model.edge();
        for message in model.take_failures() {
            self.log.fail(cycle, message);
        }
        more
    }

    /// An operation's first cycle begins.
    fn begin(&mut self, operation: Option<Operation>) {
        if let Some(Operation::Reset(_)) = operation {
            self.sources.iter_mut().for_each(SourceDriver::reset);
            self.sinks.iter_mut().for_each(SinkDriver::reset);
        }
        if let (Some(control), Some(operation)) = (&mut self.control, operation) {
            control.begin(operation);
        }
    }

    fn sample<M: Model>(&mut self, model: &mut M, cycle: u64) {
        for source in &mut self.sources {
            source.sample(model, cycle);
        }
        for (index, sink) in self.sinks.iter_mut().enumerate() {
            if let Some(rule) = sink.sample(model, cycle) {
                self.log.fail(cycle, rule.message(self.plan, index));
            }
        }
        if let Some(control) = &mut self.control {
            for rule in control.sample(model).into_iter().flatten() {
                self.log.fail(cycle, rule.message(self.plan, 0));
            }
        }
    }

    /// Ends the current operation if its time has come; false when the run is over.
    fn advance<M: Model>(
        &mut self,
        model: &mut M,
        cycle: u64,
        operation: Option<Operation>,
    ) -> bool {
        let Some(operation) = operation else {
            return self.advance_trailing();
        };
        self.spent += 1;
        let finished = match operation {
            Operation::Write { .. } | Operation::Read { .. } | Operation::Poll { .. } => {
                self.control.as_mut().and_then(AxiLiteDriver::finished)
            }
            Operation::WaitInterrupt => {
                let high = self.plan.interrupt.is_some_and(|port| model.bit(port));
                high.then_some((0, 0))
            }
            Operation::WaitPackets { sink, packets } => {
                (self.sinks[sink].packets() >= packets).then_some((0, 0))
            }
            Operation::Idle(cycles) | Operation::Reset(cycles) => {
                (self.spent >= u64::from(cycles)).then_some((0, 0))
            }
        };
        if let Some((data, response)) = finished {
            let result = OperationResult {
                data,
                response,
                start: self.started,
                end: cycle,
            };
            self.log.operations.push(result);
            self.spent = 0;
        }
        if self.log.operations.len() < self.plan.scenario.operations.len() {
            return true;
        }
        self.advance_trailing()
    }

    /// All operations are done: is the rest, too?
    fn advance_trailing(&mut self) -> bool {
        let done =
            self.sources.iter().all(SourceDriver::done) && self.sinks.iter().all(SinkDriver::done);
        if !done {
            return true;
        }
        let more = self.trailing > 0;
        self.trailing = self.trailing.saturating_sub(1);
        more
    }

    fn finish(mut self, cycles: u64) -> Log {
        self.log.cycles = cycles;
        self.log.polled = self.control.as_ref().and_then(AxiLiteDriver::polled);
        self.log.sources = self.sources.iter().map(SourceDriver::state).collect();
        self.log.sinks = self
            .sinks
            .into_iter()
            .map(SinkDriver::into_result)
            .collect();
        self.log
    }
}

/// Whether a goal is met.
fn met(goal: Goal, beats: usize, packets: usize) -> bool {
    match goal {
        Goal::Beats(wants) => beats >= wants,
        Goal::Packets(wants) => packets >= wants,
    }
}
