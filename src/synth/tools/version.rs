//! Versions, as tools write them.

use std::cmp::Ordering;
use std::fmt;

/// Major and minor version.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Version {
    /// The 5 of 5.006.
    pub major: u32,
    /// The 6 of 5.006.
    pub minor: u32,
    /// The 3 digits in which 5.006 writes its minor version.
    pub digits: u8,
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some((self.major, self.minor).cmp(&(other.major, other.minor)))
    }
}

impl Version {
    /// The first `number.number` of a version line that stands outside parentheses.
    ///
    /// nextpnr and ecppack are asked differently: theirs follows `nextpnr-` or `Version`, in
    /// parentheses or not.
    pub fn parse(line: &str) -> Option<Self> {
        if let Some((_, version)) = line.split_once("Version nextpnr-") {
            return Version::parse(version.trim_end_matches(')'));
        }
        let mut depth = 0i32;
        let outside: String = line
            .chars()
            .filter(|&c| {
                depth += i32::from(c == '(');
                let keep = depth == 0;
                depth -= i32::from(c == ')');
                keep
            })
            .collect();
        outside.split_whitespace().find_map(|word| {
            let word = word.trim_start_matches('v');
            let (major, rest) = word.split_once('.')?;
            let minor: String = rest.chars().take_while(char::is_ascii_digit).collect();
            Some(Self {
                major: major.parse().ok()?,
                minor: minor.parse().ok()?,
                digits: minor.len().try_into().ok()?,
            })
        })
    }
}

/// As the tool writes it: 5.006, 0.23.
impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = usize::from(self.digits);
        write!(f, "{}.{:0digits$}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(line: &str) -> Option<(u32, u32)> {
        Version::parse(line).map(|version| (version.major, version.minor))
    }

    #[test]
    fn version_lines_of_real_tools() {
        assert_eq!(
            version("Verilator 5.006 2023-01-22 rev (Debian 5.006-3)"),
            Some((5, 6))
        );
        assert_eq!(
            version("Verilator 4.038 2020-07-11 rev v4.036-114"),
            Some((4, 38))
        );
        assert_eq!(version("g++ (Debian 12.2.0-14) 12.2.0"), Some((12, 2)));
        assert_eq!(
            version("Icarus Verilog version 11.0 (stable) ()"),
            Some((11, 0))
        );
        assert_eq!(version("Yosys 0.23 (git sha1 7ce5011c24b)"), Some((0, 23)));
        assert_eq!(
            version("\"nextpnr-ecp5\" -- Next Generation Place and Route (Version nextpnr-0.11.1)"),
            Some((0, 11))
        );
        assert_eq!(
            version("Project Trellis ecppack Version 1.4-82-g3afe7b5"),
            Some((1, 4))
        );
        assert_eq!(version("no number here"), None);
    }
}
