//! Of which cells the memories of a design are made.

use super::resources::{block_ram_bits, holds_bits, is_memory};
use super::target::Family;
use crate::hdl::ir::{Design, MemorySize, ModuleIr};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A memory of a module, and the cells that hold its bits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MemoryCells {
    /// Name of the module.
    pub module: String,
    /// Name of the memory in it.
    pub memory: String,
    /// Width times depth.
    pub bits: u64,
    /// Number of cells by type: block RAM, memory of LUTs, registers.
    pub cells: BTreeMap<String, u64>,
    /// All these cells are block RAM (or the larger memories that some chips have), and hold so
    /// many bits.
    pub in_block_ram: bool,
}

#[derive(Deserialize)]
struct Netlist {
    modules: BTreeMap<String, Module>,
}

#[derive(Deserialize)]
struct Module {
    cells: BTreeMap<String, Cell>,
}

#[derive(Deserialize)]
struct Cell {
    #[serde(rename = "type")]
    kind: String,
}

/// The memories of all modules, in the order of the design, with their cells in a netlist that
/// keeps the hierarchy, as Yosys writes it in JSON. A memory of which nothing is found there has no
/// cells, and is not in block RAM.
pub(super) fn memories(
    design: &Design,
    family: Family,
    netlist: &str,
) -> Result<Vec<MemoryCells>, serde_json::Error> {
    let netlist: Netlist = serde_json::from_str(netlist)?;
    let mut found = Vec::new();
    for module in &design.modules {
        if module.cell.is_some() || module.memory.is_some() {
            continue;
        }
        let mut add = |memory: &str, size: MemorySize, cells: BTreeMap<String, u64>| {
            let bits = u64::from(size.width) * u64::from(size.depth);
            found.push(MemoryCells {
                module: module.name.clone(),
                memory: memory.to_owned(),
                bits,
                in_block_ram: room(family, &cells).is_some_and(|room| room >= bits),
                cells,
            });
        };
        let cells = netlist.modules.get(&module.name);
        for memory in &module.memories {
            let size = MemorySize {
                width: memory.width,
                depth: memory.depth,
            };
            let cells = cells.map(|cells| cells_of(&memory.name, family, cells));
            add(&memory.name, size, cells.unwrap_or_default());
        }
        for instance in &module.instances {
            let made_of_cells = design.module(instance.module);
            if let Some(size) = made_of_cells.memory {
                let here = cells.is_some_and(|module| module.cells.contains_key(&instance.name));
                let cells = here.then(|| all_block_rams(made_of_cells, family, &netlist));
                add(&instance.name, size, cells.unwrap_or_default());
            }
        }
    }
    Ok(found)
}

/// The block RAMs in a module and all below it.
fn all_block_rams(module: &ModuleIr, family: Family, netlist: &Netlist) -> BTreeMap<String, u64> {
    let mut found = BTreeMap::new();
    let mut open = vec![module.name.as_str()];
    while let Some(name) = open.pop() {
        let cells = netlist.modules.get(name).into_iter();
        for Cell { kind } in cells.flat_map(|module| module.cells.values()) {
            if block_ram_bits(family, kind).is_some() {
                *found.entry(kind.clone()).or_default() += 1;
            }
            open.push(kind);
        }
    }
    found
}

/// The cells that hold bits of a memory. Yosys calls them `words.0.3` in memories of the chip, and
/// `words[7]`, with additions, where each word is a register. Other registers of a memory of the chip,
/// as for the upper bits of the address that was read, are called as it too: `words.0.3_DOB0_...`.
fn cells_of(memory: &str, family: Family, module: &Module) -> BTreeMap<String, u64> {
    let mut found = BTreeMap::new();
    for (name, Cell { kind }) in &module.cells {
        let rest = name.strip_prefix(memory).unwrap_or("");
        let holds = match rest.chars().next() {
            Some('.') => is_memory(family, kind),
            Some('[') => holds_bits(family, kind),
            _ => false,
        };
        if holds {
            *found.entry(kind.clone()).or_default() += 1;
        }
    }
    found
}

