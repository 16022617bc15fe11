//! Who uses the scratchpad when: each half reads once and writes once in a cycle.

use std::collections::VecDeque;

/// Accesses in every `step`-th cycle of a time.
#[derive(Clone, Copy, Debug)]
struct Use {
    from: u64,
    to: u64,
    step: u64,
}

/// The accesses of one unit, by halves.
#[derive(Clone, Debug, Default)]
pub(super) struct Port([VecDeque<Use>; 2]);

impl Port {
    /// Whether there are any in a half from a cycle on.
    pub fn is_used(&self, half: usize, from: u64) -> bool {
        self.0[half].back().is_some_and(|last| last.to > from)
    }

    /// `count` accesses from a cycle on, one in every `step` cycles.
    pub fn add(&mut self, now: u64, half: usize, from: u64, count: u64, step: u64) {
        let uses = &mut self.0[half];
        while uses.front().is_some_and(|of| of.to <= now) {
            uses.pop_front();
        }
        let to = from + count * step;
        match uses.back_mut() {
            Some(last) if last.to == from && last.step == step => last.to = to,
            _ => uses.push_back(Use { from, to, step }),
        }
    }
}

/// Accesses that wait for those of others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Progress {
    /// How many were made.
    pub done: u64,
    /// The cycle behind the last one, or the one in which it goes on.
    pub at: u64,
}

/// Up to `wanted` accesses of a half from a cycle on, one in each that the ports before leave free, but none from
/// `until` on.
pub(super) fn progress(
    before: &[&Port],
    half: usize,
    at: u64,
    wanted: u64,
    until: u64,
) -> Progress {
    if !before.iter().any(|port| port.is_used(half, at)) {
        let done = wanted.min(until.saturating_sub(at));
        return Progress {
            done,
            at: at + done,
        };
    }
    let mut here = Progress { done: 0, at };
    while here.done < wanted && here.at < until {
        let mut boundary = until;
        let mut step = u64::MAX;
        for of in before.iter().flat_map(|port| &port.0[half]) {
            if of.to <= here.at {
                continue;
            }
            if of.from > here.at {
                boundary = boundary.min(of.from);
            } else {
                boundary = boundary.min(of.to);
                step = step.min(of.step);
            }
        }
        let room = boundary - here.at;
        let free = room
            - if step == u64::MAX {
                0
            } else {
                room.div_ceil(step)
            };
        let left = wanted - here.done;
        if free < left {
            here.done += free;
            here.at = boundary;
            continue;
        }
        here.done = wanted;
        here.at += match step {
            u64::MAX => left,
            // Of `step` cycles the first one is taken.
            step => left + left.div_ceil(step - 1),
        };
    }
    here
}
