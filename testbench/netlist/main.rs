//! Netlists after synthesis compute what the core computes, cycle for cycle: the random cases of
//! the core's own tests, with the vendors' cells as Yosys, `ecp5.v` and `xilinx.v` model them.

mod npu;
#[path = "../tools.rs"]
mod tools;

use ferrogrid::arch::{Dataflow, MatmulArch, Target};
use ferrogrid::blocks::MatmulCore;
use ferrogrid::config::{Bytes, MatmulConfig};
use ferrogrid::device::{Icarus, Interface, Native};
use ferrogrid::hdl::ir::Design;
use ferrogrid::hdl::{Block, elaborate};
use ferrogrid::synth::tools::Tool;
use ferrogrid::synth::{Family, Netlist, netlist};
use ferrogrid::verify::check::check_netlist;
use ferrogrid::verify::matmul::{MatmulCase, random_case_of};
use ferrogrid::verify::{Case, CaseReport, Mismatch};
use std::ops::ControlFlow;
use std::time::Duration;

/// Random cases whose jobs each netlist runs.
const SEEDS: u64 = 8;

/// Those of them whose jobs run in one simulation: to start one takes longer than to run it.
const SEEDS_PER_CASE: u64 = 4;

/// Models of the cells that Yosys has none of.
fn own_models(family: Family) -> &'static str {
    match family {
        Family::Ecp5 => include_str!("ecp5.v"),
        Family::Xilinx7 => include_str!("xilinx.v"),
        _ => "",
    }
}

/// A core with memories so small that jobs fill them, and large enough for block RAM.
fn small(target: Target, dataflow: Dataflow) -> MatmulArch {
    let mut config = MatmulConfig::new(3, 2);
    config.common.target = target;
    config.array.dataflow = dataflow;
    config.buffers.output_register = target == Target::Ecp5;
    config.buffers.a = Some(Bytes(192));
    config.buffers.b = Some(Bytes(256));
    config.buffers.accumulators = Some(Bytes(384));
    MatmulArch::new(&config).expect("a valid configuration")
}

/// Random cases of a core, each with the jobs of so many.
fn cases(arch: &MatmulArch, seeds_per_case: u64) -> impl Iterator<Item = MatmulCase> {
    (0..SEEDS / seeds_per_case).map(move |case| {
        let mut seeds = (1..=seeds_per_case).map(|seed| case * seeds_per_case + seed);
        let first = seeds.next().expect("at least one seed");
        let mut case = random_case_of(first, arch);
        let more = seeds.flat_map(|seed| random_case_of(seed, arch).jobs);
        case.jobs.extend(more);
        assert_eq!(case.check(), Ok(()));
        case
    })
}

/// A core and its netlist.
struct Subject {
    family: Family,
    design: Design,
    netlist: Netlist,
}

impl Subject {
    /// Nothing without the tools.
    fn new(core: &impl Block, family: Family) -> Option<Subject> {
        if !tools::present(&[Tool::Iverilog, Tool::Vvp]) || !tools::synthesizer() {
            return None;
        }
        let design = elaborate(core).expect("a design");
        let limit = Duration::from_secs(600);
        let netlist = netlist(&design, family, limit, &mut || ControlFlow::Continue(()));
        Some(Subject {
            family,
            netlist: netlist.unwrap_or_else(|error| panic!("{error}")),
            design,
        })
    }

    fn has(&self, cells: &[&str]) {
        for cell in cells {
            let found = self.netlist.verilog.contains(&format!("  {cell} "));
            assert!(found, "no {cell} in the netlist");
        }
    }

    fn check(&self, netlist: &Netlist, case: &dyn Case) -> Result<CaseReport, Mismatch> {
        let mut core = Native::new(&self.design)?;
        let files = netlist.files(own_models(self.family));
        let mut cells = Icarus::from_verilog(Interface::of(&self.design), files)?;
        check_netlist(case, &mut core, &mut cells)
    }
}

/// A netlist that is of these cells computes what the core does.
fn computes_the_same(target: Target, dataflow: Dataflow, family: Family, cells: &[&str]) {
    core_computes_the_same(small(target, dataflow), family, cells);
}

