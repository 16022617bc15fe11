//! What nothing reads.

use crate::error::Findings;
use crate::ir::{Direction, ModuleIr, NodeId, NodeKind, Property, ReadPort, WritePort};
use crate::{Issue, Warning};

pub(super) fn check(module: &ModuleIr, findings: &mut Findings) {
    let mut live = vec![false; module.nodes.len()];
    let mut work = sinks(module);
    while let Some(id) = work.pop() {
        if !std::mem::replace(&mut live[id.index()], true) {
            work.extend(module.node(id).kind.operands());
        }
    }
    let dead = module.nodes.iter().zip(live);
    for (node, _) in dead.filter(|(node, live)| !live && !node.allow_unused) {
        let (module, name) = (module.name.clone(), node.name.clone().unwrap_or_default());
        let at = node.location;
        match node.kind {
            NodeKind::Input(_) => findings.issues.push(Issue::UnusedInput {
                module,
                port: name,
                at,
            }),
            NodeKind::Wire { .. } => findings.warnings.push(Warning::UnusedWire {
                module,
                wire: name,
                at,
            }),
            _ => {}
        }
    }
}

/// What samples or shows values: where a walk back through the graph starts.
fn sinks(module: &ModuleIr) -> Vec<NodeId> {
    let mut sinks = Vec::new();
    sinks.extend(
        module
            .ports
            .iter()
            .filter(|p| p.direction == Direction::Output)
            .map(|port| port.node),
    );
    for register in &module.registers {
        sinks.extend(register.next.iter().chain(&register.enable));
    }
    for memory in &module.memories {
        for WritePort {
            enable,
            address,
            data,
            mask,
            ..
        } in &memory.writes
        {
            sinks.extend([*enable, *address, *data].into_iter().chain(*mask));
        }
        for ReadPort {
            enable, address, ..
        } in &memory.reads
        {
            sinks.extend([*address].into_iter().chain(*enable));
        }
    }
    for instance in &module.instances {
        sinks.extend(instance.connections.iter().flatten());
    }
    sinks.extend(
        module
            .properties
            .iter()
            .map(|Property { condition, .. }| *condition),
    );
    sinks
}
