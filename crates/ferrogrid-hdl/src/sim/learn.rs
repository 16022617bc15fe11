//! Finds out which units are busy.
//!
//! Now and then it is counted for some cycles how often each unit runs. To that end all are woken
//! ones, but for those that are machine code already.

use super::Simulator;
use super::arrange::{Arrangement, arrange};
use super::kernel::Operand;
use super::machine_code::compile;
use super::schedule::{Schedule, Unit};
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
/// The same of one without a loop over slices that stand side by side.
const LARGE_SCATTERED: usize = 64;
/// To compile an instruction takes as long as to run it some thousands of times without machine code.
const COMPILING: u64 = 2500;
/// What is compiled again was paid for once already: it must be worth so many times as much.
const AGAIN: u64 = 4;

/// The state of learning.
#[derive(Clone, Debug)]
pub(super) struct Learning {
    /// When the next counting begins, or ends while one is under way.
    pub next: u64,
    /// When the counting that is under way began.
    begin: u64,
    /// For each unit how often it has run, during a counting.
    pub counts: Option<Vec<u32>>,
    /// See [`COMPILING`].
    pub compiling: u64,
    /// Which units are machine code, once there is any.
    compiled: Option<Arc<[bool]>>,
}

/// What one simulation of a design has learned, for all others that start later.
#[derive(Clone)]
pub(super) struct Learned {
    /// Which units are machine code.
    compiled: Arc<[bool]>,
    pub arrangement: Arc<Arrangement>,
}

impl Learning {
    pub(super) fn new(learned: Option<&Learned>) -> Learning {
        Learning {
            next: FIRST,
            begin: 0,
            counts: None,
            compiling: COMPILING,
            compiled: learned.map(|learned| Arc::clone(&learned.compiled)),
        }
    }

    /// The units of the machine code that is worth its compilation, if it has to be compiled: those
    /// that it has, and the busy ones.
    fn worth(&self, schedule: &Schedule, busy: &[bool], cycle: u64) -> Option<Vec<bool>> {
        let none = vec![false; busy.len()];
        let compiled = self.compiled.as_deref().unwrap_or(&none);
        let both = compiled.iter().zip(busy);
        let all: Vec<bool> = both.map(|(compiled, busy)| compiled | busy).collect();
        let instructions = |of: &[bool]| -> usize {
            let units = schedule.units.iter().zip(of);
            units
                .map(|(unit, of)| unit.code.len() * usize::from(*of))
                .sum()
        };
        let before = instructions(compiled) as u64;
        let after = instructions(&all) as u64;
        let price = self.compiling * if before == 0 { 1 } else { AGAIN };
        // What has run so long will probably run as long again.
        ((after - before) * cycle > after * price).then_some(all)
    }
}

/// Whether a unit is a group that is never busy.
fn is_large(unit: &Unit) -> bool {
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
    /// Begins a counting or ends it, when it is time.
    pub(super) fn learn(&mut self) {
        let model = Arc::clone(&self.model);
        let schedule = &model.schedule;
        let Some(counts) = self.learning.counts.take() else {
            self.learning.counts = Some(vec![0; schedule.units.len()]);
            self.learning.begin = self.cycle;
            self.learning.next = self.cycle + WINDOW;
            if self.learning.compiled.is_none() {
                self.use_arrangement(Arc::clone(&model.arrangement));
            }
            return;
        };
        self.learning.next = self.cycle + (3 * self.cycle).min(APART);
        let cycles = self.cycle - self.learning.begin;
        let units = schedule.units.iter().zip(counts);
        let busy = units.map(|(unit, count)| !is_large(unit) && u64::from(count) * SELDOM > cycles);
        let busy: Vec<bool> = busy.collect();
        if schedule.machine_code
            && let Some(units) = self.learning.worth(schedule, &busy, self.cycle)
            && let Some(arrangement) = compile(schedule, &units)
        {
            let learned = Learned {
                compiled: units.into(),
                arrangement: Arc::new(arrangement),
            };
            self.learning.compiled = Some(Arc::clone(&learned.compiled));
            self.use_arrangement(Arc::clone(&learned.arrangement));
            *model.learned() = Some(learned);
        } else if self.learning.compiled.is_none() {
            self.use_arrangement(Arc::new(arrange(schedule, &busy, false)));
        }
    }

    /// Runs what is arranged in this way from now on.
    fn use_arrangement(&mut self, arrangement: Arc<Arrangement>) {
        self.activity = arrangement.activity();
        self.arrangement = arrangement;
        self.settled = 0;
    }
}
