//! What a generated core is, on one page.

use super::numbers::grouped;
use super::table::Table;
use crate::product::Product;
use serde::{Serialize, Serializer};
use std::fmt::Write;

/// Pairs as a map.
fn as_map<S: Serializer>(pairs: &[(String, u64)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(key, value)| (key, value)))
}

/// The figures of a generated core.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Name of the core.
    pub name: String,
    /// Name of the top module.
    pub top: String,
    /// Fingerprint of all parameters, as the register `config_hash` shows it.
    pub config_hash: String,
    /// What it computes, and how a user meets it.
    #[serde(skip)]
    interfaces: &'static str,
    /// What the core is, in label and value.
    pub figures: Vec<(&'static str, String)>,
    /// What jobs must keep to: a quantity and its largest value.
    #[serde(serialize_with = "as_map")]
    pub limits: Vec<(String, u64)>,
    /// Lines of Verilog, all files together.
    pub verilog_lines: u64,
    /// Paths of the files below the folder.
    pub files: Vec<String>,
}

impl Summary {
    pub(super) fn new(
        product: &dyn Product,
        top: &str,
        verilog_lines: u64,
        files: Vec<String>,
    ) -> Summary {
        let description = product.description();
        let limits = description.limits.iter();
        let limits = limits.map(|(what, most)| format!("{what} up to {}", grouped(*most)));
        let mut figures = vec![("target", product.target().to_string())];
        figures.extend(description.figures);
        figures.push(("limits", Vec::from_iter(limits).join(", ")));
        Summary {
            name: product.name(),
            top: top.into(),
            config_hash: format!("0x{:08x}", product.config_hash()),
            interfaces: description.interfaces,
            figures,
            limits: description.limits,
            verilog_lines,
            files,
        }
    }

    /// The figures with the name, the top and the hash.
    fn rows(&self) -> Vec<(&'static str, String)> {
        let mut rows = vec![
            ("core", self.name.clone()),
            ("top module", self.top.clone()),
        ];
        rows.extend(self.figures.iter().cloned());
        rows.push(("configuration hash", self.config_hash.clone()));
        rows.push(("Verilog", format!("{} lines", grouped(self.verilog_lines))));
        rows
    }

    /// As a table for a terminal.
    pub fn table(&self) -> Table {
        self.rows()
            .into_iter()
            .fold(Table::plain(), |table, (label, value)| {
                table.row([label.into(), value])
            })
    }

    /// As a page.
    pub fn markdown(&self) -> String {
        let mut text = format!(
            "# {}\n\nMade by Ferrogrid {}. {}\n(`registers.md`).\n\n| | |\n|---|---|\n",
            self.name,
            env!("CARGO_PKG_VERSION"),
            self.interfaces
        );
        for (label, value) in self.rows().into_iter().skip(1) {
            writeln!(text, "| {label} | {value} |").expect("a String takes everything");
        }
        text.push_str("\n## Files\n\n");
        for path in &self.files {
            writeln!(text, "- `{path}`").expect("a String takes everything");
        }
        text
    }
}
