//! Cycles of a program of an NPU: its units as they wait for each other, pass after pass, run after run, row after row.
//!
//! A file is a unit or what units share. Each says when it does its next step, and the earliest one goes first; a step
//! says when all that follows from it is there. Between steps nothing is counted cycle by cycle.

mod dram;
mod fields;
mod front;
mod issue;
mod limit;
mod load;
mod machine;
mod matrix;
mod post;
mod runs;
mod scratchpad;
mod store;
mod vector;

use crate::arch::NpuArch;
use crate::isa::npu::{COUNTERS_OF, Instruction, REGIONS};
use machine::Machine;

/// How long DRAM takes, and where things are in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dram {
    /// Cycles from a read request to its first beat at least.
    pub read_latency: u64,
    /// Cycles from the last beat of a write to its answer at least.
    pub write_latency: u64,
    /// First byte of each region: no burst crosses 4 KiB.
    pub bases: [u64; REGIONS as usize],
}

impl Default for Dram {
    /// That of the runs of `ferrogrid run`.
    fn default() -> Dram {
        Dram {
            read_latency: 30,
            write_latency: 10,
            bases: [0; REGIONS as usize],
        }
    }
}

/// What a run of a program is expected to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prediction {
    /// Cycles from the write that starts it to its interrupt.
    pub cycles: u64,
    /// The counters, in the order of [`COUNTERS_OF`].
    pub counters: [u64; COUNTERS_OF.len()],
    /// Of each instruction the cycle in which its unit takes it, and the one in which its work has ended; none for
    /// those of the front end.
    pub spans: Vec<Option<[u64; 2]>>,
}

/// The run of a legal program that is fetched ahead of its start, with such a DRAM.
pub fn predict(program: &[Instruction], arch: &NpuArch, dram: Dram) -> Prediction {
    Machine::new(program, arch, dram).run()
}
