//! A pass: what writes the registers at an edge.

use super::demand::{DROPPED, Demands, EDGE_ONLY, NONE, Programs};
use super::emit::{Emitter, operands, replace_operands};
use super::group::{Item, Task};
use super::hash::FastMap;
use super::kernel::ALWAYS;
use super::ops::{Micro, Op};

/// An enable shared by fewer words of like registers is a multiplexer, not a guard.
const GUARD_WORDS: usize = 4;

/// Makes the instructions that write registers. An instruction that feeds nothing but one register
/// writes it itself.
pub(super) fn commits(emitter: &Emitter, demands: &Demands, programs: &mut Programs) -> Vec<Task> {
    let uses = demands.uses(emitter, Some(&programs.program));
    let mut sharing: FastMap<(u32, u64), usize> = FastMap::default();
    for word in &demands.registers {
        if let Some(enable) = word.enable {
            *sharing.entry((enable, word.origin.kind)).or_default() += 1;
        }
    }
    let mut commits = Vec::new();
    for word in &demands.registers {
        if word.next == word.current {
            continue;
        }
        let dst = word.current;
        let mut commit = |micro, guard| {
            commits.push(Task {
                micro,
                origin: word.origin,
                guard,
                domain: word.domain,
            });
        };
        let guard = match word.enable {
            None => ALWAYS,
            Some(enable) if sharing[&(enable, word.origin.kind)] >= GUARD_WORDS => enable,
            Some(enable) => {
                let micro = Micro {
                    op: Op::Mux,
                    dst,
                    a: enable,
                    b: word.next,
                    c: dst,
                };
                commit(micro, ALWAYS);
                continue;
            }
        };
        let producer = programs.producer[word.next as usize] as usize;
        let movable = producer != NONE as usize
            && uses[word.next as usize] == 1
            && programs.program[producer] == EDGE_ONLY
            && emitter.micros[producer].op != Op::Wide;
        let micro = if movable {
            programs.program[producer] = DROPPED;
            Micro {
                dst,
                ..emitter.micros[producer]
            }
        } else {
            Micro {
                op: Op::Copy,
                dst,
                a: word.next,
                b: 0,
                c: 0,
            }
        };
        commit(micro, guard);
    }
    commits
}

/// Sees to it that registers can be written one after the other, each after all that read what was
/// there before. Where some run in a circle, a copy of one register is read instead; the copies are
/// made before the edge.
pub(super) fn in_place(
    emitter: &mut Emitter,
    programs: &mut Programs,
    commits: &mut [Task],
    items: &[Item],
) {
    let mut writer = FastMap::default();
    for (item, of) in items.iter().enumerate() {
        for &task in &of.tasks {
            writer.insert(commits[task as usize].micro.dst, item as u32);
        }
    }
    // For each item the items that must run after it.
    let mut after: Vec<Vec<u32>> = vec![Vec::new(); items.len()];
    let mut waiting = vec![0u32; items.len()];
    for (item, of) in items.iter().enumerate() {
        let mut follow = |value: u32| {
            if let Some(&writer) = writer.get(&value)
                && writer != item as u32
            {
                after[item].push(writer);
            }
        };
        for &task in &of.tasks {
            let task = &commits[task as usize];
            operands(&task.micro, &emitter.tables, &mut follow);
            if task.guard != ALWAYS {
                follow(task.guard);
            }
        }
        after[item].sort_unstable();
        after[item].dedup();
        for writer in &after[item] {
            waiting[*writer as usize] += 1;
        }
    }
    let mut done = vec![false; items.len()];
    let mut ready: Vec<u32> = (0..items.len() as u32)
        .filter(|item| waiting[*item as usize] == 0)
        .collect();
    let mut first = 0;
    loop {
        while let Some(item) = ready.pop() {
            done[item as usize] = true;
            for writer in std::mem::take(&mut after[item as usize]) {
                waiting[writer as usize] -= 1;
                if waiting[writer as usize] == 0 && !done[writer as usize] {
                    ready.push(writer);
                }
            }
        }
        while first < items.len() && done[first] {
            first += 1;
        }
        if first == items.len() {
            return;
        }
        let broken = first as u32;
        let reads = |item: &u32| !done[*item as usize] && after[*item as usize].contains(&broken);
        let readers: Vec<u32> = (0..items.len() as u32).filter(reads).collect();
        for &reader in &readers {
            after[reader as usize].retain(|writer| *writer != broken);
        }
        read_copies(
            emitter,
            programs,
            commits,
            &items[first].tasks,
            items,
            &readers,
        );
        ready.push(broken);
    }
}

/// Lets readers read copies of what an item writes.
fn read_copies(
    emitter: &mut Emitter,
    programs: &mut Programs,
    commits: &mut [Task],
    written: &[u32],
    items: &[Item],
    readers: &[u32],
) {
    let mut copies = FastMap::default();
    for &member in written {
        let Task { micro, origin, .. } = commits[member as usize];
        let copy = emitter.allocate(1);
        emitter.origin = origin;
        emitter.push(Micro {
            op: Op::Copy,
            dst: copy,
            a: micro.dst,
            b: 0,
            c: 0,
        });
        programs.producer.push(emitter.micros.len() as u32 - 1);
        programs.program.push(EDGE_ONLY);
        copies.insert(micro.dst, copy);
    }
    for &reader in readers {
        for &member in &items[reader as usize].tasks {
            let task = &mut commits[member as usize];
            let copy = |value: u32| copies.get(&value).copied().unwrap_or(value);
            replace_operands(&mut task.micro, &mut emitter.tables, copy);
            if task.guard != ALWAYS {
                task.guard = copy(task.guard);
            }
        }
    }
}
