//! When the ports of a core pause, by their names.

use super::{AxiLite, Goal, Packet, Sink, Source, StallPattern};
use std::collections::BTreeMap;

/// The pause of each stream and of each channel of a bus, by the prefix of its ports: `s_axis_a`,
/// `s_axil_aw`. What is not named never pauses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stalls(BTreeMap<String, StallPattern>);

impl Stalls {
    /// With a pattern for the port of this prefix.
    pub fn with(mut self, prefix: &str, pattern: impl Into<StallPattern>) -> Stalls {
        self.set(prefix, pattern);
        self
    }

    /// Gives the port of this prefix another pattern.
    pub fn set(&mut self, prefix: &str, pattern: impl Into<StallPattern>) {
        let pattern = pattern.into();
        if pattern == StallPattern::none() {
            self.0.remove(prefix);
        } else {
            self.0.insert(prefix.to_owned(), pattern);
        }
    }

    /// The pattern of the port of this prefix.
    pub fn of(&self, prefix: &str) -> &StallPattern {
        const NONE: &StallPattern = &StallPattern::none();
        self.0.get(prefix).unwrap_or(NONE)
    }

    /// The ports that pause, by prefix.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &StallPattern)> {
        self.0
            .iter()
            .map(|(prefix, pattern)| (prefix.as_str(), pattern))
    }

    /// How many times longer the slowest port takes; see [`StallPattern::slowdown`].
    pub fn slowdown(&self) -> u64 {
        let slowest = self.0.values().map(StallPattern::slowdown).max();
        slowest.unwrap_or(1)
    }

    /// A source of packets with the pause of its port.
    pub fn source(&self, prefix: &str, packets: Vec<Packet>) -> Source {
        Source {
            stall: self.of(prefix).clone(),
            ..Source::new(prefix, packets)
        }
    }

    /// A sink with the pause of its port.
    pub fn sink(&self, prefix: &str, goal: Goal) -> Sink {
        Sink {
            stall: self.of(prefix).clone(),
            ..Sink::new(prefix, goal)
        }
    }

    /// An AXI4-Lite master with the pauses of its channels.
    pub fn axi_lite(&self, prefix: &str) -> AxiLite {
        let channel = |name: &str| self.of(&format!("{prefix}_{name}")).clone();
        AxiLite {
            prefix: prefix.to_owned(),
            aw_stall: channel("aw"),
            w_stall: channel("w"),
            b_stall: channel("b"),
            ar_stall: channel("ar"),
            r_stall: channel("r"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_that_are_not_named_never_pause() {
        let stalls = Stalls::default().with("s_axil_b", "..#").with("a", "");
        assert_eq!(stalls.of("a"), &StallPattern::none());
        assert_eq!(stalls.iter().count(), 1);
        assert_eq!(stalls, Stalls::default().with("s_axil_b", "..#"));
        let master = stalls.axi_lite("s_axil");
        assert_eq!(master.b_stall, StallPattern::from("..#"));
        assert_eq!(master.w_stall, StallPattern::none());
    }
}
