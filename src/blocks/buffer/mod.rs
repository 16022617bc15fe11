//! On-chip memories and what stands at their ports.

mod accumulators;
mod bank_address;
mod bank_pair;
mod beats;
mod block_ram;
mod memory;
mod unpack;

pub use accumulators::{AccumulatorInputs, AccumulatorOutputs, Accumulators};
pub use bank_address::bank_address;
pub use bank_pair::BankPair;
pub(super) use beats::BeatPosition;
pub use block_ram::BlockRam;
pub use memory::{MemoryInputs, MemoryParams};
pub(super) use unpack::{masked, unpack};
