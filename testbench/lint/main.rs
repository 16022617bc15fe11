//! The Verilog of every preset and of cores at the borders of what can be configured, as
//! `ferrogrid generate` writes it, through the tools that users have: no warning, and no waiver but
//! where a sum extends the sign of a net.

#[path = "../tools.rs"]
mod tools;

use ferrogrid::config::{Document, PRESETS};
use ferrogrid::product::{self, Part, Product};
use ferrogrid::synth::tools::Tool;
use ferrogrid::verilog;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Cores that no preset is like: name, `[array]`, and the tables behind it.
const ODD: [(&str, &str, &str); 11] = [
    ("one-element", "rows = 1\ncolumns = 1", ""),
    (
        "one-element-os",
        "rows = 1\ncolumns = 1\ndataflow = \"output_stationary\"",
        "",
    ),
    ("a-row-alone", "rows = 1\ncolumns = 64", ""),
    (
        "one-column-os",
        "rows = 64\ncolumns = 1\ndataflow = \"output_stationary\"",
        "",
    ),
    (
        "nibbles",
        "rows = 3\ncolumns = 5\nactivation = \"int4\"",
        "",
    ),
    (
        "words-os",
        "rows = 5\ncolumns = 3\nactivation = \"int16\"\ndataflow = \"output_stationary\"",
        "",
    ),
    (
        "unsigned-unregistered",
        "rows = 2\ncolumns = 7\nactivation = \"uint8\"\nproduct_register = false",
        "",
    ),
    (
        "smallest-buffers",
        "rows = 3\ncolumns = 2",
        "[streams]\na = 8\nb = 8\nc = 32\n[buffers]\na = 18\nb = 12\naccumulators = 48\n",
    ),
    (
        "registered-outputs",
        "rows = 2\ncolumns = 3",
        "[streams]\nc = 128\n[buffers]\noutput_register = true\n",
    ),
    (
        "output-registers-os",
        "rows = 3\ncolumns = 2\ndataflow = \"output_stationary\"",
        "[buffers]\noutput_register = true\n",
    ),
    (
        "unregistered-os",
        "rows = 2\ncolumns = 3\nproduct_register = false\ndataflow = \"output_stationary\"",
        "[streams]\na = 1024\nb = 8\nc = 1024\n",
    ),
];

/// Cores for the chips of one vendor: target, and `[array]`.
const FOR_CHIPS: [(&str, &str); 12] = [
    ("ecp5", "rows = 3\ncolumns = 2\nactivation = \"uint8\""),
    (
        "ecp5",
        "rows = 2\ncolumns = 2\ndataflow = \"output_stationary\"\nproduct_register = false",
    ),
    (
        "ecp5",
        "rows = 3\ncolumns = 2\n[buffers]\noutput_register = true",
    ),
    (
        "ecp5",
        "rows = 2\ncolumns = 5\ndataflow = \"output_stationary\"\n\
         [buffers]\na = \"1 KiB\"\noutput_register = true",
    ),
    ("ice40", "rows = 4\ncolumns = 2"),
    (
        "ice40",
        "rows = 3\ncolumns = 1\nactivation = \"int4\"\nproduct_register = false",
    ),
    (
        "ice40",
        "rows = 2\ncolumns = 2\nactivation = \"int16\"\ndataflow = \"output_stationary\"",
    ),
    ("xilinx", "rows = 8\ncolumns = 8"),
    (
        "xilinx",
        "rows = 2\ncolumns = 2\nactivation = \"int4\"\ndataflow = \"output_stationary\"",
    ),
    (
        "ultrascale_plus",
        "rows = 4\ncolumns = 3\nactivation = \"uint8\"",
    ),
    (
        "ultrascale_plus",
        "rows = 2\ncolumns = 2\nactivation = \"int16\"\nproduct_register = false",
    ),
    (
        "ultrascale_plus",
        "rows = 2\ncolumns = 3\ndataflow = \"output_stationary\"",
    ),
];

/// Cores that run networks that no preset is like: name, target, `[array]`, and the tables behind it.
const NPUS: [(&str, &str, &str, &str); 5] = [
    (
        "npu-smallest",
        "portable",
        "rows = 4\ncolumns = 8\nproduct_register = false",
        "[memory]\nscratchpad = 4096\nweights = 128\naccumulators = 16\nparameters = 64\n\
         [post]\nlanes = 1\nrequantization = \"fixed\"\n[control]\noutstanding = 1\nqueue_depth = 1\n",
    ),
    (
        "npu-flat",
        "ecp5",
        "rows = 4\ncolumns = 64",
        "[memory]\nweights = \"1 KiB\"\n[post]\nrequantization = \"float\"\n",
    ),
    (
        "npu-tall",
        "xilinx",
        "rows = 64\ncolumns = 4",
        "[post]\nlanes = 4\n[control]\noutstanding = 32\nqueue_depth = 16\n",
    ),
    (
        "npu-wide-lanes",
        "ultrascale_plus",
        "rows = 8\ncolumns = 8",
        "[bus]\nwidth = 32\n[post]\nlanes = 8\n",
    ),
    ("npu-ice40", "ice40", "rows = 4\ncolumns = 4", ""),
];

