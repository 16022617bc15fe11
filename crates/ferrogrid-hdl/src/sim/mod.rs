//! Native cycle simulator of a closed design, and its waves.
//!
//! [`Simulator::new`] inlines all instances, orders the combinational graph once and compiles it
//! to programs over one flat array of words. A cycle allocates nothing, but for the few cycles in
//! which the simulator looks what is busy: see below.
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
//! # How it works
//!
//! Nodes become instructions on words of 64 bits, with constants folded and equal instructions
//! shared (`lower`, `emit`). Passes over these follow: what is put together bit by bit is put
//! together at once (`pack`); what nothing needs is dropped, and the rest is divided into programs
//! by what needs it when (`demand`); registers get what writes them at an edge, in place and in an
//! order in which nobody reads too late (`commit`); instructions that one line of the description
//! has made in like instances become a group, whose results stand side by side (`group`). A signal
//! of all 256 elements of an array is thus an array of 256 words, and its instructions are one loop
//! over slices (`kernel`, `slices`). Lanes of at most 32 bits stand in an array of their own, if there
//! are many and they read and are read by their like (`narrow`).
//!
//! A unit, an instruction or a group, runs only when something that it reads has changed
//! (`activity`): most of a design rests in most cycles. To find that out costs more than a single
//! instruction does, so units that have something to do in more than half of all cycles run always, without
//! questions, side by side with their like (`arrange`). Which these are the simulator counts in 256
//! cycles now and then (`learn`). Memories and properties are looked at when something that they
//! read has changed.
//!
//! What has been busy for some thousands of cycles becomes machine code (`machine_code`, by way of
//! Cranelift): the units that follow each other form one function, in which each value is computed
//! right before what needs it and stands in a register of the processor; what others read, or a name
//! shows, is written to its place, and one branch for all that the same units read wakes these where
//! something has changed. Registers whose enable is 0 are branched around. Units that are not busy but
//! run often, and together, become clusters (`cluster`): a function each, woken as a whole. Later simulations of the same compiled design begin with all that. Large groups stay loops
//! over slices. Where no code can be made for the processor, all that is busy is interpreted.
//!
//! # One design followed through
//!
//! Take 16 x 16 elements that multiply and accumulate. Each of them gives five instructions for its
//! registers: two multiplexers that hold a weight, a copy of the activation, a product and a sum.
//! These are five groups of 256 lanes: five loops over slices in a cycle, and none for a weight
//! while no weight moves. An element reads the activation of its left neighbour: the place before
//! its own, but for the first column, which is patched. The control around, some hundred
//! instructions that are nearly all different, runs interpreted for the first three thousand cycles
//! and then as a handful of functions.
//!
//! # Start
//!
//! Registers start at their reset values, or at 0 without one; memories start with their initial
//! words, or at 0. Resets are released. Inputs are 0. [`Simulator::randomize`] finds what reads
//! something that was never written.
//!
//! # Edges
//!
//! [`Simulator::step`] is one rising edge of every clock: everything samples what was before the
//! edge. Properties are checked on those values, outside reset only. Setting an asynchronous reset
//! resets its registers at once.

#![forbid(unsafe_code)]

mod activity;
mod arrange;
mod bits;
mod circles;
mod cluster;
mod commit;
mod compile;
mod demand;
mod drive;
mod emit;
mod execute;
mod flatten;
mod functions;
mod group;
mod hash;
mod kernel;
mod learn;
mod lower;
mod machine_code;
mod memory;
mod names;
mod narrow;
mod ops;
mod pack;
mod property;
mod random;
mod run;
mod schedule;
mod slices;
mod step;
#[cfg(test)]
mod tests;
mod trace;
mod waveform;
mod wide;
mod widths;

pub use drive::SignalRef;
pub use names::Handle;
use names::Known;
pub use property::{Cover, Failure};
pub use trace::Waves;
pub use waveform::{Radix, Waveform};

use super::ir::{Design, PropertyKind};
use activity::Activity;
use arrange::Arrangement;
use compile::Model;
use kernel::Scratch;
use learn::Learning;
#[doc(hidden)]
pub use schedule::Pass;
use schedule::Passes;
use std::fmt;
use std::sync::{Arc, Mutex};

/// A running design. A clone is a snapshot with all state, without the trace.
///
/// Reading a computed signal takes `&mut self`: it first settles what the last edge and the
/// inputs set since then have changed.
pub struct Simulator {
    model: Arc<Model>,
    values: Vec<u64>,
    /// Values of narrow lanes, at the same places.
    lanes: Vec<u32>,
    /// Words of each memory.
    arrays: Vec<Vec<u64>>,
    arrangement: Arc<Arrangement>,
    learning: Learning,
    /// Units that read what has changed.
    activity: Activity,
    scratch: Scratch,
    /// Places of words that memories have read, and the words: until the end of an edge.
    read: Vec<(u32, u64)>,
    /// A bit for each property that must be told as it stands: broken, or covered.
    standing: Vec<u64>,
    /// How many of the combinational programs are up to date.
    settled: u8,
    cycle: u64,
    failures: Vec<Failure>,
    covers: Vec<Cover>,
    /// Never locked: the mutex lets threads share a simulator to clone it.
    trace: Option<Mutex<Box<dyn trace::Trace>>>,
}

impl Simulator {
    /// Compiles a design; nothing of it is borrowed.
    pub fn new(design: &Design) -> Self {
        Self::compiled(design, Known::All, Passes::ALL)
    }

    /// Compiles a design of which only the ports of the top and the memories can be found by name:
    /// quicker, for long lists of designs.
    pub fn of_ports(design: &Design) -> Self {
        Self::compiled(design, Known::Ports, Passes::ALL)
    }

    /// As [`Simulator::new`], without one of the passes, if any; what is busy becomes machine code
    /// at the second [`learn`](Self::learn). For tests: a design means the same without a pass.
    #[doc(hidden)]
    pub fn without(design: &Design, pass: Option<Pass>) -> Self {
        let passes = pass.map_or(Passes::ALL, Passes::without);
        let mut simulator = Self::compiled(design, Known::All, passes);
        simulator.learning.compiling = 0;
        simulator
    }

    fn compiled(design: &Design, known: Known, passes: Passes) -> Self {
        Self::start(Arc::new(compile::compile(design, known, passes)))
    }

    /// The same design at its start, as [`Simulator::new`] gives it, compiled already; with the
    /// machine code, if there is some.
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
        let learned = model.learned().clone();
        let arrangement = learned.as_ref().map(|learned| &learned.arrangement);
        let arrangement = Arc::clone(arrangement.unwrap_or(&model.arrangement));
        Simulator {
            values: model.values.clone(),
            lanes: model.values.iter().map(|word| *word as u32).collect(),
            arrays: model.arrays.clone(),
            activity: arrangement.activity(),
            arrangement,
            learning: Learning::new(learned.as_ref()),
            scratch: Scratch::new(model.schedule.most_results()),
            read: Vec::with_capacity(model.words_read()),
            standing: vec![0; model.properties.len().div_ceil(64)],
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
        self.model.schedule.instructions()
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
            lanes: self.lanes.clone(),
            arrays: self.arrays.clone(),
            activity: self.activity.clone(),
            arrangement: Arc::clone(&self.arrangement),
            learning: self.learning.clone(),
            scratch: Scratch::new(self.model.schedule.most_results()),
            read: Vec::with_capacity(self.model.words_read()),
            standing: self.standing.clone(),
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
