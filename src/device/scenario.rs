//! A run described once, for every back end.
//!
//! # Cycles
//!
//! A cycle begins with the drivers setting the inputs, goes on with everything being sampled when
//! the design has settled, and ends with the rising clock edge. Cycle numbers count from 0 at the
//! start of the run, reset included. What a driver does in a cycle depends only on what it
//! sampled in earlier ones, so that every back end executes a scenario cycle for cycle alike.

use std::borrow::Cow;

/// When a stream pauses: one bit per cycle, repeated for ever.
///
/// The bit of cycle `n` is bit `n % len`. A set bit keeps a source from *offering* a new beat
/// (once offered, a beat stays offered until it is accepted) and makes a sink unready. Besides, a
/// sink may be ready only for a beat that it has seen offered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StallPattern {
    bits: Vec<bool>,
    after_valid: bool,
}

impl StallPattern {
    /// Never pauses.
    pub const fn none() -> Self {
        Self {
            bits: Vec::new(),
            after_valid: false,
        }
    }

    /// Pauses in the cycles whose bit is set. An empty pattern never pauses; a pattern of only
    /// set bits pauses for ever.
    pub fn new(bits: impl Into<Vec<bool>>) -> Self {
        Self {
            bits: bits.into(),
            ..Self::none()
        }
    }

    /// With a READY that waits for VALID, as AXI allows and no design may rely on. Of what takes; where
    /// something is offered it has no meaning.
    pub fn after_valid(self) -> Self {
        Self {
            after_valid: true,
            ..self
        }
    }

    /// READY waits for VALID.
    pub fn is_after_valid(&self) -> bool {
        self.after_valid
    }

    /// The bits; cycle `n` uses bit `n % len`.
    pub fn bits(&self) -> &[bool] {
        &self.bits
    }

    /// How many times longer a stream takes with these pauses, rounded up.
    pub fn slowdown(&self) -> u64 {
        let free = self.bits.iter().filter(|stall| !**stall).count().max(1);
        let pauses = self.bits.len().max(1).div_ceil(free) as u64;
        // A beat that must be seen first may have to wait for the next free cycle.
        pauses + u64::from(self.after_valid) * self.bits.len().max(1) as u64
    }

    /// Whether cycle `cycle` pauses.
    pub fn stalls(&self, cycle: u64) -> bool {
        !self.bits.is_empty() && self.bits[(cycle % self.bits.len() as u64) as usize]
    }
}

/// `#` pauses, `.` runs: `StallPattern::from("..#")` pauses in every third cycle.
impl From<&str> for StallPattern {
    fn from(picture: &str) -> Self {
        Self::new(Vec::from_iter(picture.chars().map(|c| c == '#')))
    }
}

/// One beat of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beat {
    /// Payload, lowest 32 bits first; missing words are 0, bits above the port's width must be 0.
    pub data: Vec<u32>,
    /// TLAST; ignored where the stream has no such port.
    pub last: bool,
}

/// Beats that a source sends together.
///
/// A reset in the midst of a run makes the source drop the rest of the packet it is in, as a host
/// that resets a core stops its DMA too. TLAST is up to the beats, so that a packet may be
/// truncated or over-long for the design.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packet {
    /// The beats.
    pub beats: Vec<Beat>,
    /// The packet is offered only after this many operations have finished.
    pub start_after: usize,
}

impl Packet {
    /// A packet that needs no operation to have finished, with TLAST on its last beat.
    pub fn new(payloads: impl IntoIterator<Item = Vec<u32>>) -> Self {
        let mut beats: Vec<Beat> = payloads
            .into_iter()
            .map(|data| Beat { data, last: false })
            .collect();
        if let Some(beat) = beats.last_mut() {
            beat.last = true;
        }
        Self {
            beats,
            start_after: 0,
        }
    }

    /// The same packet, offered only after `operations` operations have finished.
    pub fn after(mut self, operations: usize) -> Self {
        self.start_after = operations;
        self
    }
}

