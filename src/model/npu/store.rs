//! STORE.

use super::Dram;
use super::fields::Steps;
use super::issue::Issue;
use super::limit::Limit;
use super::machine::{Busy, Spans};
use super::runs::Runs;
use super::scratchpad::{Port, progress};
use crate::arch::NpuArch;
use crate::isa::npu::{Operation, Unit};

const STORE: usize = Unit::Store as usize;
/// Cycles from an instruction to its first run, and from a run to the next at least.
const TO_RUN: u64 = 2;
/// Runs whose addresses are out and whose answers are not in.
const UNDER_WAY: usize = 16;
/// Cycles from a read of the scratchpad until its beat is on the bus: those of the memory, and of the queue.
const TO_BEAT: u64 = 5;
/// Cycles from the time of an answer until it is on the bus, from there until the semaphore is signalled, and until
/// the unit is idle.
const TO_ANSWER: u64 = 2;
const TO_SIGNAL: u64 = 1;
const TO_IDLE: u64 = 1;
/// Beats that were read and not sent.
const BEATS_READ: u64 = 8;

#[derive(Debug)]
struct Job {
    number: usize,
    runs: Runs,
    steps: Steps,
    left: u64,
    half: usize,
    /// When the next run may go.
    next: u64,
}

#[derive(Debug)]
pub(super) struct StoreUnit {
    beat: u64,
    half: u32,
    dram: Dram,
    job: Option<Job>,
    free: u64,
    /// When the next beat is read, and the bus is free for the next address.
    reads: u64,
    bus: u64,
    /// When the next run may be cut into bursts, and when its first one has a place to stand; bursts and runs that
    /// are not answered.
    cut: u64,
    place: u64,
    open: Limit,
    under_way: Limit,
    pub beats: u64,
    pub busy: Busy,
}

impl StoreUnit {
    pub fn new(arch: &NpuArch, dram: Dram) -> StoreUnit {
        StoreUnit {
            beat: arch.bus_bytes().into(),
            half: arch.scratchpad_bytes / 2,
            dram,
            job: None,
            free: 0,
            reads: 0,
            bus: 0,
            cut: 0,
            place: 0,
            open: Limit::new(arch.outstanding as usize),
            under_way: Limit::new(UNDER_WAY),
            beats: 0,
            busy: Busy::default(),
        }
    }

    pub fn next(&self, issue: &Issue) -> u64 {
        match &self.job {
            None => issue.held(STORE).max(self.free),
            // Runs are announced ahead of their beats; nothing else is known of them before.
            Some(job) => (job.next.max(self.cut).max(self.under_way.free()))
                .max(self.reads.saturating_sub(1)),
        }
    }

    pub fn run(&mut self, at: u64, issue: &mut Issue, before: [&Port; 3], of: &mut Spans) {
        let Some(job) = &mut self.job else {
            self.take(at, issue, of);
            return;
        };
        let mut beats = job.runs.next(self.beat);
        let count = beats.count;
        self.beats += count;
        let mut answer = at;
        self.reads = self.reads.max(at + 1);
        let mut from = at + 1;
        while beats.count > 0 {
            let burst = beats.burst();
            let read = progress(&before, job.half, self.reads, burst, u64::MAX);
            // Cut off, a burst stands in a register until the bus takes its address; its beats follow.
            let cut = from.max(self.place).max(self.open.free());
            let address = (cut + 1).max(self.bus);
            let end = (address + burst).max(read.at - 1 + TO_BEAT);
            // Not more are read ahead of those that are sent than there are places for.
            self.reads = read.at.max((end + 1).saturating_sub(BEATS_READ));
            self.bus = end + 1;
            self.place = address;
            from = cut + 1;
            answer = end + self.dram.write_latency + TO_ANSWER;
            self.open.take(cut);
            self.open.give(answer + 1);
        }
        self.cut = from;
        self.under_way.take(at);
        self.under_way.give(answer + 1);
        issue.signal(job.steps.end(), answer + TO_SIGNAL);
        of.end(job.number, answer);
        self.busy.end(answer + TO_IDLE);
        job.next = at + TO_RUN;
        job.left -= 1;
        if job.left == 0 {
            self.job = None;
            self.free = at + 1;
        }
    }

    fn take(&mut self, at: u64, issue: &mut Issue, of: &mut Spans) {
        let number = issue.take(STORE, at);
        of.begin(number, at);
        self.busy.begin(at + 1);
        let instruction = &of.program[number];
        let Operation::Store(store) = instruction.operation else {
            return;
        };
        let left = u64::from(store.rows * store.planes);
        self.job = Some(Job {
            number,
            runs: Runs::new(
                self.dram.bases[store.region as usize] + u64::from(store.offset),
                store.run,
                store.rows,
                store.row_stride,
                store.plane_stride,
            ),
            steps: Steps::new(instruction.synchronization.signal, left),
            left,
            half: (store.address >= self.half).into(),
            next: at + TO_RUN,
        });
    }

    pub fn idle(&self) -> u64 {
        match self.job {
            Some(_) => u64::MAX,
            None => self.busy.until,
        }
    }
}