/// The core of a text.
fn core(name: &str, text: &str) -> Box<dyn Product> {
    let document = Document::parse(name, text).unwrap_or_else(|error| panic!("{name}: {error}"));
    product::from_config(document.config()).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Every preset, every odd core and those for chips.
fn cores() -> Vec<Box<dyn Product>> {
    let presets = PRESETS
        .iter()
        .map(|preset| product::from_preset(preset.name).expect("a preset"));
    let npus = NPUS.iter().map(|(name, target, array, tables)| {
        let head = format!("name = \"{name}\"\nkind = \"npu\"\ntarget = \"{target}\"\n");
        core(name, &format!("{head}[array]\n{array}\n{tables}"))
    });
    let odd = ODD.iter().map(|(name, array, tables)| {
        let text = format!("name = \"{name}\"\n[array]\n{array}\n{tables}");
        core(name, &text)
    });
    let for_chips = FOR_CHIPS
        .iter()
        .enumerate()
        .map(|(number, (target, array))| {
            let name = format!("{}-{number}", target.replace('_', "-"));
            let text = format!("name = \"{name}\"\ntarget = \"{target}\"\n[array]\n{array}\n");
            core(&name, &text)
        });
    presets.chain(npus).chain(odd).chain(for_chips).collect()
}

/// The files of a core in a folder, and the name of its top module.
fn emitted(core: &dyn Product, folder: &Path) -> (Vec<String>, String) {
    let design = core.design(Part::Core).expect("a design that closes");
    let files = verilog::emit_for_simulation(&design);
    for file in &files {
        fs::write(folder.join(&file.name), &file.text).expect("a written file");
    }
    let names = files.into_iter().map(|file| file.name).collect();
    (names, core.module_name())
}

/// Runs a tool on every core; `arguments` of the files and the top module. Nothing may be said.
fn silent(tool: Tool, arguments: impl Fn(&[String], &str) -> Vec<String>) {
    if !tools::present(&[tool]) {
        return;
    }
    for core in cores() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (files, top) = emitted(core.as_ref(), folder.path());
        let output = Command::new(tool.program())
            .args(arguments(&files, &top))
            .current_dir(folder.path())
            .output()
            .unwrap_or_else(|error| panic!("{tool} did not start: {error}"));
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(
            output.status.success() && said.trim().is_empty(),
            "{tool} on {}:\n{said}",
            core.name()
        );
    }
}

fn with(arguments: &str, files: &[String]) -> Vec<String> {
    let arguments = arguments.split_whitespace().map(String::from);
    arguments.chain(files.iter().cloned()).collect()
}

/// Nets that got their names by what they feed are numbered in the order in which a reader meets them.
#[test]
fn numbered_nets_come_in_order() {
    const WORDS: [&str; 5] = ["term", "sum", "choice", "joined", "part"];
    let mut numbered = 0;
    for core in cores() {
        let design = core.design(Part::Core).expect("a design that closes");
        for file in verilog::emit(&design) {
            let place = |name: &str| file.text.find(&format!(" {name} =")).unwrap_or(0);
            for line in file
                .text
                .lines()
                .filter(|line| line.starts_with("    wire "))
            {
                let declared = line.split(" =").next().unwrap_or(line);
                let name = declared.rsplit(' ').next().unwrap_or(declared);
                let Some((base, number)) = name.rsplit_once('_') else {
                    continue;
                };
                let (Ok(number), true) = (
                    number.parse::<u32>(),
                    WORDS.iter().any(|word| base.ends_with(&format!("_{word}"))),
                ) else {
                    continue;
                };
                let before = match number {
                    2 => base.to_owned(),
                    _ => format!("{base}_{}", number - 1),
                };
                numbered += 1;
                assert!(
                    place(&before) < place(name),
                    "{}: {name} before {before}",
                    file.name
                );
            }
        }
    }
    assert!(numbered > 0, "no net is numbered");
}

#[test]
fn verilator_has_nothing_to_say() {
    silent(Tool::Verilator, |files, top| {
        with(&format!("--lint-only -Wall --top-module {top}"), files)
    });
}

/// With the assertions and cover points of the design too.
#[test]
fn verilator_has_nothing_to_say_of_the_checks() {
    let defines = "-DFERROGRID_CHECKS -DFERROGRID_COVER";
    silent(Tool::Verilator, |files, top| {
        with(
            &format!("--lint-only -Wall --assert {defines} --top-module {top}"),
            files,
        )
    });
}

#[test]
fn icarus_has_nothing_to_say() {
    silent(Tool::Iverilog, |files, top| {
        with(&format!("-g2005 -Wall -s {top} -o out.vvp"), files)
    });
}

/// Counts of cover points need `final`, which Verilog-2005 does not have.
#[test]
fn icarus_has_nothing_to_say_of_the_checks() {
    let defines = "-DFERROGRID_CHECKS -DFERROGRID_COVER";
    silent(Tool::Iverilog, |files, top| {
        with(
            &format!("-g2009 {defines} -Wall -s {top} -o out.vvp"),
            files,
        )
    });
}

#[test]
fn yosys_has_nothing_to_say() {
    silent(Tool::Yosys, |files, top| {
        let script = format!(
            "read_verilog {}; hierarchy -check -top {top}; proc; check -assert",
            files.join(" ")
        );
        vec!["-q".into(), "-p".into(), script]
    });
}
