//! Scenarios in the emitted Verilog through Icarus Verilog.

use super::bench::{Benched, black_box, verilog};
use super::error::Error;
use super::interface::Interface;
use super::simulation::icarus::Model;
use super::simulation::top::Top;
use super::waves::WaveFile;
use super::{Backend, Outcome, Scenario, Watch};
use crate::hdl::ir::Design;
use crate::verilog::{VerilogFile, emit_for_simulation};
use std::sync::Arc;

/// A core under Icarus Verilog, in four-state logic.
pub struct Icarus {
    benched: Benched<Model>,
    files: Vec<VerilogFile>,
}

impl Icarus {
    /// Emits the design and compiles it with its bench.
    ///
    /// # Errors
    ///
    /// When `iverilog` or `vvp` is missing or refuses the Verilog.
    pub fn new(design: &Design) -> Result<Self, Error> {
        Self::from_verilog(Interface::of(design), emit_for_simulation(design))
    }

    /// As [`Icarus::new`], from Verilog text and the interface of its top module.
    ///
    /// # Errors
    ///
    /// As [`Icarus::new`].
    pub fn from_verilog(interface: Interface, files: Vec<VerilogFile>) -> Result<Self, Error> {
        let design = black_box(&interface);
        let make = |joined: &_, top: &_| make(&files, joined, top);
        let mut benched = Benched::new(interface, &design, make)?;
        benched.four_states = true;
        Ok(Self { benched, files })
    }
}

fn make(files: &[VerilogFile], joined: &Design, top: &Arc<Top>) -> Result<Model, Error> {
    Model::new(Arc::clone(top), &verilog(joined, files))
}

impl Backend for Icarus {
    fn name(&self) -> &'static str {
        "icarus"
    }

    fn run(&mut self, scenario: &Scenario, watch: &mut Watch) -> Result<Outcome, Error> {
        let make = |joined: &_, top: &_| make(&self.files, joined, top);
        self.benched.run(scenario, watch, make)
    }

    fn trace(&mut self, waves: Option<WaveFile>) -> Result<(), Error> {
        waves.as_ref().map(WaveFile::plain).transpose()?;
        self.benched.waves = waves;
        Ok(())
    }
}
