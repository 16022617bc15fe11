//! A core that runs networks, in a simulator.

use super::npu::{ProgramOutcome, ProgramRun};
use super::{
    Backend, Error, Executable, ExecutableError, Native, Timeline, Watch, WaveFile, unwatched,
};
use crate::arch::NpuArch;
use crate::blocks::npu::NpuCore;
use crate::compiler::Network;
use crate::graph::{TensorId, Values};
use crate::hdl::elaborate;
use crate::isa::npu::COUNTERS_OF;
use miette::Diagnostic;
use std::collections::BTreeMap;
use thiserror::Error;

/// Cycles of the longest instruction that multiplies nothing: with this many more than products, a
/// program that has not ended will not.
const SPARE_CYCLES: u64 = 20_000_000;

/// A core in a simulator.
pub struct Accelerator {
    arch: NpuArch,
    backend: Box<dyn Backend>,
}

/// A network on a core.
pub struct Loaded<'a> {
    accelerator: &'a mut Accelerator,
    pub(super) network: &'a Executable,
    /// What the network keeps from one run to the next.
    pub(super) variables: Vec<Values>,
}

/// What a run of a network gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Inference {
    /// The outputs of the graph, in its order.
    pub outputs: Vec<Values>,
    /// What the steps of the network made.
    pub tensors: BTreeMap<TensorId, Values>,
    /// Cycles from the start to the interrupt, of all programs together.
    pub cycles: u64,
    /// The counters of all programs together, in the order of [`COUNTERS_OF`].
    pub counters: [u64; COUNTERS_OF.len()],
    /// Each program's run.
    pub programs: Vec<ProgramTime>,
}

/// When a program of a network ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramTime {
    /// Cycles from the start to the interrupt.
    pub cycles: u64,
    /// When its instructions were at work.
    pub timeline: Timeline,
}

/// Why a core ran no network.
#[derive(Debug, Error, Diagnostic)]
pub enum AcceleratorError {
    /// The simulator did not run it.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Device(#[from] Error),
    /// The network is for another core, or the inputs are not its.
    #[error(transparent)]
    Network(#[from] ExecutableError),
    /// The core stopped before the end of the program.
    #[error("the core stopped before the end of the program: {0}")]
    #[diagnostic(help(
        "docs/isa.md says what the registers `status`, `index` and `fault_low` mean"
    ))]
    Stopped(String),
    /// The core did not end.
    #[error("the core has not ended its program after {cycles} cycles")]
    Unended {
        /// How many it had.
        cycles: u64,
    },
    /// The core misbehaved.
    #[error("the core misbehaved: {0}")]
    #[diagnostic(help("this is a bug of Ferrogrid: please report it with the network"))]
    Misbehaved(String),
}

impl Accelerator {
    /// A core in the simulator that is built in.
    ///
    /// # Errors
    /// When the simulator does not take it.
    pub fn native(arch: &NpuArch) -> Result<Accelerator, AcceleratorError> {
        let design = elaborate(&NpuCore::new(arch));
        let design = design.map_err(|error| AcceleratorError::Misbehaved(error.to_string()))?;
        Ok(Accelerator::new(arch, Box::new(Native::new(&design)?)))
    }

    /// A core in a simulator that has its design.
    pub fn new(arch: &NpuArch, backend: Box<dyn Backend>) -> Accelerator {
        Accelerator {
            arch: arch.clone(),
            backend,
        }
    }

    /// `native`, `verilator` or `icarus`.
    pub fn simulator(&self) -> &'static str {
        self.backend.name()
    }

    /// The following programs write their waves to this file, each over those of the one before, or to none.
    ///
    /// # Errors
    /// When the simulator does not write such a file.
    pub fn trace(&mut self, waves: Option<WaveFile>) -> Result<(), AcceleratorError> {
        Ok(self.backend.trace(waves)?)
    }

    /// Puts a network on it.
    ///
    /// # Errors
    /// When it was compiled for another configuration.
    pub fn load<'a>(&'a mut self, network: &'a Executable) -> Result<Loaded<'a>, AcceleratorError> {
        self.load_again(network, network.initial())
    }

    /// As [`Self::load`], of a network that has run: with what it keeps in variables.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn load_again<'a>(
        &'a mut self,
        network: &'a Executable,
        variables: Vec<Values>,
    ) -> Result<Loaded<'a>, AcceleratorError> {
        network.check_core(&self.arch)?;
        Ok(Loaded {
            accelerator: self,
            network,
            variables,
        })
    }

    /// Runs a program to its end.
    ///
    /// # Errors
    /// When the simulator does not run it, or it does not end.
    pub fn run(
        &mut self,
        run: &ProgramRun,
        watch: &mut Watch,
    ) -> Result<ProgramOutcome, AcceleratorError> {
        let outcome = self.backend.run(&run.scenario(&self.arch), watch)?;
        if let [failure, ..] = &outcome.failures[..] {
            return Err(AcceleratorError::Misbehaved(failure.to_string()));
        }
        let cycles = outcome.cycles;
        let ended = (!outcome.timed_out()).then(|| run.outcome(outcome));
        ended.flatten().ok_or(AcceleratorError::Unended { cycles })
    }
}

impl Loaded<'_> {
    /// What the network keeps from one run to the next.
    pub fn variables(&self) -> &[Values] {
        &self.variables
    }

    /// Runs the network on values of its inputs, in the order of the graph. What it keeps in variables is that of the
    /// run before, or of the first one.
    ///
    /// # Errors
    /// When the inputs are not the network's, or the core does not end the program.
    pub fn infer(&mut self, inputs: &[Values]) -> Result<Inference, AcceleratorError> {
        self.infer_watched(inputs, &mut unwatched)
    }

    /// As [`Self::infer`], watched.
    ///
    /// # Errors
    /// As [`Self::infer`].
    pub fn infer_watched(
        &mut self,
        inputs: &[Values],
        watch: &mut Watch,
    ) -> Result<Inference, AcceleratorError> {
        let mut inference = Inference {
            outputs: Vec::new(),
            tensors: BTreeMap::new(),
            cycles: 0,
            counters: [0; COUNTERS_OF.len()],
            programs: Vec::new(),
        };
        let mut variables = self.variables.clone();
        let network = self.network;
        inference.tensors = network.run(&mut variables, inputs, |program, given| {
            let done = inference.cycles;
            let mut watch = |cycle| watch(done + cycle);
            let mut run = ProgramRun::of_network(program, given);
            let outcome = self.run(program, &mut run, &mut watch)?;
            inference.cycles += outcome.cycles;
            for (sum, counter) in inference.counters.iter_mut().zip(outcome.counters) {
                *sum += counter;
            }
            inference.programs.push(ProgramTime {
                cycles: outcome.cycles,
                timeline: outcome.timeline,
            });
            Ok::<_, AcceleratorError>(run.outputs(program, &outcome.dram))
        })?;
        self.variables = variables;
        inference.outputs = network.returned(&inference.tensors);
        Ok(inference)
    }

    /// Runs a program of the network, or a part of it, to its end.
    pub(super) fn run(
        &mut self,
        program: &Network,
        run: &mut ProgramRun,
        watch: &mut Watch,
    ) -> Result<ProgramOutcome, AcceleratorError> {
        let products = program.layers.iter().map(|layer| layer.multiplications);
        run.max_cycles = products.fold(SPARE_CYCLES, u64::saturating_add);
        let outcome = self.accelerator.run(run, watch)?;
        match outcome.stopped() {
            None => Ok(outcome),
            Some(why) => Err(AcceleratorError::Stopped(why)),
        }
    }
}
