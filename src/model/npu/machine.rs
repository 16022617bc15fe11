//! All units, and whose step comes first.

use super::dram::{Reader, Reads};
use super::front::{AHEAD, Front};
use super::issue::{Issue, UNITS};
use super::load::LoadUnit;
use super::matrix::MatrixUnit;
use super::post::PostUnit;
use super::scratchpad::Port;
use super::store::StoreUnit;
use super::vector::VectorUnit;
use super::{Dram, Prediction};
use crate::arch::NpuArch;
use crate::isa::npu::Instruction;
use std::collections::VecDeque;

/// Cycles in which a unit is busy.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Busy {
    since: u64,
    /// It is not, from then on.
    pub until: u64,
    total: u64,
}

impl Busy {
    pub fn begin(&mut self, at: u64) {
        if at > self.until {
            self.total += self.until - self.since;
            self.since = at;
            self.until = at;
        }
    }

    pub fn end(&mut self, at: u64) {
        self.until = self.until.max(at);
    }

    fn total(&self) -> u64 {
        self.total + self.until - self.since
    }
}

/// The program, and when its instructions were at work.
pub(super) struct Spans<'a> {
    pub program: &'a [Instruction],
    pub arch: &'a NpuArch,
    spans: Vec<Option<[u64; 2]>>,
}

impl Spans<'_> {
    pub fn begin(&mut self, number: usize, at: u64) {
        self.spans[number] = Some([at, at]);
    }

    pub fn end(&mut self, number: usize, at: u64) {
        if let Some(span) = &mut self.spans[number] {
            span[1] = at;
        }
    }
}

/// The banks between MATRIX, VECTOR and POST.
#[derive(Debug, Default)]
pub(super) struct Banks {
    /// When those that were handed over are whole.
    pub whole: [VecDeque<u64>; 2],
    /// From when on the one that POST has just left is free.
    pub freed: [Option<u64>; 2],
}

/// Who does steps: where several do theirs in the same cycle, those of lower numbers go first, and the waits in front of
/// the units are the last ones.
const READS: usize = 0;
const POST: usize = 1;
const MATRIX: usize = 2;
const VECTOR: usize = 3;
const STORE: usize = 4;
const LOAD: usize = 5;
const FETCH: usize = 6;
const FRONT: usize = 7;
const GRANTS: usize = 8;
const WHO: usize = GRANTS + UNITS;

/// Whose next step may be another one behind a step of each, a bit for each of them.
const AFTER: [u32; GRANTS + 1] = {
    let waits = 0b11111 << GRANTS;
    const fn own(who: usize) -> u32 {
        1 << who
    }
    [
        own(READS) | own(LOAD) | own(FETCH) | own(FRONT) | own(MATRIX) | waits,
        own(POST) | own(MATRIX) | own(VECTOR) | own(FRONT) | waits,
        own(MATRIX) | own(POST) | own(LOAD) | own(FRONT) | waits,
        own(VECTOR) | own(POST) | own(FRONT) | waits,
        own(STORE) | own(FRONT) | waits,
        own(LOAD) | own(READS) | own(FETCH) | own(FRONT) | waits,
        own(FETCH) | own(READS) | own(LOAD),
        own(FRONT) | own(FETCH) | waits,
        own(FRONT) | waits,
    ]
};

pub(super) struct Machine<'a> {
    of: Spans<'a>,
    issue: Issue,
    front: Front,
    reads: Reads,
    load: LoadUnit,
    matrix: MatrixUnit,
    vector: VectorUnit,
    post: PostUnit,
    store: StoreUnit,
    banks: Banks,
    /// When each does its next step, and a bit for each of which that is not known.
    at: [u64; WHO],
    changed: u32,
    /// Who uses the scratchpad: reads of POST, MATRIX and VECTOR, and writes of POST.
    residual_port: Port,
    matrix_port: Port,
    vector_port: Port,
    post_port: Port,
}

