//! Values that one clock takes from another.

use super::summary::{DomainSet, Summary};
use crate::Issue;
use crate::ir::{Direction, DomainId, ModuleIr, NodeId, NodeKind, PortId};
use std::collections::BTreeSet;
use std::panic::Location;

/// Checks what each domain samples; completes the summary.
pub(super) fn check(
    module: &ModuleIr,
    summaries: &[Summary],
    follows: Vec<BTreeSet<PortId>>,
    issues: &mut Vec<Issue>,
) -> Summary {
    // Nothing crosses within one domain: what its outputs show is all that a parent asks.
    let shows = match module.domains.len() {
        1 => Vec::new(),
        _ => shown_domains(module, summaries),
    };
    let mut sampled_by = vec![DomainSet::default(); module.ports.len()];
    let mut sample =
        |value: NodeId, by: DomainId, what: &dyn Fn() -> String, at: &'static Location<'static>| {
            let own = DomainSet::of(by);
            let mut sources = shows.get(value.index()).copied().unwrap_or_default();
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
            .map(|i| match of_outputs(i) {
                None => DomainSet::default(),
                Some(node) if shows.is_empty() => shown_by(module, summaries, node),
                Some(node) => shows[node],
            })
            .collect(),
        sampled_by,
    }
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
        let name = node.name.as_deref().unwrap_or_default();
        match &node.kind {
            NodeKind::Register(register) => {
                if module.registers[register.index()].domain == of {
                    return format!("register `{name}`");
                }
            }
            NodeKind::Input(port) if module.ports[port.index()].domain == of => {
                return format!("input `{name}`");
            }
            NodeKind::MemoryRead { memory, port } => {
                let memory = &module.memories[memory.index()];
                if memory.reads[*port as usize].domain == of {
                    return format!("memory `{}`", memory.name);
                }
            }
            NodeKind::InstanceOutput { instance, port } => {
                let instance = &module.instances[instance.index()];
                let child = &summaries[instance.module.index()];
                let mut shows = child.shows[port.index()].iter();
                if shows.any(|domain| instance.domains[domain.index()] == of) {
                    return format!("instance `{}`", instance.name);
                }
                let inputs = child.follows[port.index()].iter();
                waiting.extend(inputs.filter_map(|input| instance.connections[input.index()]));
            }
            kind => waiting.extend(kind.operands()),
        }
    }
    "a value".to_string()
}

/// The one domain of a module, if a node shows a register or memory.
fn shown_by(module: &ModuleIr, summaries: &[Summary], node: usize) -> DomainSet {
    let mut seen = vec![false; module.nodes.len()];
    let mut waiting = vec![NodeId(node as u32)];
    while let Some(id) = waiting.pop() {
        if std::mem::replace(&mut seen[id.index()], true) {
            continue;
        }
        let shows = match &module.node(id).kind {
            NodeKind::Register(_) | NodeKind::MemoryRead { .. } => true,
            NodeKind::MemoryWord { memory, address } => {
                waiting.push(*address);
                !module.memories[memory.index()].writes.is_empty()
            }
            NodeKind::InstanceOutput { instance, port } => {
                let instance = &module.instances[instance.index()];
                let child = &summaries[instance.module.index()];
                let inputs = child.follows[port.index()].iter();
                waiting.extend(inputs.filter_map(|input| instance.connections[input.index()]));
                child.shows[port.index()] != DomainSet::default()
            }
            kind => {
                waiting.extend(kind.operands());
                false
            }
        };
        if shows {
            return DomainSet::of(DomainId(0));
        }
    }
    DomainSet::default()
}

/// For each node the domains of the registers and memories that it shows.
fn shown_domains(module: &ModuleIr, summaries: &[Summary]) -> Vec<DomainSet> {
    let mut shows = vec![DomainSet::default(); module.nodes.len()];
    // Wires may refer forward, so go on until nothing changes; the sets only grow.
    loop {
        let mut changed = false;
        for index in 0..module.nodes.len() {
            let of = |node: NodeId| shows[node.index()];
            let set = match &module.node(NodeId(index as u32)).kind {
                NodeKind::Register(register) => {
                    DomainSet::of(module.registers[register.index()].domain)
                }
                NodeKind::MemoryRead { memory, port } => {
                    let reads = &module.memories[memory.index()].reads;
                    DomainSet::of(reads[*port as usize].domain)
                }
                NodeKind::MemoryWord { memory, address } => {
                    let writes = &module.memories[memory.index()].writes;
                    let written: DomainSet = writes
                        .iter()
                        .map(|port| DomainSet::of(port.domain))
                        .collect();
                    written.union(of(*address))
                }
                NodeKind::InstanceOutput { instance, port } => {
                    let instance = &module.instances[instance.index()];
                    let child = &summaries[instance.module.index()];
                    let own = child.shows[port.index()].iter();
                    let own = own.map(|d| DomainSet::of(instance.domains[d.index()]));
                    let inputs = child.follows[port.index()].iter();
                    let sources = inputs.filter_map(|input| instance.connections[input.index()]);
                    own.chain(sources.map(of)).collect()
                }
                kind => kind.operands().into_iter().map(of).collect(),
            };
            changed |= set != shows[index];
            shows[index] = set;
        }
        if !changed {
            return shows;
        }
    }
}
