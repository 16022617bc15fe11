//! The project script for Vivado.

use super::Flow;
use super::template::fill;
use crate::arch::Target;

impl Flow<'_> {
    /// Tcl that makes a project and synthesizes the core out of context.
    pub(super) fn vivado(&self) -> String {
        let arty = ("xc7a100tcsg324-1", "an Arty A7-100T");
        // The other is another that has the core's cells.
        let ((part, board), other) = match self.product.target() {
            Target::UltraScalePlus => ((ZU7EV, "a ZCU104"), "xcku5p-ffvb676-2-e"),
            Target::Xilinx => (arty, "xc7z020clg400-1"),
            _ => (arty, ZU7EV),
        };
        let models = match self.cells {
            None => {
                "# The core instantiates no cell of the chip: simulators need its Verilog alone."
                    .into()
            }
            Some(path) => format!(
                "# For the cells of the chip Vivado has models of its own, in its library unisim, which it\n\
                 # links by itself. {path} would hide them: it is for other simulators."
            ),
        };
        let simulation = match self.example {
            Some(_) => format!("# Simulation.\n{models}\n{BENCH}"),
            None => format!("{models}\n"),
        };
        fill(
            include_str!("templates/vivado.tcl"),
            &[
                ("top", self.top()),
                ("part", part),
                ("board", board),
                ("other", other),
                ("simulation", &simulation),
            ],
        )
    }
}

/// Adds the test bench.
const BENCH: &str = "\
add_files -fileset sim_1 -norecurse [file join $root sim tb_$top.v]
set_property top tb_$top [get_filesets sim_1]
";

/// A chip with UltraRAM that Vivado's free edition takes.
const ZU7EV: &str = "xczu7ev-ffvc1156-2-e";
