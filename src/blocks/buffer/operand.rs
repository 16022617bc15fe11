//! Operand scratchpads.

use crate::hdl::{Memory, Module, Signal, index_bits};

/// A scratchpad with one write port and one read port in block RAM. Its users never read a word
/// in the cycle in which they write it.
#[track_caller]
pub fn operand_memory<'m>(m: &'m Module, name: &str, width: u32, depth: u32) -> Memory<'m> {
    m.memory(name, width, depth).no_collision()
}

/// The address of word `offset` in one of two banks of `bank_depth` words each.
#[track_caller]
pub fn bank_address<'m>(bank: Signal<'m>, offset: Signal<'m>, bank_depth: u32) -> Signal<'m> {
    let bits = index_bits(u64::from(2 * bank_depth));
    let offset = offset.zero_extend(bits);
    bank.mux(offset + bank_depth, offset)
}
