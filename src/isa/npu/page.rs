//! The instruction set as a page of documentation.

use super::{
    Field, FieldKind, INSTRUCTION_BYTES, Opcode, REGIONS, SEMAPHORE_MAX, SEMAPHORES,
    Synchronization, TABLE_WORDS,
};
use crate::arch::NpuArch;
use std::fmt::Write;

/// The instruction set as Markdown: what the machine does, then a table of fields for each instruction.
pub fn markdown() -> String {
    let mut text = include_str!("page.md").to_owned();
    for (name, value) in [
        ("@semaphores@", SEMAPHORES),
        ("@semaphore_max@", SEMAPHORE_MAX),
        ("@regions@", REGIONS),
        ("@address_bits@", NpuArch::ADDRESS_BITS),
        ("@table_words@", TABLE_WORDS),
        ("@instruction_bytes@", INSTRUCTION_BYTES as u32),
    ] {
        text = text.replace(name, &value.to_string());
    }
    table(&mut text, &Synchronization::FIELDS);
    for opcode in Opcode::ALL {
        let (name, code) = (opcode.name(), *opcode as u8);
        let _ = write!(
            text,
            "\n## `{name}`: opcode {code}\n\n{}\n\n",
            plain(opcode.doc())
        );
        table(&mut text, opcode.fields());
    }
    text
}

fn table(text: &mut String, fields: &[Field]) {
    text.push_str("| Bits | Field | Type | Meaning |\n|---|---|---|---|\n");
    for field in fields {
        let (lsb, width) = (field.lsb, field.kind.width());
        let bits = match width {
            1 => lsb.to_string(),
            _ => format!("{}:{lsb}", lsb + width - 1),
        };
        let kind = match field.kind {
            FieldKind::Unsigned(width) => format!("u{width}"),
            FieldKind::Signed(width) => format!("i{width}"),
            FieldKind::Flag => "flag".into(),
        };
        let meaning = plain(field.doc);
        let _ = writeln!(text, "| {bits} | `{}` | {kind} | {meaning} |", field.name);
    }
}

/// Documentation of several lines as one.
fn plain(doc: &str) -> String {
    Vec::from_iter(doc.split_whitespace()).join(" ")
}
