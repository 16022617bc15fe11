//! A pass: what is busy becomes machine code.
//!
//! Busy units that follow each other become one function, in which results stay in registers of the
//! processor; only what somebody else reads is written to its place.

use super::activity::{Activity, Mark};
use super::arrange::{Arrangement, Kind, Pace, arrange};
use super::emit::operands;
use super::functions::{Call, MachineCode};
use super::hash::FastMap;
use super::kernel::ALWAYS;
use super::ops::{self, Instruction, Micro, Op, first, second};
use super::schedule::{COMMITS, Schedule, Unit};
use super::wide::words_of;
use ferrogrid_hdl_jit::{Assembler, Compare, Compiler, Word};
use std::collections::BTreeMap;

/// A choice among so few values is made among registers.
const FEW: usize = 8;

/// A value that was used so many results ago is read anew, if it has a place: registers are few.
const NEAR: usize = 12;

/// Arranges all units with machine code for those that are not woken one by one; `None` where none
/// can be made.
pub(super) fn compile(schedule: &Schedule, paces: &[Pace]) -> Option<Arrangement> {
    let mut arrangement = arrange(schedule, paces, true);
    let batches = arrangement.batches.len();
    let flags = batches + batches.div_ceil(64);
    let mut compiler = Compiler::new(schedule.values.len(), flags)?;
    let stored = stored(schedule, &arrangement);
    let mut calls = Vec::new();
    for (number, batch) in arrangement.batches.iter().enumerate() {
        if batch.kind == Kind::MachineCode {
            let writes_registers = arrangement.sections[COMMITS].contains(&number);
            let units = arrangement.units_of(number).iter();
            let units: Vec<&Unit> = units.map(|unit| &schedule.units[*unit as usize]).collect();
            compiler.function(|assembler| {
                let mut function = Function {
                    schedule,
                    arrangement: &arrangement,
                    stored: &stored,
                    assembler,
                    calls: &mut calls,
                    known: FastMap::default(),
                    results: 0,
                    waiting: FastMap::default(),
                    changes: FastMap::default(),
                };
                match writes_registers {
                    true => function.commit(&units),
                    false => function.combine(&units),
                }
            });
        }
    }
    arrangement.machine_code = Some(MachineCode {
        code: compiler.finish()?,
        calls,
    });
    Some(arrangement)
}

/// For each place whether its value is needed outside the function that computes it, if there is
/// one.
fn stored(schedule: &Schedule, arrangement: &Arrangement) -> Vec<bool> {
    const NOWHERE: u32 = u32::MAX;
    let mut stored = schedule.kept.clone();
    let mut function_of = vec![NOWHERE; schedule.units.len()];
    let mut home = vec![NOWHERE; stored.len()];
    for (number, batch) in arrangement.batches.iter().enumerate() {
        if batch.kind == Kind::MachineCode {
            for &unit in arrangement.units_of(number) {
                function_of[unit as usize] = number as u32;
                let writes = schedule.units[unit as usize].writes.clone();
                writes.for_each(|place| home[place as usize] = number as u32);
            }
        }
    }
    for (unit, function) in schedule.units.iter().zip(function_of) {
        let by_place = unit.op == Op::Wide
            || unit.op == Op::Select && {
                let mut code = schedule.code[unit.code.clone()].iter();
                code.any(|instruction| instruction.c as usize >= FEW)
            };
        for &place in &unit.reads {
            stored[place as usize] |= by_place || home[place as usize] != function;
        }
        if function == NOWHERE {
            let writes = unit.writes.clone();
            writes.for_each(|place| stored[place as usize] = true);
        }
    }
    stored
}

