//! When units are free, as estimated: layers take turns by it, and nothing is wrong where it is.

use crate::isa::npu::Unit;

/// Cycles from the last vector of a bank until POST takes its sums, and from there to the byte.
const HANDOVER: u64 = 40;

/// Cycles.
#[derive(Clone, Debug, Default)]
pub(super) struct Clock {
    /// Of MATRIX and VECTOR: when the unit is free, and its two banks.
    matrix: Banks,
    vector: Banks,
    /// POST, and LOAD, is free.
    post: u64,
    load: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Banks {
    unit: u64,
    /// That of the step before the last, and that of the last step.
    banks: [u64; 2],
}

impl Clock {
    /// When a unit can begin a step.
    pub fn free(&self, unit: Unit) -> u64 {
        let of = match unit {
            Unit::Vector => self.vector,
            _ => self.matrix,
        };
        of.unit.max(of.banks[0])
    }

    /// LOAD reads so many beats.
    pub fn load(&mut self, beats: u64) {
        self.load += beats;
    }

    /// Whether LOAD has nothing to do while the array works.
    pub fn may_load(&self) -> bool {
        self.load < self.matrix.unit
    }

    /// A step of so many cycles of a unit, and of POST behind it; gives when its bytes are there.
    pub fn step(&mut self, unit: Unit, begin: u64, cycles: u64, of_post: u64) -> u64 {
        let end = begin.max(self.free(unit)) + cycles;
        self.post = self.post.max(end + HANDOVER) + of_post;
        let post = self.post;
        let of = match unit {
            Unit::Vector => &mut self.vector,
            _ => &mut self.matrix,
        };
        of.unit = end;
        of.banks = [of.banks[1], post];
        post + HANDOVER
    }
}
