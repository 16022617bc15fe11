//! Assertions, assumptions and cover points: for formal tools, and for simulators.

use super::ast::{BinaryOp, Expr, Item, Statement};
use super::lower::Lowering;
use super::simplify::negated;
use crate::hdl::ir::PropertyKind;

/// Defined by formal tools that read the text.
const FORMAL: &str = "FORMAL";
/// Defined to have simulators report failed assertions.
const CHECKS: &str = "FERROGRID_CHECKS";

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
                let body = vec![Statement::If(guard, vec![Statement::Display(text)], vec![])];
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
