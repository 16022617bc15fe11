//! Assertions, assumptions and cover points: for formal tools, and for simulators.

use super::ast::{BinaryOp, Declaration, Expr, Item, Net, NetKind, Statement, Target};
use super::lower::Lowering;
use super::simplify::negated;
use crate::hdl::ir::{Property, PropertyKind};

/// Defined by formal tools that read the text.
const FORMAL: &str = "FORMAL";
/// Defined to have simulators report failed assertions.
const CHECKS: &str = "FERROGRID_CHECKS";
/// Defined to have simulators count cover points. Apart from the checks, because a count is
/// reported in a `final` block: all the rest is Verilog-2005.
const COVER: &str = "FERROGRID_COVER";
/// Bits of a count.
const COUNT_BITS: u32 = 64;

impl Lowering<'_> {
    /// The blocks that stand at the end of the module.
    pub(super) fn properties(&mut self) -> Vec<Item> {
        let (mut formal, mut checks) = (Vec::new(), Vec::new());
        for property in &self.module.properties {
            let condition = self.operand(property.condition);
            let keyword = match property.kind {
                PropertyKind::Assert => "assert",
                PropertyKind::Assume => "assume",
                PropertyKind::Cover => "cover",
            };
            let domain = &self.module.domains[property.domain.index()];
            let always = |reset: Option<Expr>, statement: Statement, comment: String| {
                let body = match reset {
                    Some(reset) => vec![Statement::If(negated(reset), vec![statement], vec![])],
                    None => vec![statement],
                };
                Item::Always {
                    clock: Some(domain.clock.as_str().into()),
                    body,
                    comment,
                }
            };
            let reset = domain.uses_reset.then(|| self.reset(property.domain));
            let comment = if property.message.is_empty() {
                property.name.clone()
            } else {
                format!("{}: {}", property.name, property.message)
            };
            formal.push(always(
                reset.clone(),
                Statement::Property(keyword, condition.clone()),
                comment.replace('\n', " "),
            ));
            if property.kind != PropertyKind::Cover {
                // Unknown is a failure too: outside reset nothing that is checked may be unknown.
                let failed = Expr::binary(BinaryOp::CaseNotEqual, condition, Expr::bit(true));
                let guard = match reset {
                    Some(reset) => Expr::binary(BinaryOp::LogicalAnd, negated(reset), failed),
                    None => failed,
                };
                let text = format!("FERROGRID_ASSERT %m {}", escaped(&comment));
                let body = vec![Statement::If(
                    guard,
                    vec![Statement::Display(text, vec![])],
                    vec![],
                )];
                let clock = Some(domain.clock.as_str().into());
                checks.push(Item::Always {
                    clock,
                    body,
                    comment: String::new(),
                });
            }
        }
        let mut items = Vec::new();
        if !formal.is_empty() {
            items.push(Item::Conditional(FORMAL, formal));
        }
        if !checks.is_empty() {
            items.push(Item::Conditional(CHECKS, checks));
        }
        let properties = &self.module.properties;
        let covers = properties.iter().filter(|p| p.kind == PropertyKind::Cover);
        let covers: Vec<&Property> = covers.collect();
        if !covers.is_empty() {
            items.push(Item::Conditional(COVER, self.covers(&covers)));
        }
        items
    }

    /// A counter for each cover point, and their report at the end of the simulation.
    fn covers(&mut self, covers: &[&Property]) -> Vec<Item> {
        let (mut declare, mut start, mut count, mut report) = (vec![], vec![], vec![], vec![]);
        for (index, cover) in covers.iter().enumerate() {
            let name = self.names.fresh(&format!("{}_hits", cover.name));
            let net = Net {
                name,
                width: COUNT_BITS,
                signed: false,
            };
            let hits = Expr::Net(net.clone());
            let comment = match index {
                0 => "How often each cover point was hit.",
                _ => "",
            };
            declare.push(Item::Declaration(Declaration {
                net: net.clone(),
                kind: NetKind::Variable,
                value: None,
                attributes: vec![],
                comment: comment.to_owned(),
            }));
            let to = Target::Net(net);
            start.push(Statement::Blocking(
                to.clone(),
                Expr::unsigned(COUNT_BITS, 0u32),
            ));
            let condition = self.operand(cover.condition);
            let domain = &self.module.domains[cover.domain.index()];
            let guard = if domain.uses_reset {
                let running = negated(self.reset(cover.domain));
                Expr::binary(BinaryOp::LogicalAnd, running, condition)
            } else {
                condition
            };
            let one = Expr::unsigned(COUNT_BITS, 1u32);
            let more = Expr::binary(BinaryOp::Add, hits.clone(), one);
            count.push(Item::Always {
                clock: Some(domain.clock.as_str().into()),
                body: vec![Statement::If(
                    guard,
                    vec![Statement::NonBlocking(to, more)],
                    vec![],
                )],
                comment: String::new(),
            });
            let text = format!("FERROGRID_COVER %m {} %0d", cover.name);
            report.push(Statement::Display(text, vec![hits]));
        }
        let mut items = declare;
        items.push(Item::Initial(start));
        items.extend(count);
        items.push(Item::Final(report));
        items
    }
}

/// Text for a format string.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        match character {
            '%' => out.push_str("%%"),
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            character if character.is_ascii() && !character.is_ascii_control() => {
                out.push(character);
            }
            _ => out.push(' '),
        }
    }
    out
}
