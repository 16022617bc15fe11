//! Counts cells in what Yosys says with `stat -json`.

use super::target::Family;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::{Add, Mul};

/// What a design takes of a chip, in the terms of its vendor's cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Resources {
    /// Look-up tables, of whichever size the family has; carries and RAM in LUTs not included.
    pub luts: u64,
    /// Carry cells: CCU2C (two bits), SB_CARRY (one), CARRY4 (four), arithmetic ALUTs (one).
    pub carries: u64,
    /// LUTs used as memory: those of a RAM cell together.
    pub ram_luts: u64,
    /// Registers.
    pub registers: u64,
    /// Multipliers or DSP slices.
    pub multipliers: u64,
    /// Block RAMs: DP16KD, SB_RAM40_4K, halves of a RAMB36, M10K.
    pub block_rams: u64,
    /// Logic that the above comes to: on ECP5 LUT4 + 2 CCU2C + RAM, on Cyclone V all ALUTs; on iCE40
    /// and Xilinx the LUTs, whose cells have the carries.
    pub logic: u64,
}

impl Resources {
    /// `count` cells of a type; nothing for types that take no logic.
    fn cells(family: Family, cell: &str, count: u64) -> Resources {
        let mut sum = Resources::default();
        match (family, cell) {
            (Family::Ecp5, "LUT4") => {
                sum.luts = count;
                sum.logic = count;
            }
            (Family::Ecp5, "CCU2C") => {
                sum.carries = count;
                sum.logic = 2 * count;
            }
            // Four LUTs hold the bits; their write port takes the place of two more.
            (Family::Ecp5, "TRELLIS_DPR16X4") => {
                sum.ram_luts = 6 * count;
                sum.logic = 6 * count;
            }
            (Family::Ecp5, "TRELLIS_FF") => sum.registers = count,
            (Family::Ecp5, "MULT18X18D") => sum.multipliers = count,
            (Family::Ecp5, "DP16KD" | "PDPW16KD") => sum.block_rams = count,
            (Family::Ice40, "SB_LUT4") => {
                sum.luts = count;
                sum.logic = count;
            }
            // A carry shares its logic cell with a LUT nearly always.
            (Family::Ice40, "SB_CARRY") => sum.carries = count,
            (Family::Ice40, "SB_MAC16") => sum.multipliers = count,
            (Family::Ice40, cell) if cell.starts_with("SB_DFF") => sum.registers = count,
            (Family::Ice40, cell) if cell.starts_with("SB_RAM40_4K") => sum.block_rams = count,
            (Family::Xilinx7, "CARRY4") => sum.carries = count,
            (Family::Xilinx7, "DSP48E1") => sum.multipliers = count,
            (Family::Xilinx7, "FDRE" | "FDSE" | "FDCE" | "FDPE") => sum.registers = count,
            (Family::Xilinx7, "RAMB36E1") => sum.block_rams = 2 * count,
            (Family::Xilinx7, "RAMB18E1") => sum.block_rams = count,
            (Family::Xilinx7, "RAM32M" | "RAM64M") => {
                sum.ram_luts = 4 * count;
                sum.logic = 4 * count;
            }
            (Family::Xilinx7, "SRL16E" | "SRLC32E" | "RAM32X1S" | "RAM64X1S") => {
                sum.ram_luts = count;
                sum.logic = count;
            }
            (Family::Xilinx7, "RAM32X1D" | "RAM64X1D") => {
                sum.ram_luts = 2 * count;
                sum.logic = 2 * count;
            }
            (Family::Xilinx7, "LUT1" | "LUT2" | "LUT3" | "LUT4" | "LUT5" | "LUT6") => {
                sum.luts = count;
                sum.logic = count;
            }
            (Family::CycloneV, "MISTRAL_ALUT_ARITH") => {
                sum.carries = count;
                sum.logic = count;
            }
            (Family::CycloneV, "MISTRAL_FF") => sum.registers = count,
            (Family::CycloneV, "MISTRAL_MLAB") => {
                sum.ram_luts = count;
                sum.logic = count;
            }
            (Family::CycloneV, "MISTRAL_M10K") => sum.block_rams = count,
            (Family::CycloneV, cell) if cell.starts_with("MISTRAL_MUL") => sum.multipliers = count,
            (Family::CycloneV, cell) if cell.starts_with("MISTRAL_ALUT") => {
                sum.luts = count;
                sum.logic = count;
            }
            _ => {}
        }
        sum
    }
}

