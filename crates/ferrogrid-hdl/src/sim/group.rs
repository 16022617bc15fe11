//! A pass: equal instructions of like nodes become groups, whose results stand side by side.

use super::emit::{Emitter, Origin};
use super::hash::FastMap;
use super::kernel::ALWAYS;
use super::ops::{Micro, Op};

/// The fewest lanes of a group.
const LANES: usize = 4;

/// An instruction with what it needs to be put in order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Task {
    pub micro: Micro,
    pub origin: Origin,
    /// It runs when this value is not 0; [`ALWAYS`] for always.
    pub guard: u32,
    /// The domain of the register that it writes.
    pub domain: u32,
}

/// Tasks that run together: one instruction, or a group in the order of its lanes.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub tasks: Vec<u32>,
    pub is_group: bool,
}

#[derive(PartialEq, Eq, Hash)]
struct Key {
    level: u32,
    op: Op,
    immediate: u32,
    kind: u64,
    part: u32,
    guard: u32,
    domain: u32,
    /// The value of several words of which the results are words, if they are.
    wide: u32,
}

/// Forms groups of tasks on the same level, of which none needs another. They have not more than
/// `most` lanes: where something changes in a few lanes, the others rest.
pub(super) fn group(tasks: &[Task], levels: &[u32], emitter: &Emitter, most: usize) -> Vec<Item> {
    let mut numbers: FastMap<Key, usize> = FastMap::default();
    let mut found: Vec<Vec<u32>> = Vec::new();
    for (index, (task, &level)) in tasks.iter().zip(levels).enumerate() {
        let micro = task.micro;
        let (start, words) = emitter.groups[micro.dst as usize];
        let immediate = match micro.op {
            Op::Mux | Op::Slice | Op::Insert | Op::Pack => 0,
            _ => micro.c,
        };
        let key = Key {
            level,
            op: micro.op,
            immediate,
            kind: task.origin.kind,
            part: if words == 1 { task.origin.part } else { 0 },
            guard: task.guard,
            domain: task.domain,
            wide: if words == 1 { ALWAYS } else { start },
        };
        let number = *numbers.entry(key).or_insert(found.len());
        if number == found.len() {
            found.push(Vec::new());
        }
        found[number].push(index as u32);
    }
    let mut items: Vec<Item> = Vec::new();
    found.sort_by_key(|tasks| tasks[0]);
    for mut tasks_of in found {
        let task = |index: u32| &tasks[index as usize];
        tasks_of.sort_by_key(|index| (task(*index).origin.node, task(*index).micro.dst));
        let dst = |at: usize| task(tasks_of[at]).micro.dst;
        let first = task(tasks_of[0]);
        let wide = emitter.groups[first.micro.dst as usize].1 > 1;
        let adjacent = !wide || (1..tasks_of.len()).all(|at| dst(at) == dst(at - 1) + 1);
        let lanes = tasks_of.len().min(most);
        let group = adjacent && lanes >= LANES && first.micro.op != Op::Wide;
        if group {
            items.extend(tasks_of.chunks(most).map(|tasks| Item {
                tasks: tasks.to_vec(),
                is_group: true,
            }));
        } else {
            // A guard needs a group, if of one lane only.
            items.extend(tasks_of.into_iter().map(|index| Item {
                tasks: vec![index],
                is_group: task(index).guard != ALWAYS,
            }));
        }
    }
    items
}
