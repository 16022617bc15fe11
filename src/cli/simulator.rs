//! Which simulator a command runs a core in.

use crate::device::{Backend, Error, Icarus, Native, Speed, Verilator};
use crate::hdl::ir::Design;
use crate::verify::check::BackendKind;
use clap::ValueEnum;
use miette::miette;

/// A simulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Simulator {
    /// Built in; no tool is needed
    Native,
    /// The emitted Verilog, compiled; the first run of a core builds its model
    Verilator,
    /// The emitted Verilog in four-state logic, interpreted
    Icarus,
}

/// What nothing sets at the start: registers without a reset, and memories.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Init {
    /// Zeros
    Zero,
    /// Random values, chosen by `--seed`: what reads something that was never written differs
    Random,
}

impl Simulator {
    /// As campaigns name it.
    pub fn kind(self) -> BackendKind {
        match self {
            Simulator::Native => BackendKind::Native,
            Simulator::Verilator => BackendKind::Verilator,
            Simulator::Icarus => BackendKind::Icarus,
        }
    }

    /// The simulator with a design in it that starts in this way; `seed` chooses random values.
    pub fn starting(
        self,
        design: &Design,
        speed: Speed,
        init: Init,
        seed: u64,
    ) -> miette::Result<Box<dyn Backend>> {
        match (self, init) {
            (Simulator::Native, Init::Random) => Ok(Box::new(Native::random(design, seed)?)),
            (_, Init::Zero) => Ok(self.with(design, speed)?),
            (_, Init::Random) => Err(miette!(
                help = "leave out `--sim`; Icarus Verilog has unknown values instead",
                "`--init random` wants the native simulator"
            )),
        }
    }

    /// The simulator with a design in it. With Verilator this may build its model.
    pub fn with(self, design: &Design, speed: Speed) -> Result<Box<dyn Backend>, Error> {
        Ok(match self {
            Simulator::Native => Box::new(Native::new(design)?),
            Simulator::Verilator => Box::new(Verilator::new(design, speed)?),
            Simulator::Icarus => Box::new(Icarus::new(design)?),
        })
    }
}
