//! The world around a design, as blocks: what drives a core in a test stands here once, for every
//! simulator, and can stand beside the core on a chip.
//!
//! The tables of the blocks are public memories: a run is to load them, to let the clock run until
//! the bench wants attention, and to read them. [`Bench`] finds its blocks in the ports of the
//! design; [`device`](crate::device) loads and reads them.
//!
//! - [`StallPattern`]: in which cycles a driver pauses.
//! - [`StreamSource`], [`StreamSink`]: the ends of AXI4-Stream.
//! - [`AxiLiteMaster`]: one access at a time; [`Sequencer`]: the list of operations.
//! - [`AxiMemory`]: AXI4 memory with latency, pauses, answers out of order and errors.
//! - [`UartLine`]: the other end of a serial line.
//! - [`Known`]: keeps unknown bits of the design out of the bench, and reports them.

mod axi_lite;
mod axi_memory;
mod bench;
mod known;
mod ports;
mod reorder;
mod run;
mod sequencer;
mod sink;
mod source;
mod stalls;
mod uart;

pub use axi_lite::{Access, AxiLiteMaster, ChannelStalls, MasterInput, MasterOutput, MasterReport};
pub use axi_memory::{AxiMemory, MemoryInput, MemoryOutput, MemoryReport, MemorySettings};
pub use bench::{Bench, SINK_DEPTH};
pub use known::{Clean, Known, Raw};
pub use ports::{Axi4Ports, AxiLitePorts, BenchPort, Ports, StreamPorts, stream_width};
pub use reorder::{Reorder, ReorderInput, ReorderOutput, Waiting};
pub use run::RunSignals;
pub use sequencer::{Kind, OPERATION_BITS, Sequencer, SequencerInput, SequencerOutput};
pub use sink::{SinkInput, SinkOutput, SinkReport, StreamSink};
pub use source::{INFO_BITS, SourceInput, SourceOutput, SourceReport, StreamSource};
pub use stalls::{STALL_DEPTH, StallInput, StallOutput, StallPattern};
pub use uart::{UART_DEPTH, UartInput, UartLine, UartOutput, UartReport};
