//! Finds out which units are busy.
//!
//! Now and then all units are woken ones for some cycles, and it is counted how often each runs.

use super::Simulator;
use super::arrange::{Arrangement, arrange};
use std::sync::Arc;

/// The cycle in which the first counting begins.
const FIRST: u64 = 512;
/// Cycles of a counting.
const WINDOW: u64 = 256;
/// Cycles between two countings at most; at the start they are less far apart.
const APART: u64 = 16384;
/// An instruction is busy that runs in more than one of so many cycles: then it costs less to run it
/// always than to find out whether it must.
const SELDOM: u64 = 5;
/// A group of so many lanes is never busy: to find out costs nothing beside them.
const LARGE: usize = 16;

/// The state of learning.
#[derive(Clone, Debug)]
pub(super) struct Learning {
    /// When the next counting begins, or ends while one is under way.
    pub next: u64,
    /// When the counting that is under way began.
    begin: u64,
    /// For each unit how often it has run, during a counting.
    pub counts: Option<Vec<u32>>,
}

impl Learning {
    pub(super) fn new() -> Learning {
        Learning {
            next: FIRST,
            begin: 0,
            counts: None,
        }
    }
}

impl Simulator {
    /// Begins a counting or ends it, when it is time.
    pub(super) fn learn(&mut self) {
        let schedule = &self.model.schedule;
        let Some(counts) = self.learning.counts.take() else {
            self.learning.counts = Some(vec![0; schedule.units.len()]);
            self.learning.begin = self.cycle;
            self.learning.next = self.cycle + WINDOW;
            let start = Arc::clone(&self.model.arrangement);
            self.use_arrangement(start);
            return;
        };
        let cycles = self.cycle - self.learning.begin;
        let busy = schedule
            .units
            .iter()
            .zip(counts)
            .map(|(unit, count)| unit.code.len() < LARGE && u64::from(count) * SELDOM > cycles);
        let arrangement = arrange(schedule, &busy.collect::<Vec<_>>());
        self.learning.next = self.cycle + (3 * self.cycle).min(APART);
        self.use_arrangement(Arc::new(arrangement));
    }

    /// Runs what is arranged in this way from now on.
    fn use_arrangement(&mut self, arrangement: Arc<Arrangement>) {
        self.activity = arrangement.activity();
        self.arrangement = arrangement;
        self.settled = 0;
    }
}
