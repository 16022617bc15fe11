//! What a host does with a core to see that it works: the steps, and what goes through its ports.

use crate::arch::IntType;
use crate::device::pack::BeatWords;
use std::ops::Range;

/// A self-check of a core: what the host does from one reset to the next, and every beat of every stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// What is checked: `products of up to 1027 x 6 x 5`.
    pub title: String,
    /// The steps, the last of which is a [`Action::Reset`].
    pub steps: Vec<Step>,
    /// What goes through the streams: those into the core, then those out of it, each with a packet for
    /// every [`Action::Offer`].
    pub transfers: Vec<Transfer>,
    /// What the core finds and leaves in DRAM, if it has a port for it.
    pub memory: Option<ExampleMemory>,
    /// Cycles that are more than enough for a step where nothing pauses.
    pub max_cycles: u64,
}

/// Something that the host does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What.
    pub action: Action,
    /// With this register; empty where there is none.
    pub register: String,
    /// The bits that are compared; of a write, its strobes.
    pub mask: u32,
    /// What is written or must be read, or how much of the action.
    pub data: u32,
    /// More about it; may be empty.
    pub note: &'static str,
}

/// What a host does in a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Writes the register.
    Write,
    /// Writes the register, which starts a job: the cycles to its interrupt are counted.
    Start,
    /// Writes the register, which gives up all jobs: what was offered and not taken is dropped.
    Abort,
    /// Writes the register, and while the answer waits where there is no register: OKAY, then SLVERR.
    Pair,
    /// Writes where there is no register: SLVERR.
    StrayWrite,
    /// Reads the register and compares.
    Read,
    /// Reads where there is no register: SLVERR.
    StrayRead,
    /// Reads the register until it is as it must be.
    Poll,
    /// Reads the register until it is more.
    More,
    /// Reads the register and adds it to a sum.
    Sum,
    /// Reads the register, which is no less than the sum; the sum begins anew.
    Covers,
    /// Reads the register, which is within so much of the cycles counted.
    Cycles,
    /// Reads the register, which is as many as the bench has counted of this: the bit of an event, or 16 for beats
    /// read and 17 for beats written.
    Counted,
    /// There was an interrupt since the start.
    Rose,
    /// Waits for the interrupt.
    Interrupt,
    /// There is no interrupt.
    Quiet,
    /// Offers the next packet of each stream.
    Offer,
    /// Waits until all that is offered has been taken.
    Sent,
    /// Takes no results and answers nothing of DRAM, with 1; with 0 goes on.
    Hold,
    /// Lets cycles pass, one more each time that it is repeated.
    Idle,
    /// Goes back by as many steps as the upper 16 bits say, as many times as the lower ones say; and by as many
    /// packets as the mask says.
    Repeat,
    /// In all passes but the first, passes over as many packets as the upper 16 bits say and as many steps as the
    /// lower ones say; with a mask of 1 in the first, too, when whoever runs the bench wants that.
    Once,
    /// Compares DRAM with what must be there, of this kind.
    Compare,
    /// Resets the core.
    Reset,
}

/// The packets on one stream.
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
    /// The packets, in order.
    pub packets: Vec<Packet>,
}

/// What a stream carries for an [`Action::Offer`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packet {
    /// The beats, which begin anew when there are more.
    pub beats: Vec<BeatWords>,
    /// How many there are; 0 for none.
    pub count: usize,
    /// TLAST is on the last one.
    pub ends: bool,
}

impl Packet {
    /// As many beats as are given, TLAST on the last.
    pub fn whole(beats: Vec<BeatWords>) -> Packet {
        let count = beats.len();
        Packet::repeated(beats, count)
    }

    /// `count` beats, TLAST on the last.
    pub fn repeated(beats: Vec<BeatWords>, count: usize) -> Packet {
        Packet {
            beats,
            count,
            ends: true,
        }
    }
}

/// DRAM behind the AXI4 port `m_axi`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExampleMemory {
    /// Bits of a beat.
    pub width: u32,
    /// Address of the first beat.
    pub base: u64,
    /// What is there before a job.
    pub beats: Vec<BeatWords>,
    /// Beats of these that are followed by as many others like them: where they are, and how often they are there.
    pub repeated: Option<(Range<usize>, usize)>,
    /// The first beat that a job writes: behind all of these.
    pub first_result: usize,
    /// What must be there after a job, of each kind; nothing else is written.
    pub results: Vec<Vec<BeatWords>>,
    /// Bits of events that must have been seen.
    pub events: u32,
}

/// The `index`-th element: an extreme one now and then, else any.
pub(super) fn value(index: u64, element: IntType) -> i64 {
    let (min, max) = (element.min(), element.max());
    match index % 8 {
        0 => min,
        5 => max,
        _ => min + (scattered(index) % (max.abs_diff(min) + 1)) as i64,
    }
}

/// The finalizer of SplitMix64: a fixed scattering of the numbers from 1 on.
pub(super) fn scattered(index: u64) -> u64 {
    let mut bits = index.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ bits >> 31
}
