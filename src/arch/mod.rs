//! Validated and derived parameters: the only place where sizes are computed.
//!
//! [`MatmulArch::new`] completes a [`MatmulConfig`](crate::config::MatmulConfig) into everything that
//! hardware, packing and reports need, or says which rule it breaks. Fields are public to be
//! read; a value changed by hand is no longer known to be consistent.
//!
//! ```
//! use ferrogrid::arch::{JobShape, MatmulArch};
//! use ferrogrid::config::MatmulConfig;
//!
//! let arch = MatmulArch::new(&MatmulConfig::new(16, 16)).unwrap();
//! assert_eq!(arch.partial_sum.bits, 20); // 16 x 16384 = 2^18 needs 20 bits
//! assert!(arch.check_shape(JobShape { m: 1000, k: 256, n: 256 }).is_ok());
//! assert!(arch.check_shape(JobShape { m: 1000, k: 257, n: 256 }).is_err());
//! ```
#![forbid(unsafe_code)]

mod block_ram;
mod buffer;
mod error;
mod family;
mod hash;
mod job;
mod load;
mod matmul;
mod memory;
mod npu;
mod operands;
mod stream;

#[cfg(test)]
mod messages;
#[cfg(test)]
mod tests;

pub use crate::config::{Bytes, ControlOrder, Dataflow, ElementType, Requantization, Target};
pub use crate::number::IntType;
pub use block_ram::BlockRams;
pub use buffer::{ABuffer, AccumulatorBuffer, BANKS, BBuffer};
pub use error::ArchError;
pub use family::Family;
pub use job::{JobShape, Limits, MAX_SIZE, ShapeError, ShapeErrors, StreamBeats};
pub use load::{LoadError, from_preset, from_toml, npu_from_preset, npu_from_toml};
pub use matmul::MatmulArch;
pub use memory::MemoryStyle;
pub use npu::NpuArch;
pub use operands::OperandPair;
pub use stream::StreamFormat;
