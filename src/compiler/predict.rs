//! Cycles of a program, as predicted: the units as they wait for each other, without what they lose where they read
//! the same half of the scratchpad.

use crate::arch::NpuArch;
use crate::isa::npu::{
    INSTRUCTION_BYTES, Instruction, Load, Matrix, Operation, Post, SEMAPHORES, Signal, Store, Unit,
    Vector,
};
use std::collections::VecDeque;

/// Cycles of a read of DRAM from its address to its first beat, and of a write from its last beat to its answer.
const READ_LATENCY: u64 = 34;
const WRITE_LATENCY: u64 = 14;
/// Beats of the longest burst.
const BURST: u64 = 256;
/// Cycles from an instruction's waits to its first step, and from a step to what waits for its signal.
const BEGINS: u64 = 4;
const SIGNALS: u64 = 3;
/// Cycles from the last read of a sum until its byte is there, and those of a sum with what is added.
const POST_LATENCY: u64 = 20;
const RESIDUAL_LATENCY: u64 = 22;
/// Vectors of VECTOR from one to the next that is added to the same sums.
const VECTOR_REUSE: u64 = 4;
/// Cycles of a vector of VECTOR until its sum is there.
const VECTOR_LATENCY: u64 = 14;

/// What runs a program, instruction after instruction: of a legal program all that one waits for stands in front of it.
struct Machine<'a> {
    arch: &'a NpuArch,
    /// When the front end has the next instruction.
    front: u64,
    /// When the instructions of each unit have left its queue.
    left: [VecDeque<u64>; Unit::ALL.len()],
    /// When each unit may take its next instruction, and has ended all that it has.
    free: [u64; Unit::ALL.len()],
    ended: [u64; Unit::ALL.len()],
    /// When each semaphore was signalled, without what was taken.
    signals: [VecDeque<u64>; SEMAPHORES as usize],
    /// Reads: when the next burst may be asked for, beats have come, and the bursts under way end.
    asks: u64,
    beats: u64,
    bursts: VecDeque<u64>,
    /// When tiles are in the ring, and those that left it left.
    tiles: VecDeque<u64>,
    tiles_left: VecDeque<u64>,
    /// When the pass of MATRIX before began, and when its last vector was read.
    pass: [u64; 2],
    /// Of MATRIX and VECTOR: when banks are free, and when those that were handed over are whole.
    banks: [VecDeque<u64>; 2],
    whole: [VecDeque<u64>; 2],
}

/// Cycles from the start of a legal program to its interrupt, with a DRAM of 30 cycles for a read and 10 for a write: for
/// a network within some percent of what the hardware takes.
pub fn predict(program: &[Instruction], arch: &NpuArch) -> u64 {
    let mut machine = Machine {
        arch,
        front: READ_LATENCY,
        left: Default::default(),
        free: [0; Unit::ALL.len()],
        ended: [0; Unit::ALL.len()],
        signals: Default::default(),
        asks: 0,
        beats: 0,
        bursts: VecDeque::new(),
        tiles: VecDeque::new(),
        tiles_left: VecDeque::from(vec![0; arch.ring_tiles as usize]),
        pass: [0; 2],
        banks: [(); 2].map(|()| VecDeque::from([0, 0])),
        whole: Default::default(),
    };
    for instruction in program {
        machine.run(instruction);
    }
    machine.front
}

/// The last of some times.
fn latest(times: impl IntoIterator<Item = u64>) -> u64 {
    times.into_iter().max().unwrap_or(0)
}

