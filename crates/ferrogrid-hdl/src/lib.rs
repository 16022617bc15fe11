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
//!     let count = m.reg(unsigned(8)).named("count").reset(0).enable(enable);
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
//! [`DesignError`]. What may be meant, but hardly is, stands in [`ir::Design::warnings`].

#![forbid(unsafe_code)]

// The macros name the library so, in itself too.
extern crate self as ferrogrid_hdl;

/// Names what a function binds: before a function, an `impl` or a module, it gives hardware that
/// has no name the name of its `let`, in that function and the closures in it.
///
/// `let sum = m.reg(shape)` is the register `sum`; `let fifo = m.instance(..)` the instance `fifo`; an
/// array is numbered, and so are names that stand several times, as in a loop. A computed value
/// becomes a wire of the name unless it only feeds a register or a wire. `.named(..)` gives another
/// name. Documentation of a `let` (`///`) is its `.comment(..)`.
///
/// An `impl Block` gets what it leaves out and [`build`](Block::build) says already: the types
/// `Inputs` and `Outputs`, and [`inputs`](Block::inputs) as `Inputs::of(self)`, or `Inputs::of()` where
/// the bundle has no parameters; and [`module_name`](Block::module_name) as its member `name`.
pub use ferrogrid_hdl_macros::hardware;

/// Defines a [`Bundle`]: a struct of signals from one definition of names, shapes and directions.
///
/// ```
/// use ferrogrid_hdl::{bit, bundle, unsigned};
///
/// bundle! {
///     /// A read port of a memory.
///     pub struct ReadPort(address_bits: u32, width: u32) {
///         /// Asks for a word.
///         enable: bit(),
///         /// Which word.
///         address: unsigned(address_bits),
///         /// The word, one cycle later.
///         back data: unsigned(width),
///     }
/// }
/// bundle! {
///     /// Two ports, and what else there is.
///     pub struct Ports(width: u32) {
///         ports: [ReadPort(4, width); 2],
///         bytes: Stream(unsigned(8)),
///     }
/// }
/// # use ferrogrid_hdl::Stream;
/// let shapes = Ports::of(16);
/// # let _ = shapes;
/// ```
///
/// A member is a shape; another bundle, `Name(arguments)`; an enum of
/// [`hardware_enum!`], `Name`; or an array of one of these, `[member; count]` (a Rust array where the
/// count is a literal, else a `Vec`). `back` marks what runs from the consumer to the producer, `flat`
/// (behind it) a bundle whose ports are called without the member's name. The first sentence of its
/// documentation is the comment of its port.
pub use ferrogrid_hdl_macros::bundle;

#[doc = include_str!("../hdl.md")]
pub mod guide {}

mod array;
pub mod binding;
mod bits;
mod block;
pub mod bundle;
mod cell;
mod check;
mod circles;
mod domain;
mod error;
mod fsm;
mod hardware_enum;
mod instance;
mod interface;
pub mod ir;
mod memory;
mod module;
mod names;
mod operand;
mod operation;
mod pins;
mod property;
mod register;
mod shape;
mod signal;
pub mod sim;
#[cfg(test)]
mod tests;
pub mod verilog;
mod warning;
mod when;

pub use array::{Elements, SetElements};
pub use block::{AnyBlock, Block, design, elaborate};
pub use bundle::{Bundle, Family, Flow, Shapes, connect, pack, unpack};
pub use cell::{ParameterValue, VendorCell};
pub use domain::{Domain, Reset};
pub use error::{DesignError, Hop, Issue};
pub use fsm::Fsm;
pub use hardware_enum::{EnumSignal, HardwareEnum};
pub use instance::InstanceOf;
pub use interface::{Axi4, Axi4Read, Axi4Write, AxiLite, AxiStream, MemoryPort, Payload, Stream};
pub use memory::Memory;
pub use module::Module;
pub use names::{is_identifier, is_reserved};
pub use num_bigint::{BigInt, BigUint};
pub use operand::Operand;
pub use pins::Pins;
pub use register::Reg;
pub use shape::{MAX_WIDTH, Shape, bit, bits_for, index_bits, signed, unsigned};
pub use signal::{CaseLabel, Signal, concat, first_match, join};
pub use warning::Warning;
pub use when::{Selector, Switch, When};