fn core_computes_the_same(arch: MatmulArch, family: Family, cells: &[&str]) {
    let Some(subject) = Subject::new(&MatmulCore::new(&arch), family) else {
        return;
    };
    subject.has(cells);
    let mut total = CaseReport::default();
    for case in cases(&arch, SEEDS_PER_CASE) {
        match subject.check(&subject.netlist, &case) {
            Ok(report) => total.add(&report),
            Err(mismatch) => panic!("{family:?}, `{case}`: {mismatch}"),
        }
    }
    assert!(
        total.jobs > SEEDS && total.elements > 10 * SEEDS,
        "{total:?}"
    );
}

const ECP5: [&str; 5] = ["LUT4", "CCU2C", "TRELLIS_FF", "MULT18X18D", "DP16KD"];
const ICE40: [&str; 4] = ["SB_LUT4", "SB_CARRY", "SB_MAC16", "SB_RAM40_4K"];
const ICE40_LARGE: [&str; 5] = [
    "SB_LUT4",
    "SB_CARRY",
    "SB_MAC16",
    "SB_RAM40_4K",
    "SB_SPRAM256KA",
];

const XILINX: [&str; 6] = ["LUT6", "CARRY4", "FDRE", "DSP48E1", "RAMB18E1", "RAMB36E1"];

#[test]
fn weight_stationary_in_cells_of_ecp5() {
    let dataflow = Dataflow::WeightStationary;
    computes_the_same(Target::Portable, dataflow, Family::Ecp5, &ECP5);
}

#[test]
fn output_stationary_in_cells_of_ecp5() {
    let dataflow = Dataflow::OutputStationary;
    computes_the_same(Target::Portable, dataflow, Family::Ecp5, &ECP5);
}

#[test]
fn weight_stationary_in_cells_of_ice40() {
    let dataflow = Dataflow::WeightStationary;
    computes_the_same(Target::Portable, dataflow, Family::Ice40, &ICE40);
}

#[test]
fn output_stationary_in_cells_of_ice40() {
    let dataflow = Dataflow::OutputStationary;
    computes_the_same(Target::Portable, dataflow, Family::Ice40, &ICE40);
}

#[test]
fn weight_stationary_made_for_ecp5() {
    let dataflow = Dataflow::WeightStationary;
    computes_the_same(Target::Ecp5, dataflow, Family::Ecp5, &ECP5);
}

#[test]
fn output_stationary_made_for_ecp5() {
    let dataflow = Dataflow::OutputStationary;
    computes_the_same(Target::Ecp5, dataflow, Family::Ecp5, &ECP5);
}

#[test]
fn weight_stationary_made_for_ice40() {
    let dataflow = Dataflow::WeightStationary;
    computes_the_same(Target::Ice40, dataflow, Family::Ice40, &ICE40_LARGE);
}

#[test]
fn output_stationary_made_for_ice40() {
    let dataflow = Dataflow::OutputStationary;
    computes_the_same(Target::Ice40, dataflow, Family::Ice40, &ICE40);
}

#[test]
fn weight_stationary_made_for_xilinx() {
    let dataflow = Dataflow::WeightStationary;
    computes_the_same(Target::Xilinx, dataflow, Family::Xilinx7, &XILINX);
}

/// Where the register behind the multiplier is left out, Yosys looks for one to put there.
fn without_product_register_computes_the_same(dataflow: Dataflow) {
    let mut config = small(Target::Xilinx, dataflow).to_config();
    config.array.product_register = false;
    let arch = MatmulArch::new(&config).expect("a valid configuration");
    core_computes_the_same(arch, Family::Xilinx7, &XILINX);
}

#[test]
fn weight_stationary_made_for_xilinx_without_product_register() {
    without_product_register_computes_the_same(Dataflow::WeightStationary);
}

#[test]
fn output_stationary_made_for_xilinx_without_product_register() {
    without_product_register_computes_the_same(Dataflow::OutputStationary);
}

