//! POST: L channels of a vector in a cycle.

use super::fields::Steps;
use super::issue::Issue;
use super::machine::{Banks, Spans};
use super::scratchpad::Port;
use crate::arch::{NpuArch, Requantization};
use crate::isa::npu::{Operation, Post, Unit};

const POST: usize = Unit::Post as usize;
/// Cycles from the issue of a read until its sum stands in front of the requantizers.
const SUM: u64 = 5;
/// Cycles of the tables, and of the register behind them.
const TABLES: u64 = 3;
/// Cycles from what is added being read until the result that it is added to is there.
const RESIDUAL: u64 = 4;

#[derive(Debug)]
struct Job {
    number: usize,
    post: Post,
    steps: Steps,
    /// Reads of a row.
    row: u64,
    half: usize,
    residual_half: usize,
    /// From when on sums are read, if its bank is there.
    from: u64,
}

#[derive(Debug)]
pub(super) struct PostUnit {
    lanes: u32,
    half: u32,
    /// Cycles from a read to its byte, and for the sums of two activations.
    to_byte: u64,
    to_sum: u64,
    job: Option<Job>,
    free: u64,
    pub active: u64,
    idle: u64,
}

impl PostUnit {
    pub fn new(arch: &NpuArch) -> PostUnit {
        // Factors, product, word, shift and rounding.
        let requantizer = match arch.requantization {
            Requantization::Fixed => 14,
            Requantization::Float => 16,
            Requantization::Both => 17,
        };
        // A sum comes back in a cycle that the others leave free.
        let back = TABLES + u64::from((requantizer + TABLES).is_multiple_of(2));
        PostUnit {
            lanes: arch.lanes,
            half: arch.scratchpad_bytes / 2,
            to_byte: SUM + requantizer,
            to_sum: SUM + requantizer + back + requantizer,
            job: None,
            free: 0,
            active: 0,
            idle: 0,
        }
    }

    pub fn next(&self, issue: &Issue, banks: &Banks) -> u64 {
        match &self.job {
            None => issue.held(POST).max(self.free),
            Some(job) => {
                let whole = banks.whole[usize::from(job.post.vector)].front();
                whole.map_or(u64::MAX, |whole| job.from.max(*whole))
            }
        }
    }

    pub fn run(
        &mut self,
        at: u64,
        issue: &mut Issue,
        banks: &mut Banks,
        (residual, writes): (&mut Port, &mut Port),
        of: &mut Spans,
    ) {
        let Some(mut job) = self.job.take() else {
            self.take(at, issue, of);
            return;
        };
        // Nothing that POST does waits once its bank is there.
        let post = &job.post;
        let (step, to_byte) = match post.residual {
            true => (2, self.to_sum),
            false => (1, self.to_byte),
        };
        let mut next = at;
        let mut end = at;
        while !job.steps.over() {
            end = next + step * (job.row - 1);
            next = end + step;
            issue.signal(job.steps.end(), end + to_byte);
        }
        let reads = job.row * u64::from(post.rows);
        self.active += reads;
        if post.residual {
            let from = at + self.to_byte - RESIDUAL;
            residual.add(at, job.residual_half, from, reads, step);
        }
        let window = u64::from(post.window);
        writes.add(at, job.half, at + to_byte, reads / window, step * window);
        of.end(job.number, end + 1);
        let source = usize::from(post.vector);
        banks.whole[source].pop_front();
        banks.freed[source] = Some(end + 2);
        self.idle = end + 1 + self.to_sum + 1;
        self.free = match post.residual {
            true => self.idle,
            false => (end + 1).max(at + 3),
        };
    }

    fn take(&mut self, at: u64, issue: &mut Issue, of: &mut Spans) {
        let number = issue.take(POST, at);
        of.begin(number, at);
        let instruction = &of.program[number];
        let Operation::Post(post) = instruction.operation else {
            return;
        };
        let groups = u64::from(post.channels.div_ceil(self.lanes));
        self.job = Some(Job {
            number,
            post,
            steps: Steps::new(instruction.synchronization.signal, post.rows.into()),
            row: u64::from(post.columns * post.window) * groups,
            half: (post.address >= self.half).into(),
            residual_half: (post.residual_address >= self.half).into(),
            from: at + 1,
        });
    }

    pub fn idle(&self) -> u64 {
        match self.job {
            Some(_) => u64::MAX,
            None => self.idle,
        }
    }
}