/// A function under construction.
struct Function<'f, 'a> {
    schedule: &'f Schedule,
    arrangement: &'f Arrangement,
    stored: &'f [bool],
    assembler: &'f mut Assembler<'a>,
    calls: &'f mut Vec<Call>,
    /// What stands at places, as far as the function has read or computed it, and the number of
    /// results before.
    known: FastMap<u32, (Word, usize)>,
    /// The number of results so far.
    results: usize,
    /// What is still to be computed, by the places of the results.
    waiting: FastMap<u32, (Op, &'f Instruction)>,
    /// What wakes the same units: how many results are still to come, and a word that is not 0 when
    /// one so far has changed.
    changes: FastMap<&'f [Mark], (usize, Option<Word>)>,
}

impl<'f> Function<'f, '_> {
    fn code(&self, unit: &Unit) -> &'f [Instruction] {
        &self.schedule.code[unit.code.clone()]
    }

    /// Prepares to write the results of units.
    fn expect(&mut self, units: &[&Unit]) {
        let places = units.iter().flat_map(|unit| unit.writes.clone());
        let readers = places.map(|place| self.arrangement.readers.of(place as usize));
        for readers in readers.filter(|readers| !readers.is_empty()) {
            self.changes.entry(readers).or_default().0 += 1;
        }
    }

    /// Writes registers.
    fn commit(&mut self, units: &[&Unit]) {
        let guard = |unit: &Unit| unit.group.as_ref().map_or(ALWAYS, |group| group.guard);
        for units in units.chunk_by(|a, b| guard(a) == guard(b)) {
            self.expect(units);
            match guard(units[0]) {
                ALWAYS => units.iter().for_each(|unit| self.commit_lanes(unit)),
                guard => self.commit_guarded(units, guard),
            }
        }
    }

    /// Writes registers where their enable is not 0, and wakes their readers.
    fn commit_guarded(&mut self, units: &[&Unit], guard: u32) {
        let guard = self.value(guard);
        let branch = self.assembler.branch(guard);
        // What is computed and read in a branch is known there alone.
        let known = self.known.clone();
        units.iter().for_each(|unit| self.commit_lanes(unit));
        self.known = known;
        let written = units.iter().flat_map(|unit| unit.writes.clone());
        written.for_each(|place| _ = self.known.remove(&place));
        self.assembler.end(branch);
    }

    fn commit_lanes(&mut self, unit: &Unit) {
        let code = self.code(unit);
        // A lane may read what another one writes, as it was before.
        let result = |instruction| self.result(unit.op, instruction);
        let results: Vec<Word> = code.iter().map(result).collect();
        for (instruction, result) in code.iter().zip(results) {
            self.write(instruction.dst, result);
        }
    }

    /// Computes what is needed outside, and first what that needs: values that are used soon after
    /// they are computed stay in registers.
    fn combine(&mut self, units: &[&Unit]) {
        self.expect(units);
        for unit in units.iter().filter(|unit| unit.op != Op::Wide) {
            let code = self.code(unit).iter();
            let results = code.map(|instruction| (instruction.dst, (unit.op, instruction)));
            self.waiting.extend(results);
        }
        for unit in units {
            let needed = |place: &u32| {
                let read = !self.arrangement.readers.of(*place as usize).is_empty();
                read || self.stored[*place as usize]
            };
            match unit.op {
                Op::Wide => {
                    let code = self.code(unit).iter();
                    code.for_each(|instruction| self.wide(instruction.a));
                }
                _ => {
                    let places: Vec<u32> = unit.writes.clone().filter(needed).collect();
                    places.into_iter().for_each(|place| self.compute(place));
                }
            }
        }
    }

    /// Computes what is to stand at a place, unless it does.
    fn compute(&mut self, place: u32) {
        let mut stack = vec![place];
        while let Some(&place) = stack.last() {
            let Some(&(op, instruction)) = self.waiting.get(&place) else {
                stack.pop();
                continue;
            };
            let Instruction { dst, a, b, c } = *instruction;
            let before = stack.len();
            operands(
                &Micro { op, dst, a, b, c },
                &self.schedule.tables,
                |place| {
                    if self.waiting.contains_key(&place) {
                        stack.push(place);
                    }
                },
            );
            if stack.len() == before {
                self.waiting.remove(&place);
                let result = self.result(op, instruction);
                self.write(place, result);
            }
        }
    }

    /// Gives a place its value.
    fn write(&mut self, place: u32, result: Word) {
        let readers = self.arrangement.readers.of(place as usize);
        if readers.is_empty() {
            if self.stored[place as usize] {
                self.assembler.store(place, result);
            }
        } else {
            let before = self.value(place);
            match self.changes[readers] {
                // What alone wakes its readers is written where it has changed.
                (1, None) => {
                    let changed = self.assembler.compare(Compare::NotEqual, before, result);
                    let branch = self.assembler.seldom(changed);
                    self.assembler.store(place, result);
                    self.wake(readers);
                    self.assembler.end(branch);
                    self.changes.remove(readers);
                }
                _ => {
                    let changed = self.assembler.xor(before, result);
                    self.changed(readers, changed);
                    self.assembler.store(place, result);
                }
            }
        }
        self.known.insert(place, (result, self.results));
        self.results += 1;
    }

    fn wide(&mut self, index: u32) {
        let nothing = self.assembler.constant(0);
        let changed = self.call(Call::Wide(index), nothing);
        let dst = self.schedule.tables.wide[index as usize].dst;
        for place in dst.start..dst.start + words_of(dst.width) {
            self.known.remove(&place);
            let readers = self.arrangement.readers.of(place as usize);
            if !readers.is_empty() {
                self.changed(readers, changed);
            }
        }
    }

    fn call(&mut self, call: Call, argument: Word) -> Word {
        self.calls.push(call);
        let number = self.calls.len() as u32 - 1;
        self.assembler.call(number, argument)
    }

    /// Has readers woken where a word is not 0, once all is written that they read.
    fn changed(&mut self, readers: &'f [Mark], word: Word) {
        let (expected, before) = self.changes[readers];
        let word = match before {
            Some(before) => self.assembler.or(before, word),
            None => word,
        };
        if expected > 1 {
            self.changes.insert(readers, (expected - 1, Some(word)));
            return;
        }
        self.changes.remove(readers);
        // Mostly nothing has changed.
        let branch = self.assembler.seldom(word);
        self.wake(readers);
        self.assembler.end(branch);
    }

    /// Has readers run.
    fn wake(&mut self, readers: &[Mark]) {
        let batches = self.arrangement.batches.len();
        let mut flags: BTreeMap<u32, u64> = BTreeMap::new();
        let marks = readers
            .iter()
            .flat_map(|mark| Activity::flags_of(batches, *mark));
        marks.for_each(|(flag, bits)| *flags.entry(flag).or_default() |= bits);
        for (flag, bits) in flags {
            self.assembler.set_flags(flag, bits);
        }
    }

    /// What stands at a place.
    fn value(&mut self, place: u32) -> Word {
        if let Some(&(known, since)) = self.known.get(&place) {
            let in_memory = self.stored[place as usize] && !self.schedule.constant[place as usize];
            if !in_memory || self.results < since + NEAR {
                return known;
            }
        }
        let word = match self.schedule.constant[place as usize] {
            true => {
                let constant = self.schedule.values[place as usize];
                return self.assembler.constant(constant);
            }
            false => self.assembler.load(place),
        };
        self.known.insert(place, (word, self.results));
        word
    }

    /// The result of an instruction that is none on wide values.
    fn result(&mut self, op: Op, instruction: &Instruction) -> Word {
        let Instruction { a, b, c, .. } = *instruction;
        match op {
            Op::Pack => return self.pack(a, b),
            Op::Select => return self.select(instruction),
            Op::Load => {
                let address = self.value(a);
                return self.call(Call::Load { table: b, word: c }, address);
            }
            Op::Mux => {
                let [a, b, c] = [a, b, c].map(|place| self.value(place));
                return self.assembler.select(a, b, c);
            }
            op if ops::is_unary(op) => {
                let width = self.schedule.widths[a as usize];
                let a = self.value(a);
                return unary(self.assembler, op, a, width, c);
            }
            _ => {}
        }
        let width = self.schedule.widths[a as usize];
        let [a, b] = [a, b].map(|place| self.value(place));
        binary(self.assembler, op, (a, width), b, c)
    }

    fn pack(&mut self, first_part: u32, end: u32) -> Word {
        let schedule = self.schedule;
        let parts = &schedule.tables.parts[first_part as usize..end as usize];
        let mut all = None;
        for part in parts {
            let value = self.value(part.value);
            let width = schedule.widths[part.value as usize];
            let assembler = &mut *self.assembler;
            let moved = moved(assembler, value, width, part.shifts);
            all = Some(match all {
                None => moved,
                Some(all) => assembler.or(all, moved),
            });
        }
        all.unwrap_or_else(|| self.assembler.constant(0))
    }

    fn select(&mut self, instruction: &Instruction) -> Word {
        let schedule = self.schedule;
        let table = instruction.b as usize..=(instruction.b + instruction.c) as usize;
        let entries = &schedule.tables.select[table];
        let selector = self.value(instruction.a);
        if entries.len() > FEW {
            return self.assembler.load_one_of(entries, selector);
        }
        let entries: Vec<Word> = entries.iter().map(|place| self.value(*place)).collect();
        let (last, entries) = entries.split_last().expect("a choice has entries");
        let numbered = entries.iter().enumerate();
        numbered.fold(*last, |otherwise, (index, entry)| {
            let index = self.assembler.constant(index as u64);
            let chosen = self.assembler.compare(Compare::Equal, selector, index);
            self.assembler.select(chosen, *entry, otherwise)
        })
    }
}

