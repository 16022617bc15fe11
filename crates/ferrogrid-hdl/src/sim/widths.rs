//! How many bits a value has.

use super::demand::Demands;
use super::emit::Emitter;
use super::ops::{Micro, Op, shift_of};

/// For each value the most bits that it has.
pub(super) fn widths(emitter: &Emitter, demands: &Demands) -> Vec<u32> {
    let constants = emitter.constants.iter();
    let constants =
        constants.map(|constant| constant.map_or(64, |value| shift_of(value.leading_zeros())));
    let mut widths: Vec<u32> = constants.collect();
    for word in &demands.registers {
        widths[word.current as usize] = word.width;
    }
    for micro in &emitter.micros {
        if micro.op != Op::Wide {
            widths[micro.dst as usize] = width(micro, |value| widths[value as usize]);
        }
    }
    widths
}

/// The most bits of the result of an instruction on operands of these widths.
fn width(micro: &Micro, of: impl Fn(u32) -> u32) -> u32 {
    let Micro { op, a, b, c, .. } = *micro;
    match op {
        Op::Copy => of(a),
        Op::Add | Op::Subtract | Op::ShiftLeft | Op::ShiftRightExtended => shift_of(c & 63),
        Op::AddExtended | Op::SubtractExtended | Op::MultiplyExtended => shift_of(c >> 16 & 63),
        Op::Slice | Op::SignExtend | Op::SignFill => shift_of(c >> 16 & 63),
        Op::Multiply => (of(a) + of(b)).min(64),
        Op::And => of(a).min(of(b)),
        Op::Or | Op::Xor => of(a).max(of(b)),
        Op::Equal | Op::NotEqual | Op::Less | Op::LessOrEqual => 1,
        Op::LessExtended | Op::LessOrEqualExtended | Op::Parity => 1,
        Op::ShiftRight => of(a),
        Op::Mux => of(b).max(of(c)),
        Op::Concat => (of(a) + (c & 63)).min(64).max(of(b)),
        Op::Insert | Op::Pack | Op::Select | Op::Load | Op::Wide => 64,
    }
}
