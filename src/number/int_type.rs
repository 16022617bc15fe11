//! Integer types of operands, sums and results.

use std::fmt;

/// An integer type: width and signedness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IntType {
    /// Width in bits, 1 to 64 (63 when unsigned).
    pub bits: u32,
    /// Two's complement when true.
    pub signed: bool,
}

impl IntType {
    /// A two's complement type.
    pub const fn signed(bits: u32) -> IntType {
        IntType { bits, signed: true }
    }

    /// An unsigned type.
    pub const fn unsigned(bits: u32) -> IntType {
        IntType {
            bits,
            signed: false,
        }
    }

    /// Smallest value.
    pub const fn min(self) -> i64 {
        if self.signed {
            i64::MIN >> (64 - self.bits)
        } else {
            0
        }
    }

    /// Largest value.
    pub const fn max(self) -> i64 {
        if self.signed {
            i64::MAX >> (64 - self.bits)
        } else {
            i64::MAX >> (63 - self.bits)
        }
    }

    /// True when `value` can be held.
    pub const fn contains(self, value: i64) -> bool {
        self.min() <= value && value <= self.max()
    }

    /// The narrowest signed type that holds everything from `min` to `max`.
    pub const fn signed_holding(min: i64, max: i64) -> IntType {
        let mut bits = 1;
        while IntType::signed(bits).min() > min || IntType::signed(bits).max() < max {
            bits += 1;
        }
        IntType::signed(bits)
    }
}

/// `int8`, `uint8`.
impl fmt::Display for IntType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}int{}", if self.signed { "" } else { "u" }, self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_those_of_rust() {
        let bounds = |t: IntType| (t.min(), t.max());
        assert_eq!(bounds(IntType::signed(1)), (-1, 0));
        assert_eq!(bounds(IntType::signed(4)), (-8, 7));
        assert_eq!(bounds(IntType::signed(8)), (i8::MIN.into(), i8::MAX.into()));
        assert_eq!(
            bounds(IntType::unsigned(8)),
            (u8::MIN.into(), u8::MAX.into())
        );
        assert_eq!(
            bounds(IntType::signed(32)),
            (i32::MIN.into(), i32::MAX.into())
        );
        assert_eq!(bounds(IntType::signed(64)), (i64::MIN, i64::MAX));
        assert_eq!(bounds(IntType::unsigned(63)), (0, i64::MAX));
    }

    #[test]
    fn the_narrowest_type_is_narrow() {
        for (min, max, bits) in [
            (0, 0, 1),
            (-1, 0, 1),
            (0, 1, 2),
            (-128, 127, 8),
            (-129, 0, 9),
            (0, 128, 9),
            (0, i64::MAX, 64),
        ] {
            assert_eq!(
                IntType::signed_holding(min, max),
                IntType::signed(bits),
                "{min}..={max}"
            );
        }
    }
}
