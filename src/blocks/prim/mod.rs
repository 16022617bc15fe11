//! Cells: small blocks that the rest of the hardware is made of.
//!
//! | cell | what it does |
//! |---|---|
//! | [`AxiLiteRegisters`] | a register map behind AXI4-Lite |

mod axi_lite_registers;
#[cfg(test)]
mod tests;

pub use axi_lite_registers::AxiLiteRegisters;