/// The shift of the mask among three shifts.
const fn mask(c: u32) -> u32 {
    c >> 16 & 63
}

/// Bits of a value of not more than `width` bits moved to their place, as in [`Op::Insert`].
fn moved(assembler: &mut Assembler<'_>, value: Word, width: u32, shifts: u32) -> Word {
    let low = assembler.shift_right_by(value, first(shifts));
    // What is shifted out needs no mask, nor what is not there.
    let needless = mask(shifts) <= first(shifts).max(second(shifts))
        || width <= first(shifts) + 64 - mask(shifts);
    let bits = match needless {
        true => low,
        false => assembler.mask(low, mask(shifts)),
    };
    assembler.shift_left_by(bits, second(shifts))
}

fn unary(assembler: &mut Assembler<'_>, op: Op, a: Word, width: u32, c: u32) -> Word {
    match op {
        Op::Copy => a,
        Op::Slice => moved(assembler, a, width, c & !0xff00),
        Op::SignExtend => {
            let extended = assembler.sign_extend(a, first(c));
            assembler.mask(extended, mask(c))
        }
        Op::SignFill => {
            let high = assembler.shift_left_by(a, first(c));
            let amount = assembler.constant(63);
            let sign = assembler.shift_right_signed(high, amount);
            assembler.mask(sign, mask(c))
        }
        Op::Parity => assembler.parity(a),
        _ => unreachable!("`is_unary` lists the operations"),
    }
}

