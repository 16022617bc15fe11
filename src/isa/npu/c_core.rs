//! What all NPUs have in common, as a C header for drivers.

use super::registers::registers_of_all;
use super::{CAUSES, COUNTERS_OF};
use std::fmt::Write;

/// The registers, causes and counters for drivers in C99 or C++. They are the same for every core, except for
/// the value of `config_hash`, which this header leaves out. `regions` names the DRAM regions in their order; each begins
/// at a multiple of `alignment` bytes.
pub fn c_core_header(regions: &[&str], alignment: usize) -> String {
    let mut text = registers_of_all().c_header();
    text.push_str(
        "\n#ifndef FERROGRID_NPU_CORE_H\n#define FERROGRID_NPU_CORE_H\n\n\
         /* Values of FERROGRID_NPU_STATUS_CAUSE. */\n",
    );
    for (number, (name, _)) in CAUSES.iter().enumerate() {
        define(&mut text, "CAUSE", name, number);
    }
    text.push_str("\n/* What they mean, in their order. */\n#define FERROGRID_NPU_CAUSE_WORDS");
    for (number, (_, what)) in CAUSES.iter().enumerate() {
        let separator = if number == 0 { "" } else { "," };
        let _ = write!(text, "{separator} \\\n    \"{what}\"");
    }
    text.push_str("\n\n/* Counters. */\n");
    for (number, (name, _)) in COUNTERS_OF.iter().enumerate() {
        define(&mut text, "COUNTER", name, number);
    }
    let _ = writeln!(
        text,
        "#define FERROGRID_NPU_COUNTERS {}u",
        COUNTERS_OF.len()
    );
    let _ = writeln!(
        text,
        "\n/* DRAM regions of compiled networks, and bytes at whose multiples they begin. */\n\
         #define FERROGRID_NPU_ALIGNMENT {alignment}u"
    );
    for (number, name) in regions.iter().enumerate() {
        define(&mut text, "REGION", name, number);
    }
    text.push_str("\n#endif /* FERROGRID_NPU_CORE_H */\n");
    text
}

fn define(text: &mut String, what: &str, name: &str, value: usize) {
    let name = name.to_uppercase();
    let _ = writeln!(text, "#define FERROGRID_NPU_{what}_{name} {value}u");
}
