//! Groups of equal instructions, run at once over arrays.
//!
//! The results of a group stand side by side in the order of its lanes, and often so do its
//! operands: each signal of a repeated module is an array over the instances. Such a group is a
//! loop over slices, which the processor runs several lanes at a time. All that runs in a cycle is
//! compiled for the instructions that processors of today have, and for those that all have.

use super::execute::{Instructions, Tables, execute};
use super::ops::{Instruction, Op, is_unary};
use super::slices::{Lane, any, compute, has_loop};
use pulp::Arch;
use std::ops::Range;

/// A guard value that means "always".
pub(super) const ALWAYS: u32 = u32::MAX;

/// All values, by their places.
pub(super) struct Values<'a> {
    pub words: &'a mut [u64],
    /// Those of narrow lanes, at the same places.
    pub lanes: &'a mut [u32],
    /// For each place whether it is one of a narrow lane.
    pub narrow: &'a [bool],
}

impl Values<'_> {
    /// What stands at a place.
    #[inline(always)]
    pub(super) fn at(&self, place: usize) -> u64 {
        match self.narrow[place] {
            true => u64::from(self.lanes[place]),
            false => self.words[place],
        }
    }

    /// Brings what a narrow lane holds among the words.
    #[inline(always)]
    pub(super) fn show(&mut self, place: usize) {
        self.words[place] = self.at(place);
    }
}

/// Where the operand of each lane stands. An array is one of lanes as wide as the results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Operand {
    /// There is none.
    None,
    /// One for all lanes.
    Same(u32),
    /// Side by side from a place on.
    Array(u32),
    /// Side by side from a place on, but for some lanes with places of their own.
    Patched(u32, Vec<(u32, u32)>),
    /// Arrays that follow each other: places and lengths.
    Pieces(Vec<(u32, u32)>),
    /// Anywhere.
    Scattered(Vec<u32>),
}

impl Operand {
    /// The operand of lanes whose operands stand at these places; `near` are places of lanes as wide
    /// as the results.
    pub(super) fn of(places: &[u32], near: impl Fn(u32) -> bool) -> Operand {
        if places.is_empty() {
            return Operand::None;
        }
        if places.iter().all(|place| *place == places[0]) {
            return Operand::Same(places[0]);
        }
        let mut pieces: Vec<(u32, u32)> = Vec::new();
        for &place in places {
            match pieces.last_mut() {
                Some((start, length))
                    if *start + *length == place && near(*start) == near(place) =>
                {
                    *length += 1;
                }
                _ => pieces.push((place, 1)),
            }
        }
        if let [(start, _)] = pieces[..]
            && near(start)
        {
            return Operand::Array(start);
        }
        // The rows of an array read their neighbours, but for the first of each.
        let longest = pieces.iter().max_by_key(|piece| piece.1);
        let longest = longest.filter(|piece| near(piece.0));
        let start = longest.and_then(|(start, _)| {
            let lane = places.iter().position(|place| place == start)?;
            start.checked_sub(lane as u32)
        });
        let patches = start.map(|start| {
            let lanes = (0..).zip(places);
            let patches = lanes.filter(|(lane, place)| start + lane != **place || !near(**place));
            patches.map(|(lane, place)| (lane, *place)).collect()
        });
        let patches: Option<Vec<_>> = patches;
        match (start, patches) {
            (Some(start), Some(patches)) if patches.len() * 8 <= places.len() => {
                Operand::Patched(start, patches)
            }
            _ if pieces.len() * 4 <= places.len() => Operand::Pieces(pieces),
            _ => Operand::Scattered(places.to_vec()),
        }
    }
}

/// Equal instructions.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub op: Op,
    /// Immediate operand; that of the first lane where the lanes differ.
    pub c: u32,
    /// The group is skipped when this value is 0; [`ALWAYS`] for no guard.
    pub guard: u32,
    /// Where the results stand.
    pub results: Range<usize>,
    /// The operands of a loop over slices; without them the lanes run one by one.
    pub operands: Option<[Operand; 3]>,
    /// The lanes, in the code of an arrangement.
    pub code: Range<usize>,
    /// A lane reads a result of another one, as it was before.
    pub reads_itself: bool,
    /// All lanes wake nearly the same: when something changes, all their readers are woken.
    pub wakes_alike: bool,
    /// The lanes are narrow.
    pub narrow: bool,
    /// Places of narrow lanes that others read as words.
    pub shown: Vec<u32>,
}

/// The places of the operands of all lanes; none of those that the operation does not have.
pub(super) fn columns(op: Op, lanes: &[Instruction]) -> [Vec<u32>; 3] {
    let column = |take: fn(&Instruction) -> u32| lanes.iter().map(take).collect();
    let mut columns = [column(|lane| lane.a), Vec::new(), Vec::new()];
    if !is_unary(op) {
        columns[1] = column(|lane| lane.b);
    }
    if op == Op::Mux {
        columns[2] = column(|lane| lane.c);
    }
    columns
}

