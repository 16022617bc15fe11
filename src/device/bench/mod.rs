//! Scenarios: the bench of a design, built, loaded, run and read.

mod join;
mod load;
mod run;

use super::error::Error;
use super::interface::Interface;
use super::plan::Plan;
use super::simulation::engine::Model;
use super::simulation::top::Top;
use super::waves::WaveFile;
use super::{Outcome, Scenario, Watch};
use crate::harness::{Bench, BenchPort, Known, Ports};
use crate::hdl::DesignError;
use crate::hdl::ir::Design;
use crate::verilog::{self, VerilogFile};
use std::sync::{Arc, Mutex, PoisonError};

/// What the tables hold at least: one build then serves most scenarios.
const LEAST: Depths = Depths {
    beats: 1 << 16,
    operations: 1 << 12,
    words: 1 << 14,
};

/// Words of the tables whose length depends on the scenario.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Depths {
    beats: u32,
    operations: u32,
    words: u32,
}

impl Depths {
    /// The next larger tables that hold a scenario.
    fn for_scenario(self, scenario: &Scenario, ports: &Ports) -> Result<Self, Error> {
        let beats = scenario.sources.iter().map(|source| source.beats()).max();
        let beats = beats.unwrap_or(0).next_power_of_two();
        let operations = scenario.operations.len().next_power_of_two();
        let words = scenario.memories.iter().map(|memory| {
            let mut ports = ports.memories.iter();
            let port = ports.find(|port| port.prefix == memory.prefix);
            memory.bytes.len() / port.map_or(1, |port| port.data_bits as usize / 8).max(1)
        });
        let words = words.max().unwrap_or(0).next_power_of_two();
        if beats.max(words) > 1 << 30 || scenario.operations.len() >= 1 << 16 {
            return Err(Error::Scenario(
                "a source or memory has at most 2^30 beats, and a run 65535 operations".to_owned(),
            ));
        }
        Ok(Depths {
            beats: self.beats.max(beats as u32),
            operations: self.operations.max(operations as u32),
            words: self.words.max(words as u32),
        })
    }
}

/// A design in its bench, under one simulator.
pub(super) struct Benched<M> {
    interface: Interface,
    ports: Ports,
    depths: Depths,
    /// With the design as its first modules.
    joined: Design,
    design_modules: usize,
    top: Arc<Top>,
    model: M,
    /// Unknown bits exist: what is not loaded is unknown.
    pub four_states: bool,
    pub waves: Option<WaveFile>,
}

impl<M: Model> Benched<M> {
    /// Builds the bench of a design and, with `make`, the model of both.
    pub fn new(
        interface: Interface,
        design: &Design,
        make: impl FnOnce(&Design, &Arc<Top>) -> Result<M, Error>,
    ) -> Result<Self, Error> {
        let ports: Vec<BenchPort> = interface.ports.iter().map(bench_port).collect();
        let ports = Ports::find(&ports);
        let joined = joined(&interface, &ports, LEAST, design)?;
        let top = Arc::new(Top::of(&joined));
        let model = make(&joined, &top)?;
        Ok(Benched {
            interface,
            ports,
            depths: LEAST,
            joined,
            design_modules: design.modules.len(),
            top,
            model,
            four_states: false,
            waves: None,
        })
    }

    /// Builds the model again.
    pub fn rebuild(
        &mut self,
        make: impl FnOnce(&Design, &Arc<Top>) -> Result<M, Error>,
    ) -> Result<(), Error> {
        self.model = make(&self.joined, &self.top)?;
        Ok(())
    }

    pub fn run(
        &mut self,
        scenario: &Scenario,
        watch: &mut Watch,
        make: impl FnOnce(&Design, &Arc<Top>) -> Result<M, Error>,
    ) -> Result<Outcome, Error> {
        let depths = self.depths.for_scenario(scenario, &self.ports)?;
        if depths != self.depths {
            self.joined.modules.truncate(self.design_modules);
            self.joined = joined(&self.interface, &self.ports, depths, &self.joined)?;
            self.top = Arc::new(Top::of(&self.joined));
            self.depths = depths;
            self.rebuild(make)?;
        }
        let plan = Plan::new(&self.interface, scenario)?;
        let engine = self.model.start(self.waves.as_ref())?;
        let table = load::Tables {
            top: &self.top,
            ports: &self.ports,
            engine,
            four_states: self.four_states,
        };
        run::run(&plan, table, watch)
    }
}

fn bench_port(port: &super::interface::Port) -> BenchPort {
    BenchPort {
        name: port.name.clone(),
        direction: port.direction,
        width: port.width,
    }
}

fn joined(
    interface: &Interface,
    ports: &Ports,
    depths: Depths,
    design: &Design,
) -> Result<Design, Error> {
    let bench = Bench {
        clock: interface.clock.clone().unwrap_or("bench_clk".to_owned()),
        ports: ports.padded(),
        operations: depths.operations,
        source_depth: depths.beats,
        memory_depth: depths.words,
    };
    let bench = built(&bench).map_err(|error| {
        Error::Scenario(format!(
            "the ports of `{}` have no bench: {error}",
            interface.top
        ))
    })?;
    Ok(join::join(&bench, design))
}

/// Benches that were built, most of them for many designs.
static BUILT: Mutex<Vec<(Bench, Arc<Design>)>> = Mutex::new(Vec::new());

/// As many are kept.
const MOST_BUILT: usize = 64;

/// The bench as a design.
fn built(bench: &Bench) -> Result<Arc<Design>, DesignError> {
    let lock = || BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    let known = lock().iter().find(|(known, _)| known == bench).cloned();
    if let Some((_, design)) = known {
        return Ok(design);
    }
    let design = Arc::new(bench.design()?);
    let mut built = lock();
    if built.len() == MOST_BUILT {
        built.clear();
    }
    built.push((bench.clone(), Arc::clone(&design)));
    Ok(design)
}

/// The Verilog of a joined design around that of the design itself.
pub(super) fn verilog(joined: &Design, design: &[VerilogFile]) -> Vec<VerilogFile> {
    let known = VerilogFile {
        name: "ferrogrid_known.v".to_owned(),
        text: Known::verilog(joined),
    };
    let mut files = design.to_vec();
    files.push(known);
    files.extend(verilog::emit(joined));
    files
}

/// A design that stands in for Verilog with this interface.
pub(super) fn black_box(interface: &Interface) -> Design {
    join::black_box(interface)
}
