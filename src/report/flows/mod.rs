//! What the flows of other tools need beside the Verilog: constraints, project scripts, core
//! descriptions, wrappers and a test bench. `docs/flows.md` tells which of them were run.

mod constraints;
mod fusesoc;
mod ip_xact;
mod litex;
mod quartus;
mod template;
mod testbench;
#[cfg(test)]
pub(super) mod tests;
mod vivado;

use super::package_file::PackageFile;
use crate::device::Interface;
use crate::isa::RegisterMap;
use crate::product::{BusKind, Example, Product};
use crate::synth::Family;
use crate::synth::constraints::Format;

/// What every flow file is made from.
pub(super) struct Flow<'a> {
    pub product: &'a dyn Product,
    pub interface: &'a Interface,
    pub registers: &'a RegisterMap,
    /// The Verilog files, those first that others instantiate.
    pub rtl: &'a [&'a str],
    /// The file with the models of vendor's cells, which simulators read and synthesis does not.
    pub cells: Option<&'a str>,
    /// The C header of the registers.
    pub header: &'a str,
    /// What the test bench runs, if there is one.
    pub example: Option<Example>,
}

impl Flow<'_> {
    fn top(&self) -> &str {
        &self.interface.top
    }

    /// The clock port; a core has state, and so a clock.
    fn clock(&self) -> &str {
        self.interface.clock.as_deref().unwrap_or_default()
    }

    /// Whether one of these families has the cells of the core.
    fn serves(&self, families: &[Family]) -> bool {
        families
            .iter()
            .any(|family| family.takes(self.product.target()))
    }

    /// Whether a wrapper that connects registers and streams connects the core.
    fn has_streams_only(&self) -> bool {
        let buses = self.product.buses();
        !buses
            .iter()
            .any(|bus| matches!(bus.kind, BusKind::Memory { .. }))
    }

    /// Every file, in the order of the summary: none for a tool whose chips do not have the
    /// core's cells, or that cannot connect it.
    pub fn files(&self) -> Vec<PackageFile> {
        let top = self.top();
        let mut files = Vec::new();
        let mut add = |path: String, text| files.push(PackageFile { path, text });
        let xilinx = self.serves(&[Family::Xilinx7, Family::UltraScalePlus]);
        let intel = self.serves(&[Family::CycloneV]);
        add(format!("{top}.core"), self.fusesoc());
        if let Some(path) = self.yosys_script() {
            add(path, self.yosys());
        }
        if xilinx {
            add("component.xml".into(), self.ip_xact());
        }
        for (format, serves) in [
            (Format::Xdc, xilinx),
            (Format::Sdc, intel),
            (Format::Lpf, self.serves(&[Family::Ecp5])),
            (Format::Pcf, self.serves(&[Family::Ice40])),
        ] {
            if serves {
                let path = format!("constraints/{top}.{}", format.extension());
                add(path, self.constraints(format));
            }
        }
        if xilinx {
            add(format!("vivado/{top}.tcl"), self.vivado());
        }
        if intel {
            add(format!("quartus/{top}.tcl"), self.quartus());
        }
        if self.has_streams_only() {
            add(format!("litex/{top}.py"), self.litex());
        }
        if let Some(example) = &self.example {
            add(format!("sim/tb_{top}.v"), self.testbench(example));
            add("sim/main.cpp".into(), self.testbench_main());
        }
        files
    }
}
