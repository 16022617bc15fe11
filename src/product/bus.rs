//! Buses of a core: which ports belong together.

/// Ports that begin with one prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bus {
    /// The prefix, as `s_axis_a`.
    pub prefix: &'static str,
    /// A short name for wrappers in other languages, as `a`.
    pub name: &'static str,
    /// What it is.
    pub kind: BusKind,
}

/// What a bus is, seen from the core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BusKind {
    /// AXI4-Lite, with the registers behind it.
    Registers,
    /// AXI4 to memory: the core reads and writes.
    Memory {
        /// Bits of a beat.
        data_bits: u32,
        /// Bits of an address.
        address_bits: u32,
    },
    /// AXI4-Stream into the core, of so many bits a beat.
    Sink(u32),
    /// AXI4-Stream out of the core, of so many bits a beat.
    Source(u32),
}

impl BusKind {
    /// Bits of a beat of a stream.
    pub fn stream_width(self) -> Option<u32> {
        match self {
            BusKind::Sink(width) | BusKind::Source(width) => Some(width),
            BusKind::Registers | BusKind::Memory { .. } => None,
        }
    }
}