/// The fewest lanes for which a loop over slices is worth while.
const LOOP: usize = 16;

impl Group {
    /// The group of these lanes, whose results stand side by side. `read` are the places that they
    /// read, but for their own.
    pub(super) fn new(op: Op, guard: u32, lanes: &[Instruction], read: &[u32]) -> Group {
        let first = lanes[0];
        let results = first.dst as usize..first.dst as usize + lanes.len();
        let equal = op == Op::Mux || lanes.iter().all(|lane| lane.c == first.c);
        let operands = (equal && has_loop(op) && lanes.len() >= LOOP)
            .then(|| columns(op, lanes).map(|column| Operand::of(&column, |_| true)));
        let mut read = read.iter();
        Group {
            op,
            c: first.c,
            guard,
            operands,
            reads_itself: read.any(|place| results.contains(&(*place as usize))),
            results,
            code: 0..0,
            wakes_alike: true,
            narrow: false,
            shown: Vec::new(),
        }
    }

    /// Whether its lanes can as well run as single instructions.
    pub(super) fn is_loose(&self) -> bool {
        self.operands.is_none() && !self.reads_itself && self.guard == ALWAYS
    }

    /// Runs all lanes; says whether a result has changed.
    #[inline(always)]
    pub(super) fn run(
        &self,
        values: &mut Values<'_>,
        arrays: &[Vec<u64>],
        code: &[Instruction],
        tables: &Tables,
        scratch: &mut Scratch,
    ) -> bool {
        if self.guard != ALWAYS && values.words[self.guard as usize] == 0 {
            return false;
        }
        if let Some(operands) = &self.operands {
            return self.run_loop(operands, values, scratch);
        }
        let code = &code[self.code.clone()];
        if self.reads_itself {
            let results = &mut scratch.words[0];
            results.clear();
            let aside = Aside {
                code,
                values: values.words,
                results,
            };
            execute(self.op, aside, arrays, tables);
            let at = &mut values.words[self.results.clone()];
            let changed = at != &results[..];
            at.copy_from_slice(results);
            return changed;
        }
        let mut changed = 0;
        let lanes = Lanes {
            code,
            values: values.words,
            changed: &mut changed,
        };
        execute(self.op, lanes, arrays, tables);
        changed != 0
    }

    #[inline(always)]
    fn run_loop(
        &self,
        operands: &[Operand; 3],
        values: &mut Values<'_>,
        scratch: &mut Scratch,
    ) -> bool {
        let [a, b, c] = operands;
        let none = &Operand::None;
        let (op, operands) = match (self.op, a) {
            // One choice for all lanes.
            (Op::Mux, Operand::Same(condition)) => {
                let taken = if values.at(*condition as usize) != 0 {
                    b
                } else {
                    c
                };
                if matches!(taken, Operand::Array(start) if *start as usize == self.results.start) {
                    return false;
                }
                (Op::Copy, [taken, none, none])
            }
            (op, _) => (op, [a, b, c]),
        };
        match self.narrow {
            true => self.run_op(op, operands, values, &mut scratch.lanes),
            false => {
                let mut words = Words(values.words);
                self.run_op(op, operands, &mut words, &mut scratch.words)
            }
        }
    }

    /// Runs an operation; what stands not side by side, or where results go, is copied aside first.
    #[inline(always)]
    fn run_op<S: Store>(
        &self,
        op: Op,
        operands: [&Operand; 3],
        store: &mut S,
        columns: &mut [Vec<S::Lane>; 3],
    ) -> bool {
        let Range { start, end } = self.results;
        let itself =
            |operand: &Operand| matches!(operand, Operand::Array(from) if *from as usize == start);
        let holds = itself(operands[2]);
        let is_aside = |operand: &Operand| match operand {
            Operand::None => false,
            Operand::Array(from) => (*from as usize) < end && start < *from as usize + end - start,
            _ => true,
        };
        let aside = operands.map(is_aside);
        for index in 0..3 {
            if aside[index] && !(index == 2 && holds) {
                gather(operands[index], store, end - start, &mut columns[index]);
            }
            if index == 0 && holds {
                // Mostly no lane takes something new.
                let conditions = match operands[0] {
                    Operand::Array(from) if !aside[0] => {
                        &store.near()[*from as usize..][..end - start]
                    }
                    _ => &columns[0],
                };
                if !any(conditions) {
                    return false;
                }
            }
        }
        let (before, rest) = store.near().split_at_mut(start);
        let (results, after) = rest.split_at_mut(end - start);
        let (before, after) = (&*before, &*after);
        let slice = |index: usize| -> &[S::Lane] {
            match operands[index] {
                _ if aside[index] => &columns[index],
                Operand::Array(from) if (*from as usize) < start => {
                    &before[*from as usize..][..results.len()]
                }
                Operand::Array(from) => &after[*from as usize - end..][..results.len()],
                _ => &[],
            }
        };
        let (a, b) = (slice(0), slice(1));
        let third = (!holds).then(|| slice(2));
        compute(op, self.c, results, a, b, third)
    }
}

