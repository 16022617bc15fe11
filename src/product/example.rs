//! A job as the outside of a core sees it.

use crate::arch::IntType;
use crate::device::pack::BeatWords;

/// A small job: what the host does, and every beat of every stream.
///
/// A host takes the steps of `before`, then, for each job, those of `job`, of which one is an
/// [`Action::Start`]; with it the streams begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// What the job is: `product, C = A x B with M = 3, K = 4 and N = 3`.
    pub title: String,
    /// Its sizes: `3 x 4 x 3`.
    pub size: String,
    /// Steps before the first job.
    pub before: Vec<Step>,
    /// Steps of a job.
    pub job: Vec<Step>,
    /// What goes through the streams: those into the core, then those out of it.
    pub transfers: Vec<Transfer>,
    /// What the core finds and leaves in DRAM, if it has a port for it.
    pub memory: Option<ExampleMemory>,
    /// Cycles that are more than enough for a job.
    pub max_cycles: u64,
}

/// Something that the host does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// What.
    pub action: Action,
    /// With this register.
    pub register: &'static str,
    /// What is written or must be read; 0 where there is nothing.
    pub data: u32,
    /// More about it; may be empty.
    pub note: &'static str,
}

/// What a host does in a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Write the register.
    Write,
    /// Write the register, which starts the job.
    Start,
    /// Read the register and compare.
    Read,
    /// Read the register and print it.
    Show,
    /// Wait for the interrupt.
    Interrupt,
}

/// The packet of a job on one stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// The prefix of the stream's ports.
    pub prefix: &'static str,
    /// The short name of the stream.
    pub name: &'static str,
    /// Bits of a beat.
    pub width: u32,
    /// Out of the core: these beats must come.
    pub is_result: bool,
    /// The beats; TLAST is on the last one.
    pub beats: Vec<BeatWords>,
}

/// DRAM behind the AXI4 port `m_axi`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExampleMemory {
    /// Bits of a beat.
    pub width: u32,
    /// What is there before a job, from address 0 on.
    pub beats: Vec<BeatWords>,
    /// The first beat that a job writes.
    pub first_result: usize,
    /// What must be there after it; nothing else is written.
    pub results: Vec<BeatWords>,
    /// Bits of events that must have been seen.
    pub events: u32,
}

/// The `index`-th element: an extreme one now and then, else any.
pub(super) fn value(index: u64, element: IntType) -> i64 {
    let (min, max) = (element.min(), element.max());
    match index % 8 {
        0 => min,
        5 => max,
        _ => {
            // The finalizer of SplitMix64: a fixed scattering of the numbers from 1 on.
            let mut bits = index.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
            let span = max.abs_diff(min) + 1;
            min + ((bits ^ bits >> 31) % span) as i64
        }
    }
}
