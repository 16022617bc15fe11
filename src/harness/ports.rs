//! Which interfaces a design has, found in its ports.

use crate::hdl::ir::Direction;

/// A port of a design.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BenchPort {
    /// Its name.
    pub name: String,
    /// Its direction, seen from inside the design.
    pub direction: Direction,
    /// Its width in bits.
    pub width: u32,
}

/// The ports `<prefix>_tdata`, `_tvalid`, `_tready` and perhaps `_tlast`; a stream out of the design may
/// have no `_tready`: then it waits for nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamPorts {
    /// What the names begin with.
    pub prefix: String,
    /// Width of TDATA.
    pub width: u32,
}

/// The ports of an AXI4-Lite subordinate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AxiLitePorts {
    /// What the names begin with.
    pub prefix: String,
    /// Width of the addresses.
    pub address_bits: u32,
}

/// The ports of an AXI4 manager, which may only read or only write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axi4Ports {
    /// What the names begin with.
    pub prefix: String,
    /// Width of the ids; 1 where there are none.
    pub id_bits: u32,
    /// Width of the addresses.
    pub address_bits: u32,
    /// Width of the data.
    pub data_bits: u32,
}

/// The interfaces of a design, each in the order in which its first port is declared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ports {
    /// Streams into the design.
    pub sources: Vec<StreamPorts>,
    /// Streams out of the design.
    pub sinks: Vec<StreamPorts>,
    /// AXI4-Lite ports of which a master is outside.
    pub control: Vec<AxiLitePorts>,
    /// AXI4 ports of which a memory is outside.
    pub memories: Vec<Axi4Ports>,
    /// Serial lines: the prefixes of ports `<prefix>_rx` into and `<prefix>_tx` out of the design.
    pub uarts: Vec<String>,
    /// Outputs of one bit that belong to none of the above.
    pub interrupts: Vec<String>,
}

/// Ports of AXI4-Lite other than the addresses: name, direction, width.
const AXI_LITE: [(&str, Direction, u32); 15] = [
    ("awvalid", Direction::Input, 1),
    ("awready", Direction::Output, 1),
    ("wdata", Direction::Input, 32),
    ("wstrb", Direction::Input, 4),
    ("wvalid", Direction::Input, 1),
    ("wready", Direction::Output, 1),
    ("bresp", Direction::Output, 2),
    ("bvalid", Direction::Output, 1),
    ("bready", Direction::Input, 1),
    ("arvalid", Direction::Input, 1),
    ("arready", Direction::Output, 1),
    ("rdata", Direction::Output, 32),
    ("rresp", Direction::Output, 2),
    ("rvalid", Direction::Output, 1),
    ("rready", Direction::Input, 1),
];

/// The width of TDATA at the bench: few widths make few benches for many designs.
pub fn stream_width(width: u32) -> u32 {
    64 * width.div_ceil(64).next_power_of_two()
}

impl Ports {
    /// The same with the widths that streams have at the bench.
    pub fn padded(&self) -> Ports {
        let mut ports = self.clone();
        for stream in ports.sources.iter_mut().chain(&mut ports.sinks) {
            stream.width = stream_width(stream.width);
        }
        ports
    }

    /// Finds them.
    pub fn find(ports: &[BenchPort]) -> Ports {
        let find = |name: &str| ports.iter().find(|port| port.name == name);
        let is = |name: String, direction, width| {
            find(&name).is_some_and(|port| port.direction == direction && port.width == width)
        };
        let mut found = Ports::default();
        for port in ports {
            if let Some(prefix) = port.name.strip_suffix("_tdata") {
                let forward = port.direction;
                let backward = match forward {
                    Direction::Input => Direction::Output,
                    Direction::Output => Direction::Input,
                };
                let ready = format!("{prefix}_tready");
                let waits_for_nobody = forward == Direction::Output && find(&ready).is_none();
                if is(format!("{prefix}_tvalid"), forward, 1)
                    && (waits_for_nobody || is(ready, backward, 1))
                {
                    let stream = StreamPorts {
                        prefix: prefix.to_owned(),
                        width: port.width,
                    };
                    match forward {
                        Direction::Input => found.sources.push(stream),
                        Direction::Output => found.sinks.push(stream),
                    }
                }
            }
            if let Some(prefix) = port.name.strip_suffix("_awaddr")
                && port.direction == Direction::Input
                && is(format!("{prefix}_araddr"), Direction::Input, port.width)
                && AXI_LITE.iter().all(|(name, direction, width)| {
                    is(format!("{prefix}_{name}"), *direction, *width)
                })
                && find(&format!("{prefix}_awlen")).is_none()
            {
                found.control.push(AxiLitePorts {
                    prefix: prefix.to_owned(),
                    address_bits: port.width,
                });
            }
        }
        for port in ports {
            found.memories.extend(manager(ports, port, &found));
            if let Some(prefix) = port.name.strip_suffix("_tx")
                && is(port.name.clone(), Direction::Output, 1)
                && is(format!("{prefix}_rx"), Direction::Input, 1)
            {
                found.uarts.push(prefix.to_owned());
            }
        }
        let names = found.names();
        let plain = ports.iter().filter(|port| {
            port.direction == Direction::Output && port.width == 1 && !names.contains(&port.name)
        });
        found.interrupts = plain.map(|port| port.name.clone()).collect();
        found
    }

    /// The names of the ports of all interfaces.
    fn names(&self) -> Vec<String> {
        let streams = self.sources.iter().chain(&self.sinks).flat_map(|stream| {
            let names = ["tdata", "tvalid", "tready", "tlast"];
            names.map(|name| format!("{}_{name}", stream.prefix))
        });
        let control = self.control.iter().flat_map(|port| {
            let names = AXI_LITE.iter().map(|(name, ..)| *name);
            let names = names.chain(["awaddr", "araddr"]);
            names
                .map(|name| format!("{}_{name}", port.prefix))
                .collect::<Vec<_>>()
        });
        let memories = self.memories.iter().flat_map(|port| {
            // Those that may have one bit.
            let names = [
                "arvalid", "awvalid", "wvalid", "wlast", "rready", "bready", "arid", "awid",
                "wstrb",
            ];
            names.map(|name| format!("{}_{name}", port.prefix))
        });
        let uarts = self.uarts.iter().map(|prefix| format!("{prefix}_tx"));
        let buses = streams.chain(control).chain(memories);
        buses.chain(uarts).collect()
    }
}

/// The AXI4 manager of which this is the length of read bursts, or of write bursts where it does
/// not read.
fn manager(ports: &[BenchPort], port: &BenchPort, found: &Ports) -> Option<Axi4Ports> {
    let reads = port.name.strip_suffix("_arlen");
    let prefix = reads.or(port.name.strip_suffix("_awlen"))?;
    let width = |name: &str, direction| {
        let name = format!("{prefix}_{name}");
        let port = ports.iter().find(|port| port.name == name)?;
        (port.direction == direction).then_some(port.width)
    };
    let (output, input) = (Direction::Output, Direction::Input);
    if port.direction != output || found.memories.iter().any(|known| known.prefix == prefix) {
        return None;
    }
    Some(Axi4Ports {
        prefix: prefix.to_owned(),
        id_bits: width("arid", output).or(width("awid", output)).unwrap_or(1),
        address_bits: width("araddr", output).or(width("awaddr", output))?,
        data_bits: width("rdata", input).or(width("wdata", output))?,
    })
}
