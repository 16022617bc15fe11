//! Reads of DRAM: requests in their order, and the one channel of their beats.

use super::Dram;
use super::limit::Limit;
use super::scratchpad::{Port, progress};
use std::collections::VecDeque;

/// Requests that the memory of a run holds; further ones wait on the bus.
const OPEN: usize = 8;
/// Cycles from the time of a request to its first beat on the bus.
const TO_BEAT: u64 = 2;
/// Beats for the scratchpad that are looked at together.
const TOGETHER: u64 = 32;

/// Whose beats they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reader {
    /// The front end: an instruction.
    Program,
    /// LOAD, into this half of the scratchpad if at all.
    Load { half: Option<usize>, ends_run: bool },
}

#[derive(Clone, Copy, Debug)]
struct Burst {
    reader: Reader,
    ready: u64,
    beats: u64,
    left: u64,
}

/// A burst that is over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Over {
    pub reader: Reader,
    /// The cycle of its last beat, and its beats.
    pub end: u64,
    pub beats: u64,
}

/// The read channels.
#[derive(Debug)]
pub(super) struct Reads {
    dram: Dram,
    requests: VecDeque<Burst>,
    open: Limit,
    /// The cycle behind the last request, and whether it was one of the program.
    asked: u64,
    of_program: bool,
    /// From when on the next burst's beats may be fetched, and its next beat is on the bus.
    free: u64,
    beat: u64,
    pub beats: u64,
}

impl Reads {
    pub fn new(dram: Dram) -> Reads {
        Reads {
            dram,
            requests: VecDeque::new(),
            open: Limit::new(OPEN),
            asked: 0,
            of_program: false,
            free: 0,
            beat: 0,
            beats: 0,
        }
    }

    /// From when on a request is taken.
    pub fn may_ask(&self) -> u64 {
        self.open.free().max(self.asked)
    }

    /// Whether a request of the program that is offered from a cycle on goes before one of LOAD: who was offered first
    /// has its turn, and they take turns where both were.
    pub fn program_first(&self, program: u64, load: u64) -> bool {
        let [program, load] = [program, load].map(|offered| offered.max(self.asked));
        program < load || (program == load && !self.of_program)
    }

    pub fn ask(&mut self, reader: Reader, beats: u64, at: u64) {
        self.asked = at + 1;
        self.of_program = reader == Reader::Program;
        self.open.take(at);
        self.requests.push_back(Burst {
            reader,
            ready: at + 1 + self.dram.read_latency,
            beats,
            left: beats,
        });
    }

    /// When beats of the oldest burst are fetched.
    pub fn next(&self) -> u64 {
        (self.requests.front()).map_or(u64::MAX, |burst| burst.ready.max(self.free))
    }

    /// Some are; gives the burst that is over with them.
    pub fn run(&mut self, at: u64, post: &Port) -> Option<Over> {
        let burst = self.requests.front_mut()?;
        if burst.left == burst.beats {
            self.open.give(at + 1);
            self.beat = at + TO_BEAT;
        }
        let behind = match burst.reader {
            Reader::Load {
                half: Some(half), ..
            } => {
                // A beat is written in the cycle behind it, if POST does not write there.
                let some = burst.left.min(TOGETHER);
                let wrote = progress(&[post], half, self.beat + 1, some, u64::MAX);
                burst.left -= some;
                wrote.at - 1
            }
            _ => {
                let behind = self.beat + burst.left;
                burst.left = 0;
                behind
            }
        };
        self.beat = behind;
        self.free = behind - TO_BEAT;
        if burst.left > 0 {
            return None;
        }
        let burst = self.requests.pop_front()?;
        self.beats += burst.beats;
        Some(Over {
            reader: burst.reader,
            end: behind - 1,
            beats: burst.beats,
        })
    }
}