/// A stream into the design: ports `<prefix>_tdata`, `_tvalid`, `_tready` and, if there is one,
/// `_tlast`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// `s_axis_a` for `s_axis_a_tdata` and so on.
    pub prefix: String,
    /// What is sent, in order.
    pub packets: Vec<Packet>,
    /// Cycles in which no new beat is offered.
    pub stall: StallPattern,
    /// The run may end before everything was accepted.
    pub optional: bool,
}

impl Source {
    /// A source that never pauses.
    pub fn new(prefix: impl Into<String>, packets: Vec<Packet>) -> Self {
        Self {
            prefix: prefix.into(),
            packets,
            ..Self::default()
        }
    }

    /// Number of beats in all packets.
    pub fn beats(&self) -> usize {
        self.packets.iter().map(|packet| packet.beats.len()).sum()
    }
}

/// What a sink waits for. A sink goes on taking beats after that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// This many beats.
    Beats(usize),
    /// This many beats with TLAST.
    Packets(usize),
}

/// A stream out of the design.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sink {
    /// `m_axis_c` for `m_axis_c_tdata` and so on.
    pub prefix: String,
    /// When the sink has what it expects.
    pub goal: Goal,
    /// Cycles in which the sink is not ready.
    pub stall: StallPattern,
}

impl Sink {
    /// A sink that is always ready.
    pub fn new(prefix: impl Into<String>, goal: Goal) -> Self {
        Self {
            prefix: prefix.into(),
            goal,
            stall: StallPattern::none(),
        }
    }
}

/// One step of the host. Operations run one after the other; each takes at least one cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// AXI4-Lite write.
    Write {
        /// Byte address.
        address: u32,
        /// The word.
        data: u32,
        /// One bit per byte of the word, lowest byte first.
        strobe: u8,
    },
    /// AXI4-Lite read.
    Read {
        /// Byte address.
        address: u32,
    },
    /// AXI4-Lite reads until `(word & mask) == value`.
    Poll {
        /// Byte address.
        address: u32,
        /// Bits that matter.
        mask: u32,
        /// What they must be.
        value: u32,
    },
    /// Waits until the interrupt port is 1.
    WaitInterrupt,
    /// Waits until a sink has taken this many beats with TLAST since the start.
    WaitPackets {
        /// Index into [`Scenario::sinks`].
        sink: usize,
        /// Number of packets.
        packets: usize,
    },
    /// Lets cycles pass.
    Idle(u32),
    /// Asserts reset for some cycles. Sources drop the packet they are in.
    Reset(u32),
}

impl Operation {
    /// A write of a whole word.
    pub fn write(address: u32, data: u32) -> Self {
        Operation::Write {
            address,
            data,
            strobe: 0xf,
        }
    }
}

/// The AXI4-Lite master: 32-bit data, no `prot`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AxiLite {
    /// `s_axil` for `s_axil_awaddr` and so on.
    pub prefix: String,
    /// Cycles in which the master does not offer a write address.
    pub aw_stall: StallPattern,
    /// Cycles in which the master does not offer write data.
    pub w_stall: StallPattern,
    /// Cycles in which the master does not take a write response.
    pub b_stall: StallPattern,
    /// Cycles in which the master does not offer a read address.
    pub ar_stall: StallPattern,
    /// Cycles in which the master does not take read data.
    pub r_stall: StallPattern,
}

impl AxiLite {
    /// A master that never pauses.
    pub fn new(prefix: impl Into<String>) -> Self {
        Self {
            prefix: prefix.into(),
            ..Self::default()
        }
    }
}

/// An answer to an access that is not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// SLVERR.
    Subordinate = 2,
    /// DECERR.
    Decode = 3,
}

