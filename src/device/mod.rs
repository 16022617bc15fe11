//! Runs a design in three simulators with one meaning; packs operands into streams and results back.
//!
//! [`Simulation`] drives any design by the names of its ports. A [`Scenario`] says what the outside of
//! a core does: AXI4-Lite operations, stream sources and sinks with explicit stall patterns, memories,
//! resets. Each [`Backend`] executes it cycle for cycle alike
//! and returns the same [`Outcome`], so that cycle counts are compared, not only results:
//!
//! - [`Native`]: [`hdl::sim`](crate::hdl::sim), in this process, no tool needed.
//! - [`Verilator`]: the emitted Verilog, compiled to a shared library that is kept in a cache.
//! - [`Icarus`]: the emitted Verilog in four-state logic, which sees what was never written.
//!
//! An [`Accelerator`] is a core in one of them that runs networks, each compiled to an [`Executable`].
//!
//! ```
//! use ferrogrid::device::{Backend, Goal, Native, Packet, Scenario, Sink, Source, unwatched};
//! use ferrogrid::hdl::{self, AxiStream, connect};
//!
//! // A wire from one stream to the other.
//! let design = hdl::design("through", |m| {
//!     let input: AxiStream = m.sink_port("s_axis_a", AxiStream::of(8));
//!     connect(&input, &m.source_port("m_axis_c", AxiStream::of(8)));
//! })?;
//! let scenario = Scenario {
//!     sources: vec![Source::new("s_axis_a", vec![Packet::new([vec![1], vec![2]])])],
//!     sinks: vec![Sink { stall: "#.".into(), ..Sink::new("m_axis_c", Goal::Packets(1)) }],
//!     ..Scenario::default()
//! };
//! let outcome = Native::new(&design)?.run(&scenario, &mut unwatched)?;
//! assert!(outcome.is_clean());
//! // Four cycles of reset, then a beat in every other cycle.
//! let cycles: Vec<u64> = outcome.sinks[0].beats.iter().map(|beat| beat.cycle).collect();
//! assert_eq!(cycles, [5, 7]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![doc = include_str!("../../docs/simulation.md")]
#![deny(unsafe_code)]

mod accelerator;
mod bench;
mod error;
mod executable;
mod expected;
mod host;
mod icarus;
mod interface;
mod log;
pub mod matmul;
mod native;
pub mod npu;
pub mod npy;
mod outcome;
pub mod pack;
mod plan;
mod process;
mod scenario;
mod simulation;
mod source;
mod stalls;
mod testbench;
mod timeline;
mod trace;
mod verilator;
mod waves;

pub use crate::hdl::sim::Cover;
pub use accelerator::{Accelerator, AcceleratorError, Inference, Loaded, ProgramTime};
pub use error::Error;
pub use executable::{Executable, ExecutableError, NetworkPort};
pub use expected::expected;
pub use icarus::Icarus;
pub use interface::{Interface, Port, Reset};
pub use native::Native;
pub use outcome::{
    Failure, MemoryResult, OperationResult, Outcome, SinkBeat, SinkResult, SourceResult,
};
pub use scenario::{
    AxiLite, Beat, Goal, Memory, Operation, Packet, Refusal, Restart, Scenario, Sink, Source,
    StallPattern, Uart,
};
pub use simulation::{Setup, Simulation, Speed};
pub use source::{is_reading, read_file, read_text};
pub use stalls::Stalls;
pub use testbench::TestBench;
pub use timeline::{Span, Timeline};
pub use trace::LayerResult;
pub use verilator::{Verilator, cache_folder};
pub use waves::{WaveFile, WaveFormat};

use std::ops::ControlFlow;

/// Called now and then with the number of cycles executed; `Break` cancels the run.
pub type Watch<'a> = dyn FnMut(u64) -> ControlFlow<()> + 'a;

/// For runs that nobody watches.
pub fn unwatched(_cycles: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// A simulator with a core in it.
pub trait Backend: Send {
    /// `native`, `verilator` or `icarus`.
    fn name(&self) -> &'static str;

    /// Runs a scenario from a fresh start of the core.
    ///
    /// # Errors
    ///
    /// When the scenario does not fit the core, the run was cancelled, or the simulator failed.
    /// A core that misbehaves is not an error but an [`Outcome`] that says so.
    fn run(&mut self, scenario: &Scenario, watch: &mut Watch) -> Result<Outcome, Error>;

    /// The following runs write their waves to this file, or to none.
    ///
    /// # Errors
    ///
    /// When a back end that needs another build for it cannot make that, or does not write such a file.
    fn trace(&mut self, waves: Option<WaveFile>) -> Result<(), Error>;
}
