//! What is generated: every kind of core behind one trait.
//!
//! A [`Product`] is all that the command line, reports, flows of other tools and synthesis know of a
//! core. A new kind of core is a section of [`config`](crate::config), its parameters in
//! [`arch`](crate::arch), its blocks, and one file here that says what they make together.
//!
//! ```
//! use ferrogrid::product::{self, Part};
//!
//! let core = product::from_preset("matmul-8x8")?;
//! assert_eq!(core.description().title, "8 x 8 matrix-multiply core, weight-stationary, int8 x int8");
//! assert_eq!(core.registers().get("m").offset, 0x1c);
//! assert_eq!(core.design(Part::Core)?.top().name, "matmul_8x8");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod bus;
mod example;
mod load;
mod matmul;
mod npu;
mod script;

pub use bus::{Bus, BusKind};
pub use example::{Action, Example, ExampleMemory, Packet, Step, Transfer};
pub use load::{from_config, from_preset};
pub use npu::machine_size;

use crate::arch::{Family, Target};
use crate::config::Config;
use crate::hdl::DesignError;
use crate::hdl::ir::Design;
use crate::isa::RegisterMap;
use crate::model::{Area, Multipliers};
use crate::synth::Columns;
use std::fmt;

/// A part of a core that can be synthesized by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Core,
    /// The array of processing elements.
    Array,
}

/// What people and programs read about a core.
#[derive(Clone, Debug)]
pub struct Description {
    /// What it is: `8 x 8 matrix-multiply core, weight-stationary, int8 x int8`.
    pub title: String,
    /// What it computes, and with what.
    pub function: String,
    /// What it computes, and how a user meets it: a sentence without its full stop.
    pub interfaces: &'static str,
    /// What a page about it shows, as label and value.
    pub figures: Vec<(&'static str, String)>,
    /// What jobs must keep to: a quantity and its largest value.
    pub limits: Vec<(String, u64)>,
    /// Its row in a list of cores of its kind, as heading and cell; the name stands before it.
    pub row: Vec<(&'static str, Cell)>,
    /// The same for programs, as key and value; name and hash stand around it.
    pub json: Vec<(&'static str, serde_json::Value)>,
}

/// A cell of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Words.
    Text(String),
    /// A number, which stands on the right.
    Number(u64),
}

/// A core of some kind.
///
/// Every core has a clock `aclk`, a reset `aresetn` (asserted when 0), registers behind the
/// AXI4-Lite port `s_axil` (among them `id` and `config_hash`) and an interrupt `irq`.
pub trait Product: fmt::Debug + Send + Sync {
    /// The configuration without defaults: it gives this core again.
    fn config(&self) -> Config;

    /// Fingerprint of its parameters, as the register `config_hash` shows it.
    fn config_hash(&self) -> u32;

    /// What people and programs read about it.
    fn description(&self) -> Description;

    /// The hardware of a part.
    ///
    /// # Errors
    /// When it does not close: a bug of the blocks.
    fn design(&self, part: Part) -> Result<Design, DesignError>;

    /// What a part takes of a chip of a family, as the model has it.
    fn area(&self, part: Part, family: Family, multipliers: Multipliers) -> Area;

    /// Multipliers of the array.
    fn multipliers(&self) -> u64;

    /// The cells of its chips that it instantiates, in words.
    fn chip_cells(&self) -> &'static str;

    /// The cells of a part that are placed as the array is.
    fn columns(&self, part: Part) -> Columns;

    /// How much nextpnr's placer is to make of time, beside the length of wires.
    fn timing_weight(&self) -> u32;

    /// Smaller cores of its kind, from large to small: what to take for a chip that is too small.
    fn smaller(&self) -> Vec<Box<dyn Product>>;

    /// The keys that make a core of its kind this one, for a user who wants only this part of it.
    fn recipe(&self, part: Part) -> String;

    /// The registers behind `s_axil`.
    fn registers(&self) -> RegisterMap;

    /// The C header of the instructions that it takes, as name and text; none where it takes none.
    fn instructions(&self) -> Option<(&'static str, String)>;

    /// Its buses other than clock, reset and interrupt, `s_axil` first.
    fn buses(&self) -> Vec<Bus>;

    /// A small job and what must come of it, for the test bench; none where the core has no test bench.
    fn example(&self) -> Option<Example>;

    /// Name of the core.
    fn name(&self) -> String {
        self.config().common().name.clone().unwrap_or_default()
    }

    /// The Verilog name of the core: its name, with `_` for what names cannot hold.
    fn module_name(&self) -> String {
        self.name()
            .replace(|c: char| !c.is_ascii_alphanumeric(), "_")
    }

    /// The chips that it is made for.
    fn target(&self) -> Target {
        self.config().common().target
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{PRESETS, check_name};
    use crate::verilog;
    use std::collections::{BTreeMap, BTreeSet};

    /// Modules of two cores never have one name: those that are called as the core end as no other core's name
    /// may, and cells without a core's name are the same in all cores.
    #[test]
    fn modules_of_cores_never_clash() {
        let mut cells: BTreeMap<String, String> = BTreeMap::new();
        let mut free = BTreeSet::new();
        for preset in PRESETS.iter().filter(|preset| preset.name != "datacenter") {
            for &target in Target::ALL {
                let mut config = preset.document().config().clone();
                match &mut config {
                    Config::Matmul(matmul) => matmul.common.target = target,
                    Config::Npu(npu) => npu.common.target = target,
                }
                let Ok(product) = from_config(&config) else {
                    continue;
                };
                let (design, top) = (product.design(Part::Core).unwrap(), product.module_name());
                let files = verilog::emit(&design);
                for file in &files {
                    let module = file.name.trim_end_matches(".v");
                    let (other, text) = match module.strip_prefix(&top) {
                        Some("") => continue,
                        Some(unit) => (format!("other{unit}"), None),
                        None => (module.to_owned(), Some(&file.text)),
                    };
                    let refused = check_name(&other.replace('_', "-"));
                    if refused.is_ok() {
                        free.insert(other);
                    }
                    if let Some(text) = text {
                        let known = cells.entry(module.to_owned()).or_insert(text.clone());
                        assert_eq!(known, text, "{module} of {top}");
                    }
                }
            }
        }
        assert!(free.is_empty(), "a core may be called {free:?}");
        assert!(cells.len() > 5, "{:?}", cells.keys());
    }
}
