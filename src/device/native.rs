//! The native simulator of a closed design, under the drivers of `engine`.

use super::engine::{self, Model};
use super::error::Error;
use super::interface::{Interface, words};
use super::plan::Plan;
use super::process::failed_assertion;
use super::{Backend, Outcome, Scenario, Watch};
use crate::hdl::ir::Design;
use crate::hdl::sim::{Cover, Handle, Simulator};
use std::fs::File;
use std::io::BufWriter;
use std::path::PathBuf;

/// A core under the native simulator: no tool is needed.
pub struct Native {
    interface: Interface,
    /// Never stepped; each run works on a copy.
    pristine: Simulator,
    handles: Vec<Handle>,
    vcd: Option<PathBuf>,
}

impl Native {
    /// Compiles the design in this process.
    ///
    /// # Errors
    ///
    /// When the simulator does not know a port of the design.
    pub fn new(design: &Design) -> Result<Self, Error> {
        let interface = Interface::of(design);
        let pristine = Simulator::new(design);
        let mut handles = Vec::new();
        for port in &interface.ports {
            let handle = pristine.signal(&port.name).ok_or_else(|| Error::Ports {
                top: interface.top.clone(),
                problem: format!("the simulator has no signal `{}`", port.name),
            })?;
            handles.push(handle);
        }
        Ok(Self {
            interface,
            pristine,
            handles,
            vcd: None,
        })
    }
}

impl Backend for Native {
    fn name(&self) -> &'static str {
        "native"
    }

    fn run(&mut self, scenario: &Scenario, watch: &mut Watch) -> Result<Outcome, Error> {
        let plan = Plan::new(&self.interface, scenario)?;
        let mut model = NativeModel {
            simulator: self.pristine.clone(),
            handles: &self.handles,
            buffer: Vec::new(),
            reported: 0,
        };
        let Some(path) = &self.vcd else {
            return engine::run(&plan, &mut model, watch);
        };
        let file = File::create(path).map_err(Error::files("write waves to", path))?;
        let started = model.simulator.trace_vcd(BufWriter::new(file));
        started.map_err(Error::files("write waves to", path))?;
        let outcome = engine::run(&plan, &mut model, watch);
        model
            .simulator
            .finish_trace()
            .map_err(Error::files("write waves to", path))?;
        outcome
    }

    fn trace(&mut self, vcd: Option<PathBuf>) -> Result<(), Error> {
        self.vcd = vcd;
        Ok(())
    }
}

struct NativeModel<'a> {
    simulator: Simulator,
    handles: &'a [Handle],
    buffer: Vec<u64>,
    /// Failures already handed on.
    reported: usize,
}

impl Model for NativeModel<'_> {
    fn set_reset(&mut self, asserted: bool) {
        self.simulator.set_reset(asserted);
    }

    fn set(&mut self, port: usize, words: &[u32]) {
        self.buffer.clear();
        let pairs = words.chunks(2);
        self.buffer.extend(
            pairs.map(|pair| {
                u64::from(pair[0]) | u64::from(pair.get(1).copied().unwrap_or(0)) << 32
            }),
        );
        self.simulator.set_words(self.handles[port], &self.buffer);
    }

    fn get(&mut self, port: usize, to: &mut [u32]) {
        let handle = self.handles[port];
        debug_assert_eq!(to.len(), words(handle.shape().width));
        let from = self.simulator.words(handle);
        for (pair, word) in to.chunks_mut(2).zip(from) {
            pair[0] = *word as u32;
            if let Some(high) = pair.get_mut(1) {
                *high = (word >> 32) as u32;
            }
        }
    }

    fn settle(&mut self) {
        // Reading a signal settles what it needs.
    }

    fn edge(&mut self) {
        self.simulator.step();
    }

    fn take_failures(&mut self) -> Vec<String> {
        let new = &self.simulator.failures()[self.reported..];
        self.reported += new.len();
        new.iter()
            .map(|failure| failed_assertion(&failure.path, &failure.message))
            .collect()
    }

    fn covers(&self) -> Vec<Cover> {
        self.simulator.covers().to_vec()
    }

    fn set_word(&mut self, port: usize, word: u32) {
        self.simulator.set(self.handles[port], word.into());
    }

    fn word(&mut self, port: usize) -> u32 {
        self.simulator.get(self.handles[port]) as u32
    }
}
