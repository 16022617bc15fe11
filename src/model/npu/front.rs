//! The front end: fetches the program, and gives each unit its instructions in their order.

use super::dram::{Reader, Reads};
use super::issue::{Issue, UNITS};
use super::limit::Limit;
use crate::arch::{ControlOrder, NpuArch};
use crate::isa::npu::{INSTRUCTION_BYTES, Instruction, Operation};
use std::collections::VecDeque;

/// Instructions that are fetched ahead.
const FETCHED: usize = 8;
/// Cycles from the first request for an instruction, by a host that writes ten more registers then, to the write that
/// starts the program, and from there to the cycle in which the first instruction may go on.
pub(super) const AHEAD: u64 = 43;
const START: u64 = 7;
/// Cycles from an instruction to the next: whether one goes on is known late.
const NEXT: u64 = 2;
/// Cycles from the last beat of an instruction until it may go on: those of the queue and of the decoder.
const DECODED: u64 = 2;
/// Cycles from a request for an instruction until it is on the bus, and to the next one.
const TO_REQUEST: u64 = 1;
const REQUESTS: u64 = 2;
/// Cycles for which a unit must have been idle.
const SETTLED: u64 = 3;
/// Cycles from the end of a program to its interrupt.
const END: u64 = 1;

#[derive(Debug)]
pub(super) struct Front {
    beats: u64,
    central: bool,
    /// Bursts that have not ended.
    open: Limit,
    /// The number of the next instruction, and when the one before went.
    number: usize,
    went: u64,
    /// When instructions may go on that were fetched and have not gone.
    fetched: VecDeque<u64>,
    /// How many were asked for, the next request, and the places of those that have not gone.
    asked: usize,
    ask: u64,
    places: Limit,
    /// The cycle of the interrupt.
    pub end: Option<u64>,
}

impl Front {
    pub fn new(arch: &NpuArch) -> Front {
        Front {
            beats: (INSTRUCTION_BYTES as u64).div_ceil(arch.bus_bytes().into()),
            central: arch.order == ControlOrder::Central,
            open: Limit::new(arch.outstanding as usize),
            number: 0,
            went: 0,
            fetched: VecDeque::new(),
            asked: 0,
            ask: 0,
            places: Limit::new(FETCHED),
            end: None,
        }
    }

    /// From when on a request for the next instruction is offered.
    pub fn offers(&self, program: &[Instruction]) -> u64 {
        match self.asked < program.len() {
            true => {
                let ask = self.ask.max(self.places.free());
                ask.saturating_add(TO_REQUEST).max(self.open.free())
            }
            false => u64::MAX,
        }
    }

    pub fn ask(&mut self, at: u64, reads: &mut Reads) {
        self.asked += 1;
        self.ask = at + REQUESTS - TO_REQUEST;
        self.places.take(at);
        self.open.take(at);
        reads.ask(Reader::Program, self.beats, at);
    }

    /// The last beat of an instruction has come.
    pub fn comes(&mut self, at: u64) {
        self.open.give(at + 1);
        self.fetched.push_back(at + DECODED);
    }

    pub fn next(&self, program: &[Instruction], issue: &Issue, idle: &[u64; UNITS]) -> u64 {
        let Some(fetched) = self.fetched.front() else {
            return u64::MAX;
        };
        if self.end.is_some() {
            return u64::MAX;
        }
        let at = (*fetched).max(self.went + NEXT).max(AHEAD + START);
        let settled = |units: u32| {
            let ends = (0..UNITS).filter(|unit| units >> unit & 1 == 1);
            let settled = ends.map(|unit| idle[unit].saturating_add(SETTLED));
            settled.max().unwrap_or(0)
        };
        let all = if self.central { settled(u32::MAX) } else { 0 };
        let operation = &program[self.number].operation;
        at.max(all).max(match operation.opcode().unit() {
            Some(unit) => issue.room(unit as usize),
            None => match operation {
                Operation::Fence(fence) => settled(fence.units),
                _ => settled(u32::MAX),
            },
        })
    }

    pub fn run(&mut self, at: u64, program: &[Instruction], issue: &mut Issue) {
        let operation = &program[self.number].operation;
        match operation.opcode().unit() {
            Some(unit) => issue.push(unit as usize, self.number, at),
            None if matches!(operation, Operation::End(_)) => self.end = Some(at + END),
            None => {}
        }
        self.fetched.pop_front();
        self.went = at;
        self.places.give(at + 1);
        self.number += 1;
    }
}
