//! Registers as `always` blocks, muxes and cases as `if` and `case`.

use super::ast::{Expr, Item, Net, Statement, Target};
use super::expr::{constant, is_exhaustive, negated};
use super::lower::Lowering;
use crate::hdl::ir::{DomainId, NodeId, NodeKind};

/// More patterns than this do not share a line.
const PATTERNS: usize = 8;

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
            let update = self.tree(next, &net, true);
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
            let section = self.section_of(position);
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
                let item = Item::Always {
                    clock: Some(clock),
                    body,
                    comment: String::new(),
                };
                self.place(block.position, item);
            }
        }
    }

    /// Statements that give `target` the node's value. A clocked target keeps its value where
    /// nothing is assigned, so that assignments of itself are left out.
    pub(super) fn tree(&mut self, node: NodeId, target: &Net, clocked: bool) -> Vec<Statement> {
        if !self.in_tree[node.index()] {
            let value = self.whole(node);
            let to = Target::Net(target.clone());
            return match value {
                Expr::Net(net) if clocked && net == *target => Vec::new(),
                value if clocked => vec![Statement::NonBlocking(to, value)],
                value => vec![Statement::Blocking(to, value)],
            };
        }
        match &self.module.node(node).kind {
            NodeKind::Mux {
                condition,
                then,
                otherwise,
            } => {
                let condition = self.operand(*condition);
                if let Expr::Constant { bits, .. } = &condition {
                    let taken = if *bits == 0u32.into() {
                        otherwise
                    } else {
                        then
                    };
                    return self.tree(*taken, target, clocked);
                }
                let then = self.tree(*then, target, clocked);
                let otherwise = self.tree(*otherwise, target, clocked);
                branch(condition, then, otherwise)
            }
            NodeKind::Case {
                selector,
                arms,
                default,
            } => {
                let width = self.module.shape(*selector).width;
                let exhaustive = is_exhaustive(arms.len(), width);
                let selector = self.operand(*selector);
                if let Expr::Constant { bits, .. } = &selector {
                    let arm = arms.iter().find(|(pattern, _)| pattern.bits == *bits);
                    let taken = arm.map_or(*default, |(_, value)| *value);
                    return self.tree(taken, target, clocked);
                }
                let default = if exhaustive {
                    None
                } else {
                    Some(self.tree(*default, target, clocked))
                };
                let mut printed: Vec<(Vec<Expr>, Vec<Statement>)> = Vec::new();
                for (pattern, value) in arms {
                    let pattern = self.pattern(pattern, width);
                    let body = self.tree(*value, target, clocked);
                    match printed.last_mut() {
                        _ if Some(&body) == default.as_ref() => {}
                        Some((patterns, last)) if *last == body && patterns.len() < PATTERNS => {
                            patterns.push(pattern);
                        }
                        _ => printed.push((vec![pattern], body)),
                    }
                }
                if printed.is_empty() {
                    return default.unwrap_or_default();
                }
                vec![Statement::Case {
                    selector,
                    arms: printed,
                    default,
                }]
            }
            _ => unreachable!("only muxes and cases are trees"),
        }
    }
}

/// An `if`, turned around when only its `else` does something.
fn branch(condition: Expr, then: Vec<Statement>, otherwise: Vec<Statement>) -> Vec<Statement> {
    match (then.is_empty(), otherwise.is_empty()) {
        (true, true) => Vec::new(),
        (true, false) => vec![Statement::If(negated(condition), otherwise, Vec::new())],
        _ => vec![Statement::If(condition, then, otherwise)],
    }
}

/// Joins neighbours that decide on the same thing. Non-blocking assignments of different
/// registers may be put in any order, so this changes nothing but the text.
fn merged(statements: Vec<Statement>) -> Vec<Statement> {
    let mut result: Vec<Statement> = Vec::new();
    for statement in statements {
        let statement = match (result.pop(), statement) {
            (None, statement) => statement,
            (
                Some(Statement::If(condition, mut then, mut otherwise)),
                Statement::If(other, more_then, more_otherwise),
            ) if condition == other => {
                then.extend(more_then);
                otherwise.extend(more_otherwise);
                Statement::If(condition, then, otherwise)
            }
            (
                Some(Statement::Case {
                    selector,
                    arms,
                    default,
                }),
                Statement::Case {
                    selector: other,
                    arms: more_arms,
                    default: more_default,
                },
            ) if selector == other => {
                match join_cases(&arms, &default, &more_arms, &more_default) {
                    Some((arms, default)) => Statement::Case {
                        selector,
                        arms,
                        default,
                    },
                    None => {
                        result.push(Statement::Case {
                            selector,
                            arms,
                            default,
                        });
                        Statement::Case {
                            selector: other,
                            arms: more_arms,
                            default: more_default,
                        }
                    }
                }
            }
            (Some(previous), statement) => {
                result.push(previous);
                statement
            }
        };
        result.push(statement);
    }
    result
        .into_iter()
        .map(|statement| match statement {
            Statement::If(condition, then, otherwise) => {
                Statement::If(condition, merged(then), merged(otherwise))
            }
            Statement::Case {
                selector,
                arms,
                default,
            } => Statement::Case {
                selector,
                arms: arms
                    .into_iter()
                    .map(|(patterns, body)| (patterns, merged(body)))
                    .collect(),
                default: default.map(merged),
            },
            statement => statement,
        })
        .collect()
}

type Arms = Vec<(Vec<Expr>, Vec<Statement>)>;
type Default = Option<Vec<Statement>>;

/// Two cases of one selector as one, unless that would repeat a default that does something.
fn join_cases(
    first: &Arms,
    first_default: &Default,
    second: &Arms,
    second_default: &Default,
) -> Option<(Arms, Default)> {
    if first_default.is_none() != second_default.is_none() {
        return None;
    }
    let body = |arms: &Arms, pattern: &Expr| {
        arms.iter()
            .find(|(patterns, _)| patterns.contains(pattern))
            .map(|(_, body)| body.clone())
    };
    let patterns = |arms: &Arms| -> Vec<Expr> {
        arms.iter()
            .flat_map(|(patterns, _)| patterns.clone())
            .collect()
    };
    let empty = |default: &Default| default.as_ref().is_none_or(Vec::is_empty);
    let mut all = patterns(first);
    let only_second: Vec<Expr> = patterns(second)
        .into_iter()
        .filter(|pattern| !all.contains(pattern))
        .collect();
    let only_first = all.iter().any(|pattern| body(second, pattern).is_none());
    if !only_second.is_empty() && !empty(first_default) || only_first && !empty(second_default) {
        return None;
    }
    all.extend(only_second);
    let mut joined: Arms = Vec::new();
    for pattern in all {
        let mut statements = body(first, &pattern).unwrap_or_default();
        statements.extend(body(second, &pattern).unwrap_or_default());
        match joined.last_mut() {
            Some((patterns, last)) if *last == statements && patterns.len() < PATTERNS => {
                patterns.push(pattern);
            }
            _ => joined.push((vec![pattern], statements)),
        }
    }
    let default = first_default.clone().map(|mut statements| {
        statements.extend(second_default.clone().unwrap_or_default());
        statements
    });
    Some((joined, default))
}
