//! What a host sees of an accelerator: register maps, defined once.
//!
//! One definition makes the hardware ([`AxiLiteRegisters`](crate::blocks::prim::AxiLiteRegisters)),
//! the page of the documentation and the C header.

#![forbid(unsafe_code)]

mod matmul;
pub mod npu;
pub mod registers;

pub use matmul::{JobError, MATMUL_ID, MATMUL_VERSION, matmul_registers};
pub use registers::{Access, Field, Register, RegisterMap, RegisterMapError};
