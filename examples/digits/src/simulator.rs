//! The simulator that a core runs in.

use super::say;
use clap::ValueEnum;
use ferrogrid::device::{Backend, Icarus, Native, Speed, Verilator};
use ferrogrid::hdl::ir::Design;
use ferrogrid::synth::tools::{Tool, ToolError};
use std::io::Write;
use std::time::Instant;

/// Where a core can run.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Sim {
    /// Verilator where it is found, else native.
    Auto,
    /// The simulator of the library; needs no tool.
    Native,
    /// Verilator and a C++ compiler.
    Verilator,
    /// Icarus Verilog: slow, four-state.
    Icarus,
}

impl Sim {
    /// The simulator with the core in it.
    pub fn with(self, core: &Design, out: &mut dyn Write) -> miette::Result<Box<dyn Backend>> {
        let tools = || -> Result<_, ToolError> {
            let verilator = Tool::Verilator.find()?;
            Tool::Cxx.find()?;
            Ok(verilator)
        };
        let sim = match (self, tools()) {
            (Sim::Auto, Ok(_)) => Sim::Verilator,
            (Sim::Auto, Err(error)) => {
                say(out, &format!("Verilator cannot be used: {error}"))?;
                say(
                    out,
                    "going on with the native simulator, which gives the same cycles",
                )?;
                Sim::Native
            }
            (chosen, _) => chosen,
        };
        let started = Instant::now();
        let backend: Box<dyn Backend> = match sim {
            Sim::Verilator => {
                let banner = tools().map(|tool| tool.banner).unwrap_or_default();
                say(out, &format!("building the model with {banner}"))?;
                Box::new(Verilator::new(core, Speed::Compile)?)
            }
            Sim::Icarus => Box::new(Icarus::new(core)?),
            Sim::Native | Sim::Auto => Box::new(Native::new(core)?),
        };
        let (name, seconds) = (backend.name(), started.elapsed().as_secs_f64());
        say(out, &format!("{name} is ready after {seconds:.1} s\n"))?;
        Ok(backend)
    }
}
