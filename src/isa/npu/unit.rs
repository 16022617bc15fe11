//! The units that instructions are for.

use super::Opcode;
use serde::{Deserialize, Serialize};

/// A unit with a queue of instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Unit {
    /// DRAM to the memories of the machine.
    Load = 0,
    /// Vectors through the array into an accumulator bank.
    Matrix = 1,
    /// An accumulator bank to the scratchpad.
    Post = 2,
    /// The scratchpad to DRAM.
    Store = 3,
    /// Vectors, channel by channel, into an accumulator bank.
    Vector = 4,
}

impl Unit {
    /// Every unit, in the order of their numbers.
    pub const ALL: [Unit; 5] = [
        Unit::Load,
        Unit::Matrix,
        Unit::Post,
        Unit::Store,
        Unit::Vector,
    ];

    /// As texts write it.
    pub fn name(self) -> &'static str {
        match self {
            Unit::Load => "LOAD",
            Unit::Matrix => "MATRIX",
            Unit::Post => "POST",
            Unit::Store => "STORE",
            Unit::Vector => "VECTOR",
        }
    }
}

impl Opcode {
    /// The unit that it is for: none for those that the front end does itself.
    pub fn unit(self) -> Option<Unit> {
        match self {
            Opcode::Load | Opcode::Weights => Some(Unit::Load),
            Opcode::Matrix => Some(Unit::Matrix),
            Opcode::Post => Some(Unit::Post),
            Opcode::Store => Some(Unit::Store),
            Opcode::Vector => Some(Unit::Vector),
            Opcode::Fence | Opcode::End => None,
        }
    }
}
