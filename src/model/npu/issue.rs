//! Queues in front of the units, and the semaphores that their heads wait for.

use crate::isa::npu::{Instruction, SEMAPHORES, Unit};
use std::collections::VecDeque;

/// Units.
pub(super) const UNITS: usize = Unit::ALL.len();
/// Cycles from the head of a queue, from a signal, and from the place in front of the unit, until a wait is over: the
/// request, the counts that are enough, and the choice are registers.
const HEAD_TO_GRANT: u64 = 3;
const SIGNAL_TO_GRANT: u64 = 3;
const PLACE_TO_GRANT: u64 = 1;
/// Cycles from a grant to the next one.
const GRANTS: u64 = 3;

/// Instructions of a unit.
#[derive(Debug, Default)]
struct Queue {
    /// Their numbers, with the cycle from which on each may be the head.
    waiting: VecDeque<(usize, u64)>,
    /// The cycle behind the last one that left.
    left: u64,
    /// What stands in front of the unit, from a cycle on; or since when the place is free.
    held: Option<(usize, u64)>,
    free: u64,
}

/// All queues.
#[derive(Debug)]
pub(super) struct Issue {
    depth: usize,
    queues: [Queue; UNITS],
    /// The cycles in which semaphores were signalled, without those that were taken.
    signals: [VecDeque<u64>; SEMAPHORES as usize],
    granted: u64,
}

impl Issue {
    pub fn new(depth: usize) -> Issue {
        Issue {
            depth,
            queues: Default::default(),
            signals: Default::default(),
            granted: 0,
        }
    }

    /// A semaphore is signalled in a cycle.
    pub fn signal(&mut self, semaphore: Option<usize>, at: u64) {
        if let Some(semaphore) = semaphore {
            self.signals[semaphore].push_back(at);
        }
    }

    /// From when on the front end finds room in front of a unit.
    pub fn room(&self, unit: usize) -> u64 {
        let queue = &self.queues[unit];
        match queue.waiting.len() < self.depth {
            true => queue.left,
            false => u64::MAX,
        }
    }

    /// The front end gives an instruction to a unit.
    pub fn push(&mut self, unit: usize, number: usize, at: u64) {
        self.queues[unit].waiting.push_back((number, at + 1));
    }

    /// None waits in front of a unit.
    pub fn is_empty(&self, unit: usize) -> bool {
        let queue = &self.queues[unit];
        queue.waiting.is_empty() && queue.held.is_none()
    }

    /// When the head of a queue goes in front of its unit.
    pub fn next_grant(&self, unit: usize, program: &[Instruction]) -> u64 {
        let queue = &self.queues[unit];
        let (Some(&(number, from)), None) = (queue.waiting.front(), queue.held) else {
            return u64::MAX;
        };
        let head = from.max(queue.left);
        let waits = program[number].synchronization.waits;
        let mut at = head.max(queue.free);
        for wait in waits.iter().filter(|wait| wait.count > 0) {
            let signals = &self.signals[wait.semaphore as usize];
            let Some(signal) = signals.get(wait.count as usize - 1) else {
                return u64::MAX;
            };
            let known = (head + HEAD_TO_GRANT).max(signal + SIGNAL_TO_GRANT);
            at = at.max(known.max(queue.free + PLACE_TO_GRANT));
            at = at.max(self.granted + GRANTS);
        }
        at
    }

    /// It goes there.
    pub fn grant(&mut self, unit: usize, program: &[Instruction], at: u64) {
        let queue = &mut self.queues[unit];
        let Some((number, _)) = queue.waiting.pop_front() else {
            return;
        };
        queue.left = at + 1;
        queue.held = Some((number, at + 1));
        for wait in program[number].synchronization.waits {
            if wait.count > 0 {
                self.signals[wait.semaphore as usize].drain(..wait.count as usize);
                self.granted = at;
            }
        }
    }

    /// From when on an instruction stands in front of a unit.
    pub fn held(&self, unit: usize) -> u64 {
        self.queues[unit].held.map_or(u64::MAX, |(_, from)| from)
    }

    /// The unit takes it.
    pub fn take(&mut self, unit: usize, at: u64) -> usize {
        let queue = &mut self.queues[unit];
        queue.free = at + 1;
        queue.held.take().map_or(0, |(number, _)| number)
    }
}
