//! What hosts do differently where it must not matter.

/// As the seed of a case has it; nothing of it with seed 0.
pub(super) struct Habits {
    /// Sizes that are written byte by byte begin with the high one.
    pub high_byte_first: bool,
    /// Interrupts that may come, not all, are enabled.
    pub few_interrupts: bool,
    /// Addresses without a register are read and written.
    pub strays: bool,
}

impl Habits {
    pub fn of(seed: u64) -> Habits {
        let bit = |number: u32| seed >> number & 1 == 1;
        Habits {
            high_byte_first: bit(0),
            few_interrupts: bit(1),
            strays: bit(2) && bit(3),
        }
    }
}
