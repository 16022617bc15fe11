//! What people and programs read about a core and its runs: tables, JSON, and the files that
//! accompany the Verilog. Everything here is a function from values to text; nothing is written.
#![forbid(unsafe_code)]

mod clock;
mod driver;
mod fits;
mod flows;
mod matmul;
mod network;
mod numbers;
mod package;
mod package_file;
pub mod page;
mod performance;
mod power;
mod presets;
mod summary;
mod synth;
mod table;
mod tools;
mod xml;

pub use clock::Clock;
pub use driver::{CNetwork, CNetworkError, driver_core_header, driver_files};
pub use fits::{Fit, Routed, Shares, area_on, fits, fits_table};
pub use matmul::{Cause, CycleShare, MatmulReport};
pub use network::{
    Figures, LayerRow, Measured, NetworkReport, TimelinePicture, layer_rows, layer_table, shape,
    slowest,
};
pub use numbers::{counted, grouped};
pub use package::Package;
pub use package_file::PackageFile;
pub use performance::Performance;
pub use power::PowerReport;
pub use presets::{presets_json, presets_table};
pub use summary::Summary;
pub use synth::{Floorplanned, PerMac, Seed, SynthReport};
pub use table::Table;
pub use tools::{CacheReport, ToolReport, ToolsReport};

use serde::Serialize;

/// What stands for the simulator in reports of runs that were not made.
pub const MODEL: &str = "none: estimated by the model";

/// A value as indented JSON that ends with a newline.
///
/// # Panics
/// When the value has a map with keys that are not strings.
#[track_caller]
pub fn json(value: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("reports have string keys");
    text.push('\n');
    text
}
