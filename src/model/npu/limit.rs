//! Places of which some are taken.

use std::collections::VecDeque;

/// So many places: each is taken, then known when it will be free, then free.
#[derive(Clone, Debug)]
pub(super) struct Limit {
    places: usize,
    taken: usize,
    /// When places become free that are known to.
    frees: VecDeque<u64>,
}

impl Limit {
    pub fn new(places: usize) -> Limit {
        Limit {
            places,
            taken: 0,
            frees: VecDeque::new(),
        }
    }

    /// From when on one is free: [`u64::MAX`] where that is not known yet.
    pub fn free(&self) -> u64 {
        let there = self.taken + self.frees.len();
        match there < self.places {
            true => 0,
            false => self
                .frees
                .get(there - self.places)
                .copied()
                .unwrap_or(u64::MAX),
        }
    }

    /// One is taken.
    pub fn take(&mut self, now: u64) {
        while self.frees.front().is_some_and(|free| *free <= now) {
            self.frees.pop_front();
        }
        self.taken += 1;
    }

    /// The oldest one that is taken is free from then on.
    pub fn give(&mut self, free: u64) {
        self.taken -= 1;
        self.frees.push_back(free);
    }
}
