//! What Yosys is told to do.

use super::floorplan::{Floorplan, Place};
use super::target::Family;

/// Files in the folder that Yosys runs in.
pub const VERILOG: &str = "design.v";
/// The script.
pub const SCRIPT: &str = "synth.ys";
/// The netlist with the hierarchy kept: the cells of each module. `stat -json` tells them too, but
/// the one of Yosys 0.23 is no JSON where there are several modules.
pub const HIERARCHY: &str = "hierarchy.json";
/// Cells of the whole, without hierarchy.
pub const WHOLE: &str = "whole.json";
/// What is placed and routed.
pub const NETLIST: &str = "netlist.json";

/// For Nexus: takes the constants off the carry inputs at which chains begin.
pub const CARRY: &str = "carry.v";
const CARRY_MAP: &str = include_str!("nexus_carry.v");

/// Files that the script reads beside the design.
pub fn helpers(family: Family) -> &'static [(&'static str, &'static str)] {
    match family {
        Family::Nexus => &[(CARRY, CARRY_MAP)],
        _ => &[],
    }
}

/// Reads the design.
pub fn read_design() -> String {
    format!(
        "read_verilog {VERILOG}\n\
         # Else Yosys 0.70 reads modules with cells of the chip again after it has flattened them.\n\
         setattr -unset reprocess_after t:*\n"
    )
}

/// Synthesizes `subject` with its hierarchy, to count the cells of every block; then `top` from
/// the beginning without, as the better netlist for placement. Optimization across blocks makes
/// the second smaller than the first.
///
/// `multipliers` tells whether Yosys is to use those of the chip. Not where there are none; nor on
/// iCE40 for a design with cells of its own: to an SB_MAC16 that stands there `ice40_dsp` takes its
/// registers away. The cells of `floorplan` are put in their places.
pub fn script(
    family: Family,
    multipliers: bool,
    top: &str,
    subject: &str,
    floorplan: &Floorplan,
) -> String {
    let kept = match family {
        Family::Xilinx7 | Family::UltraScalePlus => "",
        Family::Gowin => " -noiopads -noflatten",
        Family::Ecp5 | Family::Ice40 | Family::Nexus | Family::CycloneV => " -noflatten",
    };
    let netlist = match family {
        Family::Ecp5 | Family::Ice40 | Family::Nexus | Family::Gowin => {
            format!("write_json {NETLIST}\n")
        }
        Family::Xilinx7 | Family::UltraScalePlus | Family::CycloneV => String::new(),
    };
    format!(
        "{read}\
         design -save verilog\n\
         \n\
         # Cells by block.\n\
         hierarchy -top {subject}\n\
         {command}{kept} -top {subject}\n\
         write_json {HIERARCHY}\n\
         \n\
         # The whole, flat.\n\
         design -load verilog\n\
         {flat}\
         tee -q -o {WHOLE} stat -json -top {top}\n\
         {places}{netlist}",
        read = read_design(),
        command = command(family, multipliers),
        flat = flat(family, multipliers, top),
        places = places(floorplan),
    )
}

/// Tells the router where cells stand.
fn places(floorplan: &Floorplan) -> String {
    if floorplan.is_empty() {
        return String::new();
    }
    let place = |Place { cell, bel }: &Place| format!("setattr -set BEL \"{bel}\" c:{cell}\n");
    let mut text = "\n".to_owned();
    for (title, places) in [
        ("Columns of the array side by side.", &floorplan.multipliers),
        (
            "Block RAMs of their sums beside them.",
            &floorplan.block_rams,
        ),
    ] {
        if !places.is_empty() {
            text += &format!("# {title}\n");
            text.extend(places.iter().map(place));
        }
    }
    let count = floorplan.multipliers.len() + floorplan.block_rams.len();
    text + &format!("select -assert-count {count} a:BEL\n\n")
}

/// Yosys' command for a family.
fn command(family: Family, multipliers: bool) -> &'static str {
    match family {
        Family::Ecp5 => "synth_ecp5",
        Family::Ice40 if !multipliers => "synth_ice40",
        Family::Ice40 => "synth_ice40 -dsp",
        Family::Nexus => "synth_nexus",
        Family::Gowin => "synth_gowin -family gw2a",
        Family::Xilinx7 => "synth_xilinx -family xc7 -noiopad",
        Family::UltraScalePlus => "synth_xilinx -family xcup -noiopad",
        Family::CycloneV => "synth_intel_alm -family cyclonev",
    }
}

