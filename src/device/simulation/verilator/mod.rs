//! The emitted Verilog through Verilator, as a shared library with the cycle loop inside.

mod build;
mod library;
mod shim;

pub use build::Speed;

use super::engine::{Engine, Finding, Model as Startable};
use super::top::{Top, digits};
use crate::device::error::Error;
use crate::device::process::{cover, finding};
use crate::device::waves::WaveFile;
use crate::hdl::sim::Cover;
use crate::verilog::VerilogFile;
use build::Build;
use library::{Instance, ModelLibrary};
use std::sync::Arc;

/// A compiled design; each run makes a fresh instance of it.
pub(in crate::device) struct Model {
    top: Arc<Top>,
    library: Arc<ModelLibrary>,
}

impl Model {
    /// Builds the model, or takes it from the cache.
    pub fn new(
        top: Arc<Top>,
        files: &[VerilogFile],
        speed: Speed,
        trace: bool,
    ) -> Result<Self, Error> {
        let build = Build {
            top: &top,
            files,
            speed,
            trace,
        };
        let library = Arc::new(ModelLibrary::load(&build.library()?)?);
        Ok(Model { top, library })
    }
}

impl Startable for Model {
    fn start(&self, waves: Option<&WaveFile>) -> Result<Box<dyn Engine>, Error> {
        Ok(Box::new(Verilated {
            top: Arc::clone(&self.top),
            instance: Instance::open(
                Arc::clone(&self.library),
                waves.map(WaveFile::plain).transpose()?,
            )?,
        }))
    }
}

struct Verilated {
    top: Arc<Top>,
    instance: Instance,
}

impl Engine for Verilated {
    fn set(&mut self, port: usize, digits: &[u64]) -> Result<(), Error> {
        self.instance.set(port, digits);
        Ok(())
    }

    fn get(&mut self, port: usize, digits: &mut [u64]) -> Result<(), Error> {
        self.instance.get(port, digits)
    }

    fn load(&mut self, memory: usize, first: usize, words: &[u64]) -> Result<(), Error> {
        let count = words.len() / digits(self.top.memories[memory].width);
        self.instance.load(memory, first, count, words);
        Ok(())
    }

    fn read(&mut self, memory: usize, first: usize, count: usize) -> Result<Vec<u64>, Error> {
        let mut words = vec![0; count * digits(self.top.memories[memory].width)];
        self.instance.read(memory, first, count, &mut words);
        Ok(words)
    }

    fn step(&mut self, clock: Option<usize>, cycles: u64) -> Result<(), Error> {
        self.instance.step(clock, cycles)
    }

    fn run_until(&mut self, port: usize, limit: u64) -> Result<u64, Error> {
        self.instance.run_until(port, limit)
    }

    fn failures(&mut self) -> Result<Vec<Finding>, Error> {
        let text = self.instance.text();
        let findings = text.lines().filter_map(|line| {
            let (cycle, line) = line.split_once(' ')?;
            finding(line, cycle.parse().ok()?, &self.top.name)
        });
        Ok(findings.collect())
    }

    fn finish(&mut self) -> Result<Vec<Cover>, Error> {
        self.instance.finish()?;
        let text = self.instance.text();
        let lines = text.lines().filter_map(|line| line.split_once(' '));
        let covers = lines.filter_map(|(_, line)| cover(line, &self.top.name));
        Ok(covers.collect())
    }
}
