//! Runs instructions on the flat array of values.

use super::ops::{self, Instruction, Op, Part};
use super::wide::WideInstruction;

/// What instructions of all programs refer to.
#[derive(Clone, Debug, Default)]
pub(super) struct Tables {
    /// Values of [`Op::Select`].
    pub select: Vec<u32>,
    /// Parts of [`Op::Pack`].
    pub parts: Vec<Part>,
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
    pub(super) fn word(self, arrays: &[Vec<u64>], address: u64, word: u32) -> u64 {
        if address < u64::from(self.depth) {
            let at = address as usize * self.words + word as usize;
            arrays[self.memory].get(at).copied().unwrap_or(0)
        } else {
            0
        }
    }
}

/// Instructions of one operation, and what becomes of their results.
pub(super) trait Instructions {
    /// Applies the operation to each instruction and the values at present.
    fn each(self, result: impl Fn(&Instruction, &[u64]) -> u64);
}

/// All instructions, in order.
pub(super) struct All<'a> {
    pub code: &'a [Instruction],
    pub values: &'a mut [u64],
}

impl Instructions for All<'_> {
    #[inline(always)]
    fn each(self, result: impl Fn(&Instruction, &[u64]) -> u64) {
        for instruction in self.code {
            self.values[instruction.dst as usize] = result(instruction, self.values);
        }
    }
}

/// Runs instructions of one operation, which is none on wide values.
#[inline(always)]
pub(super) fn execute(
    op: Op,
    instructions: impl Instructions,
    arrays: &[Vec<u64>],
    tables: &Tables,
) {
    macro_rules! unary {
        ($f:expr) => {
            instructions.each(|i, values| $f(values[i.a as usize], i.c))
        };
    }
    macro_rules! binary {
        ($f:expr) => {
            instructions.each(|i, values| $f(values[i.a as usize], values[i.b as usize], i.c))
        };
    }
    match op {
        Op::Copy => unary!(|a, _| a),
        Op::Add => binary!(ops::add),
        Op::Subtract => binary!(ops::subtract),
        Op::AddExtended => binary!(ops::add_extended),
        Op::SubtractExtended => binary!(ops::subtract_extended),
        Op::Multiply => binary!(ops::multiply),
        Op::MultiplyExtended => binary!(ops::multiply_extended),
        Op::And => binary!(|a, b, _| a & b),
        Op::Or => binary!(|a, b, _| a | b),
        Op::Xor => binary!(|a, b, _| a ^ b),
        Op::Equal => binary!(|a, b, _| u64::from(a == b)),
        Op::NotEqual => binary!(|a, b, _| u64::from(a != b)),
        Op::Less => binary!(|a, b, _| u64::from(a < b)),
        Op::LessOrEqual => binary!(|a, b, _| u64::from(a <= b)),
        Op::LessExtended => binary!(ops::less_extended),
        Op::LessOrEqualExtended => binary!(ops::less_or_equal_extended),
        Op::ShiftLeft => binary!(ops::shift_left),
        Op::ShiftRight => binary!(ops::shift_right),
        Op::ShiftRightExtended => binary!(ops::shift_right_extended),
        Op::Mux => instructions.each(|i, values| {
            let (then, otherwise) = (values[i.b as usize], values[i.c as usize]);
            ops::mux(values[i.a as usize], then, otherwise)
        }),
        Op::Slice => unary!(ops::slice),
        Op::Concat => binary!(ops::concat),
        Op::Insert => binary!(ops::insert),
        Op::Pack => instructions.each(|i, values| {
            let parts = &tables.parts[i.a as usize..i.b as usize];
            parts.iter().fold(0, |all, part| {
                ops::insert(values[part.value as usize], all, part.shifts)
            })
        }),
        Op::SignExtend => unary!(ops::sign_extend),
        Op::SignFill => unary!(ops::sign_fill),
        Op::Parity => unary!(|a: u64, _| u64::from(a.count_ones() & 1)),
        Op::Select => instructions.each(|i, values| {
            let entry = values[i.a as usize].min(u64::from(i.c));
            values[tables.select[i.b as usize + entry as usize] as usize]
        }),
        Op::Load => instructions.each(|i, values| {
            let load = tables.loads[i.b as usize];
            load.word(arrays, values[i.a as usize], i.c)
        }),
        Op::Wide => unreachable!("wide instructions write several places"),
    }
}
