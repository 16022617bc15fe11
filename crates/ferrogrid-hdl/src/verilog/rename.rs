//! Numbered nets in the order in which a reader meets them.

use super::ast::{Expr, Item, Net, Statement, Target};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

/// New names of nets, by their old ones.
type Renamed = HashMap<Rc<str>, Rc<str>>;

/// Hands the names of each family, in their order, to its nets in the order of their declarations.
pub fn in_order(items: &mut [Item], families: &BTreeMap<String, Vec<Rc<str>>>) {
    let declared = items.iter().filter_map(|item| match item {
        Item::Declaration(declaration) => Some(declaration.net.name.clone()),
        _ => None,
    });
    let place: HashMap<Rc<str>, usize> = declared.zip(0..).collect();
    let mut renamed = Renamed::new();
    for names in families.values() {
        let mut declared: Vec<_> = names
            .iter()
            .filter(|name| place.contains_key(*name))
            .collect();
        let in_turn: Vec<_> = declared.clone();
        declared.sort_by_key(|name| place[*name]);
        let pairs = declared
            .into_iter()
            .cloned()
            .zip(in_turn.into_iter().cloned());
        renamed.extend(pairs.filter(|(old, new)| old != new));
    }
    if !renamed.is_empty() {
        items.iter_mut().for_each(|each| item(each, &renamed));
    }
}

fn item(item: &mut Item, renamed: &Renamed) {
    match item {
        Item::Heading(_) | Item::Constants { .. } | Item::Parameters { .. } => {}
        Item::Declaration(declaration) => {
            net(&mut declaration.net, renamed);
            declaration
                .value
                .iter_mut()
                .for_each(|value| expr(value, renamed));
        }
        Item::Assign { target, value, .. } => {
            net(target, renamed);
            expr(value, renamed);
        }
        Item::Sampled { when, body, .. } => {
            when.iter_mut().for_each(|when| expr(when, renamed));
            statements(body, renamed);
        }
        Item::Always { body, .. } | Item::Initial(body) | Item::Final(body) => {
            statements(body, renamed);
        }
        Item::Instance(instance) => {
            let connections = instance.connections.iter_mut();
            connections.for_each(|connection| expr(&mut connection.value, renamed));
        }
        Item::Conditional(_, items) => items.iter_mut().for_each(|each| self::item(each, renamed)),
    }
}

fn statements(body: &mut [Statement], renamed: &Renamed) {
    for statement in body {
        match statement {
            Statement::NonBlocking(to, value) | Statement::Blocking(to, value) => {
                match to {
                    Target::Net(target) => net(target, renamed),
                    Target::Word { index, .. } => expr(index, renamed),
                }
                expr(value, renamed);
            }
            Statement::If(condition, then, otherwise) => {
                expr(condition, renamed);
                statements(then, renamed);
                statements(otherwise, renamed);
            }
            Statement::Case {
                selector,
                arms,
                default,
            } => {
                expr(selector, renamed);
                for (patterns, body) in arms {
                    patterns
                        .iter_mut()
                        .for_each(|pattern| expr(pattern, renamed));
                    statements(body, renamed);
                }
                default
                    .iter_mut()
                    .for_each(|body| statements(body, renamed));
            }
            Statement::Property(_, condition, _) => expr(condition, renamed),
            Statement::Display(_, values) => {
                values.iter_mut().for_each(|value| expr(value, renamed));
            }
        }
    }
}

fn expr(value: &mut Expr, renamed: &Renamed) {
    match value {
        Expr::Net(of) | Expr::Select { net: of, .. } => net(of, renamed),
        Expr::Constant { .. } | Expr::Parameter { .. } => {}
        Expr::Unary(_, inner)
        | Expr::Widened { value: inner, .. }
        | Expr::Repeat(_, inner)
        | Expr::Signed(inner)
        | Expr::Unsigned(inner)
        | Expr::Word { index: inner, .. } => expr(inner, renamed),
        Expr::Binary(_, left, right) => {
            expr(left, renamed);
            expr(right, renamed);
        }
        Expr::Ternary(condition, then, otherwise) => {
            expr(condition, renamed);
            expr(then, renamed);
            expr(otherwise, renamed);
        }
        Expr::Concat(parts) => parts.iter_mut().for_each(|part| expr(part, renamed)),
    }
}

fn net(net: &mut Net, renamed: &Renamed) {
    if let Some(name) = renamed.get(&net.name) {
        net.name = name.clone();
    }
}
