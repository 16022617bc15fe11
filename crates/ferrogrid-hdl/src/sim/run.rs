//! Runs the units that must run.

use super::Simulator;
use super::activity::{Activity, Readers};
use super::arrange::{Arrangement, Batch, Kind, Mode};
use super::cluster::Pattern;
use super::execute::{All, Instructions, Tables, execute};
use super::kernel::{Scratch, Values};
use super::ops::{Instruction, Op};
use super::schedule::COMMITS;
use super::wide::words_of;
use pulp::NullaryFnOnce;

/// A simulator while it runs.
pub(super) struct Machine<'a> {
    pub tables: &'a Tables,
    pub arrangement: &'a Arrangement,
    pub values: &'a mut [u64],
    /// Values of narrow lanes.
    pub lanes: &'a mut [u32],
    /// For each place whether it is one of a narrow lane.
    pub narrow: &'a [bool],
    pub arrays: &'a [Vec<u64>],
    pub activity: &'a mut Activity,
    pub scratch: &'a mut Scratch,
    /// Where runs of units are noted, and the number of the cycle: see
    /// [`Learning`](super::learn::Learning).
    pub patterns: Option<(&'a mut [Pattern], usize)>,
}

impl Simulator {
    pub(super) fn machine(&mut self) -> Machine<'_> {
        Machine {
            tables: &self.model.schedule.tables,
            arrangement: &self.arrangement,
            values: &mut self.values,
            lanes: &mut self.lanes,
            narrow: &self.model.schedule.narrow,
            arrays: &self.arrays,
            activity: &mut self.activity,
            scratch: &mut self.scratch,
            patterns: self.learning.patterns(self.cycle),
        }
    }
}

impl Machine<'_> {
    /// Runs a combinational program: a unit wakes only units behind it.
    pub(super) fn run_program(&mut self, section: usize) {
        let arch = self.scratch.arch;
        arch.dispatch(Program {
            machine: self,
            section,
        });
    }

    #[inline(always)]
    fn program(&mut self, section: usize) {
        let arrangement = self.arrangement;
        let mut batches = arrangement.sections[section].clone();
        while let Some(number) = self.activity.next(&batches) {
            let batch = &arrangement.batches[number];
            self.run_batch(batch, number);
            // A unit may have woken one behind it in the same batch.
            let again = batch.mode == Mode::Woken && self.activity.waits(number);
            batches.start = number + usize::from(!again);
        }
    }

    /// Writes the registers of these domains. A unit wakes units of the next cycle only, be they
    /// before it or itself.
    pub(super) fn run_commits(&mut self, domains: impl Fn(u32) -> bool) {
        let arch = self.scratch.arch;
        arch.dispatch(Commits {
            machine: self,
            domains,
        });
    }

    #[inline(always)]
    fn commits(&mut self, domains: impl Fn(u32) -> bool) {
        let arrangement = self.arrangement;
        let mut batches = arrangement.sections[COMMITS].clone();
        while let Some(number) = self.activity.next(&batches) {
            let batch = &arrangement.batches[number];
            if domains(batch.domain) {
                self.run_batch(batch, number);
            }
            batches.start = number + 1;
        }
    }

    #[inline(always)]
    fn run_batch(&mut self, batch: &Batch, number: usize) {
        let (arrangement, tables) = (self.arrangement, self.tables);
        let mut units = match batch.mode {
            Mode::Woken => self.activity.take(number),
            Mode::Busy | Mode::Silent => 0,
        };
        if let Some((patterns, cycle)) = &mut self.patterns
            && batch.mode == Mode::Woken
            && batch.kind != Kind::MachineCode
        {
            let first = arrangement.first_unit[number] as usize;
            let of = &arrangement.units[first..first + batch.units.len()];
            let mut rest = units;
            while rest != 0 {
                let unit = of[rest.trailing_zeros() as usize];
                rest &= rest - 1;
                patterns[unit as usize].add(*cycle);
            }
        }
        let Arrangement { code, readers, .. } = arrangement;
        let code_of = || &code[batch.units.clone()];
        match (batch.kind, batch.mode) {
            (Kind::Instructions(Op::Wide), mode) => {
                if mode != Mode::Woken {
                    for instruction in code_of() {
                        self.run_wide(instruction.a as usize);
                    }
                }
                while units != 0 {
                    let unit = batch.units.start + units.trailing_zeros() as usize;
                    units &= units - 1;
                    self.run_wide(code[unit].a as usize);
                }
            }
            (Kind::Instructions(op), Mode::Woken) => {
                let woken = Woken {
                    code: code_of(),
                    units,
                    values: &mut *self.values,
                    activity: &mut *self.activity,
                    readers,
                };
                execute(op, woken, self.arrays, tables);
            }
            (Kind::Instructions(op), Mode::Busy) => {
                let busy = Busy {
                    code: code_of(),
                    values: &mut *self.values,
                    activity: &mut *self.activity,
                    readers,
                };
                execute(op, busy, self.arrays, tables);
            }
            (Kind::Instructions(op), Mode::Silent) => {
                let code = code_of();
                let values = &mut *self.values;
                execute(op, All { code, values }, self.arrays, tables);
            }
            (Kind::Groups, Mode::Woken) => {
                while units != 0 {
                    let unit = batch.units.start + units.trailing_zeros() as usize;
                    units &= units - 1;
                    self.run_group(unit);
                }
            }
            (Kind::MachineCode, _) => {
                let functions = arrangement.machine_code.as_ref();
                let functions = functions.expect("there is machine code where it is to run");
                let (values, activity) = (&mut *self.values, &mut *self.activity);
                let before = &mut self.scratch.before;
                functions.run(
                    batch.units.start,
                    values,
                    activity,
                    self.arrays,
                    tables,
                    before,
                );
            }
            (Kind::Watchers, _) => unreachable!("watchers stand in no section"),
            (Kind::Groups, Mode::Busy | Mode::Silent) => {
                for unit in batch.units.clone() {
                    self.run_group(unit);
                }
            }
        }
    }

    #[inline(always)]
    fn run_group(&mut self, unit: usize) {
        let arrangement = self.arrangement;
        let group = &arrangement.groups[unit];
        let values = &mut Values {
            words: &mut *self.values,
            lanes: &mut *self.lanes,
            narrow: self.narrow,
        };
        let (tables, scratch) = (self.tables, &mut *self.scratch);
        let mut before = std::mem::take(&mut scratch.before);
        if !group.wakes_alike {
            before.clear();
            before.extend(group.results.clone().map(|place| values.at(place)));
        }
        if group.run(values, self.arrays, &arrangement.code, tables, scratch) {
            for &place in &group.shown {
                values.show(place as usize);
            }
            if group.wakes_alike {
                let row = arrangement.group_row(unit);
                self.activity.wake(&arrangement.readers, row);
            } else {
                for (place, before) in group.results.clone().zip(&before) {
                    if values.at(place) != *before {
                        self.activity.wake(&arrangement.readers, place);
                    }
                }
            }
        }
        self.scratch.before = before;
    }

    fn run_wide(&mut self, index: usize) {
        let wide = &self.tables.wide[index];
        let start = wide.dst.start as usize;
        let words = start..start + words_of(wide.dst.width) as usize;
        let before = &mut self.scratch.words[0];
        before.clear();
        before.extend_from_slice(&self.values[words.clone()]);
        wide.run(self.values);
        for (place, before) in words.zip(before) {
            if *before != self.values[place] {
                self.activity.wake(&self.arrangement.readers, place);
            }
        }
    }
}

