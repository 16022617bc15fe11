//! Bits: taking them out, widening them, and putting them side by side.

use super::Signal;
use crate::ir::NodeKind;
use crate::{MAX_WIDTH, Shape, unsigned};

impl<'m> Signal<'m> {
    /// Bits `lsb .. lsb + width`, unsigned.
    #[track_caller]
    pub fn slice(self, lsb: u32, width: u32) -> Signal<'m> {
        assert!(
            width > 0,
            "a slice of {} needs at least one bit",
            self.describe()
        );
        let end = u64::from(lsb) + u64::from(width);
        assert!(
            end <= u64::from(self.width()),
            "bits {lsb} to {} are not in {}, which is {}",
            end - 1,
            self.describe(),
            self.shape()
        );
        if lsb == 0 && width == self.width() {
            return self.as_unsigned();
        }
        self.make(
            NodeKind::Slice {
                value: self.id,
                lsb,
            },
            unsigned(width),
        )
    }

    /// One bit.
    #[track_caller]
    pub fn bit(self, index: u32) -> Signal<'m> {
        self.slice(index, 1)
    }

    /// The most significant bit.
    #[track_caller]
    pub fn msb(self) -> Signal<'m> {
        self.bit(self.width() - 1)
    }

    /// The lowest `width` bits; signedness stays.
    #[track_caller]
    pub fn truncate(self, width: u32) -> Signal<'m> {
        if width == self.width() {
            return self;
        }
        self.slice(0, width).with_sign_of(self)
    }

    /// An unsigned value with zeros above, `width` bits in all.
    #[track_caller]
    pub fn zero_extend(self, width: u32) -> Signal<'m> {
        assert!(
            !self.shape().signed,
            "`zero_extend` is for unsigned values, {} is {}: say `as_unsigned` first",
            self.describe(),
            self.shape()
        );
        self.extend(width)
    }

    /// A signed value with copies of its sign above, `width` bits in all.
    #[track_caller]
    pub fn sign_extend(self, width: u32) -> Signal<'m> {
        assert!(
            self.shape().signed,
            "`sign_extend` is for signed values, {} is {}: say `as_signed` first",
            self.describe(),
            self.shape()
        );
        self.extend(width)
    }

    /// The value with `width` bits, widened by its own signedness.
    #[track_caller]
    pub fn extend(self, width: u32) -> Signal<'m> {
        let shape = self.shape();
        assert!(
            width >= shape.width,
            "{} is {shape} and cannot be widened to {width} bits",
            self.describe()
        );
        if width == shape.width {
            return self;
        }
        self.make(NodeKind::Extend(self.id), Shape { width, ..shape })
    }

    /// The same bits as a signed value.
    #[track_caller]
    pub fn as_signed(self) -> Signal<'m> {
        self.cast(true)
    }

    /// The same bits as an unsigned value.
    #[track_caller]
    pub fn as_unsigned(self) -> Signal<'m> {
        self.cast(false)
    }

    #[track_caller]
    fn cast(self, signed: bool) -> Signal<'m> {
        let shape = self.shape();
        if shape.signed == signed {
            return self;
        }
        self.make(NodeKind::Cast(self.id), Shape { signed, ..shape })
    }

    /// `count` copies side by side.
    #[track_caller]
    pub fn repeat(self, count: u32) -> Signal<'m> {
        let width = u64::from(self.width()) * u64::from(count);
        assert!(
            (1..=u64::from(MAX_WIDTH)).contains(&width),
            "{count} copies of {} would have {width} bits: a signal has 1 to {MAX_WIDTH}",
            self.describe()
        );
        concat(&vec![self; count as usize])
    }

    /// This value where `keep` is 1, else 0.
    #[track_caller]
    pub fn gate(self, keep: impl Into<Signal<'m>>) -> Signal<'m> {
        keep.into().mux(self, 0)
    }

    /// Cuts the value into parts of `width` bits, the lowest first.
    #[track_caller]
    pub fn split(self, width: u32) -> Vec<Signal<'m>> {
        assert!(
            self.width().is_multiple_of(width),
            "{} is {} and cannot be cut into parts of {width} bits",
            self.describe(),
            self.shape()
        );
        (0..self.width() / width)
            .map(|i| self.slice(i * width, width))
            .collect()
    }
}

/// The parts side by side, the first in the most significant place; the result is unsigned.
///
/// # Panics
/// When `parts` is empty.
#[track_caller]
pub fn concat<'m>(parts: &[impl Into<Signal<'m>> + Copy]) -> Signal<'m> {
    let parts: Vec<Signal<'m>> = parts.iter().map(|part| (*part).into()).collect();
    let first = *parts.first().expect("`concat` needs at least one part");
    if parts.len() == 1 {
        return first.as_unsigned();
    }
    let mut width = 0u32;
    for part in &parts {
        first.module.own(*part);
        width = width.saturating_add(part.width());
    }
    let shape = Shape {
        width,
        signed: false,
    };
    first.make(
        NodeKind::Concat(parts.iter().map(|part| part.id).collect()),
        shape,
    )
}

/// The parts side by side, the first in the least significant place, as [`Signal::split`] gives
/// them: [`concat()`] from the other end.
///
/// # Panics
/// When `parts` is empty.
#[track_caller]
pub fn join<'m>(parts: &[impl Into<Signal<'m>> + Copy]) -> Signal<'m> {
    let highest_first: Vec<Signal<'m>> = parts.iter().rev().map(|part| (*part).into()).collect();
    concat(&highest_first)
}