impl Add for Resources {
    type Output = Resources;

    fn add(self, other: Resources) -> Resources {
        Resources {
            luts: self.luts + other.luts,
            carries: self.carries + other.carries,
            ram_luts: self.ram_luts + other.ram_luts,
            registers: self.registers + other.registers,
            multipliers: self.multipliers + other.multipliers,
            block_rams: self.block_rams + other.block_rams,
            logic: self.logic + other.logic,
        }
    }
}

impl Mul<u64> for Resources {
    type Output = Resources;

    fn mul(self, times: u64) -> Resources {
        Resources {
            luts: self.luts * times,
            carries: self.carries * times,
            ram_luts: self.ram_luts * times,
            registers: self.registers * times,
            multipliers: self.multipliers * times,
            block_rams: self.block_rams * times,
            logic: self.logic * times,
        }
    }
}

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

/// The answer of `stat -json`, read.
pub struct CellCounts {
    family: Family,
    modules: BTreeMap<String, BTreeMap<String, u64>>,
}

impl CellCounts {
    /// Reads the text; what is wrong with it otherwise.
    pub fn parse(family: Family, text: &str) -> Result<CellCounts, serde_json::Error> {
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
        self.walk(top, 0, 1, &mut blocks);
        blocks
    }

    fn walk(&self, module: &str, depth: usize, instances: u64, blocks: &mut Vec<BlockCells>) {
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
            self.walk(cell, depth + 1, instances * count, blocks);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An array of 2 x 2 PEs, as Yosys 0.70 answers, without what is not read.
    const ARRAY: &str = r#"{
        "creator": "Yosys 0.70",
        "modules": {
            "\\core_row": { "num_cells": 0, "num_cells_by_type": { "core_pe": 2 } },
            "\\core_pe": {
                "num_cells": 68,
                "num_cells_by_type": {
                    "$scopeinfo": 3, "CCU2C": 9, "LUT4": 1, "MULT18X18D": 1, "PFUMX": 7, "TRELLIS_FF": 58
                }
            },
            "\\core_array": { "num_cells": 2, "num_cells_by_type": { "TRELLIS_FF": 2, "core_row": 2 } }
        },
        "design": { "num_cells": 4 }
    }"#;

    #[test]
    fn blocks_have_all_that_is_inside_them() {
        let counts = CellCounts::parse(Family::Ecp5, ARRAY).unwrap();
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
        assert!(CellCounts::parse(Family::Ecp5, "yosys: no such file").is_err());
    }

    #[test]
    fn families_name_their_cells_differently() {
        let counted = |family, cell| {
            let r = Resources::cells(family, cell, 3);
            [
                r.luts,
                r.carries,
                r.ram_luts,
                r.registers,
                r.multipliers,
                r.block_rams,
                r.logic,
            ]
        };
        use Family::*;
        let rows = [
            (Ecp5, "TRELLIS_DPR16X4", [0, 0, 18, 0, 0, 0, 18]),
            (Ecp5, "DP16KD", [0, 0, 0, 0, 0, 3, 0]),
            (Ecp5, "L6MUX21", [0; 7]),
            (Ice40, "SB_DFFESR", [0, 0, 0, 3, 0, 0, 0]),
            (Ice40, "SB_CARRY", [0, 3, 0, 0, 0, 0, 0]),
            (Ice40, "SB_RAM40_4K", [0, 0, 0, 0, 0, 3, 0]),
            (Xilinx7, "LUT6", [3, 0, 0, 0, 0, 0, 3]),
            (Xilinx7, "RAMB36E1", [0, 0, 0, 0, 0, 6, 0]),
            (CycloneV, "MISTRAL_MUL9X9", [0, 0, 0, 0, 3, 0, 0]),
            (CycloneV, "MISTRAL_ALUT_ARITH", [0, 3, 0, 0, 0, 0, 3]),
            (CycloneV, "MISTRAL_ALUT5", [3, 0, 0, 0, 0, 0, 3]),
        ];
        for (family, cell, expected) in rows {
            assert_eq!(counted(family, cell), expected, "{cell}");
        }
    }
}
