//! Assertions, assumptions and cover points: for formal tools, and for simulators.

use super::ast::{BinaryOp, Declaration, Expr, Item, Net, NetKind, Statement, Target};
use super::lower::Lowering;
use super::simplify::negated;
use crate::ir::{DomainId, Property, PropertyKind};

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
        let (mut formal, mut checks) = (Sampled::default(), Sampled::default());
        for property in &self.module.properties {
            let condition = self.operand(property.condition);
            let keyword = match property.kind {
                PropertyKind::Assert => "assert",
                PropertyKind::Assume => "assume",
                PropertyKind::Cover => "cover",
            };
            let comment = if property.message.is_empty() {
                property.name.clone()
            } else {
                format!("{}: {}", property.name, property.message)
            };
            if property.kind != PropertyKind::Cover {
                // Unknown is a failure too: outside reset nothing that is checked may be unknown.
                let failed =
                    Expr::binary(BinaryOp::CaseNotEqual, condition.clone(), Expr::bit(true));
                let text = format!("FERROGRID_ASSERT %m {}", escaped(&comment));
                let report = Statement::Display(text, vec![]);
                let check = Statement::If(failed, vec![report], vec![]);
                checks.push(property.domain, check);
            }
            // The message says what is wrong where it does not hold.
            let comment = comment.replacen(": ", ", else: ", 1).replace('\n', " ");
            let statement = Statement::Property(keyword, condition, comment);
            formal.push(property.domain, statement);
        }
        let mut items = Vec::new();
        for (condition, sampled) in [(FORMAL, formal), (CHECKS, checks)] {
            if !sampled.0.is_empty() {
                let for_formal = condition == FORMAL;
                let sampled = self.outside_reset(sampled, for_formal);
                items.push(Item::Conditional(condition, sampled));
            }
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
        let (mut declare, mut report) = (vec![], vec![]);
        let mut count = Sampled::default();
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
                value: Some(Expr::unsigned(COUNT_BITS, 0u32)),
                attributes: vec![],
                comment: comment.to_owned(),
            }));
            let to = Target::Net(net);
            let one = Expr::unsigned(COUNT_BITS, 1u32);
            let more = Expr::binary(BinaryOp::Add, hits.clone(), one);
            let condition = self.operand(cover.condition);
            let step = vec![Statement::NonBlocking(to, more)];
            count.push(cover.domain, Statement::If(condition, step, vec![]));
            let text = format!("FERROGRID_COVER %m {} %0d", cover.name);
            report.push(Statement::Display(text, vec![hits]));
        }
        let mut items = declare;
        items.extend(self.outside_reset(count, false));
        items.push(Item::Final(report));
        items
    }

    /// A block for each clock, whose statements count outside reset. For simulators the edge of an
    /// asynchronous reset stands there too, although nothing happens at it: Verilator warns of a
    /// reset that is sampled here and asynchronous there. Formal tools take clocks alone.
    fn outside_reset(&self, sampled: Sampled, for_formal: bool) -> Vec<Item> {
        let block = |(domain, statements): (DomainId, Vec<Statement>)| {
            let of_clock = &self.module.domains[domain.index()];
            Item::Sampled {
                clock: of_clock.clock.as_str().into(),
                reset: self
                    .reset_edge(domain)
                    .filter(|_| !for_formal && of_clock.uses_reset),
                when: (of_clock.uses_reset).then(|| negated(self.reset(domain))),
                body: statements,
            }
        };
        sampled.0.into_iter().map(block).collect()
    }
}

/// Statements at the edges of clocks, by clock in the order in which they first came.
#[derive(Default)]
struct Sampled(Vec<(DomainId, Vec<Statement>)>);

impl Sampled {
    fn push(&mut self, domain: DomainId, statement: Statement) {
        match self.0.iter_mut().find(|(known, _)| *known == domain) {
            Some((_, statements)) => statements.push(statement),
            None => self.0.push((domain, vec![statement])),
        }
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
