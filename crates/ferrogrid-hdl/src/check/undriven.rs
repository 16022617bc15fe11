//! What has no driver.

use crate::Issue;
use crate::ir::{Direction, ModuleIr, NodeKind};

pub(super) fn check(module: &ModuleIr, modules: &[ModuleIr], issues: &mut Vec<Issue>) {
    let mut report = |what: String, at| {
        issues.push(Issue::Undriven {
            module: module.name.clone(),
            what,
            at,
        });
    };
    for node in &module.nodes {
        let name = node.name.as_deref().unwrap_or_default();
        match &node.kind {
            NodeKind::Wire { driver: None } => report(format!("wire `{name}`"), node.location),
            NodeKind::Register(id) if module.registers[id.index()].next.is_none() => {
                report(format!("register `{name}`"), node.location);
            }
            _ => {}
        }
    }
    for instance in &module.instances {
        let ports = &modules[instance.module.index()].ports;
        for (port, connection) in ports.iter().zip(&instance.connections) {
            if port.direction == Direction::Input && connection.is_none() {
                report(
                    format!("input `{}` of instance `{}`", port.name, instance.name),
                    instance.location,
                );
            }
        }
    }
}