impl Machine<'_> {
    fn run(&mut self, instruction: &Instruction) {
        let fetch = INSTRUCTION_BYTES as u64 / u64::from(self.arch.bus_bytes());
        self.front += fetch.max(1);
        let Some(unit) = instruction.operation.opcode().unit() else {
            let units = match instruction.operation {
                Operation::Fence(fence) => fence.units,
                _ => u32::MAX,
            };
            let ended = (0..).zip(self.ended);
            let ended = latest(
                ended
                    .filter(|(unit, _)| units >> unit & 1 == 1)
                    .map(|(_, end)| end),
            );
            self.front = self.front.max(ended) + BEGINS;
            return;
        };
        let number = unit as usize;
        let queue = &mut self.left[number];
        if queue.len() == self.arch.queue_depth as usize {
            self.front = self.front.max(queue.pop_front().unwrap_or(0));
        }
        let waits = instruction.synchronization.waits.iter().map(|wait| {
            let signals = &mut self.signals[wait.semaphore as usize];
            let count = (wait.count as usize).min(signals.len());
            signals.drain(..count).next_back().unwrap_or(0)
        });
        let waits = latest(waits);
        let begin = latest([self.front + 1, self.free[number], waits]);
        self.left[number].push_back(begin);
        let signal = instruction.synchronization.signal;
        let steps = match instruction.operation {
            Operation::Load(load) => self.load(&load, begin),
            Operation::Weights(weights) => self.weights(weights.tiles, begin),
            Operation::Matrix(matrix) => self.matrix(&matrix, begin),
            Operation::Vector(vector) => self.vector(&vector, begin),
            Operation::Post(post) => self.post(&post, begin),
            Operation::Store(store) => self.store(&store, begin),
            Operation::Fence(_) | Operation::End(_) => Vec::new(),
        };
        self.ended[number] = latest(steps.iter().copied().chain([self.ended[number]]));
        self.signal(signal, &steps);
    }

    /// Signals behind the steps of an instruction, which ended at these times.
    fn signal(&mut self, signal: Option<Signal>, steps: &[u64]) {
        let Some(signal) = signal else {
            return;
        };
        let period = match signal.period {
            0 => steps.len(),
            period => period as usize,
        };
        let signals = &mut self.signals[signal.semaphore as usize];
        for of_signal in steps.chunks(period.max(1)) {
            signals.extend(of_signal.last().map(|end| end + SIGNALS));
        }
    }

    /// Beats that are asked for from a time on; gives when the last is there.
    fn read(&mut self, begin: u64, beats: u64) -> u64 {
        let mut left = beats;
        while left > 0 {
            let burst = left.min(BURST);
            left -= burst;
            let room = match self.bursts.len() >= self.arch.outstanding as usize {
                true => self.bursts.pop_front().unwrap_or(0),
                false => 0,
            };
            let asked = latest([begin, self.asks, room]);
            self.asks = asked + 1;
            self.beats = (asked + READ_LATENCY).max(self.beats) + burst;
            self.bursts.push_back(self.beats);
        }
        self.beats
    }

    fn load(&mut self, load: &Load, begin: u64) -> Vec<u64> {
        let beats = u64::from(load.run.div_ceil(self.arch.bus_bytes()));
        let steps = (0..load.rows * load.planes).map(|_| self.read(begin, beats));
        let steps = steps.collect();
        self.free[Unit::Load as usize] = self.asks;
        steps
    }

    fn weights(&mut self, tiles: u32, begin: u64) -> Vec<u64> {
        let beats = u64::from(self.arch.tile_bytes() / self.arch.bus_bytes());
        let together = (BURST / beats).max(1);
        let mut steps = Vec::new();
        while (steps.len() as u64) < u64::from(tiles) {
            let count = together.min(u64::from(tiles) - steps.len() as u64);
            let room = (0..count)
                .filter_map(|_| self.tiles_left.pop_front())
                .last();
            let end = self.read(begin.max(room.unwrap_or(0)), count * beats);
            for tile in 0..count {
                steps.push(end - (count - 1 - tile) * beats);
            }
        }
        self.tiles.extend(&steps);
        self.free[Unit::Load as usize] = self.asks;
        steps
    }

    fn matrix(&mut self, matrix: &Matrix, begin: u64) -> Vec<u64> {
        let [rows, columns] = [self.arch.rows, self.arch.columns].map(u64::from);
        let [passes, vectors] = matrix.passes_and_vectors();
        let mut steps = Vec::new();
        for pass in 0..passes {
            let number = matrix.tile as usize + if matrix.release { 0 } else { pass as usize };
            let tile = self.tiles.get(number).copied().unwrap_or(0);
            let [began, ended] = self.pass;
            let loaded = latest([began, tile + 2, begin + BEGINS]) + rows;
            let bank = match matrix.begin && pass == 0 {
                true => self.banks[0].pop_front().unwrap_or(0),
                false => 0,
            };
            let starts = latest([loaded, ended, bank]);
            if matrix.release {
                self.tiles.pop_front();
                self.tiles_left.push_back(loaded);
            }
            self.pass = [starts, starts + vectors];
            steps.push(starts + vectors);
            if pass + 1 == passes {
                // The next instruction is taken when the tile of this pass begins to be loaded.
                self.free[Unit::Matrix as usize] = loaded - rows;
            }
        }
        if matrix.end {
            self.whole[0].push_back(self.pass[1] + rows + columns + 6);
        }
        steps
    }

    fn vector(&mut self, vector: &Vector, begin: u64) -> Vec<u64> {
        let bank = match vector.begin {
            true => self.banks[1].pop_front().unwrap_or(0),
            false => 0,
        };
        let mut end = (begin + BEGINS).max(bank);
        let (columns, taps) = (u64::from(vector.columns), u64::from(vector.taps));
        let step = u64::from(vector.column_step);
        let tap = u64::from(vector.tap_step);
        let all = u64::from(self.arch.vector_taps);
        let mut steps = Vec::new();
        for _ in 0..vector.kernel_rows {
            for group in 1..=vector.groups {
                let taps = if group == vector.groups { taps } else { all };
                let skips = taps == 3 && vector.groups == 1 && vector.first_byte < 0;
                let reads = match step {
                    step if step == tap && taps > 1 => taps + columns - 1 - u64::from(skips),
                    step if step == 2 * tap && taps > 2 => {
                        taps + 2 * (columns - 1) - u64::from(skips)
                    }
                    _ => taps * columns,
                };
                let vectors = u64::from(vector.rows) * columns;
                end += u64::from(vector.rows) * reads + VECTOR_REUSE.saturating_sub(vectors);
                steps.push(end);
            }
        }
        if vector.end {
            self.whole[1].push_back(end + VECTOR_LATENCY);
        }
        self.free[Unit::Vector as usize] = end;
        steps
    }

    fn post(&mut self, post: &Post, begin: u64) -> Vec<u64> {
        let source = usize::from(post.vector);
        let whole = self.whole[source].pop_front().unwrap_or(0);
        let mut end = whole.max(begin + 1);
        let groups = u64::from(post.channels.div_ceil(self.arch.lanes));
        let row = u64::from(post.columns * post.window) * groups;
        let (row, latency) = match post.residual {
            true => (2 * row, POST_LATENCY + RESIDUAL_LATENCY),
            false => (row, POST_LATENCY),
        };
        let rows = (0..post.rows).map(|_| {
            end += row;
            end + latency
        });
        let steps = rows.collect();
        self.banks[source].push_back(end);
        self.free[Unit::Post as usize] = end + if post.residual { latency } else { 0 };
        steps
    }

    fn store(&mut self, store: &Store, begin: u64) -> Vec<u64> {
        let beats = u64::from(store.run.div_ceil(self.arch.bus_bytes())) + 1;
        let mut end = begin + BEGINS + 4;
        let runs = (0..store.rows * store.planes).map(|_| {
            end += beats;
            end + WRITE_LATENCY
        });
        let steps = runs.collect();
        self.free[Unit::Store as usize] = end;
        steps
    }
}
