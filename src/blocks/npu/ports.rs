//! Bundles between the units.

use crate::hdl::{Signal, bit, bundle, concat, unsigned};

bundle! {
    /// Bytes to be written side by side from any address on.
    pub struct ByteWrite(address_bits: u32, bytes: u32) {
        /// Where the lowest byte goes.
        address: unsigned(address_bits),
        /// Lowest byte first.
        data: unsigned(8 * bytes),
        /// Which bytes count, the lowest first.
        mask: unsigned(bytes),
    }
}

bundle! {
    /// Bytes to be read side by side from any address on, where `grant` is 1; they come
    /// three cycles later.
    pub struct ByteRead(address_bits: u32) {
        /// Asks.
        request: bit(),
        /// Where the lowest byte is.
        address: unsigned(address_bits),
        /// It is read in this cycle.
        back grant: bit(),
    }
}

bundle! {
    /// In which rows of an image the bytes of a vector are, of so many.
    pub struct VectorRows(rows: u32, bytes: u32, word_bits: u32) {
        /// For each row behind the first, the bytes that are in it or in one behind it: the lowest byte first.
        behind: unsigned((rows - 1) * bytes),
        /// Words of a bank that each of these rows is further than one behind the other.
        step: unsigned(word_bits),
    }
}

bundle! {
    /// A semaphore is signalled.
    pub struct Signalling {
        valid: bit(),
        semaphore: unsigned(4),
    }
}

/// An address so many bytes further, in the same half of the scratchpad.
#[track_caller]
pub(super) fn further<'m>(address: Signal<'m>, bytes: u32) -> Signal<'m> {
    let bits = address.width() - 1;
    concat(&[address.msb(), address.truncate(bits) + bytes])
}

/// An address so many bytes before, in the same half of the scratchpad.
#[track_caller]
pub(super) fn before<'m>(address: Signal<'m>, bytes: Signal<'m>) -> Signal<'m> {
    let bits = address.width() - 1;
    concat(&[
        address.msb(),
        address.truncate(bits) - bytes.zero_extend(bits),
    ])
}

/// A number of bytes as an address of so many bits: addresses wrap.
#[track_caller]
pub(super) fn wrapped(bytes: Signal<'_>, bits: u32) -> Signal<'_> {
    match bytes.width() >= bits {
        true => bytes.truncate(bits).as_unsigned(),
        false => bytes.extend(bits).as_unsigned(),
    }
}
