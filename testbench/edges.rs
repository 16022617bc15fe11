//! Holds the dependencies between the top-level modules of the library to a table.
//!
//! `hdl` and `verilog` are a crate of their own, which Cargo keeps from looking up here. Every path in `src/` that starts at `crate`, or climbs to it with `super`, is read, in `use`
//! trees and in expressions alike. Items under `#[cfg(test)]` are left out: a unit test may look
//! at its module from above. Files and processes are held to the modules that may touch them.

#[path = "edges/source.rs"]
mod source;

use source::{Path, SourceFile};
use std::collections::BTreeMap;
use std::fmt::Write;

/// A top-level module, the ones it may use, and why.
struct Rule {
    module: &'static str,
    may_use: &'static [&'static str],
    because: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        module: "number",
        may_use: &[],
        because: "what bits mean is said once, below all who read or write them",
    },
    Rule {
        module: "graph",
        may_use: &[],
        because: "a network is the same whoever wrote, compiles or judges it",
    },
    Rule {
        module: "import",
        may_use: &["graph"],
        because: "files become networks before anyone knows what will run them",
    },
    Rule {
        module: "quantize",
        may_use: &["import"],
        because: "a model is quantized as files have it, whatever will run it",
    },
    Rule {
        module: "config",
        may_use: &[],
        because: "it holds what the user writes, nothing derived from it",
    },
    Rule {
        module: "arch",
        may_use: &["config", "number"],
        because: "sizes are computed from the configuration alone, before any hardware exists",
    },
    Rule {
        module: "isa",
        may_use: &["arch"],
        because: "what a host sees is defined before the hardware, the drivers and the documentation",
    },
    Rule {
        module: "blocks",
        may_use: &["arch", "hdl", "isa"],
        because: "hardware is built from derived parameters, whoever wrote or runs it",
    },
    Rule {
        module: "model",
        may_use: &["arch", "isa"],
        because: "what a core takes is told before it is built, by what it and its program are",
    },
    Rule {
        module: "compiler",
        may_use: &["arch", "graph", "isa", "model"],
        because: "a program is made for an architecture and its instructions, however the hardware is built",
    },
    Rule {
        module: "harness",
        may_use: &["hdl"],
        because: "what surrounds a design is made from its ports, whatever the design is",
    },
    Rule {
        module: "reference",
        may_use: &["graph", "isa", "number"],
        because: "a golden model that shares more with what it judges than what it computes on proves nothing",
    },
    Rule {
        module: "rust_hdl",
        may_use: &["hdl", "verilog"],
        because: "it puts any closed design into a rust-hdl design, whatever the design does",
    },
    Rule {
        module: "synth",
        may_use: &["arch", "hdl", "verilog"],
        because: "tools are given Verilog text, whoever asked for it",
    },
    Rule {
        module: "device",
        may_use: &[
            "arch", "blocks", "compiler", "graph", "harness", "hdl", "isa", "model", "number",
            "synth", "verilog",
        ],
        because: "it runs a core and does not judge the result",
    },
    Rule {
        module: "product",
        may_use: &[
            "arch",
            "blocks",
            "compiler",
            "config",
            "device",
            "graph",
            "hdl",
            "isa",
            "model",
            "number",
            "reference",
            "synth",
        ],
        because: "it says what the blocks make together, to those who need not know the kind of core",
    },
    Rule {
        module: "report",
        may_use: &[
            "arch", "compiler", "device", "graph", "isa", "model", "number", "product", "synth",
            "verilog",
        ],
        because: "it formats what others generated and measured",
    },
    Rule {
        module: "verify",
        may_use: &[
            "arch",
            "blocks",
            "compiler",
            "config",
            "device",
            "graph",
            "hdl",
            "import",
            "isa",
            "model",
            "number",
            "product",
            "reference",
            "report",
            "synth",
            "verilog",
        ],
        because: "only the command line stands above verification",
    },
    Rule {
        module: "explore",
        may_use: &[
            "arch",
            "compiler",
            "config",
            "device",
            "graph",
            "number",
            "product",
            "reference",
            "report",
            "synth",
        ],
        because: "it weighs cores that others can build, and has the best of them run and judged",
    },
    Rule {
        module: "runtime",
        may_use: &[
            "arch", "blocks", "compiler", "config", "device", "explore", "graph", "hdl", "import",
            "quantize", "report", "synth",
        ],
        because: "programs of users run networks, and generate and judge nothing",
    },
    Rule {
        module: "cli",
        may_use: &[
            "arch",
            "blocks",
            "compiler",
            "config",
            "device",
            "explore",
            "graph",
            "hdl",
            "import",
            "isa",
            "model",
            "number",
            "product",
            "quantize",
            "reference",
            "report",
            "runtime",
            "synth",
            "verify",
            "verilog",
        ],
        because: "the command line sees everything, and nothing sees it",
    },
];

