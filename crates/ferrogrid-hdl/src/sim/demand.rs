//! What is needed of a design, and when.

use super::emit::{Emitter, Origin, operands, results};

/// Number of combinational programs.
pub(super) const PROGRAMS: usize = 4;

/// Number of programs that must have run before an edge.
pub(super) const BEFORE_EDGE: u8 = 3;

/// The program of instructions that nothing needs.
pub(super) const DROPPED: u8 = PROGRAMS as u8;
/// The program of what only edges need.
pub(super) const EDGE_ONLY: u8 = 2;

pub(super) const NONE: u32 = u32::MAX;

const FOR_OUTPUT: u8 = 1;
const FOR_EDGE: u8 = 2;
const FOR_NAME: u8 = 4;
const FROM_INPUT: u8 = 8;

/// A register over values.
pub(super) struct StateWord {
    /// The word of the register.
    pub current: u32,
    /// The number of its bits.
    pub width: u32,
    /// Its next value.
    pub next: u32,
    /// Its enable.
    pub enable: Option<u32>,
    /// Its domain in the top module.
    pub domain: u32,
    /// The register.
    pub origin: Origin,
}

/// What the programs must provide.
#[derive(Default)]
pub(super) struct Demands {
    /// Values set from outside.
    pub inputs: Vec<u32>,
    /// Words read as outputs of the top.
    pub outputs: Vec<u32>,
    /// Words read at edges other than through registers.
    pub sinks: Vec<u32>,
    /// Words that can be peeked.
    pub named: Vec<u32>,
    /// Registers, word by word.
    pub registers: Vec<StateWord>,
    /// Groups of state that something else than a register's `next` writes.
    pub other_state: Vec<u32>,
}

impl Demands {
    /// For each value how many instructions and demands read it; dropped instructions read nothing.
    pub(super) fn uses(&self, emitter: &Emitter, program: Option<&[u8]>) -> Vec<u32> {
        let mut uses = vec![0u32; emitter.constants.len()];
        for (index, micro) in emitter.micros.iter().enumerate() {
            if program.is_none_or(|program| program[index] != DROPPED) {
                operands(micro, &emitter.tables, |value| uses[value as usize] += 1);
            }
        }
        let read = [&self.outputs, &self.sinks, &self.named];
        let read = read.into_iter().flatten().copied();
        let registers = self.registers.iter();
        let registers = registers.flat_map(|word| [word.next].into_iter().chain(word.enable));
        read.chain(registers)
            .for_each(|value| uses[value as usize] += 1);
        uses
    }
}

/// When each instruction runs.
pub(super) struct Programs {
    /// For each instruction its program.
    pub program: Vec<u8>,
    /// For each value the instruction that makes it.
    pub producer: Vec<u32>,
}

/// Finds what needs each value, and the program of each instruction.
pub(super) fn classify(emitter: &Emitter, demands: &Demands) -> Programs {
    let Emitter { micros, tables, .. } = emitter;
    let count = emitter.constants.len();
    let mut flags = vec![0u8; count];
    let mut producer = vec![NONE; count];
    let mut mark = |values: &[u32], flag: u8| {
        values
            .iter()
            .for_each(|value| flags[*value as usize] |= flag);
    };
    mark(&demands.inputs, FROM_INPUT);
    mark(&demands.outputs, FOR_OUTPUT | FOR_EDGE | FOR_NAME);
    mark(&demands.sinks, FOR_EDGE | FOR_NAME);
    mark(&demands.named, FOR_NAME);
    for word in &demands.registers {
        mark(&[word.next], FOR_EDGE | FOR_NAME);
        mark(word.enable.as_slice(), FOR_EDGE | FOR_NAME);
    }
    for (index, micro) in micros.iter().enumerate() {
        let mut from = 0;
        operands(micro, tables, |value| {
            from |= flags[value as usize] & FROM_INPUT
        });
        results(micro, tables, |value| {
            flags[value as usize] |= from;
            producer[value as usize] = index as u32;
        });
    }
    let mut program = vec![DROPPED; micros.len()];
    for (index, micro) in micros.iter().enumerate().rev() {
        let mut of = 0;
        results(micro, tables, |value| of |= flags[value as usize]);
        program[index] = if of & FOR_OUTPUT != 0 {
            u8::from(of & FROM_INPUT != 0)
        } else if of & FOR_EDGE != 0 {
            EDGE_ONLY
        } else if of & FOR_NAME != 0 {
            3
        } else {
            DROPPED
        };
        let needed = of & (FOR_OUTPUT | FOR_EDGE | FOR_NAME);
        operands(micro, tables, |value| flags[value as usize] |= needed);
    }
    Programs { program, producer }
}
