//! On-chip memories and what stands at their ports.

mod accumulators;
mod bank_address;
mod bank_pair;
mod beats;
mod block_ram;
mod memory;
mod unpack;

pub use accumulators::Accumulators;
pub use bank_address::bank_address;
pub use bank_pair::BankPair;
pub(super) use beats::BeatWalk;
pub use block_ram::BlockRam;
pub use memory::{BufferMemory, read_word};
pub(super) use unpack::{masked, unpack};
