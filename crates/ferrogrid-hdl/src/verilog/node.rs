//! Nodes as nets with a value, or as expressions inside their readers.

use super::ast::{Declaration, Expr, Item, NetKind, UnaryOp};
use super::lower::Lowering;
use super::placed::{Placed, Rank};
use crate::ir::{NodeId, NodeKind};
use std::rc::Rc;

impl Lowering<'_> {
    pub(super) fn lower_node(&mut self, node: NodeId) {
        let index = node.index();
        let ir = self.module.node(node);
        match &ir.kind {
            NodeKind::Input(_)
            | NodeKind::Register(_)
            | NodeKind::MemoryRead { .. }
            | NodeKind::InstanceOutput { .. } => {}
            NodeKind::Wire { driver } => {
                let driver = driver.expect("a wire of a closed design is driven");
                if self.is_alias(node, driver) {
                    self.expressions[index] = Some(self.whole(driver));
                } else if self.driven_elsewhere[index] {
                    if !self.is_port[index]
                        && let Some(net) = self.nets[index].clone()
                    {
                        let kind = if self.is_table(driver) {
                            NetKind::Variable
                        } else {
                            NetKind::Wire
                        };
                        let of_both = [&ir.attributes, &self.module.node(driver).attributes];
                        let attributes = of_both.into_iter().flatten().cloned().collect();
                        self.declare(node.0, net, kind, attributes, ir.comment.clone());
                    }
                } else {
                    let value = self.whole(driver);
                    self.drive(node, value);
                }
            }
            _ if self.is_table(node) => self.table(node),
            _ => {
                let value = self.expression(node);
                let named = self.designed[index].is_some() || self.nets[index].is_some();
                let repeated = self.graph.uses[index] > 1 && !reads_well_repeated(&value);
                self.expressions[index] = Some(value);
                // Icarus warns where a block waits for all words of a memory.
                let of_memory = matches!(ir.kind, NodeKind::MemoryWord { .. });
                if named || repeated || of_memory {
                    self.materialize(node);
                }
            }
        }
    }

    /// A case of many arms, as a combinational `always` block.
    fn table(&mut self, node: NodeId) {
        let index = node.index();
        let ir = self.module.node(node);
        let adopted = self.nets[index].is_some();
        let net = match self.nets[index].clone() {
            Some(net) => net,
            None => {
                let name = match self.designed[index].clone() {
                    Some(name) => name,
                    None => self.hinted(node),
                };
                self.net_of(node, name)
            }
        };
        if !adopted {
            self.declare(
                node.0,
                net.clone(),
                NetKind::Variable,
                vec![],
                ir.comment.clone(),
            );
        }
        self.nets[index] = Some(net.clone());
        self.in_tree[index] = true;
        let body = self.tree(node, &net, false);
        let position = self.position(&net, node.0);
        self.place(
            position,
            Item::Always {
                clock: None,
                reset: None,
                body,
                comment: String::new(),
            },
        );
    }

    /// A name for a net that the designer did not name.
    fn hinted(&mut self, node: NodeId) -> Rc<str> {
        let hint = self.hint(node);
        let name = self.names.fresh(&hint);
        self.hinted.entry(hint).or_default().push(name.clone());
        name
    }

    /// Gives a node a net, and the net its value.
    fn drive(&mut self, node: NodeId, value: Expr) {
        let index = node.index();
        let ir = self.module.node(node);
        let (attributes, comment) = (ir.attributes.clone(), ir.comment.clone());
        let net = match self.nets[index].clone() {
            Some(net) => net,
            None => {
                let name = match self.designed[index].clone() {
                    Some(name) => name,
                    None => self.hinted(node),
                };
                self.net_of(node, name)
            }
        };
        self.nets[index] = Some(net.clone());
        self.expressions[index] = None;
        if self.driven_elsewhere[index] {
            return;
        }
        if self.is_port[index] {
            let item = Item::Assign {
                target: net.clone(),
                value,
                comment,
            };
            // What the module itself reads stands before its readers.
            if self.graph.uses[index] > 1 {
                let name = net.name.clone();
                let position = self.place_among(Rank::Logic, node.0, item);
                self.declared.insert(name, position);
            } else {
                self.place(node.0, item);
            }
            return;
        }
        let last = self.last_read(|visit| value.reads(&mut |name, msb, lsb| visit(name, msb, lsb)));
        // Icarus has no attributes in a declaration with a value.
        if last > node.0 || !attributes.is_empty() {
            self.declare(node.0, net.clone(), NetKind::Wire, attributes, comment);
            self.place(
                last.max(node.0),
                Item::Assign {
                    target: net,
                    value,
                    comment: String::new(),
                },
            );
        } else {
            self.declared.insert(net.name.clone(), node.0);
            let key = (self.section(node.0), Rank::Logic, node.0, false);
            let item = Item::Declaration(Declaration {
                net,
                kind: NetKind::Wire,
                value: Some(value),
                attributes: Vec::new(),
                comment,
            });
            self.placed.push(Placed { key, item });
        }
    }

    /// Gives a node that has only an expression a net of its own.
    pub(super) fn materialize(&mut self, node: NodeId) -> Expr {
        if let Some(value) = self.expressions[node.index()].take() {
            self.drive(node, value);
        }
        Expr::Net(
            self.nets[node.index()]
                .clone()
                .expect("a lowered node has a net by now"),
        )
    }
}

/// Short enough to stand at each of its uses instead of having a name.
fn reads_well_repeated(value: &Expr) -> bool {
    value.is_simple()
        || matches!(value, Expr::Unary(UnaryOp::Not, inner) if matches!(**inner, Expr::Net(_)))
}
