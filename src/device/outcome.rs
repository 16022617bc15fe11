//! What a run gave: the same for every back end.

use crate::hdl::sim::Cover;
use std::fmt;

/// An operation that finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OperationResult {
    /// The word of a read, the last word of a poll, else 0.
    pub data: u32,
    /// BRESP or RRESP, 0 for operations without.
    pub response: u8,
    /// The first cycle of the operation.
    pub start: u64,
    /// The cycle in which it finished.
    pub end: u64,
}

/// A beat that a sink took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SinkBeat {
    /// The cycle of the handshake.
    pub cycle: u64,
    /// Payload, lowest 32 bits first, bits above the port's width 0.
    pub data: Vec<u32>,
    /// TLAST; false where the stream has no such port.
    pub last: bool,
}

/// What became of a source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SourceResult {
    /// Beats accepted.
    pub accepted: usize,
    /// The cycle of the first handshake.
    pub first: Option<u64>,
    /// The cycle of the last handshake.
    pub last: Option<u64>,
    /// Cycles in which a beat was offered and not accepted.
    pub waited: u64,
}

/// What became of a sink.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SinkResult {
    /// The beats, in order.
    pub beats: Vec<SinkBeat>,
    /// Cycles in which the design offered a beat and the sink was not ready.
    pub waited: u64,
}

impl SinkResult {
    /// Beats with TLAST.
    pub fn packets(&self) -> usize {
        self.beats.iter().filter(|beat| beat.last).count()
    }
}

/// What became of a memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryResult {
    /// Its bytes at the end.
    pub bytes: Vec<u8>,
    /// Read bursts.
    pub read_bursts: u64,
    /// Bytes of read data that were taken.
    pub read_bytes: u64,
    /// Write bursts.
    pub write_bursts: u64,
    /// Bytes of write data, strobed or not.
    pub write_bytes: u64,
    /// Cycles in which a read address was offered and not taken.
    pub read_address_waits: u64,
    /// Cycles in which a write address was offered and not taken.
    pub write_address_waits: u64,
    /// Cycles in which write data were offered and not taken.
    pub write_data_waits: u64,
    /// Cycles in which read data were offered and not taken.
    pub read_data_waits: u64,
}

/// Something that must not happen: an assertion of the design or a rule of a bus.
///
/// Each kind is reported once, at its first cycle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// When.
    pub cycle: u64,
    /// What.
    pub message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cycle {}: {}", self.cycle, self.message)
    }
}

/// What a run gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Cycles executed.
    pub cycles: u64,
    /// The operations that finished, in order.
    pub operations: Vec<OperationResult>,
    /// One for each source.
    pub sources: Vec<SourceResult>,
    /// One for each sink.
    pub sinks: Vec<SinkResult>,
    /// One for each memory.
    pub memories: Vec<MemoryResult>,
    /// The bytes that came on each serial line.
    pub uarts: Vec<Vec<u8>>,
    /// Broken assertions and bus rules, by cycle.
    pub failures: Vec<Failure>,
    /// Cover points of the design by name, hit or not, counted over the whole run.
    pub covers: Vec<Cover>,
    /// What was still awaited when the cycles ran out, a line each; empty for a finished run.
    pub waiting: Vec<String>,
}

impl Outcome {
    /// The cycles ran out before everything was done.
    pub fn timed_out(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Finished without a failure.
    pub fn is_clean(&self) -> bool {
        self.failures.is_empty() && !self.timed_out()
    }
}
