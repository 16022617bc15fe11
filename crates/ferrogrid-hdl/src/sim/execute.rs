//! Runs a compiled program over the flat array of values.
//!
//! Instructions with the same operation stand together in runs, so that one dispatch serves a
//! whole row or array of equal elements and the loop body is a handful of machine instructions.

use super::ops::{self, Instruction, Op};
use super::wide::WideInstruction;
use std::ops::Range;

/// A guard value that means "always".
pub(super) const ALWAYS: u32 = u32::MAX;

/// Consecutive instructions of one operation.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub op: Op,
    /// The run is skipped when this value is 0; [`ALWAYS`] for no guard.
    pub guard: u32,
    pub code: Range<usize>,
}

/// A straight-line program.
#[derive(Clone, Debug, Default)]
pub(super) struct Program {
    pub runs: Vec<Run>,
    pub code: Vec<Instruction>,
}

/// What instructions of all programs refer to.
#[derive(Clone, Debug, Default)]
pub(super) struct Tables {
    /// Values of [`Op::Select`].
    pub select: Vec<u32>,
    /// Memories of [`Op::Load`].
    pub loads: Vec<Load>,
    /// Instructions of [`Op::Wide`].
    pub wide: Vec<WideInstruction>,
}

/// A memory among those of all scopes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Load {
    /// Which one.
    pub memory: usize,
    /// Number of 64-bit words per memory word.
    pub words: usize,
    /// Number of memory words.
    pub depth: u32,
}

impl Load {
    /// A 64-bit word of the memory word at an address; 0 beyond the depth.
    #[inline(always)]
    fn word(self, arrays: &[Vec<u64>], address: u64, word: u32) -> u64 {
        if address < u64::from(self.depth) {
            let at = address as usize * self.words + word as usize;
            arrays[self.memory].get(at).copied().unwrap_or(0)
        } else {
            0
        }
    }
}

#[inline(always)]
fn unary(values: &mut [u64], code: &[Instruction], f: impl Fn(u64, u32) -> u64) {
    for i in code {
        values[i.dst as usize] = f(values[i.a as usize], i.c);
    }
}

#[inline(always)]
fn binary(values: &mut [u64], code: &[Instruction], f: impl Fn(u64, u64, u32) -> u64) {
    for i in code {
        values[i.dst as usize] = f(values[i.a as usize], values[i.b as usize], i.c);
    }
}

impl Program {
    /// Runs the whole program; `arrays` hold the words of all memories.
    pub(super) fn run(&self, values: &mut [u64], arrays: &[Vec<u64>], tables: &Tables) {
        for run in &self.runs {
            if run.guard == ALWAYS || values[run.guard as usize] != 0 {
                let code = &self.code[run.code.clone()];
                execute(run.op, values, arrays, code, tables);
            }
        }
    }
}

/// Runs instructions of one operation in order.
pub(super) fn execute(
    op: Op,
    values: &mut [u64],
    arrays: &[Vec<u64>],
    code: &[Instruction],
    tables: &Tables,
) {
    match op {
        Op::Copy => unary(values, code, |a, _| a),
        Op::Add => binary(values, code, ops::add),
        Op::Subtract => binary(values, code, ops::subtract),
        Op::AddExtended => binary(values, code, ops::add_extended),
        Op::SubtractExtended => binary(values, code, ops::subtract_extended),
        Op::Multiply => binary(values, code, ops::multiply),
        Op::MultiplyExtended => binary(values, code, ops::multiply_extended),
        Op::And => binary(values, code, |a, b, _| a & b),
        Op::Or => binary(values, code, |a, b, _| a | b),
        Op::Xor => binary(values, code, |a, b, _| a ^ b),
        Op::Equal => binary(values, code, |a, b, _| u64::from(a == b)),
        Op::NotEqual => binary(values, code, |a, b, _| u64::from(a != b)),
        Op::Less => binary(values, code, |a, b, _| u64::from(a < b)),
        Op::LessOrEqual => binary(values, code, |a, b, _| u64::from(a <= b)),
        Op::LessExtended => binary(values, code, ops::less_extended),
        Op::LessOrEqualExtended => binary(values, code, ops::less_or_equal_extended),
        Op::ShiftLeft => binary(values, code, ops::shift_left),
        Op::ShiftRight => binary(values, code, ops::shift_right),
        Op::ShiftRightExtended => binary(values, code, ops::shift_right_extended),
        Op::Mux => {
            for i in code {
                let then = values[i.b as usize];
                let otherwise = values[i.c as usize];
                let taken = if values[i.a as usize] != 0 {
                    then
                } else {
                    otherwise
                };
                values[i.dst as usize] = taken;
            }
        }
        Op::Slice => unary(values, code, ops::slice),
        Op::Concat => binary(values, code, ops::concat),
        Op::Insert => binary(values, code, ops::insert),
        Op::SignExtend => unary(values, code, ops::sign_extend),
        Op::SignFill => unary(values, code, ops::sign_fill),
        Op::Parity => unary(values, code, |a, _| u64::from(a.count_ones() & 1)),
        Op::Select => {
            for i in code {
                let entry = values[i.a as usize].min(u64::from(i.c));
                let source = tables.select[i.b as usize + entry as usize];
                values[i.dst as usize] = values[source as usize];
            }
        }
        Op::Load => {
            for i in code {
                let load = tables.loads[i.b as usize];
                values[i.dst as usize] = load.word(arrays, values[i.a as usize], i.c);
            }
        }
        Op::Wide => {
            for i in code {
                tables.wide[i.a as usize].run(values);
            }
        }
    }
}
