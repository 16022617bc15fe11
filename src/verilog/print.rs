//! Modules as text.

use super::ast::{
    Connection, Declaration, Expr, Instance, Item, Module, Net, NetKind, PortDeclaration,
    Statement, Target,
};
use super::print_expr::{COLUMNS, flat, wrapped};
use std::fmt::Write;
use std::rc::Rc;

/// The module's text, `default_nettype` lines included.
pub fn module(module: &Module) -> String {
    let mut printer = Printer { out: String::new() };
    for line in &module.header {
        printer.line(0, comment_line(line).trim_end());
    }
    printer.out.push_str("\n`default_nettype none\n\n");
    printer.ports(&module.name, &module.ports);
    printer.items(&module.items);
    printer
        .out
        .push_str("\nendmodule\n\n`default_nettype wire\n");
    printer.out
}

/// First words of comments that tools take for orders to themselves.
const DIRECTIVES: [&str; 16] = [
    "altera",
    "ambit",
    "cadence",
    "exemplar",
    "pragma",
    "quartus",
    "rtl_synthesis",
    "synopsys",
    "synplify",
    "synthesis",
    "translate_off",
    "translate_on",
    "vcs",
    "verilint",
    "xilinx",
    "xst",
];

/// A designer's text as one line of comment that no tool takes for anything else.
fn comment_line(text: &str) -> String {
    let ends_line = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    let text = text.replace(ends_line, " ");
    let word = text.trim_start();
    let end = word.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let word = word[..end.unwrap_or(word.len())].to_ascii_lowercase();
    if word.starts_with("verilator") || DIRECTIVES.contains(&word.as_str()) {
        format!("// Note: {text}")
    } else {
        format!("// {text}")
    }
}

/// What decides where blank lines go.
#[derive(PartialEq, Clone, Copy)]
enum Group {
    Declarations,
    Assignments,
    Alone,
}

fn group(item: &Item) -> Group {
    match item {
        Item::Declaration(Declaration { value: None, .. }) => Group::Declarations,
        Item::Declaration(_) | Item::Assign { .. } => Group::Assignments,
        _ => Group::Alone,
    }
}

struct Printer {
    out: String,
}

impl Printer {
    fn line(&mut self, indent: usize, text: &str) {
        let _ = writeln!(self.out, "{:indent$}{text}", "");
    }

    fn comment(&mut self, indent: usize, comment: &str) {
        for line in comment.lines() {
            self.line(indent, comment_line(line).trim_end());
        }
    }