fn binary(assembler: &mut Assembler<'_>, op: Op, (a, width): (Word, u32), b: Word, c: u32) -> Word {
    let compare = |assembler: &mut Assembler<'_>, compare| assembler.compare(compare, a, b);
    let extended = |assembler: &mut Assembler<'_>| {
        let a = assembler.sign_extend(a, first(c));
        (a, assembler.sign_extend(b, second(c)))
    };
    match op {
        Op::Add => {
            let sum = assembler.add(a, b);
            assembler.mask(sum, c & 63)
        }
        Op::Subtract => {
            let difference = assembler.subtract(a, b);
            assembler.mask(difference, c & 63)
        }
        Op::AddExtended => {
            let (a, b) = extended(assembler);
            let sum = assembler.add(a, b);
            assembler.mask(sum, mask(c))
        }
        Op::SubtractExtended => {
            let (a, b) = extended(assembler);
            let difference = assembler.subtract(a, b);
            assembler.mask(difference, mask(c))
        }
        Op::Multiply => assembler.multiply(a, b),
        Op::MultiplyExtended => {
            let (a, b) = extended(assembler);
            let product = assembler.multiply(a, b);
            assembler.mask(product, mask(c))
        }
        Op::And => assembler.and(a, b),
        Op::Or => assembler.or(a, b),
        Op::Xor => assembler.xor(a, b),
        Op::Equal => compare(assembler, Compare::Equal),
        Op::NotEqual => compare(assembler, Compare::NotEqual),
        Op::Less => compare(assembler, Compare::Less),
        Op::LessOrEqual => compare(assembler, Compare::LessOrEqual),
        Op::LessExtended => {
            let (a, b) = extended(assembler);
            assembler.compare(Compare::SignedLess, a, b)
        }
        Op::LessOrEqualExtended => {
            let (a, b) = extended(assembler);
            assembler.compare(Compare::SignedLessOrEqual, a, b)
        }
        Op::ShiftLeft => {
            let shifted = assembler.shift_left(a, b);
            assembler.mask(shifted, c & 63)
        }
        Op::ShiftRight => assembler.shift_right(a, b),
        Op::ShiftRightExtended => {
            let extended = assembler.sign_extend(a, c & 63);
            let shifted = assembler.shift_right_signed(extended, b);
            assembler.mask(shifted, c & 63)
        }
        Op::Concat => {
            let high = assembler.shift_left_by(a, c & 63);
            assembler.or(high, b)
        }
        Op::Insert => {
            let bits = moved(assembler, a, width, c);
            assembler.or(bits, b)
        }
        _ => unreachable!("`result` lists the others"),
    }
}
