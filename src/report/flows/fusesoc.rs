//! The FuseSoC core description (CAPI2).

use super::Flow;
use super::template::fill;
use crate::arch::Target;

impl Flow<'_> {
    /// A `.core` file: the Verilog, the C header, and targets for lint, simulation and synthesis.
    pub(super) fn fusesoc(&self) -> String {
        let product = self.product;
        let rtl: String = self
            .rtl
            .iter()
            .map(|path| format!("      - {path}\n"))
            .collect();
        // A design that depends on the core gets its default target: models where it asks for them.
        let (models, with_models, models_on_demand) = match self.cells {
            Some(path) => {
                let fileset = "  models:\n    file_type: verilogSource-2005\n    files:\n";
                (
                    format!("{fileset}      - {path}\n"),
                    "models, ",
                    ", \"models ? (models)\"",
                )
            }
            None => (String::new(), "", ""),
        };
        let (script, with_script) = match self.yosys_script() {
            Some(path) => {
                let fileset = "  yosys:\n    file_type: tclSource\n    files:\n";
                (format!("{fileset}      - {path}\n"), ", yosys")
            }
            None => (String::new(), ""),
        };
        let of_bench = |template, values: &[(&str, &str)]| match self.example {
            Some(_) => fill(template, &[&[("top", self.top())], values].concat()),
            None => String::new(),
        };
        let bench = of_bench(include_str!("templates/fusesoc_bench.core"), &[]);
        let simulations = of_bench(
            include_str!("templates/fusesoc_sim.core"),
            &[("with_models", with_models)],
        );
        // What Yosys is to make of it; portable cores are shown on ECP5.
        let (chips, options, chips_title) = match product.target() {
            Target::Portable | Target::Ecp5 => ("ecp5", "", "ECP5"),
            Target::Xilinx => ("xilinx", "-family, xc7", "Xilinx 7-series"),
            Target::UltraScalePlus => ("xilinx", "-family, xcup", "Xilinx UltraScale+"),
            Target::Ice40 => ("ice40", "", "iCE40"),
        };
        let options = match options {
            "" => String::new(),
            options => format!("      yosys_synth_options: [{options}]\n"),
        };
        fill(
            include_str!("templates/fusesoc.core"),
            &[
                ("name", &product.name()),
                ("version", env!("CARGO_PKG_VERSION")),
                ("title", &product.description().title),
                ("rtl", &rtl),
                ("models", &models),
                ("with_models", with_models),
                ("models_on_demand", models_on_demand),
                ("script", &script),
                ("with_script", with_script),
                ("chips", chips),
                ("options", &options),
                ("chips_title", chips_title),
                ("header", self.header),
                ("bench", &bench),
                ("simulations", &simulations),
                ("top", self.top()),
            ],
        )
    }

    /// The Tcl that Yosys runs before it synthesizes a core with cells of its chip.
    pub(super) fn yosys_script(&self) -> Option<String> {
        let top = self.top();
        self.cells.map(|_| format!("yosys/{top}.tcl"))
    }

    /// Its text.
    pub(super) fn yosys(&self) -> String {
        fill(include_str!("templates/yosys.tcl"), &[("top", self.top())])
    }
}
