//! Scenarios in the native simulator.

use super::bench::Benched;
use super::error::Error;
use super::interface::Interface;
use super::simulation::native::Model;
use super::simulation::top::Top;
use super::{Backend, Outcome, Scenario, Watch};
use crate::hdl::ir::Design;
use std::path::PathBuf;
use std::sync::Arc;

/// A core under the native simulator: no tool is needed.
pub struct Native {
    benched: Benched<Model>,
    /// Waves need the names of all signals.
    names: bool,
}

impl Native {
    /// Compiles the design and its bench in this process.
    ///
    /// # Errors
    ///
    /// When the design has ports of which no bench can be made.
    pub fn new(design: &Design) -> Result<Self, Error> {
        let benched = Benched::new(Interface::of(design), design, |joined, top| {
            Model::new(joined, top, false)
        })?;
        let names = false;
        Ok(Native { benched, names })
    }
}

impl Backend for Native {
    fn name(&self) -> &'static str {
        "native"
    }

    fn run(&mut self, scenario: &Scenario, watch: &mut Watch) -> Result<Outcome, Error> {
        let names = self.names;
        let make = |joined: &Design, top: &Arc<Top>| Model::new(joined, top, names);
        self.benched.run(scenario, watch, make)
    }

    fn trace(&mut self, vcd: Option<PathBuf>) -> Result<(), Error> {
        if vcd.is_some() != self.names {
            self.names = vcd.is_some();
            let names = self.names;
            self.benched
                .rebuild(|joined, top| Model::new(joined, top, names))?;
        }
        self.benched.vcd = vcd;
        Ok(())
    }
}
