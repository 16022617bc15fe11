//! Bundles of signals between the units of the matmul core.

use crate::arch::{Dataflow, MatmulArch};
use crate::hdl::{Shapes, bit, bundle, index_bits, unsigned};

bundle! {
    /// Write port of an operand buffer, with an enable for each memory side by side.
    pub struct WritePort(enables: u32, address_bits: u32, width: u32) {
        /// Write to these memories.
        enable: unsigned(enables),
        /// Where.
        address: unsigned(address_bits),
        /// What.
        data: unsigned(width),
    }
}

bundle! {
    /// Read port of the accumulators. What is asked for moves on where `moves` is 1: in front of the
    /// bank, through it, and out of its output register if there is one.
    pub struct ResultPort(address_bits: u32, width: u32) {
        /// Read a word.
        enable: bit(),
        /// Go on.
        moves: bit(),
        /// From this bank.
        bank: bit(),
        /// At this place.
        address: unsigned(address_bits),
        /// The word; it stays until the next moves on.
        back data: unsigned(width),
    }
}

bundle! {
    /// Where sums go in the accumulators; it reaches them a cycle before the sums.
    pub struct Target(address_bits: u32) {
        /// There are sums.
        valid: bit(),
        /// They begin the word anew.
        first: bit(),
        /// They complete the row block.
        last: bit(),
        /// Bank of the row block.
        bank: bit(),
        /// Place in the bank.
        address: unsigned(address_bits),
    }
}

bundle! {
    /// What a sequencer of a weight-stationary array issues.
    pub struct WeightStationaryIssue(a_bits: u32, b_bits: u32) {
        /// Read a vector of A.
        a_read: bit(),
        /// Its address.
        a_address: unsigned(a_bits),
        /// Read weights, a cycle behind the vectors.
        b_read: bit(),
        /// Their address.
        b_address: unsigned(b_bits),
        /// First cycle of a pass.
        pass_start: bit(),
    }
}

bundle! {
    /// What a sequencer of an output-stationary array issues.
    pub struct OutputStationaryIssue(a_bits: u32, lane_bits: u32, b_bits: u32) {
        /// Read operands.
        read: bit(),
        /// Address of the words of A.
        a_address: unsigned(a_bits),
        /// Element of the words of A.
        a_lane: unsigned(lane_bits),
        /// Address of the vector of B.
        b_address: unsigned(b_bits),
        /// First cycle of a pass.
        pass_start: bit(),
    }
}

/// Sizes of the bundles of an architecture.
pub struct PortSizes {
    /// Write port of the A buffer.
    pub a_write: Shapes<WritePort<'static>>,
    /// Write port of the B buffer.
    pub b_write: Shapes<WritePort<'static>>,
    /// Read port of the accumulators.
    pub result: Shapes<ResultPort<'static>>,
    /// Place in an accumulator bank.
    pub target: Shapes<Target<'static>>,
    /// Place in an accumulator bank.
    pub accumulator_bits: u32,
    /// Address of the A buffer.
    pub a_bits: u32,
    /// Address of the B buffer.
    pub b_bits: u32,
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
            a_write: WritePort::of(arch.a_buffer.memories, a_bits, arch.a_buffer.word_bits),
            b_write: WritePort::of(1, b_bits, arch.b_buffer.word_bits),
            result: ResultPort::of(accumulator_bits, arch.accumulators.word_bits),
            target: Target::of(accumulator_bits),
            accumulator_bits,
            a_bits,
            b_bits,
            a_lane_bits: index_bits(arch.a_buffer.word_elements.into()),
            a_offset_bits: index_bits(arch.a_buffer.bank_depth.into()),
            b_offset_bits: index_bits(arch.b_buffer.bank_depth.into()),
        }
    }

    /// Parameters of [`WeightStationaryIssue`].
    pub fn weight_stationary(&self) -> Shapes<WeightStationaryIssue<'static>> {
        WeightStationaryIssue::of(self.a_bits, self.b_bits)
    }

    /// Parameters of [`OutputStationaryIssue`].
    pub fn output_stationary(&self) -> Shapes<OutputStationaryIssue<'static>> {
        OutputStationaryIssue::of(self.a_bits, self.a_lane_bits, self.b_bits)
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
