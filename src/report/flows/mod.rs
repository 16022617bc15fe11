//! What the flows of other tools need beside the Verilog: constraints, project scripts, core
//! descriptions, wrappers and a test bench. `docs/flows.md` tells which of them were run.

mod constraints;
mod example;
mod fusesoc;
mod ip_xact;
mod litex;
mod quartus;
mod template;
mod testbench;
#[cfg(test)]
pub(super) mod tests;
mod vivado;

pub use example::Example;

use super::package::PackageFile;
use crate::arch::MatmulArch;
use crate::device::Interface;
use crate::isa::RegisterMap;
use crate::synth::constraints::Format;

/// What every flow file is made from.
pub(super) struct Flow<'a> {
    pub arch: &'a MatmulArch,
    pub interface: &'a Interface,
    pub registers: &'a RegisterMap,
    pub example: &'a Example,
    /// The Verilog files, those first that others instantiate.
    pub rtl: &'a [&'a str],
    /// The file with the models of vendor's cells, which simulators read and synthesis does not.
    pub cells: Option<&'a str>,
    /// The C header of the registers.
    pub header: &'a str,
}

impl Flow<'_> {
    fn top(&self) -> &str {
        &self.interface.top
    }

    /// The clock port; a core has state, and so a clock.
    fn clock(&self) -> &str {
        self.interface.clock.as_deref().unwrap_or_default()
    }

    /// Every file, in the order of the summary.
    pub fn files(&self) -> Vec<PackageFile> {
        let top = self.top();
        [
            (format!("{top}.core"), self.fusesoc()),
            ("component.xml".into(), self.ip_xact()),
            (
                format!("constraints/{top}.xdc"),
                self.constraints(Format::Xdc),
            ),
            (
                format!("constraints/{top}.sdc"),
                self.constraints(Format::Sdc),
            ),
            (
                format!("constraints/{top}.lpf"),
                self.constraints(Format::Lpf),
            ),
            (
                format!("constraints/{top}.pcf"),
                self.constraints(Format::Pcf),
            ),
            (format!("vivado/{top}.tcl"), self.vivado()),
            (format!("quartus/{top}.tcl"), self.quartus()),
            (format!("litex/{top}.py"), self.litex()),
            (format!("sim/tb_{top}.v"), self.testbench()),
            ("sim/main.cpp".into(), self.testbench_main()),
        ]
        .map(|(path, text)| PackageFile { path, text })
        .into()
    }
}