/// Where the operands and results of loops over slices stand.
trait Store {
    type Lane: Lane;

    /// The lanes that are as wide as the results, by their places.
    fn near(&mut self) -> &mut [Self::Lane];

    /// What stands at a place.
    fn one(&self, place: usize) -> Self::Lane;

    /// Copies what stands from a place on, all of it among the lanes or all among the words.
    fn copy(&self, place: usize, to: &mut [Self::Lane]);
}

/// Wide lanes: what they read of narrow ones is shown among the words.
struct Words<'a>(&'a mut [u64]);

impl Store for Words<'_> {
    type Lane = u64;

    #[inline(always)]
    fn near(&mut self) -> &mut [u64] {
        self.0
    }

    #[inline(always)]
    fn one(&self, place: usize) -> u64 {
        self.0[place]
    }

    #[inline(always)]
    fn copy(&self, place: usize, to: &mut [u64]) {
        to.copy_from_slice(&self.0[place..place + to.len()]);
    }
}

/// Narrow lanes.
impl Store for Values<'_> {
    type Lane = u32;

    #[inline(always)]
    fn near(&mut self) -> &mut [u32] {
        self.lanes
    }

    #[inline(always)]
    fn one(&self, place: usize) -> u32 {
        self.at(place) as u32
    }

    #[inline(always)]
    fn copy(&self, place: usize, to: &mut [u32]) {
        let from = place..place + to.len();
        if self.narrow[place] {
            to.copy_from_slice(&self.lanes[from]);
        } else {
            let words = to.iter_mut().zip(&self.words[from]);
            words.for_each(|(lane, word)| *lane = *word as u32);
        }
    }
}

/// Copies the operands of all lanes side by side.
#[inline(always)]
fn gather<S: Store>(operand: &Operand, store: &mut S, lanes: usize, column: &mut Vec<S::Lane>) {
    column.resize(lanes, S::Lane::of(0));
    let column = &mut column[..];
    match operand {
        Operand::None => {}
        Operand::Same(place) => column.fill(store.one(*place as usize)),
        Operand::Array(start) => column.copy_from_slice(&store.near()[*start as usize..][..lanes]),
        Operand::Patched(start, patches) => {
            // The last lanes may all be patched.
            let there = &store.near()[*start as usize..];
            let there = &there[..lanes.min(there.len())];
            column[..there.len()].copy_from_slice(there);
            for (lane, place) in patches {
                column[*lane as usize] = store.one(*place as usize);
            }
        }
        Operand::Pieces(pieces) => {
            let mut rest = column;
            for &(start, length) in pieces {
                let (piece, after) = std::mem::take(&mut rest).split_at_mut(length as usize);
                match piece {
                    [lane] => *lane = store.one(start as usize),
                    piece => store.copy(start as usize, piece),
                }
                rest = after;
            }
        }
        Operand::Scattered(places) => {
            for (lane, place) in column.iter_mut().zip(places) {
                *lane = store.one(*place as usize);
            }
        }
    }
}

/// Room for operands, and the instructions that this processor has.
#[derive(Clone, Debug)]
pub(super) struct Scratch {
    pub arch: Arch,
    /// Operands.
    pub words: [Vec<u64>; 3],
    /// Operands of narrow lanes.
    pub lanes: [Vec<u32>; 3],
    /// Results as they were.
    pub before: Vec<u64>,
}

impl Scratch {
    /// For units of at most so many results.
    pub(super) fn new(results: usize) -> Scratch {
        Scratch {
            arch: Arch::new(),
            words: std::array::from_fn(|_| Vec::with_capacity(results)),
            lanes: std::array::from_fn(|_| Vec::with_capacity(results)),
            before: Vec::with_capacity(results),
        }
    }
}

/// Lanes one by one.
struct Lanes<'a> {
    code: &'a [Instruction],
    values: &'a mut [u64],
    /// Some bit where a result has changed.
    changed: &'a mut u64,
}

impl Instructions for Lanes<'_> {
    #[inline(always)]
    fn each(self, result: impl Fn(&Instruction, &[u64]) -> u64) {
        for instruction in self.code {
            let new = result(instruction, self.values);
            let at = &mut self.values[instruction.dst as usize];
            *self.changed |= *at ^ new;
            *at = new;
        }
    }
}

/// Lanes one by one, with results put aside.
struct Aside<'a> {
    code: &'a [Instruction],
    values: &'a [u64],
    results: &'a mut Vec<u64>,
}

impl Instructions for Aside<'_> {
    #[inline(always)]
    fn each(self, result: impl Fn(&Instruction, &[u64]) -> u64) {
        let results = self.code.iter().map(|lane| result(lane, self.values));
        self.results.extend(results);
    }
}
