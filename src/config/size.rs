//! Memory sizes: `"16 KiB"`.

use serde::{Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// A size in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bytes(pub u64);

impl Bytes {
    /// `count` KiB.
    pub const fn kib(count: u64) -> Bytes {
        Bytes(count << 10)
    }

    /// `count` MiB.
    pub const fn mib(count: u64) -> Bytes {
        Bytes(count << 20)
    }
}

/// The largest unit that divides the size: `16 KiB`, `1500 B`.
impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            bytes if bytes > 0 && bytes % (1 << 30) == 0 => write!(f, "{} GiB", bytes >> 30),
            bytes if bytes > 0 && bytes % (1 << 20) == 0 => write!(f, "{} MiB", bytes >> 20),
            bytes if bytes > 0 && bytes % (1 << 10) == 0 => write!(f, "{} KiB", bytes >> 10),
            bytes => write!(f, "{bytes} B"),
        }
    }
}

/// Not a size.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a size")]
pub struct ParseBytesError(pub String);

impl FromStr for Bytes {
    type Err = ParseBytesError;

    /// A whole number with one of the units B, KiB, MiB, GiB; no unit means bytes.
    fn from_str(text: &str) -> Result<Bytes, ParseBytesError> {
        let error = || ParseBytesError(text.into());
        let trimmed = text.trim();
        let digits = trimmed
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(trimmed.len());
        let count: u64 = trimmed[..digits].parse().map_err(|_| error())?;
        let unit: u64 = match trimmed[digits..].trim_start() {
            "" | "B" => 1,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            // No buffer is so large, which whoever asks for one is to hear.
            "GiB" => 1 << 30,
            _ => return Err(error()),
        };
        count.checked_mul(unit).map(Bytes).ok_or_else(error)
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_round_trip() {
        for size in [
            0,
            1,
            1023,
            1024,
            1025,
            8 << 10,
            3 << 20,
            (1 << 20) + (1 << 10),
            2 << 30,
        ] {
            let text = Bytes(size).to_string();
            assert_eq!(text.parse(), Ok(Bytes(size)), "{text}");
        }
        assert_eq!(Bytes::kib(16).to_string(), "16 KiB");
        assert_eq!(Bytes(1500).to_string(), "1500 B");
    }

    #[test]
    fn units_are_binary_and_exact() {
        assert_eq!("16KiB".parse(), Ok(Bytes(16384)));
        assert_eq!(" 7 ".parse(), Ok(Bytes(7)));
        for wrong in [
            "",
            "KiB",
            "1.5 KiB",
            "16 KB",
            "16 kib",
            "-1 B",
            "99999999999999999999",
            "18014398509481984 KiB",
        ] {
            assert_eq!(wrong.parse::<Bytes>(), Err(ParseBytesError(wrong.into())));
        }
    }
}