    fn ports(&mut self, name: &str, ports: &[PortDeclaration]) {
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
            lines.extend(attributes(&port.attributes));
            let comma = if index < last { "," } else { "" };
            let text = format!(
                "    {} {}{}{comma}",
                kind(port),
                columns.text(&port.net),
                port.net.name
            );
            lines.push((text, port.comment.as_str()));
        }
        self.commented_lines(&lines);
        self.out.push_str(");\n");
    }

    /// Lines with their comments in one column beside them, or above where they are long.
    fn commented_lines(&mut self, lines: &[(String, &str)]) {
        let beside = |text: &str, comment: &str| {
            !comment.is_empty()
                && !comment.contains('\n')
                && text.len() + comment.len() + 5 <= COLUMNS
        };
        let column = lines
            .iter()
            .filter(|(text, comment)| beside(text, comment))
            .map(|(text, _)| text.len())
            .max()
            .unwrap_or(0);
        for (text, comment) in lines {
            if beside(text, comment) {
                let column = if column + comment.len() + 5 <= COLUMNS {
                    column
                } else {
                    0
                };
                let comment = comment_line(comment);
                let _ = writeln!(self.out, "{text:column$}  {comment}");
            } else {
                self.comment(4, comment);
                let _ = writeln!(self.out, "{text}");
            }
        }
    }

    fn items(&mut self, items: &[Item]) {
        let mut rest = items;
        let mut previous = None;
        while let Some(first) = rest.first() {
            let this = group(first);
            let count = match this {
                Group::Declarations => rest
                    .iter()
                    .take_while(|item| group(item) == Group::Declarations)
                    .count(),
                _ => 1,
            };
            let commented = match first {
                Item::Declaration(declaration) => !declaration.comment.is_empty(),
                Item::Assign { comment, .. } => !comment.is_empty(),
                _ => false,
            };
            if this == Group::Alone || previous != Some(this) || commented {
                self.out.push('\n');
            }
            match this {
                Group::Declarations => self.declarations(&rest[..count]),
                _ => self.item(first),
            }
            rest = &rest[count..];
            previous = Some(this);
        }
    }

    fn declarations(&mut self, items: &[Item]) {
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
            lines.extend(attributes(&declaration.attributes));
            let kind = match declaration.kind {
                NetKind::Wire => "wire",
                _ if mixed => "reg ",
                _ => "reg",
            };
            let start = format!("    {kind} {}", columns.text(&declaration.net));
            if is_plumbing(declaration) {
                // Wires between instances: many, and told apart by their names alone.
                let alike = |other: &&Declaration| {
                    is_plumbing(other)
                        && other.net.width == declaration.net.width
                        && other.net.signed == declaration.net.signed
                };
                let names: Vec<_> = declarations()
                    .filter(alike)
                    .map(|other| &other.net.name)
                    .collect();
                lines.extend(filled(&start, &names).into_iter().map(|line| (line, "")));
                joined.extend(names);
                continue;
            }
            let mut text = format!("{start}{}", declaration.net.name);
            if let NetKind::Memory(depth) = declaration.kind {
                let _ = write!(text, " [0:{}]", depth - 1);
            }
            text.push(';');
            lines.push((text, declaration.comment.as_str()));
        }
        self.commented_lines(&lines);
    }

    fn item(&mut self, item: &Item) {
        match item {
            Item::Heading(title) => {
                let dashes = "-".repeat((COLUMNS - 16).saturating_sub(title.len()));
                self.line(4, &comment_line(&format!("---- {title} {dashes}")));
            }
            Item::Declaration(Declaration { value: None, .. }) => {
                self.declarations(std::slice::from_ref(item));
            }
            Item::Declaration(declaration) => {
                self.comment(4, &declaration.comment);
                if let Some((line, _)) = attributes(&declaration.attributes) {
                    self.line(0, &line);
                }
                let columns = TypeColumns::of(std::iter::once(&declaration.net));
                let start = format!(
                    "wire {}{}",
                    columns.text(&declaration.net),
                    declaration.net.name
                );
                if let Some(value) = &declaration.value {
                    self.equation(4, &format!("{start} ="), value);
                }
            }
            Item::Assign {
                target,
                value,
                comment,
            } => {
                self.comment(4, comment);
                self.equation(4, &format!("assign {} =", target.name), value);
            }
            Item::Always {
                clock,
                body,
                comment,
            } => {
                self.comment(4, comment);
                let event = match clock {
                    Some(clock) => format!("@(posedge {clock})"),
                    None => "@*".into(),
                };
                self.line(4, &format!("always {event} begin"));
                self.statements(8, body);
                self.line(4, "end");
            }
            Item::Sampled { clock, when, body } => {
                let when = when
                    .as_ref()
                    .map_or_else(String::new, |when| format!(" if ({})", flat(when)));
                self.line(4, &format!("always @(posedge {clock}){when} begin"));
                self.statements(8, body);
                self.line(4, "end");
            }
            Item::Initial(body) | Item::Final(body) => {
                let when = if matches!(item, Item::Initial(_)) {
                    "initial"
                } else {
                    "final"
                };
                self.line(4, &format!("{when} begin"));
                self.statements(8, body);
                self.line(4, "end");
            }
            Item::Parameters {
                comment,
                width,
                entries,
            } => {
                self.comment(4, comment);
                let range = if *width > 1 {
                    format!("[{}:0] ", width - 1)
                } else {
                    String::new()
                };
                self.line(4, format!("localparam {range}").trim_end());
                let column = entries
                    .iter()
                    .map(|(name, _)| name.len())
                    .max()
                    .unwrap_or(0);
                for (index, (name, value)) in entries.iter().enumerate() {
                    let end = if index + 1 < entries.len() { "," } else { ";" };
                    let value = flat(&Expr::unsigned(*width, *value));
                    self.line(8, &format!("{name:column$} = {value}{end}"));
                }
            }
            Item::Instance(instance) => self.instance(instance),
            Item::Conditional(condition, items) => {
                let _ = writeln!(self.out, "`ifdef {condition}");
                for item in items {
                    self.item(item);
                }
                self.out.push_str("`endif\n");
            }
        }
    }

    fn instance(&mut self, instance: &Instance) {
        self.comment(4, &instance.comment);
        let start = if instance.parameters.is_empty() {
            format!("{} {}", instance.module, instance.name)
        } else {
            self.parameters(instance);
            format!(") {}", instance.name)
        };
        if instance.connections.is_empty() {
            self.line(4, &format!("{start} ();"));
            return;
        }
        self.line(4, &format!("{start} ("));
        let column = instance
            .connections
            .iter()
            .map(|c| c.port.len())
            .max()
            .unwrap_or(0);
        for (index, Connection { port, value, .. }) in instance.connections.iter().enumerate() {
            let end = if index + 1 < instance.connections.len() {
                ","
            } else {
                ""
            };
            let start = format!(".{port:column$} (");
            let value = wrapped(value, 8 + start.len() + 2, 12);
            self.line(8, &format!("{start}{value}){end}"));
        }
        self.line(4, ");");
    }

    /// `module #(` and the parameters, the closing bracket left out.
    fn parameters(&mut self, instance: &Instance) {
        self.line(4, &format!("{} #(", instance.module));
        let names = instance.parameters.iter().map(|(name, _)| name.len());
        let column = names.max().unwrap_or(0);
        for (index, (name, value)) in instance.parameters.iter().enumerate() {
            let last = index + 1 == instance.parameters.len();
            let end = if last { "" } else { "," };
            self.line(8, &format!(".{name:column$} ({value}){end}"));
        }
    }

    /// `left value;` on one line or several; `left` ends with the assignment operator.
    fn equation(&mut self, indent: usize, left: &str, value: &Expr) {
        let value = wrapped(value, indent + left.len() + 2, indent + 4);
        let gap = if value.starts_with('\n') { "" } else { " " };
        self.line(indent, &format!("{left}{gap}{value};"));
    }

    fn statements(&mut self, indent: usize, statements: &[Statement]) {
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
                if indent + label.len() + line.len() + 2 <= COLUMNS {
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
            if indent + line.len() <= COLUMNS {
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

/// A wire of which nothing is said.
fn is_plumbing(declaration: &Declaration) -> bool {
    declaration.kind == NetKind::Wire
        && declaration.comment.is_empty()
        && declaration.attributes.is_empty()
}

/// `start` and the names, separated by commas, on as few lines as they take.
fn filled(start: &str, names: &[&Rc<str>]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = start.to_owned();
    for (index, name) in names.iter().enumerate() {
        let end = if index + 1 < names.len() { "," } else { ";" };
        let gap = if line.len() == start.len() { "" } else { " " };
        if !gap.is_empty() && line.len() + 1 + name.len() + end.len() > COLUMNS {
            lines.push(std::mem::replace(&mut line, " ".repeat(start.len())));
            let _ = write!(line, "{name}{end}");
        } else {
            let _ = write!(line, "{gap}{name}{end}");
        }
    }
    lines.push(line);
    lines
}

/// One statement without branches.
fn is_plain(body: &[Statement]) -> bool {
    matches!(
        body,
        [Statement::NonBlocking(..) | Statement::Blocking(..) | Statement::Display(..)]
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

/// The line of a declaration's attributes, without a comment.
fn attributes(attributes: &[String]) -> Option<(String, &'static str)> {
    let line = format!("    (* {} *)", attributes.join(", "));
    (!attributes.is_empty()).then_some((line, ""))
}
