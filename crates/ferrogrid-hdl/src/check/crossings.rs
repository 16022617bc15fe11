//! Values that one clock takes from another.

use super::summary::{DomainSet, Summary};
use crate::Issue;
use crate::ir::{Direction, DomainId, ModuleIr, NodeId, NodeKind, Operands, PortId};
use std::collections::BTreeSet;
use std::panic::Location;

/// Checks what each domain samples; completes the summary.
pub(super) fn check(
    module: &ModuleIr,
    summaries: &[Summary],
    follows: Vec<BTreeSet<PortId>>,
    issues: &mut Vec<Issue>,
) -> Summary {
    let shows = shown_domains(module, summaries);
    let mut sampled_by = vec![DomainSet::default(); module.ports.len()];
    let mut sample =
        |value: NodeId, by: DomainId, what: &dyn Fn() -> String, at: &'static Location<'static>| {
            let own = DomainSet::of(by);
            let mut sources = shows[value.index()];
            for port in &follows[value.index()] {
                let sampled_by = &mut sampled_by[port.index()];
                *sampled_by = sampled_by.union(own);
                sources = sources.union(DomainSet::of(module.ports[port.index()].domain));
            }
            if let Some(source) = sources.without(own).first() {
                let issue = Issue::ClockCrossing {
                    module: module.name.clone(),
                    what: what(),
                    clock: module.domains[by.index()].clock.clone(),
                    sample: sampled(module, summaries, value, source),
                    source: module.domains[source.index()].clock.clone(),
                    at,
                };
                // Address, data and enable of one port say the same thing.
                if !issues.contains(&issue) {
                    issues.push(issue);
                }
            }
        };
    for register in module
        .registers
        .iter()
        .filter(|register| !register.synchronizer)
    {
        let node = module.node(register.node);
        let what = || format!("register `{}`", node.name.as_deref().unwrap_or_default());
        for value in register.next.iter().chain(&register.enable) {
            sample(*value, register.domain, &what, node.location);
        }
    }
    for memory in &module.memories {
        let what = || format!("memory `{}`", memory.name);
        for port in &memory.writes {
            for value in [port.enable, port.address, port.data]
                .into_iter()
                .chain(port.mask)
            {
                sample(value, port.domain, &what, memory.location);
            }
        }
        for port in &memory.reads {
            for value in [port.address].into_iter().chain(port.enable) {
                sample(value, port.domain, &what, memory.location);
            }
        }
    }
    for instance in &module.instances {
        let child = &summaries[instance.module.index()];
        let what = || format!("instance `{}`", instance.name);
        for (index, connection) in instance.connections.iter().enumerate() {
            let Some(value) = connection else { continue };
            for domain in child.sampled_by[index].iter() {
                let by = instance.domains[domain.index()];
                sample(*value, by, &what, instance.location);
            }
        }
    }
    for property in &module.properties {
        let what = || format!("property `{}`", property.name);
        sample(
            property.condition,
            property.domain,
            &what,
            property.location,
        );
    }
    let of_outputs = |index: usize| {
        let port = &module.ports[index];
        (port.direction == Direction::Output).then_some(port.node.index())
    };
    let ports = 0..module.ports.len();
    Summary {
        follows: ports
            .clone()
            .map(|i| of_outputs(i).map_or_else(Vec::new, |n| follows[n].iter().copied().collect()))
            .collect(),
        shows: ports
            .map(|i| of_outputs(i).map_or_else(DomainSet::default, |n| shows[n]))
            .collect(),
        sampled_by,
    }
}

/// The domains of the registers and memories that a node shows itself, and the nodes whose values it
/// passes on.
fn shown_at(module: &ModuleIr, summaries: &[Summary], id: NodeId) -> (DomainSet, Operands) {
    let own = match &module.node(id).kind {
        NodeKind::Register(register) => DomainSet::of(module.registers[register.index()].domain),
        NodeKind::MemoryRead { memory, port } => {
            DomainSet::of(module.memories[memory.index()].reads[*port as usize].domain)
        }
        NodeKind::MemoryWord { memory, .. } => {
            let writes = module.memories[memory.index()].writes.iter();
            writes.map(|port| DomainSet::of(port.domain)).collect()
        }
        NodeKind::InstanceOutput { instance, port } => {
            let instance = &module.instances[instance.index()];
            let child = &summaries[instance.module.index()];
            let own = child.shows[port.index()].iter();
            let inputs = child.follows[port.index()].iter();
            return (
                own.map(|d| DomainSet::of(instance.domains[d.index()]))
                    .collect(),
                inputs
                    .filter_map(|input| instance.connections[input.index()])
                    .collect(),
            );
        }
        _ => DomainSet::default(),
    };
    (own, module.node(id).kind.operands())
}

/// What a value shows of a domain, for a message.
fn sampled(module: &ModuleIr, summaries: &[Summary], value: NodeId, of: DomainId) -> String {
    let mut seen = vec![false; module.nodes.len()];
    let mut waiting = vec![value];
    while let Some(id) = waiting.pop() {
        if std::mem::replace(&mut seen[id.index()], true) {
            continue;
        }
        let node = module.node(id);
        let (own, sources) = shown_at(module, summaries, id);
        let shows = match node.kind {
            NodeKind::Input(port) => module.ports[port.index()].domain == of,
            _ => own.iter().any(|domain| domain == of),
        };
        if !shows {
            waiting.extend(sources);
            continue;
        }
        let name = node.name.as_deref().unwrap_or_default();
        return match &node.kind {
            NodeKind::Input(_) => format!("input `{name}`"),
            NodeKind::MemoryRead { memory, .. } | NodeKind::MemoryWord { memory, .. } => {
                format!("memory `{}`", module.memories[memory.index()].name)
            }
            NodeKind::InstanceOutput { instance, .. } => {
                format!("instance `{}`", module.instances[instance.index()].name)
            }
            _ => format!("register `{name}`"),
        };
    }
    unreachable!("the value shows something of the domain")
}

/// For each node the domains of the registers and memories that it shows.
fn shown_domains(module: &ModuleIr, summaries: &[Summary]) -> Vec<DomainSet> {
    let mut shows = vec![DomainSet::default(); module.nodes.len()];
    // Wires may refer forward, so go on until nothing changes; the sets only grow.
    loop {
        let mut changed = false;
        for index in 0..module.nodes.len() {
            let (own, sources) = shown_at(module, summaries, NodeId(index as u32));
            let passed: DomainSet = sources
                .into_iter()
                .map(|node| shows[node.index()])
                .collect();
            let set = own.union(passed);
            changed |= set != shows[index];
            shows[index] = set;
        }
        if !changed {
            return shows;
        }
    }
}
