//! Modules as text.

mod declarations;
mod expression;
mod instance;
mod statements;

pub use expression::flat;

use super::ast::{Declaration, Expr, Item, Module, ResetEdge};
use expression::{COLUMNS, listed};
use std::collections::BTreeSet;
use std::fmt::Write;
use textwrap::{Options, WordSeparator, WordSplitter};

/// The module's text, `default_nettype` lines included.
pub fn module(module: &Module) -> String {
    let mut printer = Printer {
        out: String::new(),
        repeated: instance::repeated(&module.items),
    };
    for text in &module.header {
        printer.comment(0, text);
    }
    printer.out.push_str("\n`default_nettype none\n\n");
    printer.ports(&module.name, &module.ports);
    printer.items(&module.items);
    printer
        .out
        .push_str("\nendmodule\n\n`default_nettype wire\n");
    printer.out
}

/// The range of a net of so many bits, with a space behind it.
fn range(width: u32) -> String {
    match width {
        1 => String::new(),
        _ => format!("[{}:0] ", width - 1),
    }
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

/// The event at which registers change.
fn edges(clock: &str, reset: Option<&ResetEdge>) -> String {
    match reset {
        None => format!("@(posedge {clock})"),
        Some(ResetEdge { name, falling }) => {
            let edge = if *falling { "negedge" } else { "posedge" };
            format!("@(posedge {clock} or {edge} {name})")
        }
    }
}

/// What decides where blank lines go.
#[derive(PartialEq, Clone, Copy)]
enum Group {
    Constants,
    Declarations,
    Assignments,
    Alone,
}

fn group(item: &Item) -> Group {
    match item {
        Item::Declaration(Declaration { value: None, .. }) => Group::Declarations,
        Item::Declaration(_) | Item::Assign { .. } => Group::Assignments,
        Item::Constants { .. } => Group::Constants,
        _ => Group::Alone,
    }
}

struct Printer {
    out: String,
    /// Modules of which there are many instances.
    repeated: BTreeSet<String>,
}

impl Printer {
    fn line(&mut self, indent: usize, text: &str) {
        let _ = writeln!(self.out, "{:indent$}{text}", "");
    }

    /// Lines of comment. What a long one has too much begins the next.
    fn comment(&mut self, indent: usize, comment: &str) {
        let options = Options::new(COLUMNS - indent - "// ".len())
            .break_words(false)
            .word_separator(WordSeparator::AsciiSpace)
            .word_splitter(WordSplitter::NoHyphenation);
        let mut rest = String::new();
        let mut lines = comment.lines().peekable();
        while let Some(line) = lines.next() {
            if !rest.is_empty() {
                rest.push(' ');
            }
            rest.push_str(line);
            let mut wrapped = textwrap::wrap(&rest, &options);
            // Not a list, a picture or an empty line.
            let more = lines
                .peek()
                .is_some_and(|next| next.starts_with(char::is_alphanumeric));
            let last = match wrapped.len() {
                2.. if more => wrapped.pop(),
                _ => None,
            };
            for line in wrapped {
                self.line(indent, comment_line(&line).trim_end());
            }
            rest = last.unwrap_or_default().into_owned();
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

    fn item(&mut self, item: &Item) {
        match item {
            Item::Heading(title) => {
                let dashes = "-".repeat((COLUMNS - 16).saturating_sub(title.len()));
                self.line(4, &comment_line(&format!("---- {title} {dashes}")));
            }
            Item::Declaration(Declaration { value: None, .. }) => {
                self.declarations(std::slice::from_ref(item));
            }
            Item::Declaration(declaration) => self.declaration_of_a_value(declaration),
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
                reset,
                body,
                comment,
            } => {
                self.comment(4, comment);
                let event = match clock {
                    Some(clock) => edges(clock, reset.as_ref()),
                    None => "@*".into(),
                };
                self.line(4, &format!("always {event} begin"));
                self.statements(8, body);
                self.line(4, "end");
            }
            Item::Sampled {
                clock,
                reset,
                when,
                body,
            } => {
                let when = when
                    .as_ref()
                    .map_or_else(String::new, |when| format!(" if ({})", flat(when)));
                let event = edges(clock, reset.as_ref());
                self.line(4, &format!("always {event}{when} begin"));
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
            Item::Constants { width, entries } => {
                let start = format!("    localparam {}", range(*width));
                let entries: Vec<_> = entries
                    .iter()
                    .map(|(name, value)| {
                        format!("{name} = {}", flat(&Expr::unsigned(*width, *value)))
                    })
                    .collect();
                for line in listed(&start, &entries, ";") {
                    self.line(0, &line);
                }
            }
            Item::Parameters {
                comment,
                width,
                entries,
            } => {
                self.comment(4, comment);
                self.line(4, format!("localparam {}", range(*width)).trim_end());
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
}
