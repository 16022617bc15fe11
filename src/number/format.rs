//! Formats, and the numbers that they hold.

use super::IntType;
use std::fmt;

/// A number format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Integers.
    Int(IntType),
}

/// A number, whatever its format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Number {
    /// An integer.
    Int(i64),
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Number::Int(value) => value.fmt(f),
        }
    }
}

impl From<IntType> for Format {
    fn from(int: IntType) -> Format {
        Format::Int(int)
    }
}

/// `int8`, `uint8`.
impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Format::Int(int) => int.fmt(f),
        }
    }
}

impl Format {
    /// Integers in two's complement.
    pub const fn signed(bits: u32) -> Format {
        Format::Int(IntType::signed(bits))
    }

    /// Bits of an element.
    pub const fn bits(self) -> u32 {
        match self {
            Format::Int(int) => int.bits,
        }
    }

    /// The bits of an element that may be set.
    pub(super) const fn mask(self) -> u64 {
        u64::MAX >> (64 - self.bits())
    }

    /// The smallest and the largest number.
    pub const fn range(self) -> (Number, Number) {
        match self {
            Format::Int(int) => (Number::Int(int.min()), Number::Int(int.max())),
        }
    }

    /// The number that an element means; bits above the format's do not count.
    pub const fn decode(self, bits: u64) -> Number {
        match self {
            Format::Int(int) => {
                let unused = 64 - int.bits;
                let top = bits << unused;
                Number::Int(match int.signed {
                    true => top as i64 >> unused,
                    false => (top >> unused) as i64,
                })
            }
        }
    }

    /// The element that means this number exactly, if there is one.
    pub const fn encode(self, number: Number) -> Option<u64> {
        match (self, number) {
            (Format::Int(int), Number::Int(value)) if int.contains(value) => {
                Some(value as u64 & self.mask())
            }
            (Format::Int(_), Number::Int(_)) => None,
        }
    }

    /// NumPy's code without the byte order: `i4`. NumPy has none for elements of half a byte.
    pub fn numpy(self) -> Option<&'static str> {
        let all = NUMPY.iter().find(|(_, format)| *format == self);
        all.map(|(code, _)| *code)
    }

    /// The format of a code of NumPy without the byte order.
    pub fn of_numpy(code: &str) -> Option<Format> {
        let all = NUMPY.iter().find(|(known, _)| *known == code);
        all.map(|(_, format)| *format)
    }
}

/// Codes of NumPy that are read and written.
const NUMPY: [(&str, Format); 5] = [
    ("i1", Format::signed(8)),
    ("u1", Format::Int(IntType::unsigned(8))),
    ("i2", Format::signed(16)),
    ("i4", Format::signed(32)),
    ("i8", Format::signed(64)),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes_are_read_back_and_what_is_beyond_has_no_bits() {
        for int in [4, 8, 16, 32, 63].map(IntType::signed) {
            for format in [int, IntType::unsigned(int.bits)].map(Format::Int) {
                let (Number::Int(min), Number::Int(max)) = format.range();
                for value in [min, max, 0, 1] {
                    let number = Number::Int(value);
                    let bits = format.encode(number).expect("in range");
                    assert_eq!(format.decode(bits), number, "{format}");
                    assert_eq!(bits & !format.mask(), 0, "{format}");
                }
                for beyond in [min - 1, max.saturating_add(1)] {
                    if beyond != max {
                        assert_eq!(format.encode(Number::Int(beyond)), None, "{format}");
                    }
                }
            }
        }
    }

    #[test]
    fn codes_of_numpy_round_trip() {
        for (code, format) in NUMPY {
            assert_eq!(Format::of_numpy(code), Some(format));
            assert_eq!(format.numpy(), Some(code));
        }
        assert_eq!(Format::of_numpy("f4"), None);
        assert_eq!(Format::signed(4).numpy(), None);
    }
}
