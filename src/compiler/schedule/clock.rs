//! When units are free, as estimated: layers take turns by it, and nothing is wrong where it is.

/// Cycles from the last vector of a bank until POST takes its sums, and from there to the byte.
const HANDOVER: u64 = 40;

/// Cycles.
#[derive(Clone, Debug, Default)]
pub(super) struct Clock {
    /// MATRIX.
    matrix: Banks,
    /// POST is free.
    post: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Banks {
    unit: u64,
    /// That of the step before the last, and that of the last step.
    banks: [u64; 2],
}

impl Clock {
    /// When a unit can begin a step.
    pub fn free(&self) -> u64 {
        self.matrix.unit.max(self.matrix.banks[0])
    }

    /// A step of so many cycles of a unit, and of POST behind it; gives when its bytes are there.
    pub fn step(&mut self, begin: u64, cycles: u64, of_post: u64) -> u64 {
        let end = begin.max(self.free()) + cycles;
        self.post = self.post.max(end + HANDOVER) + of_post;
        let post = self.post;
        let of = &mut self.matrix;
        of.unit = end;
        of.banks = [of.banks[1], post];
        post + HANDOVER
    }
}