/// The bits that cells have room for; nothing if one of them is no block RAM.
fn room(family: Family, cells: &BTreeMap<String, u64>) -> Option<u64> {
    let each = cells
        .iter()
        .map(|(kind, count)| Some(block_ram_bits(family, kind)? * count));
    each.sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blocks::prim::{RamInputs, RamOutputs};
    use crate::hdl::{self, Block, Shapes, bundle, elaborate, hardware, unsigned};

    #[derive(Debug, Clone, PartialEq)]
    struct Words;

    #[hardware]
    impl Block for Words {
        fn module_name(&self) -> String {
            "words".into()
        }

        fn inputs(&self) -> Shapes<RamInputs<'static>> {
            RamInputs::of(1, 24, 1024)
        }

        fn build<'m>(&self, m: &'m hdl::Module, io: RamInputs<'m>) -> RamOutputs<'m> {
            let memory = m.memory(24, 1024).named("bank");
            memory.write(io.write.enable, io.write.address, io.write.data);
            let word = memory.read_enabled(io.read.enable, io.read.address);
            RamOutputs {
                read_data: word.named("word_read"),
            }
        }
    }

    /// What is said of the memory when the netlist has these cells.
    fn made_of(family: Family, cells: &[(&str, &str)]) -> MemoryCells {
        let design = elaborate(&Words).expect("a design");
        let cells = cells
            .iter()
            .map(|(name, kind)| format!(r#""{name}": {{"type": "{kind}", "connections": {{}}}}"#));
        let cells = cells.collect::<Vec<_>>().join(", ");
        let netlist = format!(r#"{{"modules": {{"words": {{"cells": {{{cells}}}}}}}}}"#);
        let mut memories = memories(&design, family, &netlist).expect("JSON");
        assert_eq!(memories.len(), 1);
        memories.remove(0)
    }

    #[test]
    fn block_ram_with_room_for_all_bits() {
        let two = [
            ("bank.0.0", "DP16KD"),
            ("bank.0.1", "DP16KD"),
            ("bank_read.0.0", "TRELLIS_DPR16X4"),
            ("bank_read_LUT4_Z", "LUT4"),
            ("bank.0.0_DOB0_TRELLIS_FF_Q", "TRELLIS_FF"),
        ];
        let memory = made_of(Family::Ecp5, &two);
        assert_eq!(
            (memory.module.as_str(), memory.memory.as_str()),
            ("words", "bank")
        );
        assert_eq!(memory.bits, 24 * 1024);
        assert_eq!(memory.cells, [("DP16KD".to_owned(), 2)].into());
        assert!(memory.in_block_ram);
        let large = [("bank.0.0", "SB_SPRAM256KA"), ("bank.0.1", "SB_SPRAM256KA")];
        assert!(made_of(Family::Ice40, &large).in_block_ram);
    }

    bundle! {
        struct Address() {
            address: unsigned(9),
        }
    }

    bundle! {
        struct Word() {
            word: unsigned(9),
        }
    }

    /// A memory of cells, of which only the netlist knows.
    #[derive(Debug, Clone, PartialEq)]
    struct Ram;

    #[hardware]
    impl Block for Ram {
        fn module_name(&self) -> String {
            "ram".into()
        }

        fn inputs(&self) -> Shapes<Address<'static>> {
            Address::of()
        }

        fn build<'m>(&self, m: &'m hdl::Module, io: Address<'m>) -> Word<'m> {
            m.is_memory(40, 500);
            Word { word: io.address }
        }
    }

    /// A module with such a memory.
    #[derive(Debug, Clone, PartialEq)]
    struct Cells;

    #[hardware]
    impl Block for Cells {
        fn module_name(&self) -> String {
            "cells".into()
        }

        fn inputs(&self) -> Shapes<Address<'static>> {
            Address::of()
        }

        fn build<'m>(&self, m: &'m hdl::Module, io: Address<'m>) -> Word<'m> {
            let bank = m.instance(&Ram, io);
            bank
        }
    }

    #[test]
    fn memories_of_cells_are_found_by_the_names_of_their_instances() {
        let design = elaborate(&Cells).expect("a design");
        let part = r#"{"cells": {"ram": {"type": "DP16KD"}, "other": {"type": "TRELLIS_FF"}}}"#;
        let text = |bank: &str, parts: &str| {
            format!(
                r#"{{"modules": {{
                    "cells": {{"cells": {{"{bank}": {{"type": "ram"}}}}}},
                    "ram": {{"cells": {{{parts}}}}},
                    "part": {part}
                }}}}"#
            )
        };
        let made_of = |netlist: &str| {
            let mut found = memories(&design, Family::Ecp5, netlist).expect("JSON");
            assert_eq!(found.len(), 1, "{found:?}");
            found.remove(0)
        };
        let one = r#""part_0": {"type": "part"}"#;
        let two = format!(r#"{one}, "part_1": {{"type": "part"}}"#);
        let whole = made_of(&text("bank", &two));
        assert_eq!((&*whole.module, &*whole.memory), ("cells", "bank"));
        assert_eq!((whole.bits, whole.cells["DP16KD"]), (40 * 500, 2));
        assert!(whole.in_block_ram);
        let half = made_of(&text("bank", one));
        assert!(!half.in_block_ram, "{half:?}");
        let gone = made_of(&text("other", &two));
        assert!(!gone.in_block_ram && gone.cells.is_empty(), "{gone:?}");
    }

    #[test]
    fn too_little_block_ram_other_memory_and_registers_are_found() {
        let one = [("bank.0.0", "DP16KD")];
        let with_luts = [
            ("bank.0.0", "DP16KD"),
            ("bank.0.1", "DP16KD"),
            ("bank.1.0", "TRELLIS_DPR16X4"),
        ];
        let with_register = [
            ("bank.0.0", "DP16KD"),
            ("bank.0.1", "DP16KD"),
            ("bank[1023]_TRELLIS_FF_Q_3", "TRELLIS_FF"),
        ];
        for cells in [&one[..], &with_luts, &with_register, &[]] {
            let memory = made_of(Family::Ecp5, cells);
            assert!(!memory.in_block_ram, "{memory:?}");
            assert_eq!(memory.cells.values().sum::<u64>(), cells.len() as u64);
        }
    }
}
