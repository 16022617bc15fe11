//! Any design under any simulator: ports, memories, clocks.

pub(super) mod engine;
pub(super) mod icarus;
pub(super) mod native;
pub(super) mod top;
pub(super) mod verilator;

use super::error::Error;
use super::outcome::Failure;
use super::process::failed_assertion;
use crate::device::waves::WaveFile;
use crate::hdl::ir::{Design, Direction};
use crate::hdl::sim::Cover;
use crate::verilog;
use engine::{Engine, Model as _};
use num_bigint::{BigInt, BigUint};
use std::path::Path;
use std::sync::Arc;
use top::{Top, digits};
pub use verilator::Speed;

/// A running design: its ports are driven and read by name, its clocks stepped.
///
/// All simulators start alike: a first edge of all clocks with inputs 0 has reset the registers, and
/// resets are released. Registers without reset and words of memories without initial ones are 0
/// (Icarus Verilog: unknown, which reads as 0 and spreads). Names that the design does not have and
/// values that do not fit are errors that say what would.
///
/// ```
/// use ferrogrid::device::Simulation;
/// use ferrogrid::hdl::{self, bit, unsigned};
///
/// let design = hdl::design("counter", |m| {
///     let enable = m.input("enable", bit());
///     let count = m.reg(unsigned(8)).named("count").reset(0).enable(enable);
///     m.output("count", count.next(count + 1));
/// })?;
/// let mut counter = Simulation::of(&design).native()?;
/// counter.poke("enable", 1)?;
/// counter.step(3)?;
/// assert_eq!(counter.peek("count")?, 3.into());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Simulation {
    top: Arc<Top>,
    engine: Box<dyn Engine>,
}

/// What a simulation is started with: see [`Simulation::of`].
pub struct Setup<'a> {
    design: &'a Design,
    waves: Option<WaveFile>,
}

impl Setup<'_> {
    /// Writes the waves of the run to this file: VCD, or FST where its name ends so.
    pub fn waves(self, path: impl AsRef<Path>) -> Self {
        self.waves_of(WaveFile::all(path.as_ref()))
    }

    /// Writes these waves of the run to this file.
    pub fn waves_of(self, waves: WaveFile) -> Self {
        let waves = Some(waves);
        Setup { waves, ..self }
    }

    /// In this process; no tool is needed.
    ///
    /// # Errors
    /// When the file for the waves cannot be written.
    pub fn native(self) -> Result<Simulation, Error> {
        let top = Top::of(self.design);
        let model = native::Model::new(self.design, &top, self.waves.is_some())?;
        Simulation::start(Arc::new(top), model.start(self.waves.as_ref())?)
    }

    /// The emitted Verilog through Verilator; the first run of a design builds its model.
    ///
    /// # Errors
    /// When Verilator or the C++ compiler is missing or refuses the Verilog, or a file cannot be
    /// written.
    pub fn verilator(self, speed: Speed) -> Result<Simulation, Error> {
        let top = Arc::new(Top::of(self.design));
        let files = verilog::emit_for_simulation(self.design);
        let trace = self.waves.is_some();
        let model = verilator::Model::new(Arc::clone(&top), &files, speed, trace)?;
        Simulation::start(top, model.start(self.waves.as_ref())?)
    }

    /// The emitted Verilog through Icarus Verilog, in four-state logic: unknown bits read as 0.
    ///
    /// # Errors
    /// When Icarus Verilog is missing or refuses the Verilog, or a file cannot be written.
    pub fn icarus(self) -> Result<Simulation, Error> {
        let top = Arc::new(Top::of(self.design));
        let files = verilog::emit_for_simulation(self.design);
        let model = icarus::Model::new(Arc::clone(&top), &files)?;
        Simulation::start(top, model.start(self.waves.as_ref())?)
    }
}

