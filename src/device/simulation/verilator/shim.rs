//! The C++ that joins a model to the runtime: one file that includes everything Verilator wrote,
//! so that each model is one run of the compiler.

use crate::device::simulation::top::{Table, Top};
use std::fmt::Write;

/// Prefix of the classes that Verilator makes.
pub(super) const PREFIX: &str = "Vferrogrid";

/// The text of the shim. `sources` are the C++ files that Verilator wrote, in order, `header` is the
/// text of its `Vferrogrid.h`.
pub(super) fn shim(top: &Top, sources: &[String], header: &str, trace: bool) -> String {
    let mut includes = String::new();
    for source in sources {
        line(&mut includes, &format!("#include \"{source}\""));
    }
    let ports = top.ports.iter().map(|port| {
        let (name, width) = (member(&port.name, header), port.shape.width);
        format!("{{&top->{name}, {width}}}")
    });
    let memories = top.memories.iter().map(|memory| {
        let scope = scope(&top.name, memory);
        format!("find(\"{scope}\", \"{}\", {})", memory.name, memory.width)
    });
    let clocks = top
        .clocks
        .iter()
        .map(|clock| format!("&top->{}", member(clock, header)));
    let table = |entries: &mut dyn Iterator<Item = String>| {
        let entries: Vec<String> = entries.collect();
        entries.join(",\n            ")
    };
    include_str!("shim.cpp")
        .replace("@INCLUDES@", &includes)
        .replace("@TRACE@", if trace { "1" } else { "0" })
        .replace("@PORTS@", &table(&mut ports.into_iter()))
        .replace("@MEMORIES@", &table(&mut memories.into_iter()))
        .replace("@CLOCKS@", &table(&mut clocks.into_iter()))
}

fn line(out: &mut String, text: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{text}");
}

/// The name of a memory's scope as Verilator keeps it.
fn scope(top: &str, memory: &Table) -> String {
    match &*memory.scope {
        "" => top.to_owned(),
        scope => format!("{top}.{scope}"),
    }
}

/// The C++ name of a port, given the header that Verilator wrote: `__` becomes `___05F`, and words
/// that C++ libraries use (`new`, but `interrupt`, too) get a prefix.
fn member(name: &str, header: &str) -> String {
    let mut result = String::new();
    for c in name.chars() {
        if c == '_' && result.ends_with('_') && !result.ends_with("05F_") {
            result.push_str("__05F");
        } else {
            result.push(c);
        }
    }
    let escaped = format!("__SYM__{name}");
    if header.contains(&format!("&{escaped},")) {
        escaped
    } else {
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_as_verilator_spells_them() {
        let header = "VL_OUT8(&__SYM__interrupt,0,0);";
        assert_eq!(member("s_axis_a_tdata", header), "s_axis_a_tdata");
        assert_eq!(member("a__b", header), "a___05Fb");
        assert_eq!(member("interrupt", header), "__SYM__interrupt");
    }
}
