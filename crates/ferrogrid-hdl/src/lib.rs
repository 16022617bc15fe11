//! An embedded hardware description language with run-time widths.
//!
//! A design is built by ordinary Rust: a [`Block`] describes a module by calling methods of a
//! [`Module`]; signals are cheap handles with operators. Widths are values, so that a
//! configuration file can choose them. [`elaborate`] closes a design: it is checked as a whole
//! and becomes an [`ir::Design`], which the emitter prints and [`sim`] runs.
//!
//! ```
//! use ferrogrid_hdl::{self as hdl, bit, unsigned};
//!
//! let design = hdl::design("counter", |m| {
//!     let enable = m.input("enable", bit());
//!     let count = m.reg("count", unsigned(8)).reset(0).enable(enable);
//!     count.next(count + 1);
//!     m.output("value", count);
//! })?;
//! assert_eq!(design.top().ports.len(), 2);
//! # Ok::<(), hdl::DesignError>(())
//! ```
//!
//! # Shapes
//!
//! A [`Shape`] is a width and a signedness. No operator changes it silently:
//!
//! | operation | operands | result |
//! |---|---|---|
//! | `+ - & \| ^` | equal shapes, or an integer that fits | that shape, wrapping |
//! | `*` | equal signedness | sum of the widths |
//! | `eq ne lt le gt ge` | equal shapes, or an integer that fits | one bit |
//! | `!`, `-` | any | the same shape |
//! | `<<`, `>>` | an unsigned amount | shape of the left operand |
//! | [`zero_extend`](Signal::zero_extend), [`sign_extend`](Signal::sign_extend), [`truncate`](Signal::truncate) | | the width named |
//! | [`as_signed`](Signal::as_signed), [`as_unsigned`](Signal::as_unsigned) | | the same bits |
//!
//! A mismatch panics at the line of the caller and names both signals with their shapes:
//!
//! ```should_panic
//! # use ferrogrid_hdl::{self as hdl, unsigned};
//! hdl::design("mismatch", |m| {
//!     let a = m.input("a", unsigned(8));
//!     let b = m.input("b", unsigned(9));
//!     m.output("sum", a + b); // `a` is u8, `b` is u9
//! });
//! ```
//!
//! # What closing a design checks
//!
//! Undriven and multiply driven wires and registers, combinational loops (the whole path, a hop
//! a line), inputs that nothing reads, clock crossings, clashing or illegal names: see
//! [`DesignError`].

#![forbid(unsafe_code)]

#[doc = include_str!("../hdl.md")]
pub mod guide {}

mod block;
mod cell;
mod check;
mod error;
mod instance;
mod interface;
pub mod ir;
mod memory;
mod module;
mod names;
mod operand;
mod property;
mod register;
mod shape;
mod signal;
pub mod sim;
mod state;
#[cfg(test)]
mod tests;
pub mod verilog;

pub use block::{Block, design, elaborate};
pub use cell::{ParameterValue, VendorCell};
pub use error::{DesignError, Hop, Issue};
pub use instance::Instance;
pub use interface::{
    Axi4, AxiLite, AxiStream, Field, Flow, Interface, MemoryPort, Stream, connect,
};
pub use memory::Memory;
pub use module::{Domain, Module, Reset};
pub use names::{is_identifier, is_reserved};
pub use operand::Operand;
pub use register::Reg;
pub use shape::{MAX_WIDTH, Shape, bit, bits_for, index_bits, signed, unsigned};
pub use signal::{Signal, concat, first_match, join};
pub use state::{Fsm, StateEnum};
