//! What a core will take of a chip, to say beforehand which chips have room for it.

#[cfg(test)]
mod tests;

use super::frame::Frame;
use super::target::{Chip, Room};
use crate::hdl::ir::{Direction, Port};

/// What a design takes of a chip.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Demand {
    /// Four-input LUTs, or what takes their place.
    pub logic: u64,
    /// Registers outside multipliers.
    pub registers: u64,
    /// Multipliers.
    pub multipliers: u64,
    /// Block RAMs.
    pub block_rams: u64,
    /// Single-port RAMs of iCE40 UltraPlus.
    pub large_rams: u64,
}

impl Demand {
    /// With `frame` at such ports.
    pub fn framed(mut self, ports: &[Port], frame: Frame) -> Demand {
        if frame == Frame::Harness {
            for port in ports {
                let width = u64::from(port.shape.width);
                self.registers += width;
                // Results are added to those that leave.
                if port.direction == Direction::Output {
                    self.logic += width;
                }
            }
        }
        self
    }

    /// Whether a chip has room for it. The estimate of logic may be a fifth too low.
    pub fn fits(&self, chip: &Chip) -> bool {
        const PERCENT: u64 = 80;
        let Room {
            luts,
            registers,
            shared,
            ..
        } = chip.room;
        // About every other register stands behind a LUT that feeds nothing else.
        let beside = if shared { self.registers / 2 } else { 0 };
        (self.logic + beside) * 100 <= luts * PERCENT
            && self.registers * 100 <= registers * PERCENT
            && self.multipliers <= chip.room.multipliers
            && self.block_rams <= chip.room.block_rams
            && self.large_rams <= chip.room.large_rams
    }

    /// Whether it takes less of everything, save what both do without.
    pub fn is_less(&self, than: &Demand) -> bool {
        let all = |demand: &Demand| {
            [
                demand.logic,
                demand.registers,
                demand.multipliers,
                demand.block_rams,
                demand.large_rams,
            ]
        };
        let mut pairs = all(self).into_iter().zip(all(than));
        pairs.all(|(this, other)| this < other || other == 0 && this == 0)
    }
}
