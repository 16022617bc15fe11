//! Finds out which units are busy.
//!
//! Now and then it is noted for some cycles when each unit runs. To that end all are woken ones, but
//! for those that are machine code already.

use super::Simulator;
use super::arrange::{Arrangement, Pace, arrange};
use super::cluster::{Pattern, WINDOW, cluster};
use super::kernel::Operand;
use super::machine_code::compile;
use super::schedule::{Schedule, Unit};
use std::sync::Arc;

/// The cycle in which the first counting begins.
const FIRST: u64 = 512;
/// A counting begins when the run is so many times as long as at the end of the one before.
const LONGER: u64 = 4;
/// An instruction is busy that runs in more than one of so many cycles: then it costs less to run it
/// always than to find out whether it must.
const SELDOM: u64 = 2;
/// A group of so many lanes is never busy: to find out costs nothing beside them.
const LARGE: usize = 48;
/// The same of one without a loop over slices that stand side by side.
const LARGE_SCATTERED: usize = 128;
/// To compile an instruction takes as long as to run it some thousands of times without machine code.
const COMPILING: u64 = 1500;
/// What runs in fewer than one of so many cycles forms no clusters: nobody can tell yet with what it
/// runs.
const RARELY: u64 = 16;
/// To wake and run an instruction takes as long as so many that run always.
const WAKING: u64 = 4;

/// The state of learning.
#[derive(Clone, Debug)]
pub(super) struct Learning {
    /// When the next counting begins, or ends while one is under way.
    pub next: u64,
    /// When the counting that is under way began.
    begin: u64,
    /// For each unit when it has run, during a counting.
    patterns: Option<Vec<Pattern>>,
    /// See [`COMPILING`].
    pub compiling: u64,
    /// See [`SELDOM`].
    pub seldom: u64,
    /// How units run since there is machine code, if there is any.
    compiled: Option<Arc<[Pace]>>,
    /// When it was made.
    since: u64,
}

/// What one simulation of a design has learned, for all others that start later.
#[derive(Clone)]
pub(super) struct Learned {
    /// How units run.
    compiled: Arc<[Pace]>,
    pub arrangement: Arc<Arrangement>,
}

impl Learning {
    pub(super) fn new(learned: Option<&Learned>) -> Learning {
        Learning {
            next: FIRST,
            begin: 0,
            patterns: None,
            compiling: COMPILING,
            seldom: SELDOM,
            compiled: learned.map(|learned| Arc::clone(&learned.compiled)),
            since: 0,
        }
    }

    /// Where runs of units are noted, during a counting, and the number of the cycle in it.
    #[inline]
    pub(super) fn patterns(&mut self, cycle: u64) -> Option<(&mut [Pattern], usize)> {
        let patterns = self.patterns.as_deref_mut()?;
        Some((patterns, (cycle - self.begin) as usize))
    }

    /// Whether a unit that has run like that in so many cycles is busy.
    fn is_busy(&self, unit: &Unit, pattern: &Pattern, cycles: u64) -> bool {
        !is_large(unit) && u64::from(pattern.count()) * self.seldom > cycles
    }

    /// How units run with machine code, if that is worth its compilation: those that are machine
    /// code already, and those that have run often enough.
    fn worth(&self, schedule: &Schedule, patterns: &[Pattern], cycle: u64) -> Option<Vec<Pace>> {
        let cycles = (cycle - self.begin).max(1);
        // What has run so long will probably run as long again.
        let rest = cycle - self.since;
        let mut paces = match &self.compiled {
            Some(compiled) => compiled.to_vec(),
            None => vec![Pace::Woken; patterns.len()],
        };
        let mut seldom = Vec::new();
        let mut saved = 0;
        for (index, unit) in schedule.units.iter().enumerate() {
            if paces[index] != Pace::Woken || is_large(unit) {
                continue;
            }
            let count = u64::from(patterns[index].count());
            let worth = WAKING * count * rest >= self.compiling * cycles;
            let is_busy = self.is_busy(unit, &patterns[index], cycles);
            if is_busy {
                paces[index] = Pace::Always;
            } else if worth && count * RARELY >= cycles {
                seldom.push(index as u32);
            } else {
                continue;
            }
            // A busy one runs always, whether it must or not.
            let runs = if is_busy { cycles } else { WAKING * count };
            saved += unit.code.len() as u64 * runs * rest / cycles;
        }
        let clusters = paces.iter().filter_map(|pace| match pace {
            Pace::Together(cluster) => Some(cluster + 1),
            _ => None,
        });
        let first = clusters.max().unwrap_or(0);
        for (number, units) in (first..).zip(cluster(schedule, &seldom, patterns)) {
            let pace = Pace::Together(number);
            units.iter().for_each(|unit| paces[*unit as usize] = pace);
        }
        let compiled = schedule.units.iter().zip(&paces);
        let compiled = compiled.filter(|(_, pace)| **pace != Pace::Woken);
        let instructions: usize = compiled.map(|(unit, _)| unit.code.len()).sum();
        (saved > instructions as u64 * self.compiling).then_some(paces)
    }
}

/// Whether a unit is a group that is never busy. One of narrow lanes is large.
fn is_large(unit: &Unit) -> bool {
    if unit.is_narrow() {
        return true;
    }
    let operands = unit
        .group
        .as_ref()
        .and_then(|group| group.operands.as_ref());
    let scattered = |operand: &Operand| matches!(operand, Operand::Scattered(_));
    unit.code.len()
        >= match operands {
            Some(operands) if !operands.iter().any(scattered) => LARGE,
            _ => LARGE_SCATTERED,
        }
}

impl Simulator {
    /// Begins a counting or ends it, when it is time; public for tests.
    #[doc(hidden)]
    pub fn learn(&mut self) {
        let model = Arc::clone(&self.model);
        let schedule = &model.schedule;
        let Some(patterns) = self.learning.patterns.take() else {
            self.learning.patterns = Some(vec![Pattern::default(); schedule.units.len()]);
            self.learning.begin = self.cycle;
            self.learning.next = self.cycle + WINDOW as u64;
            if self.learning.compiled.is_none() {
                self.use_arrangement(Arc::clone(&model.arrangement));
            }
            return;
        };
        self.learning.next = LONGER * self.cycle;
        if schedule.machine_code
            && let Some(paces) = self.learning.worth(schedule, &patterns, self.cycle)
            && let Some(arrangement) = compile(schedule, &paces)
        {
            let learned = Learned {
                compiled: paces.into(),
                arrangement: Arc::new(arrangement),
            };
            self.learning.compiled = Some(Arc::clone(&learned.compiled));
            self.learning.since = self.cycle;
            self.use_arrangement(Arc::clone(&learned.arrangement));
            *model.learned() = Some(learned);
        } else if self.learning.compiled.is_none() {
            let cycles = self.cycle - self.learning.begin;
            let learning = &self.learning;
            let pace = |(unit, pattern)| match learning.is_busy(unit, pattern, cycles) {
                true => Pace::Always,
                false => Pace::Woken,
            };
            let paces: Vec<Pace> = schedule.units.iter().zip(&patterns).map(pace).collect();
            self.use_arrangement(Arc::new(arrange(schedule, &paces, false)));
        }
    }

    /// Runs what is arranged in this way from now on.
    fn use_arrangement(&mut self, arrangement: Arc<Arrangement>) {
        self.activity = arrangement.activity();
        self.arrangement = arrangement;
        self.settled = 0;
    }
}
