//! The ports of a design as the back ends see them.

use crate::hdl::ir::{Design, Direction, Domain};

/// A port other than clock and reset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Name, as in the Verilog.
    pub name: String,
    /// Direction, seen from inside the design.
    pub direction: Direction,
    /// Width in bits.
    pub width: u32,
}

impl Port {
    /// Driven from outside the design.
    pub fn is_input(&self) -> bool {
        self.direction == Direction::Input
    }
}

/// The reset port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reset {
    /// Name of the port.
    pub port: String,
    /// Asserted when 0.
    pub active_low: bool,
}

/// The outside of a design.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Name of the top module.
    pub top: String,
    /// Name of the clock port; a design without state has none.
    pub clock: Option<String>,
    /// The reset port, if there is one.
    pub reset: Option<Reset>,
    /// Further clock ports, with their resets. Scenarios are driven by the first clock, and the
    /// others rise with it.
    pub more_clocks: Vec<(String, Option<Reset>)>,
    /// All other ports, in declaration order.
    pub ports: Vec<Port>,
}

impl Interface {
    /// The interface of a design's top module.
    pub fn of(design: &Design) -> Self {
        let top = design.top();
        let clock = |domain: &Domain| domain.uses_clock.then(|| domain.clock.clone());
        let reset = |domain: &Domain| {
            domain.uses_reset.then(|| Reset {
                port: domain.reset.clone(),
                active_low: domain.reset_active_low,
            })
        };
        let more = top.domains.iter().skip(1);
        Self {
            top: top.name.clone(),
            clock: top.domains.first().and_then(clock),
            reset: top.domains.first().and_then(reset),
            more_clocks: more
                .filter_map(|domain| Some((clock(domain)?, reset(domain))))
                .collect(),
            ports: top
                .ports
                .iter()
                .map(|port| Port {
                    name: port.name.clone(),
                    direction: port.direction,
                    width: port.shape.width,
                })
                .collect(),
        }
    }

    /// Index of the port of this name.
    pub fn index(&self, name: &str) -> Option<usize> {
        self.ports.iter().position(|port| port.name == name)
    }
}

/// 32-bit words that hold `width` bits.
pub(super) fn words(width: u32) -> usize {
    width.div_ceil(32) as usize
}

/// The bits of the highest word of a value of `width` bits.
pub(super) fn top_mask(width: u32) -> u32 {
    match width % 32 {
        0 => u32::MAX,
        bits => (1 << bits) - 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_masks() {
        assert_eq!([1, 32, 33, 64, 65].map(words), [1, 1, 2, 2, 3]);
        assert_eq!([1, 31, 32, 33].map(top_mask), [1, 0x7fff_ffff, u32::MAX, 1]);
    }
}
