//! Scenarios in the emitted Verilog through Verilator.

use super::bench::{Benched, black_box, verilog};
use super::error::Error;
use super::interface::Interface;
use super::simulation::Speed;
use super::simulation::top::Top;
use super::simulation::verilator::Model;
use super::waves::WaveFile;
use super::{Backend, Outcome, Scenario, Watch};
use crate::hdl::ir::Design;
use crate::synth::cache::Cache;
use crate::verilog::{VerilogFile, emit_for_simulation};
use std::path::PathBuf;
use std::sync::Arc;

/// A core compiled by Verilator.
pub struct Verilator {
    benched: Benched<Model>,
    source: Source,
}

/// What models are built of.
struct Source {
    files: Vec<VerilogFile>,
    speed: Speed,
    tracing: bool,
}

impl Source {
    fn make(&self, joined: &Design, top: &Arc<Top>) -> Result<Model, Error> {
        let files = verilog(joined, &self.files);
        Model::new(Arc::clone(top), &files, self.speed, self.tracing)
    }
}

impl Verilator {
    /// Emits the design with its bench and builds their model, or takes it from the cache.
    ///
    /// The cache is `$FERROGRID_CACHE`, else `$XDG_CACHE_HOME/ferrogrid`, else
    /// `~/.cache/ferrogrid`.
    ///
    /// # Errors
    ///
    /// When Verilator or the C++ compiler is missing or refuses the Verilog, or the cache cannot
    /// be written.
    pub fn new(design: &Design, speed: Speed) -> Result<Self, Error> {
        Self::from_verilog(Interface::of(design), emit_for_simulation(design), speed)
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
        let source = Source {
            files,
            speed,
            tracing: false,
        };
        let design = black_box(&interface);
        let benched = Benched::new(interface, &design, |joined, top| source.make(joined, top))?;
        Ok(Self { benched, source })
    }
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
        let make = |joined: &_, top: &_| self.source.make(joined, top);
        self.benched.run(scenario, watch, make)
    }

    fn trace(&mut self, waves: Option<WaveFile>) -> Result<(), Error> {
        waves.as_ref().map(WaveFile::plain).transpose()?;
        if waves.is_some() != self.source.tracing {
            self.source.tracing = waves.is_some();
            self.benched
                .rebuild(|joined, top| self.source.make(joined, top))?;
        }
        self.benched.waves = waves;
        Ok(())
    }
}
