//! The FuseSoC core description (CAPI2).

use super::Flow;
use super::template::fill;

impl Flow<'_> {
    /// A `.core` file: the Verilog, the C header, and targets for lint, simulation and synthesis.
    pub(super) fn fusesoc(&self) -> String {
        let arch = self.arch;
        let rtl: String = self
            .rtl
            .iter()
            .map(|path| format!("      - {path}\n"))
            .collect();
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
                ("header", self.header),
                ("top", self.top()),
            ],
        )
    }
}