impl Simulation {
    /// A simulation of a design, to be started in one of the simulators.
    pub fn of(design: &Design) -> Setup<'_> {
        Setup {
            design,
            waves: None,
        }
    }

    pub(super) fn start(top: Arc<Top>, engine: Box<dyn Engine>) -> Result<Self, Error> {
        let mut simulation = Simulation { top, engine };
        if !simulation.top.resets.is_empty() {
            simulation.set_reset(true)?;
            simulation.step(1)?;
            simulation.set_reset(false)?;
        }
        Ok(simulation)
    }

    /// Drives an input or a reset.
    ///
    /// # Errors
    /// When there is no such input, or the value does not fit.
    pub fn poke(&mut self, port: &str, value: impl Into<BigInt>) -> Result<(), Error> {
        let (index, value) = (self.top.find(port)?, value.into());
        let shape = self.top.ports[index].shape;
        if self.top.ports[index].direction == Direction::Output {
            return Err(Error::Signal(format!(
                "`{port}` is an output: it can be peeked, not poked"
            )));
        }
        if !shape.contains(&value) {
            return Err(Error::Signal(format!(
                "{value} does not fit `{port}`, which is {shape}: {} to {}",
                shape.min(),
                shape.max()
            )));
        }
        let bits = to_digits(&shape.to_bits(&value), shape.width);
        self.engine.set(index, &bits)
    }

    /// The settled value of a port.
    ///
    /// # Errors
    /// When there is no such port, or the simulator failed.
    pub fn peek(&mut self, port: &str) -> Result<BigInt, Error> {
        let index = self.top.find(port)?;
        let shape = self.top.ports[index].shape;
        let mut bits = vec![0; digits(shape.width)];
        self.engine.get(index, &mut bits)?;
        Ok(shape.from_bits(&from_digits(&bits)))
    }

    /// Overwrites words of a public memory from an address on; a memory inside is called by its
    /// path, as `row.buffer`.
    ///
    /// # Errors
    /// When there is no such memory, or it has no such words.
    pub fn load(&mut self, memory: &str, first: usize, words: &[BigUint]) -> Result<(), Error> {
        let index = self.table(memory, first, words.len())?;
        let width = self.top.memories[index].width;
        if let Some(word) = words.iter().find(|word| word.bits() > u64::from(width)) {
            return Err(Error::Signal(format!(
                "{word} does not fit the {width} bits of a word of `{memory}`"
            )));
        }
        let words = words.iter().flat_map(|word| to_digits(word, width));
        self.engine.load(index, first, &words.collect::<Vec<_>>())
    }

    /// Words of a public memory from an address on.
    ///
    /// # Errors
    /// As for [`load`](Self::load).
    pub fn read(
        &mut self,
        memory: &str,
        first: usize,
        count: usize,
    ) -> Result<Vec<BigUint>, Error> {
        let index = self.table(memory, first, count)?;
        let per_word = digits(self.top.memories[index].width);
        let words = self.engine.read(index, first, count)?;
        Ok(words.chunks(per_word).map(from_digits).collect())
    }

    fn table(&self, memory: &str, first: usize, count: usize) -> Result<usize, Error> {
        let index = self.top.find_memory(memory)?;
        let depth = self.top.memories[index].depth as usize;
        if first.checked_add(count).is_none_or(|end| end > depth) {
            return Err(Error::Signal(format!(
                "`{memory}` has {depth} words, not {count} from address {first} on"
            )));
        }
        Ok(index)
    }

    /// Asserts or releases every reset.
    ///
    /// # Errors
    /// When the simulator failed.
    pub fn set_reset(&mut self, asserted: bool) -> Result<(), Error> {
        for &(port, active) in &self.top.resets {
            self.engine.set(port, &[active ^ u64::from(!asserted)])?;
        }
        Ok(())
    }

    /// Rising edges of every clock.
    ///
    /// # Errors
    /// When the simulator failed.
    pub fn step(&mut self, cycles: u64) -> Result<(), Error> {
        self.engine.step(None, cycles)
    }

    /// Rising edges of one clock.
    ///
    /// # Errors
    /// When there is no such clock, or the simulator failed.
    pub fn step_clock(&mut self, clock: &str, cycles: u64) -> Result<(), Error> {
        let clock = self.top.find_clock(clock)?;
        self.engine.step(Some(clock), cycles)
    }

    /// Rising edges of every clock until a port is 1, at most `limit`; how many there were. The
    /// simulator stops before the edge at which the port is 1.
    ///
    /// # Errors
    /// When there is no such port of one bit, or the simulator failed.
    pub fn run_until(&mut self, port: &str, limit: u64) -> Result<u64, Error> {
        let index = self.top.find(port)?;
        let shape = self.top.ports[index].shape;
        if shape.width != 1 {
            return Err(Error::Signal(format!(
                "`{port}` is {shape}: only a port of one bit ends a run"
            )));
        }
        self.engine.run_until(index, limit)
    }

    /// The assertions that failed so far, by cycle, each kind once.
    ///
    /// # Errors
    /// When the simulator failed.
    pub fn failures(&mut self) -> Result<Vec<Failure>, Error> {
        let mut failures: Vec<Failure> = Vec::new();
        for finding in self.engine.failures()? {
            let message = failed_assertion(&finding.path, &finding.message);
            if failures.iter().all(|known| known.message != message) {
                let cycle = finding.cycle;
                failures.push(Failure { cycle, message });
            }
        }
        Ok(failures)
    }

    /// Ends the run: the waves are complete, and the cover points counted.
    ///
    /// # Errors
    /// When the simulator failed, or the waves could not be written.
    pub fn finish(mut self) -> Result<Vec<Cover>, Error> {
        let mut covers = self.engine.finish()?;
        covers.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(covers)
    }
}

fn to_digits(bits: &BigUint, width: u32) -> Vec<u64> {
    let mut result = bits.to_u64_digits();
    result.resize(digits(width), 0);
    result
}

fn from_digits(digits: &[u64]) -> BigUint {
    let halves = digits
        .iter()
        .flat_map(|digit| [*digit as u32, (*digit >> 32) as u32]);
    BigUint::new(halves.collect())
}
