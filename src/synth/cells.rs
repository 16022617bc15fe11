//! Counts cells in what Yosys says with `stat -json` and `write_json`.

use super::resources::Resources;
use super::target::Family;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A module at its place in the hierarchy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BlockCells {
    /// Modules above it.
    pub depth: usize,
    /// Name of the module.
    pub module: String,
    /// Instances at this place, in the whole design.
    pub instances: u64,
    /// What one instance takes, with all inside it.
    pub each: Resources,
}

#[derive(Deserialize)]
struct Stat {
    modules: BTreeMap<String, Module>,
}

#[derive(Deserialize)]
struct Module {
    num_cells_by_type: BTreeMap<String, u64>,
}

#[derive(Deserialize)]
struct Netlist {
    modules: BTreeMap<String, Cells>,
}

#[derive(Deserialize)]
struct Cells {
    #[serde(default)]
    attributes: BTreeMap<String, IgnoredAny>,
    cells: BTreeMap<String, Cell>,
}

#[derive(Deserialize)]
struct Cell {
    #[serde(rename = "type")]
    kind: String,
}

/// The cells in each module, by their types.
pub struct CellCounts {
    family: Family,
    modules: BTreeMap<String, BTreeMap<String, u64>>,
}

impl CellCounts {
    /// Reads a netlist of `write_json`, with or without hierarchy; what is wrong with it otherwise.
    pub fn of_netlist(family: Family, text: &str) -> Result<CellCounts, serde_json::Error> {
        let mut netlist: Netlist = serde_json::from_str(text)?;
        // Cells of the chip are modules too.
        let of_chip = ["blackbox", "whitebox"];
        (netlist.modules).retain(|_, module| {
            !of_chip
                .iter()
                .any(|mark| module.attributes.contains_key(*mark))
        });
        let count = |module: Cells| {
            let mut counts = BTreeMap::new();
            for Cell { kind } in module.cells.into_values() {
                *counts.entry(kind).or_default() += 1;
            }
            counts
        };
        let modules = netlist.modules.into_iter();
        let modules = modules.map(|(name, module)| (name, count(module)));
        Ok(CellCounts {
            family,
            modules: modules.collect(),
        })
    }

    /// Reads the answer of `stat -json` about a flat design; what is wrong with it otherwise.
    pub fn of_stat(family: Family, text: &str) -> Result<CellCounts, serde_json::Error> {
        let stat: Stat = serde_json::from_str(text)?;
        let modules = stat.modules.into_iter();
        let modules = modules.map(|(name, module)| {
            let name = name.trim_start_matches('\\').to_owned();
            (name, module.num_cells_by_type)
        });
        Ok(CellCounts {
            family,
            modules: modules.collect(),
        })
    }

    /// Everything in a module; nothing of one that is not there.
    pub fn total(&self, module: &str) -> Resources {
        let Some(cells) = self.modules.get(module) else {
            return Resources::default();
        };
        cells.iter().fold(Resources::default(), |sum, (cell, &n)| {
            sum + if self.modules.contains_key(cell) {
                self.total(cell) * n
            } else {
                Resources::cells(self.family, cell, n)
            }
        })
    }

    /// The modules below `top` and itself, from above, each with its place.
    pub fn blocks(&self, top: &str) -> Vec<BlockCells> {
        let mut blocks = Vec::new();
        self.visit(top, 0, 1, &mut blocks);
        blocks
    }

    fn visit(&self, module: &str, depth: usize, instances: u64, blocks: &mut Vec<BlockCells>) {
        let Some(cells) = self.modules.get(module) else {
            return;
        };
        blocks.push(BlockCells {
            depth,
            module: module.to_owned(),
            instances,
            each: self.total(module),
        });
        for (cell, count) in cells {
            self.visit(cell, depth + 1, instances * count, blocks);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An array of 2 x 2 PEs, as Yosys writes it, without what is not read.
    fn array() -> String {
        let module = |name: &str, cells: &[(&str, usize)]| {
            let all = cells.iter().flat_map(|&(kind, count)| {
                (0..count).map(move |i| format!(r#""{kind}_{i}": {{"type": "{kind}"}}"#))
            });
            let all = all.collect::<Vec<_>>().join(", ");
            format!(r#""{name}": {{"attributes": {{"src": "design.v:1"}}, "cells": {{{all}}}}}"#)
        };
        let pe = [
            ("$scopeinfo", 3),
            ("CCU2C", 9),
            ("LUT4", 1),
            ("MULT18X18D", 1),
            ("PFUMX", 7),
            ("TRELLIS_FF", 58),
        ];
        // A model of Yosys has cells of its own.
        let lut = r#""LUT4": {"attributes": {"whitebox": "1"}, "cells": {"x": {"type": "$mux"}}}"#;
        let modules = [
            module("core_row", &[("core_pe", 2)]),
            module("core_pe", &pe),
            module("core_array", &[("TRELLIS_FF", 2), ("core_row", 2)]),
            lut.to_owned(),
        ];
        format!(
            r#"{{"creator": "Yosys 0.23", "modules": {{{}}}}}"#,
            modules.join(", ")
        )
    }

    #[test]
    fn blocks_have_all_that_is_inside_them() {
        let counts = CellCounts::of_netlist(Family::Ecp5, &array()).unwrap();
        let places: Vec<_> = counts
            .blocks("core_array")
            .into_iter()
            .map(|block| (block.depth, block.module, block.instances))
            .collect();
        let expected = [(0, "core_array", 1), (1, "core_row", 2), (2, "core_pe", 4)];
        assert_eq!(places, expected.map(|(d, m, n)| (d, m.to_owned(), n)));
        let pe = Resources {
            luts: 1,
            carries: 9,
            registers: 58,
            multipliers: 1,
            logic: 19,
            ..Resources::default()
        };
        assert_eq!(counts.total("core_pe"), pe);
        let array = counts.total("core_array");
        assert_eq!(
            (array.registers, array.logic, array.multipliers),
            (2 + 4 * 58, 4 * 19, 4)
        );
        assert!(CellCounts::of_netlist(Family::Ecp5, "yosys: no such file").is_err());
    }

    #[test]
    fn a_flat_design_is_counted_by_yosys() {
        let stat = r#"{"modules": {
            "\\core": { "num_cells": 5, "num_cells_by_type": { "LUT4": 3, "TRELLIS_FF": 2 } }
        }}"#;
        let whole = CellCounts::of_stat(Family::Ecp5, stat)
            .unwrap()
            .total("core");
        assert_eq!((whole.luts, whole.registers), (3, 2));
        assert!(CellCounts::of_stat(Family::Ecp5, "yosys: no such file").is_err());
    }
}
