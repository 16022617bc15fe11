//! The FuseSoC core description (CAPI2).

use super::Flow;
use super::template::fill;
use crate::arch::Target;

impl Flow<'_> {
    /// A `.core` file: the Verilog, the C header, and targets for lint, simulation and synthesis.
    pub(super) fn fusesoc(&self) -> String {
        let arch = self.arch;
        let rtl: String = self
            .rtl
            .iter()
            .map(|path| format!("      - {path}\n"))
            .collect();
        let (models, with_models) = match self.cells {
            Some(path) => {
                let fileset = "  models:\n    file_type: verilogSource-2005\n    files:\n";
                (format!("{fileset}      - {path}\n"), "models, ")
            }
            None => (String::new(), ""),
        };
        // What Yosys is to make of it; portable cores are shown on ECP5.
        let (chips, chips_title) = match arch.target {
            Target::Portable | Target::Ecp5 => ("ecp5", "ECP5"),
            Target::Xilinx => ("xilinx", "Xilinx 7-series"),
            Target::Ice40 => ("ice40", "iCE40"),
        };
        fill(
            include_str!("templates/fusesoc.core"),
            &[
                ("name", &arch.name),
                ("version", env!("CARGO_PKG_VERSION")),
                ("rows", &arch.rows.to_string()),
                ("columns", &arch.columns.to_string()),
                ("dataflow", &arch.dataflow.to_string().replace('_', "-")),
                ("operands", &arch.operands.to_string()),
                ("rtl", &rtl),
                ("models", &models),
                ("with_models", with_models),
                ("chips", chips),
                ("chips_title", chips_title),
                ("header", self.header),
                ("top", self.top()),
            ],
        )
    }
}
