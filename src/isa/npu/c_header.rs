//! The instruction set as a C header.

use super::{
    Field, FieldKind, INSTRUCTION_BYTES, Opcode, REGIONS, SEMAPHORE_MAX, SEMAPHORES,
    Synchronization, TABLE_ENTRIES, TABLE_WORDS,
};
use std::fmt::Write;

/// The instruction set for drivers in C99 or C++: opcodes, the place and the limits of every field, and
/// how to write and read them. It is the same for every core.
pub fn c_header() -> String {
    let mut text = BEGIN.to_owned();
    for (name, value) in [
        ("INSTRUCTION_BYTES", INSTRUCTION_BYTES as u32),
        ("SEMAPHORES", SEMAPHORES),
        ("SEMAPHORE_MAX", SEMAPHORE_MAX),
        ("REGIONS", REGIONS),
        ("TABLE_ENTRIES", TABLE_ENTRIES),
        ("TABLE_WORDS", TABLE_WORDS),
    ] {
        let _ = writeln!(text, "#define FERROGRID_NPU_{name} {value}u");
    }
    text.push_str("\n/* Fields that every instruction begins with. */\n");
    fields(&mut text, "", &Synchronization::FIELDS);
    for opcode in Opcode::ALL {
        let name = opcode.name().to_uppercase();
        let _ = writeln!(text, "\n/* {} */", comment(opcode.doc()));
        let _ = writeln!(
            text,
            "#define FERROGRID_NPU_OPCODE_{name} {}u",
            *opcode as u8
        );
        fields(&mut text, &format!("{name}_"), opcode.fields());
    }
    text.push_str(ACCESS);
    text
}

const BEGIN: &str = "\
/* Instructions of the NPU.

       uint8_t instruction[FERROGRID_NPU_INSTRUCTION_BYTES];
       ferrogrid_npu_begin(instruction, FERROGRID_NPU_OPCODE_WEIGHTS);
       FERROGRID_NPU_PUT(instruction, FERROGRID_NPU_WEIGHTS_OFFSET, 64);
       FERROGRID_NPU_PUT(instruction, FERROGRID_NPU_WEIGHTS_TILES, 8);

   A field that is not put is 0. Macros take the name of a field without _LSB, _WIDTH, _MIN or _MAX. */
#ifndef FERROGRID_NPU_INSTRUCTIONS_H
#define FERROGRID_NPU_INSTRUCTIONS_H

#include <stdint.h>

";

const ACCESS: &str = "
/* Whether a field can hold `value`. */
#define FERROGRID_NPU_FITS(FIELD, value) \\
    ((int64_t)(value) >= FIELD##_MIN && (int64_t)(value) <= FIELD##_MAX)

/* Writes `value` in a field of an instruction: its lowest bits, if it does not fit. */
#define FERROGRID_NPU_PUT(instruction, FIELD, value) \\
    ferrogrid_npu_put((instruction), FIELD##_LSB, FIELD##_WIDTH, (uint32_t)(value))

/* The value of a field of an instruction, as int64_t. */
#define FERROGRID_NPU_GET(instruction, FIELD) \\
    ferrogrid_npu_get((instruction), FIELD##_LSB, FIELD##_WIDTH, FIELD##_MAX)

static inline void ferrogrid_npu_put(uint8_t *instruction, unsigned lsb, unsigned width, uint32_t value)
{
    unsigned bit;
    for (bit = 0; bit < width; bit++) {
        const unsigned at = lsb + bit;
        const uint8_t mask = (uint8_t)(1u << at % 8u);
        if (value >> bit & 1u)
            instruction[at / 8u] = (uint8_t)(instruction[at / 8u] | mask);
        else
            instruction[at / 8u] = (uint8_t)(instruction[at / 8u] & ~mask);
    }
}

static inline int64_t ferrogrid_npu_get(const uint8_t *instruction, unsigned lsb, unsigned width, int64_t max)
{
    int64_t value = 0;
    unsigned bit;
    for (bit = 0; bit < width; bit++) {
        const unsigned at = lsb + bit;
        value |= (int64_t)(instruction[at / 8u] >> at % 8u & 1u) << bit;
    }
    return value > max ? value - ((int64_t)1 << width) : value;
}

/* Makes an instruction whose fields are 0. */
static inline void ferrogrid_npu_begin(uint8_t *instruction, unsigned opcode)
{
    unsigned byte;
    for (byte = 0; byte < FERROGRID_NPU_INSTRUCTION_BYTES; byte++)
        instruction[byte] = 0;
    FERROGRID_NPU_PUT(instruction, FERROGRID_NPU_OPCODE, opcode);
}

#endif /* FERROGRID_NPU_INSTRUCTIONS_H */
";

/// Position, width, lowest and highest value of each.
fn fields(text: &mut String, prefix: &str, fields: &[Field]) {
    for field in fields {
        let width = field.kind.width();
        let (min, max) = match field.kind {
            FieldKind::Signed(_) => {
                let half = 1i64 << (width - 1);
                (format!("(-{half})"), (half - 1).to_string())
            }
            FieldKind::Unsigned(_) | FieldKind::Flag => {
                ("0".into(), format!("0x{:x}u", (1u64 << width) - 1))
            }
        };
        let name = format!("FERROGRID_NPU_{prefix}{}", field.name.to_uppercase());
        let _ = writeln!(text, "/* {} */", comment(field.doc));
        for (suffix, value) in [
            ("LSB", field.lsb.to_string()),
            ("WIDTH", width.to_string()),
            ("MIN", min),
            ("MAX", max),
        ] {
            let _ = writeln!(text, "#define {name}_{suffix} {value}");
        }
    }
}

/// Documentation as one line of a comment.
fn comment(doc: &str) -> String {
    Vec::from_iter(doc.split_whitespace())
        .join(" ")
        .replace("*/", "* /")
        .replace("/*", "/ *")
}
