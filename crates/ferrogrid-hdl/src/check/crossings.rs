//! Values that one clock takes from another.

use super::summary::Summary;
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
    let shows = shown_domains(module, summaries);
    let mut sampled_by = vec![BTreeSet::new(); module.ports.len()];
    let mut sample = |value: NodeId, by: DomainId, what: String, at: &'static Location<'static>| {
        for port in &follows[value.index()] {
            sampled_by[port.index()].insert(by);
        }
        let mut sources = shows[value.index()].clone();
        sources.extend(
            follows[value.index()]
                .iter()
                .map(|p| module.ports[p.index()].domain),
        );
        sources.remove(&by);
        if let Some(source) = sources.first() {
            let issue = Issue::ClockCrossing {
                module: module.name.clone(),
                what,
                clock: module.domains[by.index()].clock.clone(),
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
        let what = format!("register `{}`", node.name.as_deref().unwrap_or_default());
        for value in register.next.iter().chain(&register.enable) {
            sample(*value, register.domain, what.clone(), node.location);
        }
    }
    for memory in &module.memories {
        let what = format!("memory `{}`", memory.name);
        for port in &memory.writes {
            for value in [port.enable, port.address, port.data]
                .into_iter()
                .chain(port.mask)
            {
                sample(value, port.domain, what.clone(), memory.location);
            }
        }
        for port in &memory.reads {
            for value in [port.address].into_iter().chain(port.enable) {
                sample(value, port.domain, what.clone(), memory.location);
            }
        }
    }
    for instance in &module.instances {
        let child = &summaries[instance.module.index()];
        for (index, connection) in instance.connections.iter().enumerate() {
            let Some(value) = connection else { continue };
            for domain in &child.sampled_by[index] {
                let by = instance.domains[domain.index()];
                sample(
                    *value,
                    by,
                    format!("instance `{}`", instance.name),
                    instance.location,
                );
            }
        }
    }
    for property in &module.properties {
        let what = format!("property `{}`", property.name);
        sample(property.condition, property.domain, what, property.location);
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
            .map(|i| of_outputs(i).map_or_else(BTreeSet::new, |n| shows[n].clone()))
            .collect(),
        sampled_by,
    }
}

/// For each node the domains of the registers and memories that it shows.
fn shown_domains(module: &ModuleIr, summaries: &[Summary]) -> Vec<BTreeSet<DomainId>> {
    let mut shows: Vec<BTreeSet<DomainId>> = vec![BTreeSet::new(); module.nodes.len()];
    // Wires may refer forward, so go on until nothing changes; the sets only grow.
    loop {
        let mut changed = false;
        for index in 0..module.nodes.len() {
            let id = NodeId(index as u32);
            let mut set = BTreeSet::new();
            match &module.node(id).kind {
                NodeKind::Register(register) => {
                    set.insert(module.registers[register.index()].domain);
                }
                NodeKind::MemoryRead { memory, port } => {
                    set.insert(module.memories[memory.index()].reads[*port as usize].domain);
                }
                NodeKind::MemoryWord { memory, address } => {
                    let writes = &module.memories[memory.index()].writes;
                    set.extend(writes.iter().map(|port| port.domain));
                    set.extend(shows[address.index()].iter().copied());
                }
                NodeKind::InstanceOutput { instance, port } => {
                    let instance = &module.instances[instance.index()];
                    let child = &summaries[instance.module.index()];
                    set.extend(
                        child.shows[port.index()]
                            .iter()
                            .map(|d| instance.domains[d.index()]),
                    );
                    for input in &child.follows[port.index()] {
                        if let Some(source) = instance.connections[input.index()] {
                            set.extend(shows[source.index()].iter().copied());
                        }
                    }
                }
                kind => {
                    for operand in kind.operands() {
                        set.extend(shows[operand.index()].iter().copied());
                    }
                }
            }
            if set.len() > shows[index].len() {
                shows[index] = set;
                changed = true;
            }
        }
        if !changed {
            return shows;
        }
    }
}