/// A call of [`Machine::program`].
struct Program<'m, 'a> {
    machine: &'m mut Machine<'a>,
    section: usize,
}

impl NullaryFnOnce for Program<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.machine.program(self.section);
    }
}

/// A call of [`Machine::commits`].
struct Commits<'m, 'a, F> {
    machine: &'m mut Machine<'a>,
    domains: F,
}

impl<F: Fn(u32) -> bool> NullaryFnOnce for Commits<'_, '_, F> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.machine.commits(self.domains);
    }
}

/// Instructions of a batch that must run.
struct Woken<'a> {
    code: &'a [Instruction],
    units: u64,
    values: &'a mut [u64],
    activity: &'a mut Activity,
    readers: &'a Readers,
}

impl Instructions for Woken<'_> {
    #[inline(always)]
    fn each(self, result: impl Fn(&Instruction, &[u64]) -> u64) {
        let mut units = self.units;
        while units != 0 {
            let instruction = &self.code[units.trailing_zeros() as usize];
            units &= units - 1;
            let new = result(instruction, self.values);
            let at = &mut self.values[instruction.dst as usize];
            if *at != new {
                *at = new;
                self.activity.wake(self.readers, instruction.dst as usize);
            }
        }
    }
}

/// Busy instructions, of which some wake others.
struct Busy<'a> {
    code: &'a [Instruction],
    values: &'a mut [u64],
    activity: &'a mut Activity,
    readers: &'a Readers,
}

impl Instructions for Busy<'_> {
    #[inline(always)]
    fn each(self, result: impl Fn(&Instruction, &[u64]) -> u64) {
        for instruction in self.code {
            let new = result(instruction, self.values);
            let at = &mut self.values[instruction.dst as usize];
            if *at != new {
                *at = new;
                self.activity.wake(self.readers, instruction.dst as usize);
            }
        }
    }
}
