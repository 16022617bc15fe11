//! Native cycle simulator of a closed design, and its waves.
//!
//! [`Simulator::new`] inlines all instances, orders the combinational graph once and compiles it
//! to straight-line programs over one flat array of words. A cycle runs these programs and
//! allocates nothing.
//!
//! Signals are found by name: a top port by its name (`start`), anything inside by its instance
//! path (`array.row_0.pe_3.sum`). Ports, registers, wires, memory read data and every node with
//! a name can be peeked; top inputs, resets and registers can be poked. Names that no output,
//! register, memory or property depends on cost nothing until they are peeked or traced.
//!
//! ```
//! use ferrogrid_hdl::{self as hdl, bit, sim::{Simulator, Waveform}, unsigned};
//!
//! let design = hdl::design("counter", |m| {
//!     let enable = m.input("enable", bit());
//!     let count = m.reg(unsigned(8)).named("count").reset(0).enable(enable);
//!     count.next(count + 1);
//!     m.output("value", count);
//! })?;
//! let mut sim = Simulator::new(&design);
//! let mut waves = Waveform::new(&sim, ["clk", "enable", "count"]);
//! for enable in [0, 1, 1, 0] {
//!     sim.poke("enable", enable);
//!     waves.record(&mut sim);
//!     sim.step();
//! }
//! assert_eq!(sim.peek("value"), 2.into());
//! assert_eq!(
//!     waves.to_string(),
//!     r#"
//! cycle   0   1   2   3
//! clk    /-\_/-\_/-\_/-\_
//! enable ____/-------\___
//! count  |0      |1  |2  |
//! "#
//!     .trim_start()
//! );
//! # Ok::<(), hdl::DesignError>(())
//! ```
//!
//! In a loop that must be fast, look a signal up once with [`Simulator::signal`] and use
//! [`Simulator::set`] and [`Simulator::get`]. What a cycle costs:
//! `cargo run --release --example simulator_speed`.
//!
//! # Start
//!
//! Registers start at their reset values, or at 0 without one; memories start with their initial
//! words, or at 0. Resets are released. Inputs are 0.
//!
//! # Edges
//!
//! [`Simulator::step`] is one rising edge of every clock: everything samples what was before the
//! edge. Properties are checked on those values, outside reset only. Setting an asynchronous reset
//! resets its registers at once.

#![forbid(unsafe_code)]

mod bits;
mod circles;
mod compile;
mod drive;
mod emit;
mod execute;
mod flatten;
mod hash;
mod lower;
mod memory;
mod names;
mod ops;
mod property;
mod schedule;
mod step;
#[cfg(test)]
mod tests;
mod vcd;
mod waveform;
mod wide;

pub use drive::SignalRef;
pub use names::Handle;
use names::Known;
pub use property::{Cover, Failure};
pub use waveform::{Radix, Waveform};

use super::ir::{Design, PropertyKind};
use compile::Model;
use std::fmt;
use std::sync::{Arc, Mutex};

/// A running design. A clone is a snapshot with all state, without the trace.
///
/// Reading a computed signal takes `&mut self`: it first settles what the last edge and the
/// inputs set since then have changed.
pub struct Simulator {
    model: Arc<Model>,
    values: Vec<u64>,
    /// Words of each memory.
    arrays: Vec<Vec<u64>>,
    /// How many of the combinational programs are up to date.
    settled: u8,
    cycle: u64,
    failures: Vec<Failure>,
    covers: Vec<Cover>,
    /// Never locked: the mutex lets threads share a simulator to clone it.
    trace: Option<Mutex<Box<dyn vcd::Trace>>>,
}

impl Simulator {
    /// Compiles a design; nothing of it is borrowed.
    pub fn new(design: &Design) -> Self {
        Self::start(Arc::new(compile::compile(design, Known::All)))
    }

    /// Compiles a design of which only the ports of the top and the memories can be found by name:
    /// quicker, for long lists of designs.
    pub fn of_ports(design: &Design) -> Self {
        Self::start(Arc::new(compile::compile(design, Known::Ports)))
    }

    /// The same design at its start, as [`Simulator::new`] gives it, compiled already.
    pub fn restarted(&self) -> Self {
        Self::start(Arc::clone(&self.model))
    }

    fn start(model: Arc<Model>) -> Self {
        let covers = model
            .properties
            .iter()
            .filter(|p| p.kind == PropertyKind::Cover);
        let covers = covers
            .map(|p| Cover {
                path: p.path.clone(),
                count: 0,
            })
            .collect();
        Simulator {
            values: model.values.clone(),
            arrays: model.arrays.clone(),
            settled: 0,
            cycle: 0,
            failures: Vec::new(),
            covers,
            trace: None,
            model,
        }
    }

    /// Number of instructions of a full cycle: a measure of what a step costs.
    pub fn instructions(&self) -> usize {
        let schedule = &self.model.schedule;
        let before = &schedule.programs[..schedule::BEFORE_EDGE as usize];
        before
            .iter()
            .chain(&schedule.commits)
            .map(|program| program.code.len())
            .sum()
    }

    /// Number of edges so far: calls of [`Simulator::step`] and [`Simulator::step_domain`].
    pub fn cycle(&self) -> u64 {
        self.cycle
    }

    /// Assertions, assumptions and memory rules that failed, the first thousand of them.
    pub fn failures(&self) -> &[Failure] {
        &self.failures
    }

    /// All cover points.
    pub fn covers(&self) -> &[Cover] {
        &self.covers
    }
}

impl Clone for Simulator {
    fn clone(&self) -> Self {
        Simulator {
            model: Arc::clone(&self.model),
            values: self.values.clone(),
            arrays: self.arrays.clone(),
            settled: self.settled,
            cycle: self.cycle,
            failures: self.failures.clone(),
            covers: self.covers.clone(),
            trace: None,
        }
    }
}

impl fmt::Debug for Simulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulator")
            .field("top", &self.model.names.scopes[0].name)
            .field("cycle", &self.cycle)
            .field("failures", &self.failures.len())
            .finish_non_exhaustive()
    }
}
