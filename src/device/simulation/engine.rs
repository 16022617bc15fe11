//! What every simulator offers: ports and memories by number.

use crate::device::error::Error;
use crate::device::waves::WaveFile;
use crate::hdl::sim::Cover;

/// What a simulator does, with numbers for names. Values stand in 64-bit digits, lowest first, bits
/// above the width 0.
pub(in crate::device) trait Engine {
    /// Drives an input.
    fn set(&mut self, port: usize, digits: &[u64]) -> Result<(), Error>;
    /// Reads a port, settled.
    fn get(&mut self, port: usize, digits: &mut [u64]) -> Result<(), Error>;
    /// Overwrites words of a memory from an address on.
    fn load(&mut self, memory: usize, first: usize, digits: &[u64]) -> Result<(), Error>;
    /// Words of a memory from an address on. Unknown bits are 0.
    fn read(&mut self, memory: usize, first: usize, count: usize) -> Result<Vec<u64>, Error>;
    /// Rising edges of one clock, or of all.
    fn step(&mut self, clock: Option<usize>, cycles: u64) -> Result<(), Error>;
    /// Rising edges of all clocks until a port of one bit is 1, at most `limit`; how many.
    fn run_until(&mut self, port: usize, limit: u64) -> Result<u64, Error>;
    /// The assertions that failed so far.
    fn failures(&mut self) -> Result<Vec<Finding>, Error>;
    /// Ends the run.
    fn finish(&mut self) -> Result<Vec<Cover>, Error>;
}

/// A compiled design.
pub(in crate::device) trait Model {
    /// Starts a run, which writes its waves to a file.
    fn start(&self, waves: Option<&WaveFile>) -> Result<Box<dyn Engine>, Error>;
}

/// An assertion that failed, each at its first cycle at least.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::device) struct Finding {
    /// Rising edges before the one at which it failed.
    pub cycle: u64,
    /// Hierarchical name below the top.
    pub path: String,
    pub message: String,
}
