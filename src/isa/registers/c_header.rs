//! A register map as a C header.

use super::{Access, RegisterMap};
use std::fmt::Write;

impl RegisterMap {
    /// The map as a C99 header: offsets, masks, shifts, values, and how to read and write.
    pub fn c_header(&self) -> String {
        let map = self.name.to_uppercase();
        let guard = format!("FERROGRID_{map}_REGISTERS_H");
        let mut text = format!(
            "/* Registers of `{}`. {} C99 or later, and C++. */\n#ifndef {guard}\n#define {guard}\n\n#include <stdint.h>\n",
            self.name,
            comment(&self.doc)
        );
        for register in &self.registers {
            let prefix = format!("FERROGRID_{map}_{}", register.name.to_uppercase());
            let _ = write!(text, "\n/* {} */\n", comment(&register.doc));
            define(&mut text, &prefix, "OFFSET", register.offset);
            for field in &register.fields {
                let prefix = format!("{prefix}_{}", field.name.to_uppercase());
                let access = field.access.abbreviation();
                let _ = writeln!(text, "/* {access}: {} */", comment(&field.doc));
                define(&mut text, &prefix, "MASK", field.mask());
                let _ = writeln!(text, "#define {prefix}_SHIFT {}", field.lsb);
                match field.access {
                    Access::Constant(value) => define(&mut text, &prefix, "VALUE", value),
                    Access::ReadWrite => define(&mut text, &prefix, "RESET", field.reset),
                    _ => {}
                }
            }
        }
        text.push_str(ACCESS);
        let _ = write!(text, "\n#endif /* {guard} */\n");
        text
    }
}

/// Shared by all maps: the macros take a field's name without `_MASK` or `_SHIFT`.
const ACCESS: &str = "
#ifndef FERROGRID_REGISTER_ACCESS
#define FERROGRID_REGISTER_ACCESS

/* The value of a field in a register's word. */
#define FERROGRID_GET(FIELD, word) (((uint32_t)(word) & FIELD##_MASK) >> FIELD##_SHIFT)

/* A word with `value` in a field and 0 elsewhere. */
#define FERROGRID_PUT(FIELD, value) (((uint32_t)(value) << FIELD##_SHIFT) & FIELD##_MASK)

static inline uint32_t ferrogrid_read(uintptr_t base, uint32_t offset)
{
    return *(volatile const uint32_t *)(base + offset);
}

static inline void ferrogrid_write(uintptr_t base, uint32_t offset, uint32_t word)
{
    *(volatile uint32_t *)(base + offset) = word;
}

#endif /* FERROGRID_REGISTER_ACCESS */
";

fn define(text: &mut String, prefix: &str, suffix: &str, value: u32) {
    let _ = writeln!(text, "#define {prefix}_{suffix} 0x{value:08x}u");
}

/// Text that stays in its comment.
fn comment(text: &str) -> String {
    text.replace("*/", "* /")
        .replace("/*", "/ *")
        .replace('\n', " ")
}
