//! What can be wrong with what an NPU did.

use crate::verify::verdict::Mismatch;
use thiserror::Error;

/// What is wrong.
#[derive(Debug, Error)]
pub enum Wrong {
    /// A byte of DRAM.
    #[error("byte {address:#x} of DRAM is {found} and must be {expected}: {writer}")]
    Byte {
        /// From the beginning of the program.
        address: u64,
        /// What the functional model leaves there.
        expected: u8,
        /// What the core left.
        found: u8,
        /// Which instruction writes it.
        writer: String,
    },
    /// What the core says of a program.
    #[error("{program}: {what} is {found} and must be {expected}")]
    Status {
        /// Which program.
        program: &'static str,
        /// What it says.
        what: &'static str,
        /// What it must say.
        expected: String,
        /// What it says.
        found: u32,
    },
    /// A network that cannot be run, or whose program is not legal.
    #[error("the network: {0}")]
    Network(String),
    /// An output of a network.
    #[error("element {element} of the outputs of {who} is {found} and must be {expected}")]
    Output {
        /// Who computed it.
        who: &'static str,
        /// Of all outputs, one behind the other.
        element: usize,
        /// The golden byte.
        expected: u8,
        /// The byte.
        found: u8,
    },
}

impl From<Wrong> for Mismatch {
    fn from(wrong: Wrong) -> Mismatch {
        Mismatch::Wrong(Box::new(wrong))
    }
}
