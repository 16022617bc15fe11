//! Muxes and cases as `if` and `case`.

use super::ast::{Expr, Net, Statement, Target};
use super::lower::Lowering;
use super::simplify::{is_exhaustive, negated};
use crate::ir::{NodeId, NodeKind};

/// More patterns than this do not share a line.
const PATTERNS: usize = 8;
/// Branches nested deeper than this become nets of their own: everything that walks statements
/// calls itself once a level.
const DEPTH: usize = 64;
/// Cases of more arms than this stay apart, as joining them compares all arms with all.
const JOINED_ARMS: usize = 512;

impl Lowering<'_> {
    /// Finds the muxes and cases that are printed as statements.
    pub(super) fn mark_trees(&mut self) {
        for register in &self.module.registers {
            if let Some(next) = register.next {
                self.mark_tree(next, 0);
            }
        }
        for &node in self.graph.order.clone().iter().rev() {
            if !self.is_table(node) || self.in_tree[node.index()] {
                continue;
            }
            match &self.module.node(node).kind {
                NodeKind::Case { arms, default, .. } => {
                    arms.iter().for_each(|(_, value)| self.mark_tree(*value, 0));
                    self.mark_tree(*default, 0);
                }
                NodeKind::Mux {
                    then, otherwise, ..
                } => {
                    self.mark_tree(*then, 0);
                    self.mark_tree(*otherwise, 0);
                }
                _ => {}
            }
        }
    }

    fn mark_tree(&mut self, node: NodeId, depth: usize) {
        let ir = self.module.node(node);
        if depth == DEPTH
            || ir.name.is_some()
            || self.graph.uses[node.index()] != 1
            || self.nets[node.index()].is_some()
            || self.graph.values[node.index()].is_some()
        {
            return;
        }
        match &ir.kind {
            NodeKind::Mux {
                then, otherwise, ..
            } => {
                self.in_tree[node.index()] = true;
                self.mark_tree(*then, depth + 1);
                self.mark_tree(*otherwise, depth + 1);
            }
            NodeKind::Case { arms, default, .. } => {
                self.in_tree[node.index()] = true;
                arms.iter()
                    .for_each(|(_, value)| self.mark_tree(*value, depth + 1));
                self.mark_tree(*default, depth + 1);
            }
            _ => {}
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
                    // A state is named, though what it does be the default.
                    let named = pattern.state.is_some();
                    let pattern = self.pattern(pattern, width);
                    let body = self.tree(*value, target, clocked);
                    let unnamed = body.is_empty() || !named;
                    match printed.last_mut() {
                        _ if unnamed && Some(&body) == default.as_ref() => {}
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
pub(super) fn merged(statements: Vec<Statement>) -> Vec<Statement> {
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
    if first.len().max(second.len()) > JOINED_ARMS
        || first_default.is_none() != second_default.is_none()
    {
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
