//! States that a machine never enters.

use crate::Warning;
use crate::ir::{BinaryOp, ModuleIr, NodeId, NodeKind, Register, UnaryOp};
use num_bigint::BigUint;
use std::collections::BTreeSet;

pub(super) fn check(module: &ModuleIr, warnings: &mut Vec<Warning>) {
    for register in &module.registers {
        let Some(states) = register.states else {
            continue;
        };
        let Some(reached) = reached(module, register) else {
            continue;
        };
        let node = module.node(register.node);
        for variant in &module.enums[states.index()].variants {
            if !reached.contains(&variant.encoding) {
                warnings.push(Warning::UnreachableState {
                    module: module.name.clone(),
                    machine: node.name.clone().unwrap_or_default(),
                    state: variant.name.clone(),
                    at: node.location,
                });
            }
        }
    }
}

/// The states that the machine can come to from its reset; `None` when its next value is computed
/// in a way that does not show them.
fn reached(module: &ModuleIr, register: &Register) -> Option<BTreeSet<u64>> {
    let start = u64::try_from(register.reset.as_ref()?).ok()?;
    let mut reached = BTreeSet::from([start]);
    let mut work = vec![start];
    while let Some(state) = work.pop() {
        let mut from = From {
            module,
            register: register.node,
            state,
            next: BTreeSet::new(),
            seen: BTreeSet::new(),
        };
        from.follow(register.next?)?;
        work.extend(from.next.iter().filter(|next| reached.insert(**next)));
    }
    Some(reached)
}

/// The states that may come after one state.
struct From<'a> {
    module: &'a ModuleIr,
    register: NodeId,
    state: u64,
    next: BTreeSet<u64>,
    seen: BTreeSet<NodeId>,
}

impl From<'_> {
    /// Adds the states that a next value may be; `None` when it cannot be told.
    fn follow(&mut self, value: NodeId) -> Option<()> {
        if value == self.register {
            self.next.insert(self.state);
            return Some(());
        }
        if !self.seen.insert(value) {
            return Some(());
        }
        match &self.module.node(value).kind {
            NodeKind::Constant { bits, .. } => {
                self.next.insert(u64::try_from(bits).ok()?);
                Some(())
            }
            NodeKind::Wire { driver } => self.follow((*driver)?),
            NodeKind::Mux {
                condition,
                then,
                otherwise,
            } => match self.decided(*condition) {
                Some(true) => self.follow(*then),
                Some(false) => self.follow(*otherwise),
                None => {
                    self.follow(*then)?;
                    self.follow(*otherwise)
                }
            },
            NodeKind::Case {
                selector,
                arms,
                default,
            } if *selector == self.register => {
                let state = BigUint::from(self.state);
                let arm = arms.iter().find(|(pattern, _)| pattern.bits == state);
                self.follow(arm.map_or(*default, |(_, value)| *value))
            }
            NodeKind::Case { arms, default, .. } => {
                for (_, value) in arms {
                    self.follow(*value)?;
                }
                self.follow(*default)
            }
            _ => None,
        }
    }

    /// What a condition is in this state, if the state alone decides it.
    fn decided(&self, condition: NodeId) -> Option<bool> {
        match self.module.node(condition).kind {
            NodeKind::Constant { ref bits, .. } => Some(*bits != BigUint::ZERO),
            NodeKind::Unary(UnaryOp::Not, a) => self.decided(a).map(|value| !value),
            NodeKind::Binary(BinaryOp::And, a, b) => match (self.decided(a), self.decided(b)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            NodeKind::Binary(BinaryOp::Or, a, b) => match (self.decided(a), self.decided(b)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
            NodeKind::Binary(BinaryOp::Equal, a, b) => self.is_state(a, b),
            NodeKind::Binary(BinaryOp::NotEqual, a, b) => self.is_state(a, b).map(|value| !value),
            _ => None,
        }
    }

    /// Whether the state equals the constant with which the register is compared.
    fn is_state(&self, a: NodeId, b: NodeId) -> Option<bool> {
        let other = match (a == self.register, b == self.register) {
            (true, false) => b,
            (false, true) => a,
            _ => return None,
        };
        match &self.module.node(other).kind {
            NodeKind::Constant { bits, .. } => Some(*bits == BigUint::from(self.state)),
            _ => None,
        }
    }
}
