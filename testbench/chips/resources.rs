//! Numbers of cells that Yosys finds in arrays and buffers.

use crate::tool::run_tool;
use crate::tools;
use ferrogrid::arch::{self, MatmulArch};
use ferrogrid::blocks::MatmulCore;
use ferrogrid::hdl::{AnyBlock, elaborate};
use ferrogrid::synth::tools::Tool;
use ferrogrid::verilog;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

/// Number of cells of each kind in the whole; `None`, with a word about it, without Yosys.
fn cells(block: &dyn AnyBlock, command: &str) -> Option<BTreeMap<String, u64>> {
    let top = block.module_name();
    cells_of(block, command, "flatten; ", &top)
}

/// The same in one module, which Yosys made of it with the hierarchy kept.
fn cells_of_module(
    block: &dyn AnyBlock,
    command: &str,
    module: &str,
) -> Option<BTreeMap<String, u64>> {
    cells_of(block, command, "", module)
}

/// By the Yosys that `ferrogrid synth` takes.
fn cells_of(
    block: &dyn AnyBlock,
    command: &str,
    then: &str,
    module: &str,
) -> Option<BTreeMap<String, u64>> {
    if !tools::synthesizer() {
        return None;
    }
    let yosys = Tool::synthesizer().expect("it is there").path;
    let design = elaborate(block).expect("a legal design");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = |name: &str| folder.path().join(name);
    let top = &design.top().name;
    let script = format!(
        "read_verilog design.v; hierarchy -top {top}; setattr -unset reprocess_after t:*; \
         {command} -top {top}; {then}tee -q -o cells.json stat -json {module}"
    );
    fs::write(file("design.v"), verilog::concat(&design)).expect("a written file");
    fs::write(file("count.ys"), script.replace("; ", "\n")).expect("a written file");
    run_tool(
        Command::new(yosys)
            .args(["-s", "count.ys"])
            .current_dir(folder.path()),
    );
    let text = fs::read_to_string(file("cells.json")).expect("the statistics");
    let stat: Value = serde_json::from_str(&text).expect("JSON");
    let modules = stat["modules"].as_object().expect("modules");
    let mut modules = modules.iter();
    let counted = modules.find(|(name, _)| name.trim_start_matches('\\') == module);
    let (_, counted) = counted.expect("the module");
    let cells = counted["num_cells_by_type"].clone();
    Some(serde_json::from_value(cells).expect("numbers of cells"))
}

fn core(target: &str, array: &str) -> MatmulArch {
    let text = format!("name = \"core\"\ntarget = \"{target}\"\n[array]\n{array}\n");
    arch::from_toml("core.toml", &text).unwrap_or_else(|error| panic!("{error}"))
}

/// All of the kinds together.
fn sum(cells: &BTreeMap<String, u64>, kind: impl Fn(&str) -> bool) -> u64 {
    let matching = cells.iter().filter(|(name, _)| kind(name));
    matching.map(|(_, number)| number).sum()
}

#[test]
fn a_pe_on_ecp5_takes_its_multiplier_and_little_more() {
    let arch = arch::from_preset("matmul-8x8-ecp5").expect("a preset");
    let Some(cells) = cells(&*MatmulCore::array(&arch), "synth_ecp5") else {
        return;
    };
    let macs = 64;
    let of = |kind: &str| cells.get(kind).copied().unwrap_or(0);
    assert_eq!(of("MULT18X18D"), macs, "{cells:?}");
    assert!(of("TRELLIS_FF") <= 45 * macs, "{cells:?}");
    assert!(of("LUT4") + 2 * of("CCU2C") <= 22 * macs, "{cells:?}");
}

/// The registers of the operands and the product go into the multiplier.
#[test]
fn an_output_stationary_pe_on_ecp5_has_fewer_registers() {
    let array = "rows = 4\ncolumns = 4\ndataflow = \"output_stationary\"";
    let of = |target: &str| cells(&*MatmulCore::array(&core(target, array)), "synth_ecp5");
    let (Some(portable), Some(ecp5)) = (of("portable"), of("ecp5")) else {
        return;
    };
    assert_eq!(ecp5["MULT18X18D"], 16);
    assert!(
        ecp5["TRELLIS_FF"] + 16 * 16 <= portable["TRELLIS_FF"],
        "{ecp5:?}\n{portable:?}"
    );
}

/// The families of Xilinx: `target`, Yosys' command and the slice.
const XILINX: [(&str, &str, &str); 2] = [
    (
        "xilinx",
        "synth_xilinx -family xc7 -noiopad -noclkbuf",
        "DSP48E1",
    ),
    (
        "ultrascale_plus",
        "synth_xilinx -family xcup -noiopad -noclkbuf",
        "DSP48E2",
    ),
];

/// Number of LUTs and carries.
fn logic(cells: &BTreeMap<String, u64>) -> u64 {
    sum(cells, |name| {
        name.starts_with("LUT") || name.starts_with("CARRY")
    })
}

#[test]
fn the_arithmetic_of_a_pe_on_xilinx_has_no_lut() {
    // Output-stationary: a bit of the drain register takes a LUT.
    let arrays = [
        ("rows = 8\ncolumns = 3\nactivation = \"uint8\"", 0),
        (
            "rows = 2\ncolumns = 2\nactivation = \"int16\"\nproduct_register = false",
            0,
        ),
        (
            "rows = 2\ncolumns = 2\ndataflow = \"output_stationary\"",
            32,
        ),
    ];
    for ((array, luts), (target, command, slice)) in arrays
        .iter()
        .flat_map(|array| XILINX.map(|family| (array, family)))
    {
        let arch = core(target, array);
        let array = MatmulCore::array(&arch);
        let Some(cells) = cells(&*array, command) else {
            return;
        };
        let macs = u64::from(arch.rows * arch.columns);
        assert_eq!(cells[slice], macs, "{cells:?}");
        assert_eq!(logic(&cells), luts * macs, "{cells:?}");
    }
}

