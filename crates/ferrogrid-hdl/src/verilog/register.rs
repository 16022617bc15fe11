//! Registers as `always` blocks.

use super::ast::{Expr, Item, Net, NetKind, Statement, Target};
use super::lower::Lowering;
use super::placed::Rank;
use super::simplify::constant;
use super::tree::merged;
use crate::ir::DomainId;
use num_bigint::BigUint;

/// Registers that share one `always` block.
struct Block {
    section: usize,
    position: u32,
    domain: DomainId,
    enable: Option<Expr>,
    has_reset: bool,
    reset: Vec<Statement>,
    update: Vec<Statement>,
}

impl Lowering<'_> {
    /// Prints all registers; those of one section with the same clock, enable and reset share
    /// a block.
    pub(super) fn registers(&mut self) {
        let mut blocks: Vec<Block> = Vec::new();
        for register in &self.module.registers {
            let Some(net) = self.nets[register.node.index()].clone() else {
                continue;
            };
            let Some(next) = register.next else { continue };
            let enable = match register.enable.map(|enable| self.operand(enable)) {
                Some(Expr::Constant { bits, .. }) if bits == 1u32.into() => None,
                enable => enable,
            };
            let never = matches!(&enable, Some(Expr::Constant { .. }));
            let (enable, update) = if never {
                (None, Vec::new())
            } else {
                (enable, self.tree(next, &net, true))
            };
            if update.is_empty() && register.reset.is_none() {
                let value = constant(self.module.shape(register.node), &BigUint::ZERO);
                self.tie(&net, value);
                continue;
            }
            let reset = register.reset.as_ref().map(|bits| {
                let state = register.states.and_then(|states| {
                    let variant = u32::try_from(bits).ok()?;
                    self.state(states, variant)
                });
                let shape = self.module.shape(register.node);
                let value = state.unwrap_or_else(|| constant(shape, bits));
                Statement::NonBlocking(Target::Net(net.clone()), value)
            });
            let position = register.node.0.max(self.last_read(|visit| {
                let mut visit = |name: &str, msb: u32, lsb: u32| visit(name, msb, lsb);
                enable.iter().for_each(|enable| enable.reads(&mut visit));
                update
                    .iter()
                    .for_each(|statement| statement.reads(&mut visit));
            }));
            let section = self.section(position);
            let found = blocks.iter_mut().find(|block| {
                block.section == section
                    && block.domain == register.domain
                    && block.has_reset == reset.is_some()
                    && block.enable == enable
            });
            match found {
                Some(block) => {
                    block.position = block.position.max(position);
                    block.reset.extend(reset);
                    block.update.extend(update);
                }
                None => blocks.push(Block {
                    section,
                    position,
                    domain: register.domain,
                    enable,
                    has_reset: reset.is_some(),
                    reset: reset.into_iter().collect(),
                    update,
                }),
            }
        }
        for block in blocks {
            let mut body = merged(block.update);
            if let Some(enable) = block.enable
                && !body.is_empty()
            {
                body = vec![Statement::If(enable, body, Vec::new())];
            }
            if block.has_reset {
                body = vec![Statement::If(self.reset(block.domain), block.reset, body)];
            }
            if !body.is_empty() {
                let clock = self.module.domains[block.domain.index()]
                    .clock
                    .as_str()
                    .into();
                let reset = (block.has_reset)
                    .then(|| self.reset_edge(block.domain))
                    .flatten();
                let item = Item::Always {
                    clock: Some(clock),
                    reset,
                    body,
                    comment: String::new(),
                };
                self.place(block.position, item);
            }
        }
    }

    /// Gives a variable that no block ever writes its initial value for good: tools take a
    /// variable without a driver for a mistake.
    pub(super) fn tie(&mut self, net: &Net, value: Expr) {
        self.edit_declaration(net, |kind, _| *kind = NetKind::Wire);
        let item = Item::Assign {
            target: net.clone(),
            value,
            comment: "Never updated.".into(),
        };
        let position = self.declared.get(&net.name).copied().unwrap_or(0);
        self.place_among(Rank::Logic, position, item);
    }

    /// Changes how the net of a state is declared: the kind of net and the attributes.
    pub(super) fn edit_declaration(
        &mut self,
        net: &Net,
        edit: impl FnOnce(&mut NetKind, &mut Vec<String>),
    ) {
        if let Some(port) = self.ports.iter_mut().find(|port| port.net == *net) {
            let mut kind = NetKind::Variable;
            edit(&mut kind, &mut port.attributes);
            port.variable = kind == NetKind::Variable;
            return;
        }
        let declaration = self
            .placed
            .iter_mut()
            .find_map(|placed| match &mut placed.item {
                Item::Declaration(declaration) if declaration.net == *net => Some(declaration),
                _ => None,
            });
        if let Some(declaration) = declaration {
            edit(&mut declaration.kind, &mut declaration.attributes);
        }
    }
}
