//! What a generated core is, on one page.

use super::numbers::grouped;
use super::table::Table;
use crate::arch::{BANKS, MatmulArch};
use serde::Serialize;
use std::fmt::Write;

/// The figures of a generated core.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Name of the core.
    pub name: String,
    /// Name of the top module.
    pub top: String,
    /// Fingerprint of all parameters, as the register `config_hash` shows it.
    pub config_hash: String,
    /// What the core is, in label and value.
    pub figures: Vec<(&'static str, String)>,
    /// Lines of Verilog, all files together.
    pub verilog_lines: u64,
    /// Paths of the files below the folder.
    pub files: Vec<String>,
}

impl Summary {
    pub(super) fn new(
        arch: &MatmulArch,
        top: &str,
        verilog_lines: u64,
        files: Vec<String>,
    ) -> Summary {
        let limits = &arch.limits;
        let (a, b, c) = (&arch.a_buffer, &arch.b_buffer, &arch.accumulators);
        let each = if a.memories > 1 {
            format!("{} memories of ", a.memories)
        } else {
            String::new()
        };
        let figures = vec![
            ("target", arch.target.to_string()),
            (
                "array",
                format!(
                    "{} x {} multipliers, {}",
                    arch.rows, arch.columns, arch.dataflow
                ),
            ),
            (
                "types",
                format!(
                    "{}, {}-bit accumulators, {} results",
                    arch.operands, arch.accumulator.bits, arch.result
                ),
            ),
            (
                "streams",
                format!(
                    "A {}, B {}, C {} bits",
                    arch.a.width, arch.b.width, arch.c.width
                ),
            ),
            (
                "A buffer",
                format!(
                    "{}: {each}{BANKS} x {} x {} bits",
                    a.size(),
                    a.bank_depth,
                    a.word_bits
                ),
            ),
            (
                "B buffer",
                format!(
                    "{}: {BANKS} x {} x {} bits",
                    b.size(),
                    b.bank_depth,
                    b.word_bits
                ),
            ),
            (
                "accumulators",
                format!(
                    "{}: {BANKS} x {} x {} bits",
                    c.size(),
                    c.bank_depth,
                    c.word_bits
                ),
            ),
            (
                "limits",
                format!(
                    "M up to {}, K up to {}, N up to {}, K x ceil(N / {}) up to {}",
                    grouped(limits.max_m),
                    grouped(limits.max_k),
                    grouped(limits.max_n),
                    arch.columns,
                    grouped(limits.max_b_vectors)
                ),
            ),
        ];
        Summary {
            name: arch.name.clone(),
            top: top.into(),
            config_hash: format!("0x{:08x}", arch.config_hash()),
            figures,
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
            "# {}\n\nMade by Ferrogrid {}. C = A x B: operands and results as AXI4-Streams, control \
             by AXI4-Lite registers\n(`registers.md`).\n\n| | |\n|---|---|\n",
            self.name,
            env!("CARGO_PKG_VERSION")
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
