//! MATRIX: three passes are under way, whose tile is to be loaded, whose tile is loaded, and whose vectors are read.

use super::fields::Steps;
use super::issue::Issue;
use super::limit::Limit;
use super::load::Tile;
use super::machine::Spans;
use super::scratchpad::{Port, progress};
use crate::arch::{NpuArch, Target};
use crate::isa::npu::{Matrix, Operation, Unit};
use std::collections::VecDeque;

const MATRIX: usize = Unit::Matrix as usize;
/// Cycles from an instruction until its first pass is known: those of the products with the pitch.
const TO_PASS: u64 = 2;
/// Cycles from a vector until one of the next pass may come to the same sums: what was read, chosen, added and written.
const REUSE: u64 = 4;
/// Vectors that are looked at together.
const TOGETHER: u64 = 32;
/// Cycles from a read of the scratchpad until its bytes enter the array.
const OPERANDS: u64 = 5;
/// Cycles from a sum until its bank is known to be whole.
const TO_WHOLE: u64 = 5;

/// A pass.
#[derive(Clone, Copy, Debug)]
struct Pass {
    number: usize,
    vectors: u64,
    half: usize,
    begins: bool,
    ends: bool,
    signal: Option<usize>,
}

/// The instruction whose passes come next.
#[derive(Debug)]
struct Next {
    number: usize,
    matrix: Matrix,
    /// From when on.
    from: u64,
    pass: u64,
    passes: u64,
    vectors: u64,
    steps: Steps,
}

/// The pass whose vectors are read.
#[derive(Clone, Copy, Debug)]
struct Stream {
    pass: Pass,
    left: u64,
    at: u64,
    first: Option<u64>,
}

#[derive(Debug)]
pub(super) struct MatrixUnit {
    rows: u64,
    half: u32,
    /// Cycles of a sum in the array and its lines.
    latency: u64,
    /// The instruction behind the next one, and from when on it is known; or since when there is none.
    prepared: Option<(usize, u64)>,
    free: u64,
    next: Option<Next>,
    next_free: u64,
    ready: Option<Pass>,
    stream: Option<Stream>,
    /// The start of a pass before, and from when on the next may follow.
    started: Option<u64>,
    over: u64,
    settled: u64,
    /// Tiles of the ring, the oldest first.
    pub tiles: VecDeque<Tile>,
    /// Free banks.
    pub banks: Limit,
    pub whole: VecDeque<u64>,
    pub active: u64,
    pub idle: u64,
    pub stall_bank: u64,
    pub stall_weights: u64,
}

impl MatrixUnit {
    pub fn new(arch: &NpuArch) -> MatrixUnit {
        let [rows, columns] = [arch.rows, arch.columns].map(u64::from);
        let of_pe = u64::from(arch.product_register) + u64::from(arch.target == Target::Ecp5);
        MatrixUnit {
            rows,
            half: arch.scratchpad_bytes / 2,
            latency: OPERANDS + rows + 1 + of_pe + columns - 2,
            prepared: None,
            free: 0,
            next: None,
            next_free: 0,
            ready: None,
            stream: None,
            started: None,
            over: 0,
            settled: 0,
            tiles: VecDeque::new(),
            banks: Limit::new(2),
            whole: VecDeque::new(),
            active: 0,
            idle: 0,
            stall_bank: 0,
            stall_weights: 0,
        }
    }

    /// From when on the pass before lets the next one start.
    fn after_last(&self) -> u64 {
        let loaded = self.started.map_or(0, |start| start + self.rows.max(2));
        loaded.max(self.over).max(self.settled)
    }

    /// The tile of the next pass, if it came.
    fn tile(&self) -> Option<Tile> {
        let next = self.next.as_ref()?;
        let ahead = match next.matrix.release {
            true => 0,
            false => next.pass,
        };
        let tile = u64::from(next.matrix.tile) + ahead;
        self.tiles.get(tile as usize).copied()
    }

    fn next_start(&self) -> u64 {
        if self.stream.is_some() {
            return u64::MAX;
        }
        let after = self.after_last();
        let next = self.next.as_ref();
        match self.ready {
            Some(pass) => {
                let bank = if pass.begins { self.banks.free() } else { 0 };
                let start = after.max(bank.saturating_add(1));
                // A tile that is about to come is waited for.
                match self.tile() {
                    Some(tile)
                        if next.is_some_and(|next| next.from < start)
                            && tile.comes < start
                            && start <= tile.there =>
                    {
                        tile.there + 1
                    }
                    _ => start,
                }
            }
            None => match (next, self.tile()) {
                (Some(next), Some(tile)) => after.max(next.from + 1).max(tile.there + 1),
                _ => u64::MAX,
            },
        }
    }

