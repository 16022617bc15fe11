//! A pass: lanes of at most 32 bits stand in an array of their own.
//!
//! Twice as many of them fit into a register of the processor, and half as many bytes move. A narrow
//! lane stands at its place among the lanes; what others than narrow groups read is shown at the same
//! place among the words, as soon as it has changed.

use super::kernel::{ALWAYS, Operand};
use super::schedule::{Limits, Schedule, Unit};

/// Makes groups narrow whose lanes are, and what they read. `sinks` are places that others than units
/// read.
pub(super) fn narrow(schedule: &mut Schedule, limits: Limits, sinks: &[u32]) {
    for index in 0..schedule.units.len() {
        let unit = &schedule.units[index];
        let group = unit.group.as_ref();
        let is_loop = group.is_some_and(|group| group.operands.is_some());
        let fits = |place: u32| schedule.widths[place as usize] <= u32::BITS;
        let read = || schedule.columns(unit).into_iter().flatten();
        if unit.code.len() >= limits.lanes && is_loop && unit.writes.clone().chain(read()).all(fits)
        {
            schedule.set_narrow(index, true);
        }
    }
    loop {
        let lanes = Lanes::of(schedule, sinks);
        let narrow = (0..schedule.units.len()).filter(|unit| schedule.units[*unit].is_narrow());
        let (stay, leave): (Vec<_>, Vec<_>) =
            narrow.partition(|unit| lanes.pays(schedule, limits, *unit));
        leave
            .iter()
            .for_each(|unit| schedule.set_narrow(*unit, false));
        if leave.is_empty() {
            stay.iter().for_each(|unit| lanes.arrange(schedule, *unit));
            schedule.narrow = lanes.narrow;
            return;
        }
    }
}

/// What is known of each place as long as some groups are narrow.
struct Lanes {
    /// It is one of a narrow lane.
    narrow: Vec<bool>,
    /// It is read as a word.
    shown: Vec<bool>,
}

impl Lanes {
    fn of(schedule: &Schedule, sinks: &[u32]) -> Lanes {
        let places = schedule.narrow.len();
        let (mut narrow, mut shown) = (vec![false; places], vec![false; places]);
        let mut show = |place: &u32| shown[*place as usize] = true;
        sinks.iter().for_each(&mut show);
        for unit in &schedule.units {
            match unit.group.as_ref().filter(|group| group.narrow) {
                Some(group) => {
                    narrow[group.results.clone()].fill(true);
                    if group.guard != ALWAYS {
                        show(&group.guard);
                    }
                }
                None => unit.reads.iter().for_each(&mut show),
            }
        }
        Lanes { narrow, shown }
    }

    /// Whether few lanes of a unit have to be brought from the words, or shown among them. An
    /// operand that has to be copied aside may as well come from there.
    fn pays(&self, schedule: &Schedule, limits: Limits, unit: usize) -> bool {
        let unit = &schedule.units[unit];
        let group = unit
            .group
            .as_ref()
            .expect("a unit that is narrow is a group");
        let few = |count: usize| count * limits.far <= unit.code.len();
        let far = |column: Vec<u32>| {
            let far = column.iter().filter(|place| !self.narrow[**place as usize]);
            far.count()
        };
        let operands = group.operands.iter().flatten();
        let mut near = operands
            .zip(schedule.columns(unit))
            .filter(|(operand, _)| matches!(operand, Operand::Array(_) | Operand::Patched(..)));
        few(self.shown_by(unit).len()) && near.all(|(_, column)| few(far(column)))
    }

    /// The results of a unit that are read as words.
    fn shown_by(&self, unit: &Unit) -> Vec<u32> {
        let results = unit.writes.clone();
        results
            .filter(|place| self.shown[*place as usize])
            .collect()
    }

    /// Sees to it that a unit finds its operands.
    fn arrange(&self, schedule: &mut Schedule, unit: usize) {
        let columns = schedule.columns(&schedule.units[unit]);
        let near = |place: u32| self.narrow[place as usize];
        let operands = columns.map(|column| Operand::of(&column, near));
        let shown = self.shown_by(&schedule.units[unit]);
        if let Some(group) = &mut schedule.units[unit].group {
            (group.operands, group.shown) = (Some(operands), shown);
        }
    }
}
