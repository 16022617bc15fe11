//! The functional model of the NPU: what a program computes, and whether it does so under any timing.
//!
//! Instructions are executed one after the other, each whole, on plain arrays. Beside the data the
//! model keeps *clocks*: which steps of the other units each step is known to come after, by semaphores,
//! by the weight ring, by the accumulator banks and by fences. A program is legal if every
//! instruction can be executed when all before it have ended, and if no two accesses of a byte of which
//! one is a write are unordered. Then it ends, with the same bytes, however fast each unit and DRAM are.

mod clocks;
mod execute;
mod tracked;
mod vector;

use crate::isa::npu::{Instruction, Operation, REGIONS, TABLE_ENTRIES, TABLE_WORDS, Unit};
use clocks::Clocks;
use std::fmt;
use tracked::Tracked;

/// Sizes of a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MachineSize {
    /// R: rows of the array, bytes of a vector.
    pub rows: usize,
    /// C: columns of the array.
    pub columns: usize,
    /// L: channels that POST takes at a time.
    pub lanes: usize,
    /// Bytes of a beat of the bus.
    pub bus_bytes: usize,
    /// Bytes of both halves of the scratchpad.
    pub scratchpad_bytes: usize,
    /// Tiles of weights in the ring.
    pub ring_tiles: usize,
    /// Vectors of an accumulator bank.
    pub accumulator_vectors: usize,
    /// Channels with parameters.
    pub parameter_channels: usize,
    /// Q: rows of an image that a vector of MATRIX may reach over.
    pub image_rows: usize,
    /// T: taps that VECTOR takes at a time; 0 where there is no VECTOR.
    pub vector_taps: usize,
    /// Groups of weights of VECTOR.
    pub vector_weights: usize,
}

impl MachineSize {
    /// V: channels of a vector of VECTOR.
    fn vector_channels(&self) -> usize {
        self.rows.min(self.columns)
    }

    /// Bytes of a group of weights of VECTOR.
    fn group_bytes(&self) -> usize {
        self.vector_taps * self.vector_channels()
    }
}

/// Why a program is not legal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IllegalProgram {
    /// The instruction, counted from 0.
    pub index: usize,
    /// As assembly.
    pub instruction: String,
    /// What is wrong with it.
    pub reason: String,
}

impl fmt::Display for IllegalProgram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let IllegalProgram {
            index,
            instruction,
            reason,
        } = self;
        write!(f, "instruction {index}, `{instruction}`: {reason}")
    }
}

impl std::error::Error for IllegalProgram {}

/// Runs a program on DRAM, whose address 0 is its first byte; gives the code of its END.
///
/// # Errors
/// The first instruction that makes the program illegal.
pub fn run_program(
    size: &MachineSize,
    program: &[Instruction],
    bases: [u64; REGIONS as usize],
    dram: &mut Vec<u8>,
) -> Result<u32, IllegalProgram> {
    let mut machine = Machine::new(size, bases, std::mem::take(dram));
    let mut end = None;
    for (index, instruction) in program.iter().enumerate() {
        let illegal = |reason| IllegalProgram {
            index,
            instruction: instruction.to_string(),
            reason,
        };
        instruction
            .encode()
            .map_err(|error| illegal(error.to_string()))?;
        machine.step(instruction).map_err(illegal)?;
        if let Operation::End(operation) = instruction.operation {
            end = Some(operation.code);
            break;
        }
    }
    *dram = machine.dram.into_bytes();
    end.ok_or_else(|| IllegalProgram {
        index: program.len(),
        instruction: "nothing".into(),
        reason: "the program has no `end`".into(),
    })
}

/// A bank of accumulators.
#[derive(Clone, Debug, Default)]
struct Bank {
    /// Sums of each vector, C each, or V.
    vectors: Vec<Vec<i32>>,
    /// Its state.
    state: BankState,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum BankState {
    #[default]
    Free,
    Open,
    HandedOver,
}

/// A unit with banks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Matrix = 0,
    Vector = 1,
}

impl Source {
    fn unit(self) -> Unit {
        match self {
            Source::Matrix => Unit::Matrix,
            Source::Vector => Unit::Vector,
        }
    }
}

/// The banks of a unit.
#[derive(Clone, Debug, Default)]
struct Banks {
    banks: [Bank; 2],
    /// The bank that the unit takes next, and the one that POST takes next.
    next: [usize; 2],
}

/// The machine.
struct Machine {
    size: MachineSize,
    bases: [u64; REGIONS as usize],
    dram: Tracked,
    scratchpad: Tracked,
    /// Biases, multipliers and shifts, four bytes a channel, and the two tables of sums.
    parameters: [Tracked; 5],
    vector_weights: Tracked,
    /// Tiles in the ring, the oldest first, each with the clock of its writing.
    ring: std::collections::VecDeque<Vec<i8>>,
    /// Of MATRIX, and of VECTOR.
    banks: [Banks; 2],
    clocks: Clocks,
}

impl Machine {
    fn new(size: &MachineSize, bases: [u64; REGIONS as usize], dram: Vec<u8>) -> Self {
        let parameters = || Tracked::unwritten("parameters", 4 * size.parameter_channels);
        let table = |words: u32| Tracked::unwritten("table", 4 * words as usize);
        Machine {
            size: *size,
            bases,
            dram: Tracked::new("DRAM", dram),
            scratchpad: Tracked::unwritten("scratchpad", size.scratchpad_bytes),
            parameters: [
                parameters(),
                parameters(),
                parameters(),
                table(TABLE_ENTRIES + TABLE_WORDS),
                table(TABLE_ENTRIES),
            ],
            vector_weights: Tracked::unwritten(
                "weights of VECTOR",
                size.vector_weights * size.group_bytes(),
            ),
            ring: std::collections::VecDeque::new(),
            banks: [Banks::default(), Banks::default()],
            clocks: Clocks::new(size.ring_tiles),
        }
    }

    /// Executes an instruction.
    fn step(&mut self, instruction: &Instruction) -> Result<(), String> {
        let Some(unit) = instruction.operation.opcode().unit() else {
            match instruction.operation {
                Operation::Fence(fence) => self.clocks.fence(fence.units),
                _ => self.refuse_leftovers()?,
            }
            return self.clocks.refuse_synchronization(instruction);
        };
        self.clocks.begin(unit, &instruction.synchronization)?;
        match &instruction.operation {
            Operation::Load(load) => self.load(load)?,
            Operation::Weights(weights) => self.weights(weights)?,
            Operation::Matrix(matrix) => self.matrix(matrix)?,
            Operation::Post(post) => self.post(post)?,
            Operation::Store(store) => self.store(store)?,
            Operation::Vector(vector) => self.vector(vector)?,
            Operation::Fence(_) | Operation::End(_) => {}
        }
        self.clocks.end(unit)
    }

    /// The next program finds ring and banks as this one leaves them.
    fn refuse_leftovers(&self) -> Result<(), String> {
        let is_free = |bank: &Bank| bank.state == BankState::Free;
        let mut banks = self.banks.iter().flat_map(|of| &of.banks);
        match (self.ring.len(), banks.all(is_free)) {
            (0, true) => Ok(()),
            (0, false) => Err("it leaves a bank that POST has not freed".into()),
            (tiles, _) => Err(format!("it leaves tiles in the ring: {tiles}")),
        }
    }
}

#[cfg(test)]
mod tests;
