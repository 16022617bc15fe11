//! Bundles of signals between the units of the matmul core.

use crate::arch::{Dataflow, MatmulArch};
use crate::hdl::{bit, index_bits, interface, unsigned};

interface! {
    /// Write port of an operand buffer, with an enable for each memory side by side.
    pub struct WritePort(enables: u32, address_bits: u32, width: u32) {
        /// Write to these memories.
        forward enable: unsigned(enables),
        /// Where.
        forward address: unsigned(address_bits),
        /// What.
        forward data: unsigned(width),
    }
}

interface! {
    /// Read port of the accumulators. What is asked for moves on where `moves` is 1: in front of the
    /// bank, through it, and out of its output register if there is one.
    pub struct ResultPort(address_bits: u32, width: u32) {
        /// Read a word.
        forward enable: bit(),
        /// Go on.
        forward moves: bit(),
        /// From this bank.
        forward bank: bit(),
        /// At this place.
        forward address: unsigned(address_bits),
        /// The word; it stays until the next moves on.
        backward data: unsigned(width),
    }
}

interface! {
    /// Where sums go in the accumulators; it reaches them a cycle before the sums.
    pub struct Target(address_bits: u32) {
        /// There are sums.
        forward valid: bit(),
        /// They begin the word anew.
        forward first: bit(),
        /// They complete the row block.
        forward last: bit(),
        /// Bank of the row block.
        forward bank: bit(),
        /// Place in the bank.
        forward address: unsigned(address_bits),
    }
}

interface! {
    /// What a sequencer of a weight-stationary array issues.
    pub struct WeightStationaryIssue(a_bits: u32, b_bits: u32) {
        /// Read a vector of A.
        forward a_read: bit(),
        /// Its address.
        forward a_address: unsigned(a_bits),
        /// Read weights, a cycle behind the vectors.
        forward b_read: bit(),
        /// Their address.
        forward b_address: unsigned(b_bits),
        /// First cycle of a pass.
        forward pass_start: bit(),
    }
}

interface! {
    /// What a sequencer of an output-stationary array issues.
    pub struct OutputStationaryIssue(a_bits: u32, lane_bits: u32, b_bits: u32) {
        /// Read operands.
        forward read: bit(),
        /// Address of the words of A.
        forward a_address: unsigned(a_bits),
        /// Element of the words of A.
        forward a_lane: unsigned(lane_bits),
        /// Address of the vector of B.
        forward b_address: unsigned(b_bits),
        /// First cycle of a pass.
        forward pass_start: bit(),
    }
}

/// Sizes of the bundles of an architecture.
pub struct PortSizes {
    /// Write port of the A buffer.
    pub a_write: (u32, u32, u32),
    /// Write port of the B buffer.
    pub b_write: (u32, u32, u32),
    /// Read port of the accumulators.
    pub result: (u32, u32),
    /// Place in an accumulator bank.
    pub target: (u32,),
    /// Element of a word of the A buffer.
    pub a_lane_bits: u32,
    /// A place in a bank of the A buffer.
    pub a_offset_bits: u32,
    /// A place in a bank of the B buffer.
    pub b_offset_bits: u32,
}

impl PortSizes {
    /// The sizes.
    pub fn of(arch: &MatmulArch) -> PortSizes {
        let a_bits = index_bits(u64::from(2 * arch.a_buffer.bank_depth));
        let b_bits = index_bits(u64::from(2 * arch.b_buffer.bank_depth));
        let accumulator_bits = index_bits(arch.accumulators.bank_depth.into());
        PortSizes {
            a_write: (arch.a_buffer.memories, a_bits, arch.a_buffer.word_bits),
            b_write: (1, b_bits, arch.b_buffer.word_bits),
            result: (accumulator_bits, arch.accumulators.word_bits),
            target: (accumulator_bits,),
            a_lane_bits: index_bits(arch.a_buffer.word_elements.into()),
            a_offset_bits: index_bits(arch.a_buffer.bank_depth.into()),
            b_offset_bits: index_bits(arch.b_buffer.bank_depth.into()),
        }
    }

    /// Parameters of [`WeightStationaryIssue`].
    pub fn weight_stationary(&self) -> (u32, u32) {
        (self.a_write.1, self.b_write.1)
    }

    /// Parameters of [`OutputStationaryIssue`].
    pub fn output_stationary(&self) -> (u32, u32, u32) {
        (self.a_write.1, self.a_lane_bits, self.b_write.1)
    }
}

/// Bits of the sums that leave the array, all columns together.
pub fn sums_width(arch: &MatmulArch) -> u32 {
    let sum = match arch.dataflow {
        Dataflow::WeightStationary => arch.partial_sum,
        Dataflow::OutputStationary => arch.accumulator,
    };
    arch.columns * sum.bits
}
