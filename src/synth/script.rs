//! What Yosys is told to do.

use super::target::Family;

/// Files in the folder that Yosys runs in.
pub const VERILOG: &str = "design.v";
/// The script.
pub const SCRIPT: &str = "synth.ys";
/// Cells of each module, with the hierarchy kept.
pub const BLOCKS: &str = "blocks.json";
/// Cells of the whole, without hierarchy.
pub const WHOLE: &str = "whole.json";
/// What is placed and routed.
pub const NETLIST: &str = "netlist.json";

/// Synthesizes `subject` with its hierarchy, to count the cells of every block; then `top` from
/// the beginning without, as the better netlist for placement. Optimization across blocks makes
/// the second smaller than the first.
pub fn script(family: Family, top: &str, subject: &str, own_cells: bool) -> String {
    let kept = match family {
        Family::Xilinx7 => "",
        Family::Ecp5 | Family::Ice40 | Family::CycloneV => " -noflatten",
    };
    let netlist = match family {
        Family::Ecp5 | Family::Ice40 => format!("write_json {NETLIST}\n"),
        Family::Xilinx7 | Family::CycloneV => String::new(),
    };
    format!(
        "read_verilog {VERILOG}\n\
         # Else Yosys 0.70 reads modules with cells of the chip again after it has flattened them.\n\
         setattr -unset reprocess_after t:*\n\
         design -save verilog\n\
         \n\
         # Cells by block.\n\
         hierarchy -top {subject}\n\
         {command}{kept} -top {subject}\n\
         tee -q -o {BLOCKS} stat -json -top {subject}\n\
         \n\
         # The whole, flat.\n\
         design -load verilog\n\
         {flat}\
         tee -q -o {WHOLE} stat -json -top {top}\n\
         {netlist}",
        command = command(family, own_cells),
        flat = flat(family, top, own_cells),
    )
}

/// Yosys' command for a family.
fn command(family: Family, own_cells: bool) -> &'static str {
    match family {
        Family::Ecp5 => "synth_ecp5",
        Family::Ice40 if own_cells => "synth_ice40",
        Family::Ice40 => "synth_ice40 -dsp",
        Family::Xilinx7 => "synth_xilinx -family xc7 -noiopad",
        Family::CycloneV => "synth_intel_alm -family cyclonev",
    }
}

/// Synthesizes `top` of what has been read, flat.
///
/// On iCE40 it is flattened only at its end. `ice40_dsp` of Yosys 0.23 to 0.70 gives one
/// register to two SB_MAC16 where PEs stand in a column, and the result computes something else.
/// To an SB_MAC16 that the design has itself (`own_cells`) it does worse: it takes its registers
/// away. Such designs are synthesized without that pass.
pub fn flat(family: Family, top: &str, own_cells: bool) -> String {
    let (flat, end) = match family {
        Family::Ice40 if own_cells => ("", ""),
        Family::Ecp5 | Family::CycloneV => ("", ""),
        Family::Ice40 => (" -noflatten", "flatten\nopt_clean\n"),
        Family::Xilinx7 => (" -flatten", ""),
    };
    let command = command(family, own_cells);
    format!("hierarchy -top {top}\n{command}{flat} -top {top}\n{end}check -assert\n")
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

    #[test]
    fn a_chip_gets_a_netlist_and_a_family_is_counted() {
        let text = script(Family::Ecp5, "ferrogrid_harness", "matmul_8x8", true)
            + "\n==> Xilinx\n"
            + &script(Family::Xilinx7, "matmul_8x8", "matmul_8x8", false)
            + "\n==> iCE40\n"
            + &script(Family::Ice40, "ferrogrid_harness", "matmul_8x8", false);
        insta::assert_snapshot!(text);
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