/// Modules that may open files and start processes.
const OUTSIDE_WORLD: &[&str] = &["cli", "device", "runtime", "synth", "verify"];

/// Paths that reach files or processes.
const OUTSIDE_PATHS: &[&[&str]] = &[
    &["std", "fs"],
    &["std", "process"],
    &["fd_lock"],
    &["libloading"],
    &["rustix"],
    &["tempfile"],
    &["which"],
];

/// What the files do against the table, with the place and the rule.
fn offences(files: &[SourceFile]) -> Vec<String> {
    // An exported macro lives at the root of the crate; it belongs to the module that defines it.
    let macros = files
        .iter()
        .flat_map(|file| {
            file.exported_macros
                .iter()
                .map(|name| (name.as_str(), file.top()))
        })
        .collect();
    files
        .iter()
        .flat_map(|file| offences_of(file, &macros))
        .collect()
}

fn offences_of(file: &SourceFile, macros: &BTreeMap<&str, &str>) -> Vec<String> {
    let module = file.top();
    let Some(rule) = RULES.iter().find(|rule| rule.module == module) else {
        return vec![format!(
            "{}:1: module `{module}` is not in the table\n    \
             rule: a new top-level module states what it may use in RULES of testbench/edges.rs",
            file.name
        )];
    };
    let mut found = Vec::new();
    for Path { line, segments } in &file.paths {
        let text = segments.join("::");
        if let [root, target, ..] = segments.as_slice()
            && root == "crate"
            && let target = macros.get(target.as_str()).copied().unwrap_or(target)
            && target != module
            && !rule.may_use.contains(&target)
        {
            found.push(format!(
                "{}:{line}: `{text}`: `{module}` may use {}\n    rule: {}",
                file.name,
                list(rule.may_use),
                rule.because
            ));
        }
        let outside = OUTSIDE_PATHS.iter().any(|path| {
            segments.len() >= path.len() && segments.iter().zip(*path).all(|(a, b)| a == b)
        });
        if outside && !OUTSIDE_WORLD.contains(&module) {
            found.push(format!(
                "{}:{line}: `{text}`: `{module}` may not touch files or processes\n    \
                 rule: only {} do, so that the rest cannot fail for a reason outside the program",
                file.name,
                list(OUTSIDE_WORLD),
            ));
        }
    }
    found
}

