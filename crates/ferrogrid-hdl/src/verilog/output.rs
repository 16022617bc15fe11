//! Nodes that are an output or a wire by themselves, and assignments of the other outputs.

use super::ast::{Item, Net};
use super::graph::{INPUT, Reader};
use super::lower::Lowering;
use crate::ir::{Direction, NodeId, NodeKind};

impl Lowering<'_> {
    /// Lets nodes that only exist to drive an output, or a wire, be that output or wire.
    pub(super) fn bind_outputs(&mut self) {
        for port in &self.module.ports {
            let index = port.node.index();
            let node = &self.module.nodes[index];
            let fixed = matches!(node.kind, NodeKind::Input(_) | NodeKind::Constant { .. });
            let renamed = node.name.as_ref().is_some_and(|name| *name != port.name);
            if port.direction == Direction::Output
                && !fixed
                && !renamed
                && self.nets[index].is_none()
            {
                let declaration = self
                    .ports
                    .iter_mut()
                    .find(|declaration| *declaration.net.name == port.name);
                if let Some(declaration) = declaration {
                    self.nets[index] = Some(declaration.net.clone());
                }
                self.is_port[index] = true;
            }
        }
        for &node in self.graph.order.clone().iter().rev() {
            if let NodeKind::Wire {
                driver: Some(driver),
            } = self.module.node(node).kind
                && !self.is_alias(node, driver)
            {
                let net = self.nets[node.index()].clone().unwrap_or_else(|| {
                    self.net_of(
                        node,
                        self.designed[node.index()].clone().unwrap_or("wire".into()),
                    )
                });
                self.nets[node.index()] = Some(net.clone());
                let adopts = self.module.node(driver).name.is_none()
                    && self.graph.uses[driver.index()] == 1
                    && self.nets[driver.index()].is_none()
                    && (self.is_table(driver)
                        || matches!(
                            self.module.node(driver).kind,
                            NodeKind::InstanceOutput { .. }
                        ));
                if adopts {
                    self.nets[driver.index()] = Some(net);
                    self.driven_elsewhere[node.index()] = true;
                    self.is_port[driver.index()] = self.is_port[node.index()];
                }
            }
        }
        for index in 0..self.module.nodes.len() {
            if !self.is_port[index] {
                continue;
            }
            let variable = self.is_variable(NodeId(index as u32));
            if let Some(net) = &self.nets[index]
                && let Some(port) = self.ports.iter_mut().find(|port| port.net == *net)
            {
                port.variable |= variable;
                let node = &self.module.nodes[index];
                port.attributes.extend_from_slice(match node.kind {
                    NodeKind::Register(id) => &self.module.registers[id.index()].attributes,
                    _ => &node.attributes,
                });
            }
        }
    }

    /// The wire only hands a net to one instance, which can be given the net itself.
    pub(super) fn is_alias(&self, wire: NodeId, driver: NodeId) -> bool {
        let index = wire.index();
        let has_net = match self.module.node(driver).kind {
            NodeKind::InstanceOutput { .. } => self.graph.uses[driver.index()] > 1,
            _ => self.module.node(driver).name.is_some(),
        };
        has_net
            && !self.is_port[index]
            && self.module.node(wire).comment.is_empty()
            && self.module.node(wire).attributes.is_empty()
            && self.graph.uses[index] == 1
            && matches!(&self.graph.readers[index], Some(Reader::Role(role)) if role.word == INPUT)
    }

    /// Assigns the outputs that no node took over.
    pub(super) fn outputs(&mut self) {
        for port in &self.module.ports {
            let taken = self.nets[port.node.index()]
                .as_ref()
                .is_some_and(|net| *net.name == port.name && self.is_port[port.node.index()]);
            if port.direction == Direction::Output && !taken {
                let value = self.whole(port.node);
                let target = Net {
                    name: port.name.as_str().into(),
                    width: port.shape.width,
                    signed: port.shape.signed,
                };
                self.place(
                    0,
                    Item::Assign {
                        target,
                        value,
                        comment: String::new(),
                    },
                );
            }
        }
    }
}
