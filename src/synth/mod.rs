//! From Verilog to area, timing and bitstreams: finds the external tools, runs Yosys and nextpnr,
//! and reads what they say.
//!
//! Results are kept in the cache of [`cache`], by a hash of the Verilog, the script, the options
//! and the versions of the tools.
#![forbid(unsafe_code)]

mod advice;
mod answers;
mod artifacts;
mod board;
pub mod cache;
mod cells;
pub mod constraints;
mod count;
mod demand;
mod error;
mod floorplan;
mod flow;
mod frame;
pub mod harness;
mod memories;
mod netlist;
pub mod power;
pub mod process;
mod resources;
mod router;
mod routing;
mod run;
mod script;
mod stages;
mod synthesis;
mod target;
mod timing;
pub mod tools;

pub use artifacts::Artifact;
pub use board::{BOARDS, Board, CountedPart, Pin};
pub use cells::{BlockCells, CellCounts};
pub use count::count_file;
pub use demand::Demand;
pub use error::{Stage, SynthError};
pub use floorplan::{Columns, Floorplan, Place};
pub use flow::Flow;
pub use frame::Frame;
pub use memories::MemoryCells;
pub use netlist::{Netlist, netlist};
pub use resources::Resources;
pub use run::{Watch, unwatched};
pub use stages::{Outcome, Routed};
pub use target::{Chip, Family, Room, Sites, TARGETS, Target};
pub use timing::{CriticalPath, Timing, Usage};