fn list(modules: &[&str]) -> String {
    if modules.is_empty() {
        return "no other module".into();
    }
    modules
        .iter()
        .map(|module| format!("`{module}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn offences_of_text(name: &str, text: &str) -> Vec<String> {
    offences(&[SourceFile::parse(name, text)])
}

#[test]
fn the_library_keeps_to_the_table() {
    let files = source::library();
    assert!(!files.is_empty(), "no source file found");
    let mut message = String::new();
    for offence in offences(&files) {
        writeln!(message, "{offence}").unwrap();
    }
    assert!(message.is_empty(), "\n{message}");
}

#[test]
fn the_table_has_no_cycle() {
    // Every module must be reachable by removing, again and again, those whose uses are all gone.
    let mut left: Vec<&Rule> = RULES.iter().collect();
    loop {
        let names: Vec<_> = left.iter().map(|rule| rule.module).collect();
        let before = left.len();
        left.retain(|rule| rule.may_use.iter().any(|used| names.contains(used)));
        if left.len() == before {
            assert!(left.is_empty(), "cycle between {}", list(&names));
            return;
        }
    }
}

#[test]
fn no_unfinished_code() {
    let mut message = String::new();
    for file in source::all() {
        for (line, name) in &file.macros {
            if ["todo", "unimplemented"].contains(&name.as_str()) {
                writeln!(message, "{}:{line}: {name}!", file.name).unwrap();
            }
        }
    }
    assert!(message.is_empty(), "\n{message}");
}

#[test]
fn a_forbidden_edge_is_found_with_its_line_and_rule() {
    let found = offences_of_text(
        "src/config/range.rs",
        "//! Signals.\n\nuse crate::arch::Params;\n",
    );
    assert_eq!(
        found,
        [
            "src/config/range.rs:3: `crate::arch::Params`: `config` may use no other module\n    rule: it \
          holds what the user writes, nothing derived from it"
        ]
    );
}

#[test]
fn a_file_access_is_found_with_its_line_and_rule() {
    let found = offences_of_text(
        "src/report/table.rs",
        "use std::{\n    fmt,\n    fs::File,\n};\n",
    );
    assert_eq!(
        found,
        [
            "src/report/table.rs:3: `std::fs::File`: `report` may not touch files or processes\n    \
          rule: only `cli`, `device`, `runtime`, `synth`, `verify` do, so that the rest cannot fail for a \
          reason outside the program"
        ]
    );
}

#[test]
fn a_new_module_must_be_in_the_table() {
    let found = offences_of_text("src/extra.rs", "");
    assert!(
        found[0].starts_with("src/extra.rs:1: module `extra` is not in the table"),
        "{found:?}"
    );
}

#[test]
fn an_exported_macro_belongs_to_its_module() {
    let files = [
        SourceFile::parse(
            "src/device/a.rs",
            "#[macro_export]\nmacro_rules! shape { () => {} }",
        ),
        SourceFile::parse(
            "src/report/b.rs",
            "use crate::shape; fn f() { crate::shape!() }",
        ),
        SourceFile::parse("src/reference/c.rs", "fn f() { crate::shape!() }"),
    ];
    let found = offences(&files);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].starts_with("src/reference/c.rs:1: `crate::shape`"),
        "{found:?}"
    );
}

/// Every way of writing the edge `blocks` -> `device`, and none of the lookalikes.
#[test]
fn edges_are_found_however_they_are_written() {
    let forbidden = [
        "use crate::device;",
        "use crate::device::Run as R;",
        "use crate::{arch::Params, device::{self}, hdl};",
        "use crate::{hdl::{Shape, ir::*}, device};",
        "use super::super::device;",
        "pub use super::super::{device, hdl};",
        "mod inner { use super::super::super::device; }",
        "fn f() { let x = crate::device::run(); }",
        "fn f(r: &'static crate::device::Run) -> char { '\"' }",
        "macro_rules! m { () => { $crate::device::run() } }",
        "#[cfg(test)] mod tests { use crate::cli; }\nuse crate::device;",
        "#[cfg(test)] use crate::{cli};\nuse crate::device;",
        "const C: char = '{'; use crate::device;",
        "const S: &str = r#\"\"\"#; use crate::device;",
    ];
    for text in forbidden {
        let found = offences_of_text("src/blocks/pe.rs", text);
        assert_eq!(found.len(), 1, "{text}\n{found:?}");
        assert!(found[0].contains("`crate::device"), "{text}\n{found:?}");
    }
    let allowed = [
        "// use crate::device;",
        "/* a /* nested */ crate::device */",
        "/// [`crate::device::Run`]",
        "const S: &str = \"crate::device\";",
        "const S: &str = r##\"crate::device \"# \"##;",
        "use crate::{arch, hdl::Shape}; use super::super::arch::Params;",
        "use super::device; mod inner { use super::super::device; }",
        "pub(crate) fn device() {}",
        "#[cfg(test)]\n#[allow(dead_code)]\nmod tests { use crate::device; fn f() { {} } }",
        "use rust_crate::device;",
    ];
    for text in allowed {
        assert_eq!(
            offences_of_text("src/blocks/pe.rs", text),
            [""; 0],
            "{text}"
        );
    }
}
