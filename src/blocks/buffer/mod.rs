//! On-chip memories and what stands at their ports.

mod accumulators;
mod operand;
mod unpack;

pub use accumulators::Accumulators;
pub use operand::{bank_address, operand_memory};
pub(super) use unpack::unpack;
