//! The native simulator as an engine.

use super::engine::{Engine, Finding, Model as Startable};
use super::top::Top;
use crate::device::error::Error;
use crate::device::waves::{WaveFile, WaveFormat};
use crate::hdl::ir::Design;
use crate::hdl::sim::{Cover, Handle, Simulator};
use std::fs::File;
use std::io::ErrorKind;
use std::path::PathBuf;

/// A compiled design; each run starts anew.
pub(in crate::device) struct Model {
    /// Never stepped.
    pristine: Simulator,
    ports: Vec<Handle>,
    memories: Vec<String>,
    clocks: Vec<String>,
    /// Chooses the random state at the start, if it is not zeros.
    pub seed: Option<u64>,
}

impl Model {
    /// With `names`, waves show everything that has a name, else only ports of the top.
    pub fn new(design: &Design, top: &Top, names: bool) -> Result<Self, Error> {
        let pristine = match names {
            true => Simulator::new(design),
            false => Simulator::of_ports(design),
        };
        let mut ports = Vec::new();
        for port in &top.ports {
            let handle = pristine.signal(&port.name).ok_or_else(|| {
                Error::Signal(format!("the simulator has no signal `{}`", port.name))
            })?;
            ports.push(handle);
        }
        Ok(Model {
            pristine,
            ports,
            memories: top.memories.iter().map(|table| table.path()).collect(),
            clocks: top.clocks.clone(),
            seed: None,
        })
    }
}

impl Startable for Model {
    fn start(&self, waves: Option<&WaveFile>) -> Result<Box<dyn Engine>, Error> {
        let mut simulator = self.pristine.restarted();
        if let Some(seed) = self.seed {
            simulator.randomize(seed);
        }
        if let Some(WaveFile {
            path,
            format,
            waves,
        }) = waves
        {
            let file = File::create(path).map_err(Error::files("write waves to", path))?;
            let started = match format {
                WaveFormat::Vcd => simulator.trace_vcd_of(waves.clone(), file),
                WaveFormat::Fst => simulator.trace_fst_of(waves.clone(), file),
            };
            started.map_err(|error| match error.kind() {
                ErrorKind::InvalidInput => Error::Signal(error.to_string()),
                _ => Error::files("write waves to", path)(error),
            })?;
        }
        Ok(Box::new(Native {
            simulator,
            ports: self.ports.clone(),
            memories: self.memories.clone(),
            clocks: self.clocks.clone(),
            waves: waves.map(|waves| waves.path.clone()),
        }))
    }
}

struct Native {
    simulator: Simulator,
    ports: Vec<Handle>,
    memories: Vec<String>,
    clocks: Vec<String>,
    waves: Option<PathBuf>,
}

impl Engine for Native {
    fn set(&mut self, port: usize, digits: &[u64]) -> Result<(), Error> {
        self.simulator.set_words(self.ports[port], digits);
        Ok(())
    }

    fn get(&mut self, port: usize, digits: &mut [u64]) -> Result<(), Error> {
        digits.copy_from_slice(self.simulator.words(self.ports[port]));
        Ok(())
    }

    fn load(&mut self, memory: usize, first: usize, digits: &[u64]) -> Result<(), Error> {
        let memory = &self.memories[memory];
        self.simulator.set_memory_words(memory, first, digits);
        Ok(())
    }

    fn read(&mut self, memory: usize, first: usize, count: usize) -> Result<Vec<u64>, Error> {
        let memory = &self.memories[memory];
        let words = self.simulator.memory_words(memory, first..first + count);
        Ok(words)
    }

    fn step(&mut self, clock: Option<usize>, cycles: u64) -> Result<(), Error> {
        match clock {
            None => self.simulator.run(cycles),
            Some(clock) => {
                for _ in 0..cycles {
                    self.simulator.step_domain(&self.clocks[clock]);
                }
            }
        }
        Ok(())
    }

    fn run_until(&mut self, port: usize, limit: u64) -> Result<u64, Error> {
        let port = self.ports[port];
        let mut cycles = 0;
        while cycles < limit && self.simulator.get(port) == 0 {
            self.simulator.step();
            cycles += 1;
        }
        Ok(cycles)
    }

    fn failures(&mut self) -> Result<Vec<Finding>, Error> {
        let failures = self.simulator.failures().iter();
        let findings = failures.map(|failure| Finding {
            cycle: failure.cycle,
            path: failure.path.clone(),
            message: failure.message.clone(),
        });
        Ok(findings.collect())
    }

    fn finish(&mut self) -> Result<Vec<Cover>, Error> {
        if let Some(path) = self.waves.take() {
            let finished = self.simulator.finish_trace();
            finished.map_err(Error::files("write waves to", path))?;
        }
        Ok(self.simulator.covers().to_vec())
    }
}
