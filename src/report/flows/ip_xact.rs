//! The IP-XACT component (IEEE 1685-2009, with the bus types and extensions of Vivado).

mod bus;
mod registers;

use super::Flow;
use crate::arch::Target;
use crate::report::xml::{Element, element, leaf};

/// The 7-series. A family for cars begins with `a`, one for defence with `q`; one of low voltage
/// ends with `l`.
const SERIES_7: [&str; 15] = [
    "artix7",
    "artix7l",
    "aartix7",
    "qartix7",
    "kintex7",
    "kintex7l",
    "qkintex7",
    "qkintex7l",
    "spartan7",
    "aspartan7",
    "virtex7",
    "qvirtex7",
    "zynq",
    "azynq",
    "qzynq",
];

/// Of UltraScale+.
const PLUS: [&str; 3] = ["kintexuplus", "virtexuplus", "zynquplus"];

/// Families that the catalogue offers the core for, among those that have its cells.
fn families(target: Target) -> Vec<&'static str> {
    match target {
        Target::Xilinx => SERIES_7.to_vec(),
        Target::UltraScalePlus => PLUS.to_vec(),
        _ => [&SERIES_7[..], &["kintexu"], &PLUS].concat(),
    }
}

/// The memory map of the registers.
const MEMORY_MAP: &str = "s_axil";

impl Flow<'_> {
    /// `component.xml`.
    pub(super) fn ip_xact(&self) -> String {
        let description = self.product.description().function;
        element("spirit:component")
            .attribute("xmlns:xilinx", "http://www.xilinx.com")
            .attribute(
                "xmlns:spirit",
                "http://www.spiritconsortium.org/XMLSchema/SPIRIT/1685-2009",
            )
            .attribute("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance")
            .child(leaf("spirit:vendor", "ferrogrid"))
            .child(leaf("spirit:library", "ferrogrid"))
            .child(leaf("spirit:name", self.top()))
            .child(leaf("spirit:version", version()))
            .child(self.bus_interfaces())
            .children(self.address_spaces())
            .child(self.memory_maps())
            .child(self.model())
            .child(self.file_sets())
            .child(leaf("spirit:description", &description))
            .child(
                element("spirit:parameters").child(
                    element("spirit:parameter")
                        .child(leaf("spirit:name", "Component_Name"))
                        .child(
                            leaf("spirit:value", self.top())
                                .attribute("spirit:resolve", "user")
                                .attribute("spirit:id", "PARAM_VALUE.Component_Name"),
                        ),
                ),
            )
            .child(self.extensions())
            .document()
    }

    /// Views of synthesis and simulation, and the ports.
    fn model(&self) -> Element {
        let view = |name: &str, stage: &str| {
            element("spirit:view")
                .child(leaf("spirit:name", name))
                .child(leaf(
                    "spirit:envIdentifier",
                    &format!(":vivado.xilinx.com:{stage}"),
                ))
                .child(leaf("spirit:language", "Verilog"))
                .child(leaf("spirit:modelName", self.top()))
                .child(element("spirit:fileSetRef").child(leaf("spirit:localName", "verilog")))
        };
        let interface = self.interface;
        let single = interface
            .clock
            .iter()
            .chain(interface.reset.iter().map(|reset| &reset.port));
        let ports = single
            .map(|name| port(name, "in", 1))
            .chain(interface.ports.iter().map(|one| {
                let direction = if one.is_input() { "in" } else { "out" };
                port(&one.name, direction, one.width)
            }));
        element("spirit:model")
            .child(
                element("spirit:views")
                    .child(view("xilinx_anylanguagesynthesis", "synthesis"))
                    .child(view("xilinx_anylanguagebehavioralsimulation", "simulation")),
            )
            .child(element("spirit:ports").children(ports))
    }

    fn file_sets(&self) -> Element {
        let file = |path: &str, kind: &str| {
            element("spirit:file")
                .child(leaf("spirit:name", path))
                .child(leaf("spirit:fileType", kind))
        };
        let verilog = self.rtl.iter().map(|path| file(path, "verilogSource"));
        element("spirit:fileSets")
            .child(
                element("spirit:fileSet")
                    .child(leaf("spirit:name", "verilog"))
                    .children(verilog),
            )
            .child(
                element("spirit:fileSet")
                    .child(leaf("spirit:name", "driver"))
                    .child(
                        file(self.header, "cSource").child(leaf("spirit:isIncludeFile", "true")),
                    ),
            )
    }

    /// What Vivado's catalogue shows.
    fn extensions(&self) -> Element {
        let families = families(self.product.target())
            .into_iter()
            .map(|family| leaf("xilinx:family", family).attribute("xilinx:lifeCycle", "Beta"));
        let name = format!("Ferrogrid {}", self.product.name());
        element("spirit:vendorExtensions").child(
            element("xilinx:coreExtensions")
                .child(element("xilinx:supportedFamilies").children(families))
                .child(element("xilinx:taxonomies").child(leaf("xilinx:taxonomy", "/UserIP")))
                .child(leaf("xilinx:displayName", &name))
                .child(leaf("xilinx:coreRevision", "1")),
        )
    }
}

/// Major and minor version: Vivado takes no more.
fn version() -> &'static str {
    concat!(
        env!("CARGO_PKG_VERSION_MAJOR"),
        ".",
        env!("CARGO_PKG_VERSION_MINOR")
    )
}

fn port(name: &str, direction: &str, width: u32) -> Element {
    let mut wire = element("spirit:wire").child(leaf("spirit:direction", direction));
    if width > 1 {
        wire = wire.child(
            element("spirit:vector")
                .child(leaf("spirit:left", &(width - 1).to_string()))
                .child(leaf("spirit:right", "0")),
        );
    }
    element("spirit:port")
        .child(leaf("spirit:name", name))
        .child(wire)
}
