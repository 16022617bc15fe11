//! A register map as a page of documentation.

use super::{Access, Field, RegisterMap};
use std::fmt::Write;

impl RegisterMap {
    /// The map as Markdown: a table of registers, then a table of fields for each.
    pub fn markdown(&self) -> String {
        let mut text = format!("# Registers of `{}`\n\n{}\n\n", self.name, self.doc);
        text.push_str(
            "Registers are 32 bits wide. Bits in no field read as 0 and ignore writes; byte strobes \
             count. An access to an address without a register answers SLVERR.\n\n",
        );
        text.push_str("| Offset | Register | Reset | Purpose |\n|---|---|---|---|\n");
        for register in &self.registers {
            let _ = writeln!(
                text,
                "| `{:#06x}` | `{}` | `{:#010x}` | {} |",
                register.offset,
                register.name,
                register.reset_word(),
                cell(&register.doc)
            );
        }
        for register in &self.registers {
            let _ = write!(
                text,
                "\n## `{}` at `{:#06x}`\n\n| Bits | Field | Access | Reset | Meaning |\n|---|---|---|---|---|\n",
                register.name, register.offset
            );
            for field in &register.fields {
                let _ = writeln!(
                    text,
                    "| {} | `{}` | {} | {} | {} |",
                    bits(field),
                    field.name,
                    field.access.abbreviation(),
                    reset(field),
                    cell(&field.doc)
                );
            }
        }
        text.push_str(
            "\nRW: holds what was written. RO: shows the hardware. CONST: fixed at generation. \
             W1P: a 1 written is a pulse, reads as 0. W1C: set by the hardware, cleared by writing \
             1; setting wins.\n",
        );
        text
    }
}

fn bits(field: &Field) -> String {
    let msb = field.lsb + field.width - 1;
    if msb == field.lsb {
        msb.to_string()
    } else {
        format!("{msb}:{}", field.lsb)
    }
}

fn reset(field: &Field) -> String {
    match field.access {
        Access::ReadOnly | Access::WritePulse => "-".into(),
        Access::Constant(value) => format!("`{value:#x}`"),
        Access::ReadWrite | Access::WriteOneToClear => format!("`{:#x}`", field.reset),
    }
}

/// Text that stays in its table cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