#[test]
fn output_stationary_made_for_xilinx() {
    let dataflow = Dataflow::OutputStationary;
    computes_the_same(Target::Xilinx, dataflow, Family::Xilinx7, &XILINX);
}

/// The netlist with something put for something else in the first cell in whose text all of
/// `marks` stand.
fn altered(text: &str, marks: &[&str], alter: impl Fn(&str) -> String) -> String {
    const END: &str = "\n  );\n";
    let mut cells: Vec<String> = text.split(END).map(str::to_owned).collect();
    let cell = cells
        .iter_mut()
        .find(|cell| marks.iter().all(|mark| cell.contains(mark)))
        .unwrap_or_else(|| panic!("no cell has {marks:?}"));
    let changed = alter(cell);
    assert_ne!(changed, *cell, "{marks:?}");
    *cell = changed;
    cells.join(END)
}

/// The netlist with one text for another in such a cell.
fn replaced(text: &str, marks: &[&str], from: &str, to: &str) -> String {
    altered(text, marks, |cell| cell.replace(from, to))
}

/// The netlist with two ports of such a cell exchanged.
fn exchanged(text: &str, marks: &[&str], first: &str, second: &str) -> String {
    altered(text, marks, |cell| {
        let aside = cell.replace(first, ".ASIDE(").replace(second, first);
        aside.replace(".ASIDE(", second)
    })
}

/// A core made for a family, whose wrong netlists are to be found; nothing without the tools.
fn to_be_broken(target: Target, family: Family) -> Option<(MatmulArch, Subject)> {
    let arch = small(target, Dataflow::WeightStationary);
    let subject = Subject::new(&MatmulCore::new(&arch), family)?;
    Some((arch, subject))
}

/// Every one of these netlists disagrees with the core.
fn are_found(subject: &Subject, cases: &[impl Case], bugs: &[(&str, String)]) {
    for (what, verilog) in bugs {
        let broken = Netlist {
            verilog: verilog.clone(),
            ..subject.netlist.clone()
        };
        // What is found at all is found soon.
        let mut of_cases = cases.iter();
        let found = of_cases.find_map(|case| subject.check(&broken, case).err());
        match found {
            Some(Mismatch::Disagreement { difference, .. }) => println!("{what}: {difference}"),
            other => panic!("{what}: {other:?}"),
        }
    }
}

/// A flag that a host sees before it does anything.
const FLAG: &str = r".Q(\registers.interrupt_status_done )";

