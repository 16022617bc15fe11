//! Ferrogrid turns a one-page hardware description into a verified AI accelerator.
//!
//! The modules, in the order in which data flows:
#![doc = include_str!("../docs/map.md")]

// ---- hardware description ---------------------------------------------------------------
#[doc(inline)]
pub use ferrogrid_hdl as hdl;
#[doc(inline)]
pub use ferrogrid_hdl::verilog;

// ---- numbers -----------------------------------------------------------------------------
pub mod number;
/// Arrays of operands and results: of the version that this crate takes.
pub use ndarray;

// ---- networks ----------------------------------------------------------------------------
pub mod graph;
pub mod import;
#[cfg(feature = "quantize")]
pub mod quantize;

// ---- configuration ----------------------------------------------------------------------
pub mod arch;
pub mod config;

// ---- hardware ---------------------------------------------------------------------------
pub mod blocks;
pub mod isa;

// ---- what a core takes --------------------------------------------------------------------
pub mod model;

// ---- from networks to programs ------------------------------------------------------------
pub mod compiler;

// ---- what is generated -----------------------------------------------------------------
pub mod product;

// ---- running a core ---------------------------------------------------------------------
pub mod device;
pub mod harness;
#[cfg(feature = "runtime")]
pub mod runtime;
#[cfg(feature = "rust-hdl")]
pub mod rust_hdl;
pub mod synth;

// ---- golden models and verification -----------------------------------------------------
pub mod reference;
pub mod verify;

// ---- which core to build -----------------------------------------------------------------
pub mod explore;

// ---- the command ------------------------------------------------------------------------
#[cfg(feature = "command")]
pub mod cli;
pub mod report;
