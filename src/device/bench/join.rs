//! A design and its bench as one design.

use crate::device::interface::{Interface, Reset};
use crate::hdl::ir::{
    Design, Direction, Domain, DomainId, Instance, InstanceId, ModuleId, ModuleIr, Node, NodeId,
    NodeKind, Port, PortId,
};
use crate::hdl::{Shape, VendorCell, bit, unsigned};
use num_bigint::BigUint;
use std::cmp::Ordering;
use std::panic::Location;
use std::sync::Arc;

/// Instance names in the top.
pub(super) const BENCH: &str = "bench";
pub(super) const DESIGN: &str = "dut";

/// Name of the top.
const TOP: &str = "ferrogrid_top";

/// Puts a bench and a design beside each other and connects their ports of the same names. The
/// other ports of both are those of the top, whose clocks and resets are those of the design, and
/// the reset `bench_reset`. Where a port of the bench is wider than that of the design, its highest
/// bits are left alone.
///
/// The Verilog has only an instance of the design: its text stands elsewhere.
pub(super) fn join(bench: &Design, design: &Design) -> Design {
    let mut modules = design.modules.clone();
    if let Some(module) = modules.last_mut() {
        let cell = VendorCell::new(&module.name);
        Arc::make_mut(module).cell = Some(cell);
    }
    let first = modules.len() as u32;
    for module in &bench.modules {
        let mut module = Arc::clone(module);
        if !module.instances.is_empty() {
            for instance in &mut Arc::make_mut(&mut module).instances {
                instance.module.0 += first;
            }
        }
        modules.push(module);
    }
    let ids = [ModuleId(modules.len() as u32 - 1), ModuleId(first - 1)];
    let top = top(ids.map(|id| &*modules[id.index()]), ids);
    modules.push(Arc::new(top));
    Design {
        modules,
        warnings: Vec::new(),
    }
}

fn top(parts: [&ModuleIr; 2], ids: [ModuleId; 2]) -> ModuleIr {
    let [bench, design] = parts;
    let mut top = ModuleIr {
        name: TOP.to_owned(),
        doc: "A design and its bench.".to_owned(),
        cell: None,
        memory: None,
        ports: Vec::new(),
        domains: design.domains.clone(),
        nodes: Vec::new(),
        registers: Vec::new(),
        memories: Vec::new(),
        instances: Vec::new(),
        properties: Vec::new(),
        enums: Vec::new(),
        sections: Vec::new(),
    };
    let own = DomainId(top.domains.len() as u32);
    top.domains.extend(bench.domains.iter().cloned());
    let domains = [
        vec![own],
        (0..design.domains.len() as u32).map(DomainId).collect(),
    ];
    let outputs = [0, 1].map(|index| {
        let ports = parts[index].ports.iter().enumerate();
        let outputs = ports.filter(|(_, port)| port.direction == Direction::Output);
        let nodes = outputs.map(|(number, port)| {
            let kind = NodeKind::InstanceOutput {
                instance: InstanceId(index as u32),
                port: PortId(number as u32),
            };
            (port.name.clone(), node(&mut top, kind, port))
        });
        nodes.collect::<Vec<_>>()
    });
    for (index, (name, domains)) in [BENCH, DESIGN].into_iter().zip(domains).enumerate() {
        let others = &outputs[1 - index];
        let mut connections = Vec::new();
        for port in &parts[index].ports {
            let same = |(name, _): &&(String, NodeId)| *name == port.name;
            let connection = match port.direction {
                Direction::Output => {
                    let (_, value) = outputs[index].iter().find(same).expect("made above");
                    let inside = parts[1 - index].port(&port.name).is_some();
                    if !inside {
                        add_port(&mut top, port, *value);
                    }
                    *value
                }
                Direction::Input => match others.iter().find(same) {
                    Some((_, value)) => fit(&mut top, *value, port),
                    None => {
                        let kind = NodeKind::Input(PortId(top.ports.len() as u32));
                        let value = node(&mut top, kind, port);
                        add_port(&mut top, port, value);
                        value
                    }
                },
            };
            connections.push(Some(connection));
        }
        let first_node = NodeId(top.nodes.len() as u32);
        top.instances.push(Instance {
            name: name.to_owned(),
            module: ids[index],
            connections,
            domains,
            first_node,
            comment: String::new(),
            location: Location::caller(),
        });
    }
    top
}

/// A value with the width of a port.
fn fit(top: &mut ModuleIr, value: NodeId, port: &Port) -> NodeId {
    let (from, to) = (top.shape(value).width, port.shape.width);
    let kind = match from.cmp(&to) {
        Ordering::Equal => return value,
        Ordering::Greater => NodeKind::Slice { value, lsb: 0 },
        Ordering::Less => NodeKind::Extend(value),
    };
    let fitted = node(top, kind, port);
    top.nodes[fitted.index()].name = None;
    fitted
}

fn node(top: &mut ModuleIr, kind: NodeKind, port: &Port) -> NodeId {
    top.nodes.push(Node {
        kind,
        shape: port.shape,
        name: Some(port.name.clone()),
        comment: String::new(),
        attributes: Vec::new(),
        procedural: false,
        allow_unused: true,
        location: Location::caller(),
    });
    NodeId(top.nodes.len() as u32 - 1)
}

fn add_port(top: &mut ModuleIr, port: &Port, node: NodeId) {
    top.ports.push(Port {
        name: port.name.clone(),
        direction: port.direction,
        shape: port.shape,
        node,
        domain: DomainId(0),
        comment: String::new(),
        of: None,
    });
}

/// A module that has the ports of a design and nothing inside, for Verilog that is given apart.
pub(super) fn black_box(interface: &Interface) -> Design {
    let domain = |clock: Option<&String>, reset: Option<&Reset>| Domain {
        clock: clock.cloned().unwrap_or_default(),
        reset: reset.map(|reset| reset.port.clone()).unwrap_or_default(),
        asynchronous_reset: false,
        reset_active_low: reset.is_some_and(|reset| reset.active_low),
        uses_clock: clock.is_some(),
        uses_reset: reset.is_some(),
    };
    let mut module = ModuleIr {
        name: interface.top.clone(),
        doc: String::new(),
        cell: None,
        memory: None,
        ports: Vec::new(),
        domains: vec![domain(interface.clock.as_ref(), interface.reset.as_ref())],
        nodes: Vec::new(),
        registers: Vec::new(),
        memories: Vec::new(),
        instances: Vec::new(),
        properties: Vec::new(),
        enums: Vec::new(),
        sections: Vec::new(),
    };
    let more = interface.more_clocks.iter();
    module
        .domains
        .extend(more.map(|(clock, reset)| domain(Some(clock), reset.as_ref())));
    for port in &interface.ports {
        let shape: Shape = match port.width {
            1 => bit(),
            width => unsigned(width),
        };
        let number = PortId(module.ports.len() as u32);
        let kind = match port.direction {
            Direction::Input => NodeKind::Input(number),
            Direction::Output => NodeKind::Constant {
                bits: BigUint::ZERO,
                state: None,
            },
        };
        let port = Port {
            name: port.name.clone(),
            direction: port.direction,
            shape,
            node: NodeId(0),
            domain: DomainId(0),
            comment: String::new(),
            of: None,
        };
        let value = node(&mut module, kind, &port);
        add_port(&mut module, &port, value);
    }
    Design {
        modules: vec![Arc::new(module)],
        warnings: Vec::new(),
    }
}