/// One cell that is not as it should be is found.
#[test]
fn a_wrong_cell_of_ecp5_is_found() {
    let Some((arch, subject)) = to_be_broken(Target::Ecp5, Family::Ecp5) else {
        return;
    };
    let text = &subject.netlist.verilog;
    let multiplier = ["  MULT18X18D "];
    let block_ram = ["  DP16KD #("];
    let wide = ["  DP16KD #(", ".DATA_WIDTH_A(32'sd36)"];
    let weight = r".Q(\datapath.array.row_0.pe_0.next_weight [0])";
    let bugs = [
        (
            "a look-up table",
            altered(text, &["  LUT4 #(", r".Z(\accumulators"], invert_init),
        ),
        (
            "the enable of a weight",
            replaced(text, &[weight], r#".CEMUX("CE")"#, r#".CEMUX("INV")"#),
        ),
        (
            "the reset of a flag",
            replaced(text, &[FLAG], r#""RESET""#, r#""SET""#),
        ),
        (
            "swapped bits of a sum",
            exchanged(
                text,
                &["  CCU2C #(", r"(\accumulators.old_word [0])"],
                ".S0(",
                ".S1(",
            ),
        ),
        (
            "a small memory read where it is written",
            exchanged(text, &["  TRELLIS_DPR16X4 #("], ".RAD(", ".WAD("),
        ),
        (
            "swapped bits of a factor",
            exchanged(text, &multiplier, ".A0(", ".A1("),
        ),
        (
            "no register behind a multiplier",
            replaced(
                text,
                &multiplier,
                r#".REG_OUTPUT_CLK("CLK0")"#,
                r#".REG_OUTPUT_CLK("NONE")"#,
            ),
        ),
        (
            "swapped bits of a word",
            exchanged(text, &block_ram, ".DIA0(", ".DIA1("),
        ),
        (
            "swapped halves of a word",
            exchanged(text, &wide, ".DOA0(", ".DOB0("),
        ),
        (
            "no register behind a block RAM",
            replaced(text, &block_ram, r#""OUTREG""#, r#""NOREG""#),
        ),
        (
            "a byte that is not written",
            replaced(text, &wide, ".ADA0(1'h1)", ".ADA0(1'h0)"),
        ),
        (
            "a write that is enabled by the read",
            exchanged(text, &block_ram, ".CEA(", ".CEB("),
        ),
    ];
    are_found(&subject, &Vec::from_iter(cases(&arch, 1)), &bugs);
}

/// The same of iCE40, with its large memories.
#[test]
fn a_wrong_cell_of_ice40_is_found() {
    let Some((arch, subject)) = to_be_broken(Target::Ice40, Family::Ice40) else {
        return;
    };
    let text = &subject.netlist.verilog;
    let multiplier = ["  SB_MAC16 #("];
    let bugs = [
        (
            "a look-up table",
            altered(text, &["  SB_LUT4 #(", r".O(\accumulators"], invert_init),
        ),
        (
            "the reset of a flag",
            altered(text, &[FLAG], |cell| {
                cell.replace("SB_DFFSR ", "SB_DFFSS ").replace(".R(", ".S(")
            }),
        ),
        (
            "a hold of the wrong factor",
            exchanged(text, &multiplier, ".AHOLD(", ".BHOLD("),
        ),
        (
            "no register before a multiplier",
            replaced(text, &multiplier, ".B_REG(1'h1)", ".B_REG(1'h0)"),
        ),
        (
            "a nibble of a large memory that is not written",
            replaced(
                text,
                &["  SB_SPRAM256KA "],
                ".MASKWREN({ ",
                ".MASKWREN({ 1'h0 & ",
            ),
        ),
        (
            "a memory read where it is written",
            exchanged(text, &["  SB_RAM40_4K #("], ".RADDR(", ".WADDR("),
        ),
    ];
    are_found(&subject, &Vec::from_iter(cases(&arch, 1)), &bugs);
}

/// The same of the 7-series.
#[test]
fn a_wrong_cell_of_xilinx_is_found() {
    let Some((arch, subject)) = to_be_broken(Target::Xilinx, Family::Xilinx7) else {
        return;
    };
    let text = &subject.netlist.verilog;
    let slice = ["  DSP48E1 #("];
    let below = ["  DSP48E1 #(", "row_1.pe_0"];
    let block_ram = ["  RAMB18E1 #("];
    let bugs = [
        (
            "no register behind a multiplier",
            replaced(text, &slice, ".MREG(32'sd1)", ".MREG(32'sd0)"),
        ),
        (
            "a slice that does not add",
            replaced(text, &below, ".OPMODE(7'h35)", ".OPMODE(7'h05)"),
        ),
        (
            "a weight that is taken in every cycle",
            exchanged(text, &slice, ".CEB2(", ".CEA2("),
        ),
        (
            "swapped halves of a word",
            exchanged(text, &block_ram, ".DIADI(", ".DIBDI("),
        ),
        (
            "a memory read where it is written",
            exchanged(text, &block_ram, ".ADDRARDADDR(", ".ADDRBWRADDR("),
        ),
    ];
    are_found(&subject, &Vec::from_iter(cases(&arch, 1)), &bugs);
}

/// The cell with all bits of its table inverted: some are never looked up.
fn invert_init(cell: &str) -> String {
    let start = "INIT(16'h";
    let at = cell.rfind(start).expect("a table") + start.len();
    let digits = &cell[at..at + 4];
    let init = u16::from_str_radix(digits, 16).expect("four digits");
    format!("{}{:04x}{}", &cell[..at], !init, &cell[at + 4..])
}

#[test]
fn without_fpga_tools() {
    tools::pass_without_fpga_tools(&["ecp5", "ice40", "xilinx", "network"]);
}
