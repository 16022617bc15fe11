//! On-chip memories and what stands at their ports.

mod accumulators;
mod bank_pair;
mod beats;
mod operand;
mod unpack;

pub use accumulators::Accumulators;
pub use bank_pair::BankPair;
pub(super) use beats::BeatWalk;
pub use operand::{bank_address, operand_memory, read_word};
pub(super) use unpack::{masked, unpack};
