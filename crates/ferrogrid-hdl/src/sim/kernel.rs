//! Groups of equal instructions, run at once over arrays.
//!
//! The results of a group stand side by side in the order of its lanes, and often so do its
//! operands: each signal of a repeated module is an array over the instances. Such a group is a
//! loop over slices, which the processor runs several lanes at a time. All that runs in a cycle is
//! compiled for the instructions that processors of today have, and for those that all have.

use super::execute::{Instructions, Tables, execute};
use super::ops::{self, Instruction, Op, is_unary};
use pulp::Arch;
use std::ops::Range;

/// A guard value that means "always".
pub(super) const ALWAYS: u32 = u32::MAX;

/// Where the operand of each lane stands.
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
    /// The operand of lanes whose operands stand at these places.
    pub(super) fn new(places: &[u32]) -> Operand {
        if places.iter().all(|place| *place == places[0]) {
            return Operand::Same(places[0]);
        }
        let mut pieces: Vec<(u32, u32)> = Vec::new();
        for &place in places {
            match pieces.last_mut() {
                Some((start, length)) if *start + *length == place => *length += 1,
                _ => pieces.push((place, 1)),
            }
        }
        if let [(start, _)] = pieces[..] {
            return Operand::Array(start);
        }
        // The rows of an array read their neighbours, but for the first of each.
        let longest = pieces.iter().max_by_key(|piece| piece.1);
        let start = longest.and_then(|(start, _)| {
            let lane = places.iter().position(|place| place == start)?;
            start.checked_sub(lane as u32)
        });
        let patches = start.map(|start| {
            let lanes = (0..).zip(places);
            let patches = lanes.filter(|(lane, place)| start + lane != **place);
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
        let column = |take: fn(&Instruction) -> u32| {
            Operand::new(&lanes.iter().map(take).collect::<Vec<_>>())
        };
        let operands = (equal && has_loop(op) && lanes.len() >= LOOP).then(|| {
            let b = if is_unary(op) {
                Operand::None
            } else {
                column(|lane| lane.b)
            };
            let c = if op == Op::Mux {
                column(|lane| lane.c)
            } else {
                Operand::None
            };
            [column(|lane| lane.a), b, c]
        });
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
        values: &mut [u64],
        arrays: &[Vec<u64>],
        code: &[Instruction],
        tables: &Tables,
        scratch: &mut Scratch,
    ) -> bool {
        if self.guard != ALWAYS && values[self.guard as usize] == 0 {
            return false;
        }
        if let Some(operands) = &self.operands {
            return self.run_loop(operands, values, scratch);
        }
        let code = &code[self.code.clone()];
        if self.reads_itself {
            let results = &mut scratch.columns[0];
            results.clear();
            let aside = Aside {
                code,
                values,
                results,
            };
            execute(self.op, aside, arrays, tables);
            let at = &mut values[self.results.clone()];
            let changed = at != &results[..];
            at.copy_from_slice(results);
            return changed;
        }
        let mut changed = 0;
        let lanes = Lanes {
            code,
            values,
            changed: &mut changed,
        };
        execute(self.op, lanes, arrays, tables);
        changed != 0
    }

    #[inline(always)]
    fn run_loop(&self, operands: &[Operand; 3], values: &mut [u64], scratch: &mut Scratch) -> bool {
        let [a, b, c] = operands;
        let itself = self.results.start as u32;
        if let (Op::Mux, Operand::Same(condition)) = (self.op, a) {
            // One choice for all lanes.
            let taken = if values[*condition as usize] != 0 {
                b
            } else {
                c
            };
            return match taken {
                Operand::Array(start) if *start == itself => false,
                taken => self.run_op(
                    Op::Copy,
                    [taken, &Operand::None, &Operand::None],
                    values,
                    scratch,
                ),
            };
        }
        self.run_op(self.op, [a, b, c], values, scratch)
    }

    #[inline(always)]
    fn run_op(
        &self,
        op: Op,
        operands: [&Operand; 3],
        values: &mut [u64],
        scratch: &mut Scratch,
    ) -> bool {
        let columns = &mut scratch.columns;
        let (start, end, lanes) = (self.results.start, self.results.end, self.results.len());
        let holds = matches!(operands[2], Operand::Array(third) if *third as usize == start);
        // What stands not side by side, or where results go, is copied aside.
        for (index, (operand, column)) in operands.iter().zip(columns.iter_mut()).enumerate() {
            let aside = match operand {
                Operand::None => false,
                Operand::Array(from) => {
                    let from = *from as usize;
                    from < end && start < from + lanes && !(index == 2 && holds)
                }
                _ => true,
            };
            if aside {
                gather(operand, values, lanes, column);
            }
        }
        let (before, rest) = values.split_at_mut(start);
        let (results, after) = rest.split_at_mut(lanes);
        let (before, after) = (&*before, &*after);
        let slice = |index: usize| -> &[u64] {
            match operands[index] {
                Operand::Array(from) if *from as usize + lanes <= start => {
                    &before[*from as usize..*from as usize + lanes]
                }
                Operand::Array(from) if *from as usize >= end => {
                    &after[*from as usize - end..*from as usize - end + lanes]
                }
                Operand::None => &[],
                _ => &columns[index],
            }
        };
        let third = (!holds).then(|| slice(2));
        compute(op, self.c, results, slice(0), slice(1), third)
    }
}

/// Copies the operands of all lanes side by side.
#[inline(always)]
fn gather(operand: &Operand, values: &[u64], lanes: usize, column: &mut Vec<u64>) {
    column.resize(lanes, 0);
    let column = &mut column[..];
    match operand {
        Operand::None => {}
        Operand::Same(place) => column.fill(values[*place as usize]),
        Operand::Array(start) => {
            column.copy_from_slice(&values[*start as usize..*start as usize + lanes]);
        }
        Operand::Patched(start, patches) => {
            // The last lanes may all be patched.
            let there = &values[*start as usize..];
            let there = &there[..lanes.min(there.len())];
            column[..there.len()].copy_from_slice(there);
            for (lane, place) in patches {
                column[*lane as usize] = values[*place as usize];
            }
        }
        Operand::Pieces(pieces) => {
            let mut rest = column;
            for &(start, length) in pieces {
                let (start, length) = (start as usize, length as usize);
                let (piece, after) = std::mem::take(&mut rest).split_at_mut(length);
                match piece {
                    [one] => *one = values[start],
                    piece => piece.copy_from_slice(&values[start..start + length]),
                }
                rest = after;
            }
        }
        Operand::Scattered(places) => {
            for (lane, place) in column.iter_mut().zip(places) {
                *lane = values[*place as usize];
            }
        }
    }
}

/// Room for operands, and the instructions that this processor has.
#[derive(Clone, Debug)]
pub(super) struct Scratch {
    pub arch: Arch,
    pub columns: [Vec<u64>; 3],
    /// Results as they were.
    pub before: Vec<u64>,
}

impl Scratch {
    /// For units of at most so many results.
    pub(super) fn new(results: usize) -> Scratch {
        let column = || Vec::with_capacity(results);
        Scratch {
            arch: Arch::new(),
            columns: std::array::from_fn(|_| column()),
            before: column(),
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

/// Whether there is a loop over slices for the operation.
fn has_loop(op: Op) -> bool {
    matches!(
        op,
        Op::Copy
            | Op::Add
            | Op::Subtract
            | Op::AddExtended
            | Op::SubtractExtended
            | Op::MultiplyExtended
            | Op::And
            | Op::Or
            | Op::Xor
            | Op::Equal
            | Op::NotEqual
            | Op::Less
            | Op::LessOrEqual
            | Op::Mux
            | Op::Slice
            | Op::Concat
            | Op::SignExtend
    )
}

#[inline(always)]
fn compute(
    op: Op,
    c: u32,
    results: &mut [u64],
    a: &[u64],
    b: &[u64],
    third: Option<&[u64]>,
) -> bool {
    let (first, second) = (
        ops::Sign::new(ops::first(c)),
        ops::Sign::new(ops::second(c)),
    );
    let mask = u64::MAX >> (c >> 16 & 63);
    // Products of narrow factors have instructions of their own.
    let narrow = ops::first(c) >= 32 && ops::second(c) >= 32;
    match op {
        Op::Copy => unary(results, a, |a| a),
        Op::Slice => unary(results, a, |a| ops::slice(a, c)),
        Op::SignExtend => unary(results, a, |a| first.extend(a) & mask),
        Op::Add => binary(results, a, b, |a, b| ops::add(a, b, c)),
        Op::Subtract => binary(results, a, b, |a, b| ops::subtract(a, b, c)),
        Op::AddExtended => binary(results, a, b, |a, b| {
            first.extend(a).wrapping_add(second.extend(b)) & mask
        }),
        Op::SubtractExtended => binary(results, a, b, |a, b| {
            first.extend(a).wrapping_sub(second.extend(b)) & mask
        }),
        Op::MultiplyExtended if narrow => binary(results, a, b, |a, b| {
            let (a, b) = (first.extend(a) as i32, second.extend(b) as i32);
            (i64::from(a) * i64::from(b)) as u64 & mask
        }),
        Op::MultiplyExtended => binary(results, a, b, |a, b| {
            first.extend(a).wrapping_mul(second.extend(b)) & mask
        }),
        Op::And => binary(results, a, b, |a, b| a & b),
        Op::Or => binary(results, a, b, |a, b| a | b),
        Op::Xor => binary(results, a, b, |a, b| a ^ b),
        Op::Equal => binary(results, a, b, |a, b| u64::from(a == b)),
        Op::NotEqual => binary(results, a, b, |a, b| u64::from(a != b)),
        Op::Less => binary(results, a, b, |a, b| u64::from(a < b)),
        Op::LessOrEqual => binary(results, a, b, |a, b| u64::from(a <= b)),
        Op::Concat => binary(results, a, b, |a, b| ops::concat(a, b, c)),
        Op::Mux => match third {
            Some(third) => mux(results, a, b, third),
            None => any(a) && hold(results, a, b),
        },
        _ => unreachable!("`has_loop` lists the operations"),
    }
}

/// Applies `f` to each lane; says whether a result has changed.
#[inline(always)]
fn unary(results: &mut [u64], a: &[u64], f: impl Fn(u64) -> u64) -> bool {
    let mut changed = 0;
    for (result, a) in results.iter_mut().zip(a) {
        let new = f(*a);
        changed |= *result ^ new;
        *result = new;
    }
    changed != 0
}

#[inline(always)]
fn binary(results: &mut [u64], a: &[u64], b: &[u64], f: impl Fn(u64, u64) -> u64) -> bool {
    let mut changed = 0;
    for ((result, a), b) in results.iter_mut().zip(a).zip(b) {
        let new = f(*a, *b);
        changed |= *result ^ new;
        *result = new;
    }
    changed != 0
}

/// Whether some lane is not 0.
#[inline(always)]
fn any(a: &[u64]) -> bool {
    a.iter().fold(0, |any, a| any | a) != 0
}

#[inline(always)]
fn mux(results: &mut [u64], a: &[u64], b: &[u64], c: &[u64]) -> bool {
    let mut changed = 0;
    for (((result, a), b), c) in results.iter_mut().zip(a).zip(b).zip(c) {
        let new = ops::mux(*a, *b, *c);
        changed |= *result ^ new;
        *result = new;
    }
    changed != 0
}

/// A choice between a new value and the present one.
#[inline(always)]
fn hold(results: &mut [u64], a: &[u64], b: &[u64]) -> bool {
    let mut changed = 0;
    for ((result, a), b) in results.iter_mut().zip(a).zip(b) {
        let new = ops::mux(*a, *b, *result);
        changed |= *result ^ new;
        *result = new;
    }
    changed != 0
}