/// By default the array is flattened before it is mapped.
#[test]
fn a_flat_array_on_xilinx_has_no_lut() {
    // Yosys infers no slice for products of less than nine bits.
    let arrays = [
        "rows = 8\ncolumns = 8",
        "rows = 4\ncolumns = 2\nactivation = \"int4\"",
    ];
    for (array, (target, command, slice)) in arrays
        .iter()
        .flat_map(|array| XILINX.map(|family| (array, family)))
    {
        let arch = core(target, array);
        let Some(cells) = cells(&*MatmulCore::array(&arch), &format!("{command} -flatten")) else {
            return;
        };
        assert_eq!(
            cells[slice],
            u64::from(arch.rows * arch.columns),
            "{cells:?}"
        );
        assert_eq!(logic(&cells), 0, "{cells:?}");
    }
}

/// Beside the slice there are registers of operands on their way.
#[test]
fn a_pe_on_xilinx_is_a_slice() {
    for (target, command, slice) in XILINX {
        let arch = core(target, "rows = 2\ncolumns = 2");
        let Some(pe) = cells_of_module(&*MatmulCore::array(&arch), command, "core_pe") else {
            return;
        };
        let kinds: Vec<_> = pe.keys().map(String::as_str).collect();
        assert_eq!(kinds, [slice, "FDRE"], "{pe:?}");
        assert_eq!(pe[slice], 1, "{pe:?}");
    }
}

#[test]
fn an_array_on_ice40_has_a_multiplier_a_pe() {
    let arch = core("ice40", "rows = 4\ncolumns = 2");
    let Some(cells) = cells(&*MatmulCore::array(&arch), "synth_ice40") else {
        return;
    };
    assert_eq!(cells["SB_MAC16"], 8, "{cells:?}");
    // The multiplication itself takes more than 60 LUTs.
    assert!(sum(&cells, |name| name == "SB_LUT4") <= 8 * 24, "{cells:?}");
}

/// The A buffer of four elements a word is two banks of two SPRAMs.
#[test]
fn the_a_buffer_of_a_core_on_ice40_is_in_large_memories() {
    let arch = core(
        "ice40",
        "rows = 4\ncolumns = 2\n[buffers]\nb = \"8 KiB\"\naccumulators = 512",
    );
    let Some(cells) = cells(&MatmulCore::new(&arch), "synth_ice40") else {
        return;
    };
    assert_eq!(cells["SB_SPRAM256KA"], 4, "{cells:?}");
    assert_eq!(cells["SB_MAC16"], 8, "{cells:?}");
    // 8 KiB of B in memories of 4 kbit, and two banks of 64-bit accumulators.
    assert!(
        sum(&cells, |name| name.starts_with("SB_RAM40")) <= 16 + 8,
        "{cells:?}"
    );
}

/// Every memory is block RAM; nothing is left to chance.
#[test]
fn every_memory_on_xilinx_says_what_it_is_made_of() {
    let arch = core("xilinx", "rows = 8\ncolumns = 8");
    let design = elaborate(&MatmulCore::new(&arch)).expect("a legal design");
    let memories = || design.modules.iter().flat_map(|module| &module.memories);
    assert!(memories().any(|memory| memory.name == "b_buffer") && memories().count() >= 4);
    for memory in memories() {
        let attributes = &memory.attributes;
        assert_eq!(attributes, &["ram_style = \"block\""], "{}", memory.name);
    }
}

/// UltraRAM where the configuration makes a memory large, block RAM for the others.
#[test]
fn large_memories_on_ultrascale_are_ultra_ram() {
    let arch = core(
        "ultrascale_plus",
        "rows = 4\ncolumns = 4\n[buffers]\nb = \"128 KiB\"",
    );
    let design = elaborate(&MatmulCore::new(&arch)).expect("a legal design");
    let memories = design.modules.iter().flat_map(|module| &module.memories);
    for memory in memories {
        let style = if memory.name == "b_buffer" {
            "ultra"
        } else {
            "block"
        };
        let attribute = format!("ram_style = \"{style}\"");
        assert_eq!(memory.attributes, [attribute], "{}", memory.name);
    }
    let command = "synth_xilinx -family xcup -noiopad";
    let Some(cells) = cells(&MatmulCore::new(&arch), command) else {
        return;
    };
    // 1 Mbit, of which an UltraRAM holds 288 kbit; two words of 32 bits in each of its own.
    assert_eq!(cells["URAM288"], 4, "{cells:?}");
    assert!(
        sum(&cells, |name| name.starts_with("RAMB")) >= 4,
        "{cells:?}"
    );
    assert_eq!(cells["DSP48E2"], 16, "{cells:?}");
}

/// The buffers have their default sizes.
#[test]
fn a_whole_core_is_mapped_for_the_7_series() {
    let arch = core("xilinx", "rows = 2\ncolumns = 2");
    let command = "synth_xilinx -family xc7 -noiopad";
    let Some(cells) = cells(&MatmulCore::new(&arch), command) else {
        return;
    };
    let block_rams = sum(&cells, |name| name.starts_with("RAMB"));
    assert!(block_rams >= 4, "{cells:?}");
}
