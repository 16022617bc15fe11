//! Instances and their connections.

use super::ast::{Connection, Expr, Instance, Item, Net, NetKind, UnaryOp};
use super::lower::Lowering;
use super::{cells, unused};
use crate::ir::Direction;

impl Lowering<'_> {
    pub(super) fn instances(&mut self) {
        for (index, instance) in self.module.instances.iter().enumerate() {
            let child = self.design.module(instance.module);
            let name = self.instance_names[index].clone();
            let mut connections = Vec::new();
            for (domain, &own) in child.domains.iter().zip(&instance.domains) {
                let ours = &self.module.domains[own.index()];
                let mut connect = |port: &String, value| {
                    if !connections.iter().any(|c: &Connection| c.port == *port) {
                        connections.push(Connection {
                            port: port.clone(),
                            value,
                            output: false,
                        });
                    }
                };
                let net = |name: &str| {
                    Expr::Net(Net {
                        name: name.into(),
                        width: 1,
                        signed: false,
                    })
                };
                if domain.uses_clock {
                    connect(&domain.clock, net(&ours.clock));
                }
                if domain.uses_reset {
                    let reset = net(&ours.reset);
                    let same = domain.reset_active_low == ours.reset_active_low;
                    let value = if same {
                        reset
                    } else {
                        Expr::unary(UnaryOp::Complement, reset)
                    };
                    connect(&domain.reset, value);
                }
            }
            let mut position = instance.first_node.0;
            let mut spare = Vec::new();
            for (port, connection) in child.ports.iter().zip(&instance.connections) {
                let output = port.direction == Direction::Output;
                let value = match connection {
                    Some(node) if !output => self.operand(*node),
                    Some(node) if self.graph.uses[node.index()] > 0 => {
                        let net = self.nets[node.index()].clone().expect("declared before");
                        position = self.position(&net, position);
                        Expr::Net(net)
                    }
                    _ => {
                        let name = self.names.fresh(&format!("unused_{name}_{}", port.name));
                        let shape = port.shape;
                        let net = Net {
                            name,
                            width: shape.width,
                            signed: shape.signed,
                        };
                        spare.push(net.clone());
                        Expr::Net(net)
                    }
                };
                connections.push(Connection {
                    port: port.name.clone(),
                    value,
                    output,
                });
            }
            let item = Item::Instance(Instance {
                module: child
                    .cell
                    .as_ref()
                    .map_or(&*child.name, |cell| cell.name())
                    .to_owned(),
                parameters: child
                    .cell
                    .as_ref()
                    .map(cells::parameters)
                    .unwrap_or_default(),
                name: name.to_string(),
                connections,
                comment: instance.comment.clone(),
            });
            let position = position.max(self.last_read(|visit| unused::reads(&item, visit)));
            for net in spare {
                self.declare(position, net, NetKind::Wire, vec![], String::new());
            }
            self.place(position, item);
        }
    }
}
