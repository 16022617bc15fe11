//! From Verilog to area, timing and bitstreams: finds the external tools, runs Yosys and nextpnr,
//! and reads what they say.
//!
//! Results are kept in the cache of [`cache`], by a hash of the Verilog, the script, the options
//! and the versions of the tools.
#![forbid(unsafe_code)]

pub mod cache;
mod cells;
pub mod ecp5;
mod error;
mod flow;
pub mod harness;
mod netlist;
mod run;
mod script;
mod target;
mod timing;
pub mod tools;

pub use cells::{BlockCells, CellCounts, Resources};
pub use error::{Stage, SynthError};
pub use flow::{Flow, Frame, Kept, Outcome, Routed};
pub use netlist::{Netlist, netlist};
pub use run::Watch;
pub use target::{BOARDS, Board, Chip, Family, Pin, TARGETS, Target};
pub use timing::{CriticalPath, Timing, Usage};
