//! Width and signedness of a signal.

use num_bigint::{BigInt, BigUint, Sign};
use num_traits::{One, Zero};
use std::fmt;

/// The most bits that a signal may have: far more than hardware needs, and few enough that a
/// width computed wrongly is found where it is used.
pub const MAX_WIDTH: u32 = 65_536;

/// Width in bits (1 to [`MAX_WIDTH`], checked where a signal is made) and signedness of a signal.
///
/// Shapes are run-time values: a TOML file chooses them. Operators never change a shape
/// silently; see [`Signal`](super::Signal) for the rules.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct Shape {
    /// Number of bits, 1 to [`MAX_WIDTH`].
    pub width: u32,
    /// Two's complement when true.
    pub signed: bool,
}

/// An unsigned shape of `width` bits.
#[track_caller]
pub const fn unsigned(width: u32) -> Shape {
    assert!(width > 0, "a signal needs at least one bit");
    Shape {
        width,
        signed: false,
    }
}

/// A signed (two's complement) shape of `width` bits.
#[track_caller]
pub const fn signed(width: u32) -> Shape {
    assert!(width > 0, "a signal needs at least one bit");
    Shape {
        width,
        signed: true,
    }
}

/// One unsigned bit.
pub const fn bit() -> Shape {
    unsigned(1)
}

/// Bits needed to hold every value from 0 to `largest` (1 for 0).
pub const fn bits_for(largest: u64) -> u32 {
    if largest == 0 {
        1
    } else {
        64 - largest.leading_zeros()
    }
}

/// Bits needed to index `count` things (1 for one thing).
pub const fn index_bits(count: u64) -> u32 {
    bits_for(count.saturating_sub(1))
}

impl Shape {
    /// Smallest value of the shape.
    pub fn min(self) -> BigInt {
        if self.signed {
            -(BigInt::one() << (self.width - 1))
        } else {
            BigInt::zero()
        }
    }

    /// Largest value of the shape.
    pub fn max(self) -> BigInt {
        let bits = if self.signed {
            self.width - 1
        } else {
            self.width
        };
        (BigInt::one() << bits) - 1
    }

    /// True when `value` can be held without loss.
    pub fn contains(self, value: &BigInt) -> bool {
        *value >= self.min() && *value <= self.max()
    }

    /// The two's complement bit pattern of `value`, wrapped to the width.
    pub fn to_bits(self, value: &BigInt) -> BigUint {
        let modulus = BigInt::one() << self.width;
        let wrapped = ((value % &modulus) + &modulus) % &modulus;
        wrapped.magnitude().clone()
    }

    /// The value that a bit pattern stands for.
    pub fn from_bits(self, bits: &BigUint) -> BigInt {
        let value = BigInt::from_biguint(Sign::Plus, bits.clone());
        if self.signed && bits.bit(u64::from(self.width) - 1) {
            value - (BigInt::one() << self.width)
        } else {
            value
        }
    }
}

/// `u8`, `s16`: signedness and width.
impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.signed { 's' } else { 'u' }, self.width)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_round_trip_at_the_extremes() {
        for shape in [
            unsigned(1),
            signed(1),
            unsigned(8),
            signed(8),
            signed(65),
            unsigned(200),
        ] {
            for value in [shape.min(), shape.max()] {
                assert!(shape.contains(&value));
                assert_eq!(shape.from_bits(&shape.to_bits(&value)), value, "{shape}");
            }
            assert!(!shape.contains(&(shape.max() + 1)));
        }
    }

    #[test]
    fn index_widths() {
        assert_eq!(
            [1, 2, 3, 4, 5, 64, 65].map(index_bits),
            [1, 1, 2, 2, 3, 6, 7]
        );
        assert_eq!([0, 1, 2, 255, 256].map(bits_for), [1, 1, 2, 8, 9]);
    }
}
