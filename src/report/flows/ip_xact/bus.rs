//! Bus interfaces: which ports belong together.

use super::super::Flow;
use super::MEMORY_MAP;
use crate::product::BusKind;
use crate::report::xml::{Element, element, leaf};
use crate::synth::constraints::CORE_CLOCK_MHZ;

/// What stands at one end of a bus.
enum Side {
    Master,
    /// A master with an address space of the bus's name.
    Memory,
    Slave,
    /// A slave with the registers.
    Registers,
}

/// A kind of bus as Vivado names it.
struct Kind {
    library: &'static str,
    name: &'static str,
}

const AXI: Kind = Kind {
    library: "interface",
    name: "aximm",
};
const AXI_STREAM: Kind = Kind {
    library: "interface",
    name: "axis",
};

impl Flow<'_> {
    pub(super) fn bus_interfaces(&self) -> Element {
        let buses = self.product.buses();
        let names: Vec<&str> = buses.iter().map(|bus| bus.prefix).collect();
        let names = names.join(":");
        let reset = self.interface.reset.as_ref();
        let (reset, active_low) =
            reset.map_or(("", false), |reset| (&reset.port, reset.active_low));
        let polarity = if active_low {
            "ACTIVE_LOW"
        } else {
            "ACTIVE_HIGH"
        };
        let frequency = format!("{:.0}", CORE_CLOCK_MHZ * 1e6);
        element("spirit:busInterfaces")
            .children(buses.iter().map(|bus| match bus.kind {
                BusKind::Registers => self.axi(bus.prefix, &AXI, Side::Registers),
                BusKind::Memory { .. } => self.axi(bus.prefix, &AXI, Side::Memory),
                BusKind::Sink(_) => self.axi(bus.prefix, &AXI_STREAM, Side::Slave),
                BusKind::Source(_) => self.axi(bus.prefix, &AXI_STREAM, Side::Master),
            }))
            .child(signal(
                self.clock(),
                "clock",
                "CLK",
                Side::Slave,
                &[
                    ("ASSOCIATED_BUSIF", &names),
                    ("ASSOCIATED_RESET", reset),
                    ("FREQ_HZ", &frequency),
                ],
            ))
            .child(signal(
                reset,
                "reset",
                "RST",
                Side::Slave,
                &[("POLARITY", polarity)],
            ))
            .child(signal(
                "irq",
                "interrupt",
                "INTERRUPT",
                Side::Master,
                &[("SENSITIVITY", "LEVEL_HIGH")],
            ))
    }

    /// What the core reaches through its buses to memory; none where it has none.
    pub(super) fn address_spaces(&self) -> Option<Element> {
        let buses = self.product.buses();
        let spaces = Vec::from_iter(buses.iter().filter_map(|bus| {
            match bus.kind {
                BusKind::Memory {
                    data_bits,
                    address_bits,
                } => Some(
                    element("spirit:addressSpace")
                        .child(leaf("spirit:name", bus.prefix))
                        .child(leaf("spirit:range", &(1_u64 << address_bits).to_string()))
                        .child(leaf("spirit:width", &data_bits.to_string())),
                ),
                _ => None,
            }
        }));
        (!spaces.is_empty()).then(|| element("spirit:addressSpaces").children(spaces))
    }

    /// An AXI bus: the ports that begin with its name.
    fn axi(&self, name: &str, kind: &Kind, side: Side) -> Element {
        let ports = self.interface.ports.iter().filter_map(|port| {
            let signal = port.name.strip_prefix(name)?.strip_prefix('_')?;
            Some((signal.to_ascii_uppercase(), port.name.as_str()))
        });
        let mut parameters = Vec::new();
        match side {
            Side::Registers => parameters.push(("PROTOCOL", "AXI4LITE")),
            Side::Memory => parameters.push(("PROTOCOL", "AXI4")),
            Side::Master | Side::Slave => {}
        }
        bus(name, kind, side, ports, &parameters)
    }
}

/// A bus of a single port.
fn signal(
    port: &str,
    kind: &'static str,
    logical: &str,
    side: Side,
    parameters: &[(&'static str, &str)],
) -> Element {
    let kind = Kind {
        library: "signal",
        name: kind,
    };
    bus(port, &kind, side, [(logical.to_owned(), port)], parameters)
}

fn bus<'a>(
    name: &str,
    kind: &Kind,
    side: Side,
    ports: impl IntoIterator<Item = (String, &'a str)>,
    parameters: &[(&'static str, &str)],
) -> Element {
    let reference = |element_name, name: &str| {
        element(element_name)
            .attribute("spirit:vendor", "xilinx.com")
            .attribute("spirit:library", kind.library)
            .attribute("spirit:name", name)
            .attribute("spirit:version", "1.0")
    };
    let port_name =
        |element_name, name: &str| element(element_name).child(leaf("spirit:name", name));
    let maps = ports.into_iter().map(|(logical, physical)| {
        element("spirit:portMap")
            .child(port_name("spirit:logicalPort", &logical))
            .child(port_name("spirit:physicalPort", physical))
    });
    let side = match side {
        Side::Master => element("spirit:master"),
        Side::Memory => element("spirit:master")
            .child(element("spirit:addressSpaceRef").attribute("spirit:addressSpaceRef", name)),
        Side::Slave => element("spirit:slave"),
        Side::Registers => element("spirit:slave")
            .child(element("spirit:memoryMapRef").attribute("spirit:memoryMapRef", MEMORY_MAP)),
    };
    let interface = element("spirit:busInterface")
        .child(leaf("spirit:name", name))
        .child(reference("spirit:busType", kind.name))
        .child(reference(
            "spirit:abstractionType",
            &format!("{}_rtl", kind.name),
        ))
        .child(side)
        .child(element("spirit:portMaps").children(maps));
    if parameters.is_empty() {
        return interface;
    }
    let parameters = parameters.iter().map(|(key, value)| {
        let id = format!("BUSIFPARAM_VALUE.{}.{key}", name.to_ascii_uppercase());
        element("spirit:parameter")
            .child(leaf("spirit:name", key))
            .child(leaf("spirit:value", value).attribute("spirit:id", &id))
    });
    interface.child(element("spirit:parameters").children(parameters))
}
