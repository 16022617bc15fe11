//! The emitted Verilog through Verilator, as a shared library with the cycle loop inside.

mod build;
mod decode;
mod encode;
mod library;
mod shim;

pub use build::Speed;
pub(super) use encode::{goal_words, operation_words};

use super::error::Error;
use super::interface::Interface;
use super::plan::Plan;
use super::process::{assertion, cover};
use super::{Backend, Outcome, Scenario, Watch};
use crate::hdl::ir::Design;
use crate::synth::cache::Cache;
use crate::verilog::{self, VerilogFile};
use build::Build;
use library::{Ended, ModelLibrary};
use std::path::PathBuf;

/// A core compiled by Verilator.
pub struct Verilator {
    interface: Interface,
    files: Vec<VerilogFile>,
    speed: Speed,
    library: ModelLibrary,
    tracing: bool,
    vcd: Option<PathBuf>,
}

impl Verilator {
    /// Emits the design and builds its model, or takes it from the cache.
    ///
    /// The cache is `$FERROGRID_CACHE`, else `$XDG_CACHE_HOME/ferrogrid`, else
    /// `~/.cache/ferrogrid`.
    ///
    /// # Errors
    ///
    /// When Verilator or the C++ compiler is missing or refuses the Verilog, or the cache cannot
    /// be written.
    pub fn new(design: &Design, speed: Speed) -> Result<Self, Error> {
        Self::from_verilog(
            Interface::of(design),
            verilog::emit_for_simulation(design),
            speed,
        )
    }

    /// As [`Verilator::new`], from Verilog text and the interface of its top module.
    ///
    /// # Errors
    ///
    /// As [`Verilator::new`].
    pub fn from_verilog(
        interface: Interface,
        files: Vec<VerilogFile>,
        speed: Speed,
    ) -> Result<Self, Error> {
        let library = load(&interface, &files, speed, false)?;
        Ok(Self {
            interface,
            files,
            speed,
            library,
            tracing: false,
            vcd: None,
        })
    }
}

fn load(
    interface: &Interface,
    files: &[VerilogFile],
    speed: Speed,
    trace: bool,
) -> Result<ModelLibrary, Error> {
    ModelLibrary::load(
        &Build {
            interface,
            files,
            speed,
            trace,
        }
        .library()?,
    )
}

/// The folder of compiled models, whether or not it exists yet; see [`Verilator::new`].
///
/// # Errors
///
/// When the environment names none.
pub fn cache_folder() -> Result<PathBuf, Error> {
    Ok(Cache::open()?.root().to_owned())
}

impl Backend for Verilator {
    fn name(&self) -> &'static str {
        "verilator"
    }

    fn run(&mut self, scenario: &Scenario, watch: &mut Watch) -> Result<Outcome, Error> {
        let plan = Plan::new(&self.interface, scenario)?;
        let run = self
            .library
            .run(&encode::encode(&plan), self.vcd.as_ref(), watch)?;
        let gave_up = |reason: String| Error::Simulator {
            simulator: "verilator",
            reason,
        };
        match run.ended {
            Ended::Normally => {}
            Ended::Cancelled => {
                let cycle = match run.words[..] {
                    [low, high] => u64::from(low) | u64::from(high) << 32,
                    _ => 0,
                };
                return Err(Error::Cancelled { cycle });
            }
            Ended::GaveUp => return Err(gave_up(run.text)),
        }
        let mut log = decode::decode(&plan, &run.words)
            .ok_or_else(|| gave_up("its result cannot be read".to_owned()))?;
        for line in run.text.lines() {
            let Some((cycle, text)) = line.split_once(' ') else {
                continue;
            };
            let top = &self.interface.top;
            if let (Ok(cycle), Some(message)) = (cycle.parse(), assertion(text, top)) {
                log.fail(cycle, message);
            } else if let Some(cover) = cover(text, top) {
                log.covers.push(cover);
            }
        }
        Ok(log.into_outcome(&plan))
    }

    fn trace(&mut self, vcd: Option<PathBuf>) -> Result<(), Error> {
        let tracing = vcd.is_some();
        if tracing != self.tracing {
            self.library = load(&self.interface, &self.files, self.speed, tracing)?;
            self.tracing = tracing;
        }
        self.vcd = vcd;
        Ok(())
    }
}
