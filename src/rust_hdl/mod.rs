//! Generated cores as blocks of rust-hdl designs; cargo feature `rust-hdl`.
//!
//! - [`rust_hdl_block!`](crate::rust_hdl_block) declares a struct of ports that is a rust-hdl
//!   `Block`; its fields are rust-hdl `Signal`s of fixed width or [`Port`]s sized by the design.
//! - [`Matmul`] is such a struct for the matrix-multiply core, whatever its sizes.
//! - [`emit`] writes a design that holds cores.
//!
#![doc = include_str!("../../docs/rust-hdl.md")]
#![forbid(unsafe_code)]

mod block;
mod core;
mod emit;
mod error;
mod matmul;
mod port;
#[cfg(test)]
mod tests;
mod value;
mod wire;

pub use self::core::Core;
pub use emit::{EmitError, Emitted, emit};
pub use error::BindError;
pub use matmul::Matmul;
pub use port::{CorePort, Port};
pub use value::Value;
pub use wire::Wire;

/// What the code behind [`rust_hdl_block!`](crate::rust_hdl_block) needs.
#[doc(hidden)]
pub mod private {
    pub use rust_hdl::core::{ast::Verilog, block::Block, logic::Logic, probe::Probe};
}