/// Synthesizes `top` of what has been read, flat, and checks it; `multipliers` as [`script`] has it.
pub fn flat(family: Family, multipliers: bool, top: &str) -> String {
    format!("{}check -assert\n", mapped(family, multipliers, top))
}

/// Synthesizes `top`, flat.
///
/// On iCE40 it is flattened only at its end. `ice40_dsp` of Yosys 0.23 to 0.70 gives one
/// register to two SB_MAC16 where PEs stand in a column, and the result computes something else.
///
/// On Nexus it is stopped on its way: abc9 of Yosys 0.70 ties the open carry inputs at which
/// chains begin to a constant, which nextpnr refuses.
pub fn mapped(family: Family, multipliers: bool, top: &str) -> String {
    let command = command(family, multipliers);
    let whole = match family {
        Family::Ice40 if multipliers => {
            format!("{command} -noflatten -top {top}\nflatten\nopt_clean\n")
        }
        Family::Nexus => format!(
            "{command} -top {top} -run begin:map_cells\ntechmap -map {CARRY}\n\
             {command} -top {top} -run map_cells:\n"
        ),
        Family::Xilinx7 | Family::UltraScalePlus => format!("{command} -flatten -top {top}\n"),
        Family::Ecp5 | Family::Ice40 | Family::Gowin | Family::CycloneV => {
            format!("{command} -top {top}\n")
        }
    };
    format!("hierarchy -top {top}\n{whole}")
}

/// The first sign in Yosys's log that it gave one net two drivers: what it then makes is wrong,
/// and it only warns.
pub fn miscompilation(log: &str) -> Option<&str> {
    log.lines()
        .find(|line| line.contains("Driver-driver conflict"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Floorplan {
        let place = |cell: &str, bel: &str| Place {
            cell: format!("dut.datapath.{cell}"),
            bel: bel.into(),
        };
        Floorplan {
            multipliers: vec![place("array.row_0.pe_0.multiplier.dsp", "X4/Y10/MULT18_0")],
            block_rams: vec![place("accumulators.bank_0_words.ram", "X4/Y22/EBR0")],
        }
    }

    #[test]
    fn a_chip_gets_a_netlist_and_a_family_is_counted() {
        let none = Floorplan::default();
        let text = script(
            Family::Ecp5,
            true,
            "ferrogrid_harness",
            "matmul_8x8",
            &plan(),
        ) + "\n==> Xilinx\n"
            + &script(Family::Xilinx7, true, "matmul_8x8", "matmul_8x8", &none)
            + "\n==> iCE40\n"
            + &script(
                Family::Ice40,
                true,
                "ferrogrid_harness",
                "matmul_8x8",
                &none,
            )
            + "\n==> iCE40 without multipliers\n"
            + &script(
                Family::Ice40,
                false,
                "ferrogrid_harness",
                "matmul_8x8",
                &none,
            )
            + "\n==> Nexus\n"
            + &script(
                Family::Nexus,
                true,
                "ferrogrid_harness",
                "matmul_8x8",
                &none,
            );
        insta::assert_snapshot!(text);
    }

    /// What is not placed is not spoken of.
    #[test]
    fn block_rams_have_a_title_where_they_have_places() {
        let with = places(&plan());
        let without = places(&Floorplan {
            block_rams: Vec::new(),
            ..plan()
        });
        for (text, titles, count) in [(with, 2, 2), (without, 1, 1)] {
            let lines = |begin| text.lines().filter(|line| line.starts_with(begin)).count();
            assert_eq!((lines("# "), lines("setattr")), (titles, count), "{text}");
            assert!(text.contains(&format!("-assert-count {count} ")), "{text}");
        }
        assert_eq!(places(&Floorplan::default()), "");
    }

    #[test]
    fn a_net_with_two_drivers_is_seen() {
        let line = "Warning: Driver-driver conflict for \\row_0.pe_0.sum [15] between cell x.O and \
                    constant 1'x in array: Resolved using constant.";
        let log = format!("1. Executing OPT pass\n{line}\n2. Executing CHECK pass\n");
        assert_eq!(miscompilation(&log), Some(line));
        assert_eq!(
            miscompilation("Warning: wire is used but has no driver"),
            None
        );
    }
}
