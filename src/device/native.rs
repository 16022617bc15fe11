//! Scenarios in the native simulator.

use super::bench::Benched;
use super::error::Error;
use super::interface::Interface;
use super::simulation::native::Model;
use super::simulation::top::Top;
use super::waves::WaveFile;
use super::{Backend, Outcome, Scenario, Watch};
use crate::hdl::ir::Design;
use std::sync::Arc;

/// A core under the native simulator: no tool is needed.
pub struct Native {
    benched: Benched<Model>,
    /// Waves need the names of all signals.
    names: bool,
    /// Chooses the state at the start.
    seed: Option<u64>,
}

impl Native {
    /// Compiles the design and its bench in this process.
    ///
    /// # Errors
    ///
    /// When the design has ports of which no bench can be made.
    pub fn new(design: &Design) -> Result<Self, Error> {
        Native::of(design, None)
    }

    /// The same; what nothing sets starts with random values: see
    /// [`Simulator::randomize`](crate::hdl::sim::Simulator::randomize).
    ///
    /// # Errors
    ///
    /// As [`new`](Native::new).
    pub fn random(design: &Design, seed: u64) -> Result<Self, Error> {
        Native::of(design, Some(seed))
    }

    fn of(design: &Design, seed: Option<u64>) -> Result<Self, Error> {
        let names = false;
        let benched = Benched::new(Interface::of(design), design, |joined, top| {
            model(joined, top, names, seed)
        })?;
        Ok(Native {
            benched,
            names,
            seed,
        })
    }
}

fn model(joined: &Design, top: &Top, names: bool, seed: Option<u64>) -> Result<Model, Error> {
    let mut model = Model::new(joined, top, names)?;
    model.seed = seed;
    Ok(model)
}

impl Backend for Native {
    fn name(&self) -> &'static str {
        "native"
    }

    fn run(&mut self, scenario: &Scenario, watch: &mut Watch) -> Result<Outcome, Error> {
        let (names, seed) = (self.names, self.seed);
        let make = |joined: &Design, top: &Arc<Top>| model(joined, top, names, seed);
        self.benched.run(scenario, watch, make)
    }

    fn trace(&mut self, waves: Option<WaveFile>) -> Result<(), Error> {
        if waves.is_some() != self.names {
            self.names = waves.is_some();
            let (names, seed) = (self.names, self.seed);
            self.benched
                .rebuild(|joined, top| model(joined, top, names, seed))?;
        }
        self.benched.waves = waves;
        Ok(())
    }
}
