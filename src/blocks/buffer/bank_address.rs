//! Two banks in one memory.

use crate::hdl::{Signal, concat, index_bits};

/// The address of word `offset` in one of two banks of `bank_depth` words each.
#[track_caller]
pub fn bank_address<'m>(bank: Signal<'m>, offset: Signal<'m>, bank_depth: u32) -> Signal<'m> {
    let bits = index_bits(u64::from(2 * bank_depth));
    if bank_depth.is_power_of_two() && offset.width() + 1 == bits {
        return concat(&[bank, offset]);
    }
    let offset = offset.zero_extend(bits);
    bank.mux(offset + bank_depth, offset)
}