impl<'a> Machine<'a> {
    pub fn new(program: &'a [Instruction], arch: &'a NpuArch, dram: Dram) -> Machine<'a> {
        Machine {
            of: Spans {
                program,
                arch,
                spans: vec![None; program.len()],
            },
            issue: Issue::new(arch.queue_depth as usize),
            front: Front::new(arch),
            reads: Reads::new(dram),
            load: LoadUnit::new(arch, dram),
            matrix: MatrixUnit::new(arch),
            vector: VectorUnit::new(arch),
            post: PostUnit::new(arch),
            store: StoreUnit::new(arch, dram),
            banks: Banks::default(),
            at: [u64::MAX; WHO],
            changed: u32::MAX,
            residual_port: Port::default(),
            matrix_port: Port::default(),
            vector_port: Port::default(),
            post_port: Port::default(),
        }
    }

    pub fn run(mut self) -> Prediction {
        while self.front.end.is_none() && self.step() {}
        let cycles = self.front.end.map_or(u64::MAX, |end| end - AHEAD);
        for span in self.of.spans.iter_mut().flatten() {
            *span = span.map(|at| at - AHEAD);
        }
        Prediction {
            cycles,
            counters: [
                cycles,
                self.load.busy.total(),
                self.matrix.active,
                self.post.active,
                self.store.busy.total(),
                self.matrix.stall_weights,
                self.matrix.stall_bank,
                self.reads.beats,
                self.store.beats,
                self.vector.active,
                self.vector.stalls,
            ],
            spans: self.of.spans,
        }
    }

    /// From when on each unit is idle.
    fn idle(&self) -> [u64; UNITS] {
        let idle = [
            self.load.idle(),
            self.matrix.idle(),
            self.post.idle(),
            self.store.idle(),
            self.vector.idle(),
        ];
        std::array::from_fn(|unit| match self.issue.is_empty(unit) {
            true => idle[unit],
            false => u64::MAX,
        })
    }

    /// When someone does its next step.
    fn next(&self, who: usize) -> u64 {
        let program = self.of.program;
        match who {
            READS => self.reads.next(),
            POST => self.post.next(&self.issue, &self.banks),
            MATRIX => self.matrix.next(&self.issue),
            VECTOR => self.vector.next(&self.issue, &self.of),
            STORE => self.store.next(&self.issue),
            LOAD => self.load.next(&self.issue, &self.reads),
            FETCH => self.front.offers(program).max(self.reads.may_ask()),
            FRONT => self.front.next(program, &self.issue, &self.idle()),
            _ => self.issue.next_grant(who - GRANTS, program),
        }
    }

    /// The earliest step of all; none where nothing can go on.
    fn step(&mut self) -> bool {
        let program = self.of.program;
        for who in 0..WHO {
            if self.changed >> who & 1 == 1 {
                self.at[who] = self.next(who);
            }
        }
        let mut first = 0;
        for other in 1..WHO {
            if self.at[other] < self.at[first] {
                first = other;
            }
        }
        let now = self.at[first];
        if now == u64::MAX {
            return false;
        }
        if first == LOAD && now == self.at[FETCH] {
            let offers = [self.front.offers(program), self.load.offers()];
            if self.reads.program_first(offers[0], offers[1]) {
                first = FETCH;
            }
        }
        self.changed = AFTER[first.min(GRANTS)];
        match first {
            READS => self.beats(now),
            POST => {
                let ports = (&mut self.residual_port, &mut self.post_port);
                let (issue, banks) = (&mut self.issue, &mut self.banks);
                self.post.run(now, issue, banks, ports, &mut self.of);
                if let Some(freed) = self.banks.freed[0].take() {
                    self.matrix.banks.give(freed);
                }
                if let Some(freed) = self.banks.freed[1].take() {
                    self.vector.banks.give(freed);
                }
            }
            MATRIX => {
                let ports = (&self.residual_port, &mut self.matrix_port);
                let (issue, ring) = (&mut self.issue, &mut self.load.ring);
                self.matrix.run(now, issue, ports, ring, &mut self.of);
                self.banks.whole[0].append(&mut self.matrix.whole);
            }
            VECTOR => {
                let before = [&self.residual_port, &self.matrix_port];
                let ports = (before, &mut self.vector_port);
                let horizon = self.matrix.horizon();
                let issue = &mut self.issue;
                self.vector.run(now, issue, ports, horizon, &mut self.of);
                self.banks.whole[1].append(&mut self.vector.whole);
            }
            STORE => {
                let before = [&self.residual_port, &self.matrix_port, &self.vector_port];
                self.store.run(now, &mut self.issue, before, &mut self.of);
            }
            LOAD => {
                let (issue, reads) = (&mut self.issue, &mut self.reads);
                self.load.run(now, issue, reads, &mut self.of);
            }
            FETCH => self.front.ask(now, &mut self.reads),
            FRONT => self.front.run(now, program, &mut self.issue),
            _ => {
                let unit = first - GRANTS;
                self.issue.grant(unit, program, now);
                self.changed |= 1 << [LOAD, MATRIX, POST, STORE, VECTOR][unit];
            }
        }
        true
    }

    /// Beats of DRAM.
    fn beats(&mut self, now: u64) {
        let Some(over) = self.reads.run(now, &self.post_port) else {
            return;
        };
        match over.reader {
            Reader::Program => self.front.comes(over.end),
            Reader::Load { ends_run, .. } => {
                self.load
                    .comes(over, ends_run, &mut self.issue, &mut self.of);
                self.matrix.tiles.append(&mut self.load.tiles);
            }
        }
    }
}
