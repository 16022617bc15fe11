//! The ring of weights.

use super::super::prim::RamRead;
use crate::hdl::{Block, Module, bit, bundle, hardware, index_bits, unsigned};

/// Rows of C weights, written a beat at a time and read a row at a time, the cycle after the address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ring {
    /// Module name.
    pub name: String,
    /// Bits of a row of a tile.
    pub row_bits: u32,
    /// Bits of a beat: a power of two up to those of a row.
    pub bus_bits: u32,
    /// Rows: a power of two.
    pub depth: u32,
}

bundle! {
    /// What a [`Ring`] takes.
    pub struct RingInputs(ring: &Ring) {
        /// A beat comes.
        enable: bit(),
        /// Which, counted in beats from the beginning of the ring.
        beat: unsigned(ring.beat_bits()),
        data: unsigned(ring.bus_bits),
        /// A row.
        read: RamRead(index_bits(ring.depth.into())),
    }
}

bundle! {
    /// What a [`Ring`] gives.
    pub struct RingOutputs(ring: &Ring) {
        /// Column 0 lowest.
        weights: unsigned(ring.row_bits),
    }
}

impl Ring {
    /// Bits of the number of a beat.
    pub fn beat_bits(&self) -> u32 {
        index_bits(self.depth.into()) + (self.row_bits / self.bus_bits).ilog2()
    }
}

#[hardware]
impl Block for Ring {
    fn build<'m>(&self, m: &'m Module, io: RingInputs<'m>) -> RingOutputs<'m> {
        m.doc("Memory of the weight ring.");
        let beats = self.row_bits / self.bus_bits;
        let rows = m.memory(self.row_bits, self.depth).no_collision();
        let rows = rows.granularity(self.bus_bits);
        let row = io.beat.slice(beats.ilog2(), index_bits(self.depth.into()));
        let mask = match beats {
            1 => m.high(),
            _ => io.beat.truncate(beats.ilog2()).one_hot(beats),
        };
        rows.write_masked(io.enable, row, io.data.repeat(beats), mask);
        let weights = rows.read_enabled(io.read.enable, io.read.address);
        RingOutputs { weights }
    }
}
