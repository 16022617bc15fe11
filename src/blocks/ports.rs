//! Bundles of signals between the units of the matmul core.

use crate::hdl::{bit, bundle, unsigned};

bundle! {
    /// Read port of the accumulators: a place in a bank. What is asked for goes on where `advance` is
    /// 1: in front of the
    /// bank, through it, and out of its output register if there is one.
    pub struct ResultPort(address_bits: u32, width: u32) {
        enable: bit(),
        advance: bit(),
        bank: bit(),
        address: unsigned(address_bits),
        /// The word; it stays until what is asked for goes on.
        back data: unsigned(width),
    }
}

bundle! {
    /// Where sums go in the accumulators, a place in the bank of their row block; it reaches them a cycle
    /// before the sums.
    pub struct Target(address_bits: u32) {
        /// There are sums.
        valid: bit(),
        /// They begin the word anew.
        first: bit(),
        /// They complete the row block.
        last: bit(),
        bank: bit(),
        address: unsigned(address_bits),
    }
}

bundle! {
    /// What a sequencer of a weight-stationary array issues.
    pub struct WeightStationaryIssue(a_bits: u32, b_bits: u32) {
        /// Read a vector of A.
        a_read: bit(),
        a_address: unsigned(a_bits),
        /// Read weights, a cycle behind the vectors.
        b_read: bit(),
        b_address: unsigned(b_bits),
        /// First cycle of a pass.
        pass_start: bit(),
    }
}

bundle! {
    /// What a sequencer of an output-stationary array issues: reads of words of A and a vector of B.
    pub struct OutputStationaryIssue(a_bits: u32, lane_bits: u32, b_bits: u32) {
        read: bit(),
        a_address: unsigned(a_bits),
        /// Element of the words of A.
        a_lane: unsigned(lane_bits),
        b_address: unsigned(b_bits),
        /// First cycle of a pass.
        pass_start: bit(),
    }
}