/// A memory at an AXI4 manager of the design. It answers as late, with pauses and in an order that
/// are as random as the seed; accesses beyond its end are answered with DECERR.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    /// `m_axi` for `m_axi_araddr` and so on.
    pub prefix: String,
    /// Address of the first byte, a multiple of the bytes of a beat.
    pub base: u64,
    /// The bytes from there on. They are all that the memory has, and a part of the outcome.
    pub bytes: Vec<u8>,
    /// Cycles from a read request to its first beat at least.
    pub latency: u16,
    /// Cycles from the last beat of a write to its answer at least.
    pub write_latency: u16,
    /// In how many of 256 cycles each channel pauses.
    pub stalls: u8,
    /// Answers to different ids may overtake each other.
    pub overtake: bool,
    /// The READY of each channel waits for its VALID.
    pub after_valid: bool,
    /// Decides what is random.
    pub seed: u32,
    /// Beats at these addresses are refused.
    pub refusals: Vec<(u64, Refusal)>,
}

impl Memory {
    /// A memory at address 0 that answers at once.
    pub fn new(prefix: impl Into<String>, bytes: Vec<u8>) -> Self {
        Self {
            prefix: prefix.into(),
            base: 0,
            bytes,
            latency: 0,
            write_latency: 0,
            stalls: 0,
            overtake: false,
            after_valid: false,
            seed: 1,
            refusals: Vec::new(),
        }
    }
}

/// The other end of a serial line: a start bit, eight bits of data from the lowest on, a stop bit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uart {
    /// `uart` for `uart_rx` into and `uart_tx` out of the design.
    pub prefix: String,
    /// Cycles of a bit, at least 2.
    pub bit_cycles: u16,
    /// What is sent, at most 4096 bytes.
    pub bytes: Vec<u8>,
    /// Bytes to wait for, at most 4096.
    pub goal: usize,
}

/// A reset at some cycle, after which the whole scenario begins anew: operations and sources
/// from the first, sinks emptied. What it ends with must be what a run without it ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restart {
    /// The first cycle of reset.
    pub cycle: u64,
    /// Cycles of reset.
    pub length: u32,
}

impl Restart {
    /// The first cycle after the reset.
    pub fn end(&self) -> u64 {
        self.cycle.saturating_add(self.length.into())
    }
}

/// A run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// The run ends here, finished or not.
    pub max_cycles: u64,
    /// Cycles of reset at the start, at least one.
    pub reset_cycles: u32,
    /// A reset in the midst of the run.
    pub restart: Option<Restart>,
    /// Cycles to go on when everything is done, to see beats that should not come.
    pub trailing_cycles: u32,
    /// The control port; needed for the operations that read and write.
    pub control: Option<AxiLite>,
    /// The interrupt port (`irq` unless said); needed for [`Operation::WaitInterrupt`].
    pub interrupt: Cow<'static, str>,
    /// What the host does, in order.
    pub operations: Vec<Operation>,
    /// Streams into the design.
    pub sources: Vec<Source>,
    /// Streams out of the design.
    pub sinks: Vec<Sink>,
    /// Memories that the design reads and writes. Where one is not given, it is empty.
    pub memories: Vec<Memory>,
    /// Serial lines. Where one is not given, it is idle.
    pub uarts: Vec<Uart>,
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            max_cycles: 1_000_000,
            reset_cycles: 4,
            restart: None,
            trailing_cycles: 0,
            control: None,
            interrupt: Cow::Borrowed("irq"),
            operations: Vec::new(),
            sources: Vec::new(),
            sinks: Vec::new(),
            memories: Vec::new(),
            uarts: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_repeat() {
        let pattern = StallPattern::from("..#");
        let stalls: Vec<u64> = (0..9).filter(|&cycle| pattern.stalls(cycle)).collect();
        assert_eq!(stalls, [2, 5, 8]);
        assert!((0..9).all(|cycle| !StallPattern::none().stalls(cycle)));
    }

    #[test]
    fn a_packet_ends_with_last() {
        let packet = Packet::new([vec![1], vec![2]]).after(3);
        assert_eq!(
            packet
                .beats
                .iter()
                .map(|beat| beat.last)
                .collect::<Vec<_>>(),
            [false, true]
        );
        assert_eq!(packet.start_after, 3);
    }
}
