//! LOAD and WEIGHTS.

use super::Dram;
use super::dram::{Over, Reader, Reads};
use super::fields::Steps;
use super::issue::Issue;
use super::limit::Limit;
use super::machine::{Busy, Spans};
use super::runs::{Beats, Runs};
use crate::arch::NpuArch;
use crate::isa::npu::{Instruction, Operation, REGIONS, Target, Unit};
use std::collections::VecDeque;

const LOAD: usize = Unit::Load as usize;
/// Cycles from an instruction to its first run, and from a run to the next: a run is looked at before it goes.
const TO_RUN: u64 = 2;
/// Runs whose addresses are out and whose bytes are not in.
const UNDER_WAY: usize = 16;
/// Cycles from the last beat of a run until the semaphore is signalled, until MATRIX knows of a tile, and until the
/// unit is idle.
const TO_SIGNAL: u64 = 2;
const TO_TILE: u64 = 2;
const TO_IDLE: u64 = 2;

/// A tile of the ring.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tile {
    /// From when on more than half of it is there, and all of it.
    pub comes: u64,
    pub there: u64,
}

/// An instruction whose runs are asked for.
#[derive(Debug)]
struct Job {
    runs: Runs,
    left: u64,
    /// When the next run may go.
    next: u64,
    half: Option<usize>,
    weights: bool,
}

/// An instruction whose bytes come.
#[derive(Debug)]
struct Coming {
    number: usize,
    steps: Steps,
    weights: bool,
}

#[derive(Debug)]
pub(super) struct LoadUnit {
    beat: u64,
    half: u32,
    bases: [u64; REGIONS as usize],
    job: Option<Job>,
    /// From when on the next instruction is taken.
    free: u64,
    /// The beats of a run that are not asked for, and when they may be.
    transfer: Beats,
    may_ask: u64,
    of_transfer: Option<usize>,
    under_way: Limit,
    open: Limit,
    pub ring: Limit,
    coming: VecDeque<Coming>,
    /// Tiles that came since they were looked for.
    pub tiles: VecDeque<Tile>,
    pub busy: Busy,
}

impl LoadUnit {
    pub fn new(arch: &NpuArch, dram: Dram) -> LoadUnit {
        LoadUnit {
            beat: arch.bus_bytes().into(),
            half: arch.scratchpad_bytes / 2,
            bases: dram.bases,
            job: None,
            free: 0,
            transfer: Beats::default(),
            may_ask: 0,
            of_transfer: None,
            under_way: Limit::new(UNDER_WAY),
            open: Limit::new(arch.outstanding as usize),
            ring: Limit::new(arch.ring_tiles as usize),
            coming: VecDeque::new(),
            tiles: VecDeque::new(),
            busy: Busy::default(),
        }
    }

    /// From when on the next burst is offered.
    pub fn offers(&self) -> u64 {
        match self.transfer.count {
            0 => u64::MAX,
            _ => self.may_ask.max(self.open.free()),
        }
    }

    pub fn next(&self, issue: &Issue, reads: &Reads) -> u64 {
        if self.transfer.count > 0 {
            return self.offers().max(reads.may_ask());
        }
        match &self.job {
            None => issue.held(LOAD).max(self.free),
            Some(job) => {
                let ring = if job.weights { self.ring.free() } else { 0 };
                let room = self.under_way.free().max(ring);
                room.max(job.next).max(self.may_ask)
            }
        }
    }

    pub fn run(&mut self, at: u64, issue: &mut Issue, reads: &mut Reads, of: &mut Spans) {
        if self.transfer.count > 0 {
            self.open.take(at);
            let beats = self.transfer.burst();
            let reader = Reader::Load {
                half: self.of_transfer,
                ends_run: self.transfer.count == 0,
            };
            reads.ask(reader, beats, at);
            self.may_ask = at + 1;
            return;
        }
        let Some(job) = &mut self.job else {
            self.take(at, issue, of);
            return;
        };
        self.under_way.take(at);
        if job.weights {
            self.ring.take(at);
        }
        self.transfer = job.runs.next(self.beat);
        self.of_transfer = job.half;
        self.may_ask = at + 1;
        job.next = at + TO_RUN;
        job.left -= 1;
        if job.left == 0 {
            self.job = None;
            self.free = at + 1;
        }
    }

    fn take(&mut self, at: u64, issue: &mut Issue, of: &mut Spans) {
        let number = issue.take(LOAD, at);
        let Instruction {
            synchronization,
            operation,
        } = of.program[number];
        of.begin(number, at);
        self.busy.begin(at + 1);
        let base = |region: u32| self.bases[region as usize];
        let (runs, left, half, weights) = match operation {
            Operation::Weights(weights) => {
                let tile = of.arch.tile_bytes();
                let offset = base(weights.region) + u64::from(weights.offset);
                let runs = Runs::new(offset, tile, u32::MAX, tile, 0);
                (runs, u64::from(weights.tiles), None, true)
            }
            Operation::Load(load) => {
                let runs = Runs::new(
                    base(load.region) + u64::from(load.offset),
                    load.run,
                    load.rows,
                    load.row_stride,
                    load.plane_stride,
                );
                let half = (load.target == Target::Scratchpad as u32)
                    .then_some((load.address >= self.half).into());
                (runs, u64::from(load.rows * load.planes), half, false)
            }
            _ => return,
        };
        self.coming.push_back(Coming {
            number,
            steps: Steps::new(synchronization.signal, left),
            weights,
        });
        self.job = Some(Job {
            runs,
            left,
            next: at + TO_RUN,
            half,
            weights,
        });
    }

    /// The beats of a burst have come.
    pub fn comes(&mut self, burst: Over, ends_run: bool, issue: &mut Issue, of: &mut Spans) {
        let end = burst.end;
        self.open.give(end + 1);
        if !ends_run {
            return;
        }
        self.under_way.give(end + 1);
        let Some(coming) = self.coming.front_mut() else {
            return;
        };
        if coming.weights {
            // Half of the beats are counted a cycle behind the last of them.
            let half = burst.beats.div_ceil(2).min(burst.beats);
            self.tiles.push_back(Tile {
                comes: end - (burst.beats - half) + 2,
                there: end + TO_TILE,
            });
        }
        issue.signal(coming.steps.end(), end + TO_SIGNAL);
        of.end(coming.number, end + 1);
        self.busy.end(end + TO_IDLE);
        if coming.steps.over() {
            self.coming.pop_front();
        }
    }

    /// From when on nothing is under way.
    pub fn idle(&self) -> u64 {
        match self.coming.is_empty() {
            true => self.busy.until,
            false => u64::MAX,
        }
    }
}