    fn next_prepare(&self) -> u64 {
        match (&self.prepared, &self.next) {
            (Some((_, from)), None) => (*from).max(self.next_free),
            _ => u64::MAX,
        }
    }

    fn next_take(&self, issue: &Issue) -> u64 {
        match self.prepared {
            None => issue.held(MATRIX).max(self.free),
            Some(_) => u64::MAX,
        }
    }

    fn next_vectors(&self) -> u64 {
        self.stream.map_or(u64::MAX, |stream| stream.at)
    }

    pub fn next(&self, issue: &Issue) -> u64 {
        (self.next_start().min(self.next_prepare()))
            .min(self.next_take(issue))
            .min(self.next_vectors())
    }

    /// Up to when it reads no other vectors than those that are known.
    pub fn horizon(&self) -> u64 {
        self.next_start().min(self.next_vectors())
    }

    pub fn run(
        &mut self,
        at: u64,
        issue: &mut Issue,
        (residual, port): (&Port, &mut Port),
        ring: &mut Limit,
        of: &mut Spans,
    ) {
        if self.next_take(issue) == at {
            let number = issue.take(MATRIX, at);
            of.begin(number, at);
            self.prepared = Some((number, at + TO_PASS));
            self.idle = u64::MAX;
        } else if self.next_prepare() == at {
            self.prepare(at, of);
        } else if self.next_vectors() == at {
            self.vectors(at, issue, (residual, port), of);
        } else {
            self.start(at, ring);
        }
    }

    fn prepare(&mut self, at: u64, of: &Spans) {
        let Some((number, _)) = self.prepared.take() else {
            return;
        };
        self.free = at + 1;
        let instruction = &of.program[number];
        let Operation::Matrix(matrix) = instruction.operation else {
            return;
        };
        let [passes, vectors] = matrix.passes_and_vectors();
        self.next = Some(Next {
            number,
            matrix,
            from: at + 1,
            pass: 0,
            passes,
            vectors,
            steps: Steps::new(instruction.synchronization.signal, passes),
        });
    }

    fn start(&mut self, at: u64, ring: &mut Limit) {
        if let Some(pass) = self.ready.take() {
            if pass.begins {
                let bank = self.banks.free();
                self.stall_bank += bank.saturating_sub(self.after_last().max(1) - 1);
                self.banks.take(at);
            }
            self.stream = Some(Stream {
                pass,
                left: pass.vectors,
                at: at + 1,
                first: None,
            });
        } else if let (Some(next), Some(tile)) = (&self.next, self.tile()) {
            let waits = next.from.max(self.over);
            self.stall_weights += tile.there.saturating_sub(waits);
        }
        self.started = Some(at);
        let loads = match (&self.next, self.tile()) {
            (Some(next), Some(tile)) => next.from <= at && tile.there <= at,
            _ => false,
        };
        let Some(next) = self.next.as_mut().filter(|_| loads) else {
            return;
        };
        let last = next.pass + 1 == next.passes;
        self.ready = Some(Pass {
            number: next.number,
            vectors: next.vectors,
            half: (next.matrix.address >= self.half).into(),
            begins: next.matrix.begin && next.pass == 0,
            ends: next.matrix.end && last,
            signal: next.steps.end(),
        });
        next.pass += 1;
        if next.matrix.release {
            self.tiles.pop_front();
            ring.give(at + self.rows + 2);
        }
        if last {
            self.next = None;
            self.next_free = at + 2;
        }
    }

    fn vectors(
        &mut self,
        at: u64,
        issue: &mut Issue,
        (residual, port): (&Port, &mut Port),
        of: &mut Spans,
    ) {
        let Some(stream) = &mut self.stream else {
            return;
        };
        let pass = stream.pass;
        let some = match residual.is_used(pass.half, at) {
            true => stream.left.min(TOGETHER),
            false => stream.left,
        };
        let read = progress(&[residual], pass.half, at, some, u64::MAX);
        // Whoever comes behind waits while a vector is asked for, granted or not.
        port.add(at, pass.half, at, read.at - at, 1);
        let first = *stream.first.get_or_insert(read.at - some);
        stream.left -= some;
        stream.at = read.at;
        self.active += some;
        if stream.left > 0 {
            return;
        }
        let end = read.at - 1;
        self.over = match pass.vectors {
            1 => end + 1,
            _ => end,
        };
        self.settled = first + REUSE - 1;
        self.stream = None;
        self.idle = end + 1;
        issue.signal(pass.signal, end + 1);
        of.end(pass.number, end + 1);
        if pass.ends {
            self.whole.push_back(end + self.latency + TO_WHOLE);
        }
    }

    /// From when on nothing is under way.
    pub fn idle(&self) -> u64 {
        match self.prepared.is_some()
            || self.next.is_some()
            || self.ready.is_some()
            || self.stream.is_some()
        {
            true => u64::MAX,
            false => self.idle,
        }
    }
}
