//! VECTOR: reads of the taps of all vectors, pass after pass.

use super::fields::Steps;
use super::issue::Issue;
use super::limit::Limit;
use super::machine::Spans;
use super::scratchpad::{Port, progress};
use crate::arch::NpuArch;
use crate::isa::npu::{Operation, Unit, Vector};
use std::collections::VecDeque;

const VECTOR: usize = Unit::Vector as usize;
/// Cycles from an instruction until it may begin: those of the products with the pitch.
const TO_WALK: u64 = 2;
/// Cycles from a vector until one of the next pass may come to the same sums.
const REUSE: u64 = 4;
/// Cycles from a read until its bytes stand in front of the lanes, and from a sum until its bank is known to be whole.
const BYTES: u64 = 5;
const TO_WHOLE: u64 = 5;
/// Reads that are looked at together.
const TOGETHER: u64 = 32;

#[derive(Debug)]
struct Walk {
    number: usize,
    vector: Vector,
    half: usize,
    /// Kernel rows and groups of taps that are left.
    kernel_rows: u32,
    group: u32,
    /// Reads that are left of the pass.
    left: u64,
    at: u64,
    steps: Steps,
}

#[derive(Debug)]
pub(super) struct VectorUnit {
    half: u32,
    taps: u32,
    channels: u32,
    /// Cycles of a sum in the lanes.
    latency: u64,
    prepared: Option<(usize, u64)>,
    free: u64,
    walk: Option<Walk>,
    walked: u64,
    pub banks: Limit,
    pub whole: VecDeque<u64>,
    pub active: u64,
    pub stalls: u64,
    idle: u64,
}

impl VectorUnit {
    pub fn new(arch: &NpuArch) -> VectorUnit {
        let taps = arch.vector_taps;
        VectorUnit {
            half: arch.scratchpad_bytes / 2,
            taps,
            channels: arch.vector_channels(),
            latency: BYTES + 2 + u64::from(taps.max(2) - 1),
            prepared: None,
            free: 0,
            walk: None,
            walked: 0,
            banks: Limit::new(2),
            whole: VecDeque::new(),
            active: 0,
            stalls: 0,
            idle: 0,
        }
    }

    fn next_take(&self, issue: &Issue) -> u64 {
        match self.prepared {
            None => issue.held(VECTOR).max(self.free),
            Some(_) => u64::MAX,
        }
    }

    fn next_walk(&self, of: &Spans) -> u64 {
        let (Some((number, from)), None) = (self.prepared, &self.walk) else {
            return u64::MAX;
        };
        let begins =
            matches!(of.program[number].operation, Operation::Vector(vector) if vector.begin);
        let bank = if begins { self.banks.free() } else { 0 };
        from.max(self.walked).max(bank)
    }

    fn next_reads(&self) -> u64 {
        self.walk.as_ref().map_or(u64::MAX, |walk| walk.at)
    }

    pub fn next(&self, issue: &Issue, of: &Spans) -> u64 {
        (self.next_take(issue).min(self.next_walk(of))).min(self.next_reads())
    }

    /// `horizon` is the cycle up to which all that MATRIX reads is known.
    pub fn run(
        &mut self,
        at: u64,
        issue: &mut Issue,
        (before, port): ([&Port; 2], &mut Port),
        horizon: u64,
        of: &mut Spans,
    ) {
        if self.next_take(issue) == at {
            let number = issue.take(VECTOR, at);
            of.begin(number, at);
            self.prepared = Some((number, at + TO_WALK));
        } else if self.next_walk(of) == at {
            self.begin(at, of);
        } else {
            self.reads(at, issue, (before, port), horizon, of);
        }
    }

    fn begin(&mut self, at: u64, of: &Spans) {
        let Some((number, _)) = self.prepared.take() else {
            return;
        };
        self.free = at + 1;
        let instruction = &of.program[number];
        let Operation::Vector(vector) = instruction.operation else {
            return;
        };
        if vector.begin {
            self.banks.take(at);
        }
        let passes = vector.kernel_rows * vector.groups;
        self.walk = Some(Walk {
            number,
            vector,
            half: (vector.address >= self.half).into(),
            kernel_rows: vector.kernel_rows,
            group: 1,
            left: self.of_pass(&vector, 1),
            at: at + 1,
            steps: Steps::new(instruction.synchronization.signal, passes.into()),
        });
    }

    /// Reads of a pass: vectors one or two taps apart share bytes.
    fn of_pass(&self, vector: &Vector, group: u32) -> u64 {
        let (columns, step) = (u64::from(vector.columns), vector.column_step);
        let last = group == vector.groups;
        let taps = u64::from(if last && self.taps > 1 {
            vector.taps
        } else {
            self.taps
        });
        // The first tap of three in front of the image is not read.
        let in_front = vector.first_byte <= -i64::from(self.channels) as i32;
        let (by_one, by_two) = (step == vector.tap_step, step == 2 * vector.tap_step);
        let skips = self.taps == 3
            && in_front
            && (by_one || by_two)
            && vector.groups == 1
            && vector.taps == 3;
        let further = columns - 1;
        let row = match (by_one && taps > 1, by_two && taps > 2) {
            (true, _) => taps + further - u64::from(skips),
            (_, true) => taps + 2 * further - u64::from(skips),
            _ => taps * columns,
        };
        u64::from(vector.rows) * row
    }

    fn reads(
        &mut self,
        at: u64,
        issue: &mut Issue,
        (before, port): ([&Port; 2], &mut Port),
        horizon: u64,
        of: &mut Spans,
    ) {
        let Some(walk) = &mut self.walk else {
            return;
        };
        let some = walk.left.min(TOGETHER);
        let until = horizon.max(at + 1);
        let read = progress(&before, walk.half, at, some, until);
        port.add(at, walk.half, at, read.at - at, 1);
        self.stalls += read.at - at - read.done;
        walk.left -= read.done;
        walk.at = read.at;
        if walk.left > 0 {
            return;
        }
        let end = read.at - 1;
        issue.signal(walk.steps.end(), end + self.latency);
        let vectors = u64::from(walk.vector.rows * walk.vector.columns);
        self.active += vectors;
        walk.at = read.at + REUSE.saturating_sub(vectors);
        walk.group += 1;
        if walk.group > walk.vector.groups {
            walk.group = 1;
            walk.kernel_rows -= 1;
        }
        if walk.kernel_rows > 0 {
            let (vector, group) = (walk.vector, walk.group);
            let left = self.of_pass(&vector, group);
            if let Some(walk) = &mut self.walk {
                walk.left = left;
            }
            return;
        }
        of.end(walk.number, end + 1);
        if walk.vector.end {
            self.whole.push_back(end + self.latency - 1 + TO_WHOLE);
        }
        self.walk = None;
        self.walked = end + 1;
        self.idle = end + 1 + self.latency - 1;
    }

    pub fn idle(&self) -> u64 {
        match self.prepared.is_some() || self.walk.is_some() {
            true => u64::MAX,
            false => self.idle,
        }
    }
}
