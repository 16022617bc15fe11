//! A pass: bits that are put together step by step are put together at once.

use super::demand::{Demands, NONE};
use super::emit::Emitter;
use super::ops::{Micro, Op, Part, pack, shift_of};

/// The steps that a chain may have before and after.
const SHORTEST: usize = 3;

/// Replaces chains of concatenations and insertions of which only the end is used.
pub(super) fn pack_chains(emitter: &mut Emitter, demands: &Demands) {
    let uses = demands.uses(emitter, None);
    let mut producer = vec![NONE; emitter.constants.len()];
    // The parts of each instruction that only puts bits together, lowest first.
    let mut chains: Vec<Vec<Part>> = vec![Vec::new(); emitter.micros.len()];
    for index in 0..emitter.micros.len() {
        let micro = emitter.micros[index];
        producer[micro.dst as usize] = index as u32;
        let Micro { op, a, b, c, .. } = micro;
        let mut parts = match op {
            Op::Concat | Op::Insert => take(&mut chains, &producer, &uses, b),
            _ => Vec::new(),
        };
        match op {
            Op::Slice => parts.push(Part {
                value: a,
                shifts: c,
            }),
            Op::Concat => {
                let high = take(&mut chains, &producer, &uses, a);
                parts.extend(high.into_iter().map(|part| moved(part, c)));
            }
            Op::Insert => parts.push(Part {
                value: a,
                shifts: c,
            }),
            _ => continue,
        }
        chains[index] = parts;
    }
    for (index, parts) in chains.into_iter().enumerate() {
        if parts.len() < SHORTEST {
            continue;
        }
        let start = emitter.tables.parts.len() as u32;
        emitter.tables.parts.extend(parts);
        let micro = &mut emitter.micros[index];
        micro.op = Op::Pack;
        (micro.a, micro.b) = (start, emitter.tables.parts.len() as u32);
        micro.c = 0;
    }
}

/// The parts of an operand: those of the instruction that makes it where nothing else reads it.
fn take(chains: &mut [Vec<Part>], producer: &[u32], uses: &[u32], value: u32) -> Vec<Part> {
    let of = producer[value as usize];
    if of != NONE && uses[value as usize] == 1 && !chains[of as usize].is_empty() {
        return std::mem::take(&mut chains[of as usize]);
    }
    vec![Part {
        value,
        shifts: pack(0, 0, shift_of(64)),
    }]
}

/// The part further left.
fn moved(part: Part, by: u32) -> Part {
    Part {
        shifts: part.shifts + (by << 8),
        ..part
    }
}
