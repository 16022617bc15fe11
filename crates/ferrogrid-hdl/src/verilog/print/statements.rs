//! Statements of `always` blocks.

use super::super::ast::{Expr, Statement, Target};
use super::expression::{COLUMNS, flat, wrapped};
use super::{Printer, comment_line};

impl Printer {
    /// `left value;` on one line or several; `left` ends with the assignment operator.
    pub(super) fn equation(&mut self, indent: usize, left: &str, value: &Expr) {
        let text = wrapped(value, indent + left.len() + 2, indent + 4);
        let gap = if text.starts_with('\n') { "" } else { " " };
        let widens = value.widens_a_net();
        if widens {
            self.line(
                indent,
                "/* verilator lint_off WIDTH */  // a sign is extended",
            );
        }
        self.line(indent, &format!("{left}{gap}{text};"));
        if widens {
            self.line(indent, "/* verilator lint_on WIDTH */");
        }
    }

    pub(super) fn statements(&mut self, indent: usize, statements: &[Statement]) {
        for statement in statements {
            self.statement(indent, statement);
        }
    }

    fn statement(&mut self, indent: usize, statement: &Statement) {
        match statement {
            Statement::NonBlocking(to, value) => {
                self.equation(indent, &format!("{} <=", target(to)), value);
            }
            Statement::Blocking(to, value) => {
                self.equation(indent, &format!("{} =", target(to)), value);
            }
            Statement::If(condition, then, otherwise) => {
                self.conditional(indent, condition, then, otherwise);
            }
            Statement::Case {
                selector,
                arms,
                default,
            } => {
                self.line(indent, &format!("case ({})", flat(selector)));
                for (patterns, body) in arms {
                    let patterns = patterns.iter().map(flat).collect::<Vec<_>>().join(", ");
                    self.arm(indent + 4, &patterns, body);
                }
                if let Some(body) = default {
                    self.arm(indent + 4, "default", body);
                }
                self.line(indent, "endcase");
            }
            Statement::Property(_, _, comment) => {
                let line = one_line(statement);
                let beside = format!("{line}  {}", comment_line(comment));
                if indent + beside.len() <= COLUMNS {
                    self.line(indent, &beside);
                } else {
                    self.comment(indent, comment);
                    self.line(indent, &line);
                }
            }
            Statement::Display(..) => self.line(indent, &one_line(statement)),
        }
    }

    fn arm(&mut self, indent: usize, label: &str, body: &[Statement]) {
        match body {
            [] => self.line(indent, &format!("{label}: ;")),
            [Statement::NonBlocking(..) | Statement::Blocking(..)] => {
                let line = one_line(&body[0]);
                if is_short(&body[0]) && indent + label.len() + line.len() + 2 <= COLUMNS {
                    self.line(indent, &format!("{label}: {line}"));
                } else {
                    self.line(indent, &format!("{label}:"));
                    self.statement(indent + 4, &body[0]);
                }
            }
            _ => {
                self.line(indent, &format!("{label}: begin"));
                self.statements(indent + 4, body);
                self.line(indent, "end");
            }
        }
    }

    /// An `if` with its `else if` chain. One assignment per branch needs no `begin`; as soon
    /// as one branch does, all have it.
    fn conditional(
        &mut self,
        indent: usize,
        condition: &Expr,
        then: &[Statement],
        otherwise: &[Statement],
    ) {
        let mut branches = vec![(Some(condition), then)];
        let mut rest = otherwise;
        loop {
            match rest {
                [] => break,
                [Statement::If(condition, then, otherwise)] => {
                    branches.push((Some(condition), then));
                    rest = otherwise;
                }
                _ => {
                    branches.push((None, rest));
                    break;
                }
            }
        }
        let plain = branches.iter().all(|(_, body)| is_plain(body));
        if let [(Some(condition), body)] = &branches[..]
            && plain
        {
            let line = format!("if ({}) {}", flat(condition), one_line(&body[0]));
            if is_short(&body[0]) && indent + line.len() <= COLUMNS {
                self.line(indent, &line);
                return;
            }
        }
        let (begin, end) = if plain { ("", "") } else { (" begin", "end ") };
        for (index, (condition, body)) in branches.iter().enumerate() {
            let start = if index == 0 {
                String::new()
            } else {
                format!("{end}else")
            };
            let text = match condition {
                Some(condition) => {
                    let gap = if index == 0 { "" } else { " " };
                    let condition = wrapped(condition, indent + start.len() + 14, indent + 8);
                    format!("{start}{gap}if ({condition}){begin}")
                }
                None => format!("{start}{begin}"),
            };
            self.line(indent, &text);
            self.statements(indent + 4, body);
        }
        if !plain {
            self.line(indent, "end");
        }
    }
}

/// One statement without branches.
fn is_plain(body: &[Statement]) -> bool {
    matches!(
        body,
        [Statement::NonBlocking(..) | Statement::Blocking(..) | Statement::Display(..)]
    )
}

/// Needs no lines of its own around it.
fn is_short(statement: &Statement) -> bool {
    !matches!(
        statement,
        Statement::NonBlocking(_, value) | Statement::Blocking(_, value) if value.widens_a_net()
    )
}

fn one_line(statement: &Statement) -> String {
    match statement {
        Statement::NonBlocking(to, value) => format!("{} <= {};", target(to), flat(value)),
        Statement::Blocking(to, value) => format!("{} = {};", target(to), flat(value)),
        Statement::Property(keyword, condition, _) => format!("{keyword} ({});", flat(condition)),
        Statement::Display(text, values) => {
            let values: String = (values.iter())
                .map(|value| format!(", {}", flat(value)))
                .collect();
            format!("$display(\"{text}\"{values});")
        }
        // Branches have no one-line form; callers ask for plain statements only.
        Statement::If(..) | Statement::Case { .. } => String::new(),
    }
}

fn target(target: &Target) -> String {
    match target {
        Target::Net(net) => net.name.to_string(),
        Target::Word {
            memory,
            index,
            bits,
        } => {
            let word = format!("{memory}[{}]", flat(index));
            match bits {
                None => word,
                Some((msb, lsb)) if msb == lsb => format!("{word}[{msb}]"),
                Some((msb, lsb)) => format!("{word}[{msb}:{lsb}]"),
            }
        }
    }
}
