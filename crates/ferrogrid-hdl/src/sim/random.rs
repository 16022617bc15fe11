//! Random state at the start.

use super::Simulator;
use super::wide::top_mask;
use std::sync::Arc;

/// Vigna's splitmix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }
}

impl Simulator {
    /// Gives random values to all that nothing has set at the start: registers without a reset, and
    /// memories without initial words and what was read of them; not to memories that are public,
    /// which are loaded from outside. What depends on one of them differs from seed to seed, as it
    /// may from chip to chip.
    pub fn randomize(&mut self, seed: u64) {
        let mut random = Random(seed);
        let model = Arc::clone(&self.model);
        for &(place, mask) in &model.unset {
            self.change(place as usize, random.next() & mask);
        }
        for (memory, array) in model.memories.iter().zip(&mut self.arrays) {
            if !memory.is_set {
                for word in array.chunks_mut(memory.words()) {
                    word.iter_mut().for_each(|digit| *digit = random.next());
                    word[memory.words() - 1] &= top_mask(memory.width);
                }
            }
        }
        self.activity = self.arrangement.activity();
        self.settled = 0;
    }
}
