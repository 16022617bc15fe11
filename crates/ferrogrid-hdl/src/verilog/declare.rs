//! Ports, the names that the designer chose, and the declarations of state.

use super::ast::{Net, NetKind, PortDeclaration};
use super::lower::Lowering;
use crate::ir::{Direction, NodeId, NodeKind, Variant};

impl Lowering<'_> {
    pub(super) fn declare_ports(&mut self) {
        for domain in &self.module.domains {
            let clock = (domain.uses_clock, &domain.clock);
            let reset = (domain.uses_reset, &domain.reset);
            for (used, name) in [clock, reset] {
                if used && self.names.is_free(name) {
                    let net = Net {
                        name: self.names.exact(name),
                        width: 1,
                        signed: false,
                    };
                    self.declared.insert(net.name.clone(), 0);
                    let comment = String::new();
                    self.ports.push(PortDeclaration {
                        net,
                        output: false,
                        variable: false,
                        attributes: Vec::new(),
                        comment,
                    });
                }
            }
        }
        for port in &self.module.ports {
            let net = Net {
                name: self.names.exact(&port.name),
                width: port.shape.width,
                signed: port.shape.signed,
            };
            self.declared.insert(net.name.clone(), 0);
            let output = port.direction == Direction::Output;
            if !output {
                self.nets[port.node.index()] = Some(net.clone());
            }
            self.ports.push(PortDeclaration {
                net,
                output,
                variable: false,
                attributes: Vec::new(),
                comment: port.comment.clone(),
            });
        }
    }

    /// Gives names to everything that the designer named, before any name is derived.
    pub(super) fn name_everything(&mut self) {
        // Signals that are called as their module hide it.
        self.names.exact(&self.module.name);
        for states in &self.module.enums {
            let mut names = Vec::new();
            for Variant { name: variant, .. } in &states.variants {
                let wanted = if self.names.is_free(variant) {
                    variant.clone()
                } else {
                    format!("{}_{variant}", states.name.to_uppercase())
                };
                names.push(self.names.fresh(&wanted));
            }
            self.states.push(names);
        }
        for index in 0..self.module.nodes.len() {
            let node = &self.module.nodes[index];
            if let Some(name) = &node.name
                && self.nets[index].is_none()
            {
                // A node that drives the output of its own name is that output.
                let own_port = self.module.ports.iter().any(|port| {
                    port.direction == Direction::Output
                        && port.node.index() == index
                        && port.name == *name
                });
                self.designed[index] = Some(if own_port {
                    name.as_str().into()
                } else {
                    self.names.fresh(name)
                });
            }
        }
        for memory in &self.module.memories {
            let name = self.names.fresh(&memory.name);
            self.memory_names.push(name);
        }
        for instance in &self.module.instances {
            let name = self.names.fresh(&instance.name);
            self.instance_names.push(name);
        }
    }

    /// Declares registers, read data and the outputs of instances.
    pub(super) fn declare_state(&mut self) {
        for index in 0..self.module.nodes.len() {
            let node = NodeId(index as u32);
            let kind = match &self.module.node(node).kind {
                NodeKind::Register(_) | NodeKind::MemoryRead { .. } => NetKind::Variable,
                NodeKind::InstanceOutput { instance, port } => {
                    if self.graph.uses[index] == 0 {
                        continue;
                    }
                    if self.designed[index].is_none() && self.nets[index].is_none() {
                        let module = self.design.module(self.instance(*instance).module);
                        let name = format!(
                            "{}_{}",
                            self.instance(*instance).name,
                            module.ports[port.index()].name
                        );
                        self.designed[index] = Some(self.names.fresh(&name));
                    }
                    NetKind::Wire
                }
                _ => continue,
            };
            if self.nets[index].is_some() {
                // A port, or the wire that it drives.
                continue;
            }
            let name = match self.designed[index].clone() {
                Some(name) => name,
                None => self.names.fresh("data"),
            };
            let net = self.net_of(node, name);
            let attributes = match &self.module.node(node).kind {
                NodeKind::Register(id) => self.module.registers[id.index()].attributes.clone(),
                _ => self.module.node(node).attributes.clone(),
            };
            self.nets[index] = Some(net.clone());
            // An instance stands in the section in which it was made, wherever its outputs are read.
            let position = match &self.module.node(node).kind {
                NodeKind::InstanceOutput { instance, .. } => self.instance(*instance).first_node.0,
                _ => node.0,
            };
            self.declare(
                position,
                net,
                kind,
                attributes,
                self.module.node(node).comment.clone(),
            );
        }
        for node in self.graph.order.clone() {
            if let (NodeKind::Wire { .. }, Some(net)) = (
                &self.module.node(node).kind,
                self.nets[node.index()].clone(),
            ) && !self.is_port[node.index()]
            {
                self.declared.insert(net.name, node.0);
            }
        }
    }
}
