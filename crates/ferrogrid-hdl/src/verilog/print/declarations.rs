//! Ports and declarations.

use super::super::ast::{Declaration, Item, Net, NetKind, PortDeclaration};
use super::expression::{COLUMNS, listed};
use super::{Printer, comment_line};
use std::fmt::Write;

/// A line with what belongs to it.
struct Line<'a> {
    /// In a line above; may be empty.
    attributes: String,
    text: String,
    /// May be empty.
    comment: &'a str,
}

impl Line<'_> {
    /// The comment stands beside the text.
    fn is_beside(&self) -> bool {
        !self.comment.is_empty()
            && !self.comment.contains('\n')
            && self.text.len() + self.comment.len() + 5 <= COLUMNS
    }
}

impl Printer {
    pub(super) fn ports(&mut self, name: &str, ports: &[PortDeclaration]) {
        if ports.is_empty() {
            let _ = writeln!(self.out, "module {name};");
            return;
        }
        let _ = writeln!(self.out, "module {name} (");
        let kind = |port: &PortDeclaration| match (port.output, port.variable) {
            (false, _) => "input  wire",
            (true, false) => "output wire",
            (true, true) => "output reg ",
        };
        let columns = TypeColumns::of(ports.iter().map(|port| &port.net));
        let last = ports.len() - 1;
        let mut lines = Vec::new();
        for (index, port) in ports.iter().enumerate() {
            let comma = if index < last { "," } else { "" };
            let text = format!(
                "    {} {}{}{comma}",
                kind(port),
                columns.text(&port.net),
                port.net.name
            );
            lines.push(Line {
                attributes: attributes(&port.attributes),
                text,
                comment: &port.comment,
            });
        }
        self.commented_lines(&lines);
        self.out.push_str(");\n");
    }

    /// Lines with their comments in one column beside them, or above where they are long.
    fn commented_lines(&mut self, lines: &[Line]) {
        let beside = lines.iter().filter(|line| line.is_beside());
        let column = beside.map(|line| line.text.len()).max().unwrap_or(0);
        for line in lines {
            let Line { text, comment, .. } = line;
            let beside = line.is_beside();
            if !beside {
                self.comment(4, comment);
            }
            self.out.push_str(&line.attributes);
            if beside {
                let column = if column + comment.len() + 5 <= COLUMNS {
                    column
                } else {
                    0
                };
                let comment = comment_line(comment);
                let _ = writeln!(self.out, "{text:column$}  {comment}");
            } else {
                let _ = writeln!(self.out, "{text}");
            }
        }
    }

    /// A wire with the expression that it stands for, or a variable with its first value.
    pub(super) fn declaration_of_a_value(&mut self, declaration: &Declaration) {
        self.comment(4, &declaration.comment);
        self.out.push_str(&attributes(&declaration.attributes));
        let columns = TypeColumns::of(std::iter::once(&declaration.net));
        let kind = match declaration.kind {
            NetKind::Wire => "wire",
            _ => "reg",
        };
        let start = format!(
            "{kind} {}{}",
            columns.text(&declaration.net),
            declaration.net.name
        );
        if let Some(value) = &declaration.value {
            self.equation(4, &format!("{start} ="), value);
        }
    }

    pub(super) fn declarations(&mut self, items: &[Item]) {
        let declarations = || {
            items.iter().filter_map(|item| match item {
                Item::Declaration(declaration) => Some(declaration),
                _ => None,
            })
        };
        let columns = TypeColumns::of(declarations().map(|declaration| &declaration.net));
        let mixed = declarations().any(|d| d.kind == NetKind::Wire)
            && declarations().any(|d| d.kind != NetKind::Wire);
        let mut lines = Vec::new();
        let mut joined = Vec::new();
        for declaration in declarations() {
            if joined.contains(&&declaration.net.name) {
                continue;
            }
            let kind = match declaration.kind {
                NetKind::Wire => "wire",
                _ if mixed => "reg ",
                _ => "reg",
            };
            let start = format!("    {kind} {}", columns.text(&declaration.net));
            if is_plumbing(declaration) {
                // Many, and told apart by their names alone.
                let alike = |other: &&Declaration| {
                    is_plumbing(other)
                        && other.kind == declaration.kind
                        && other.net.width == declaration.net.width
                        && other.net.signed == declaration.net.signed
                };
                let names: Vec<_> = declarations()
                    .filter(alike)
                    .map(|other| &other.net.name)
                    .collect();
                lines.extend(listed(&start, &names, ";").into_iter().map(|text| Line {
                    attributes: String::new(),
                    text,
                    comment: "",
                }));
                joined.extend(names);
                continue;
            }
            let mut text = format!("{start}{}", declaration.net.name);
            if let NetKind::Memory { depth, public } = declaration.kind {
                let _ = write!(text, " [0:{}]", depth - 1);
                if public {
                    text.push_str(" /* verilator public_flat_rw */");
                }
            }
            text.push(';');
            lines.push(Line {
                attributes: attributes(&declaration.attributes),
                text,
                comment: &declaration.comment,
            });
        }
        self.commented_lines(&lines);
    }
}

/// A wire or register of which nothing is said.
fn is_plumbing(declaration: &Declaration) -> bool {
    !matches!(declaration.kind, NetKind::Memory { .. })
        && declaration.comment.is_empty()
        && declaration.attributes.is_empty()
}

/// Columns for `signed` and the range, as wide as the widest in a group of declarations.
struct TypeColumns {
    signed: bool,
    range: usize,
}

impl TypeColumns {
    fn of<'a>(nets: impl Iterator<Item = &'a Net>) -> Self {
        let mut columns = TypeColumns {
            signed: false,
            range: 0,
        };
        for net in nets {
            columns.signed |= net.signed;
            columns.range = columns.range.max(range(net).len());
        }
        columns
    }

    /// The type and the space after it; empty for a scalar among scalars.
    fn text(&self, net: &Net) -> String {
        let signed = match (self.signed, net.signed) {
            (_, true) => "signed ",
            (true, false) => "       ",
            (false, false) => "",
        };
        match self.range {
            0 => signed.into(),
            width => format!("{signed}{:width$} ", range(net)),
        }
    }
}

fn range(net: &Net) -> String {
    if net.width == 1 {
        String::new()
    } else {
        format!("[{}:0]", net.width - 1)
    }
}

/// The line of a declaration's attributes; nothing without any.
fn attributes(attributes: &[String]) -> String {
    match attributes {
        [] => String::new(),
        _ => format!("    (* {} *)\n", attributes.join(", ")),
    }
}
