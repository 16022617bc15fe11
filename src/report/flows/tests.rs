//! The files of a small core, word for word, and the structure of `component.xml`.

use crate::arch::MatmulArch;
use crate::config::MatmulConfig;
use crate::device::Interface;
use crate::product::{Part, Product};
use crate::report::Package;
use crate::verilog::VerilogFile;

/// The package of a core with other Verilog.
pub(in crate::report) fn package(arch: &MatmulArch, verilog: Vec<VerilogFile>) -> Package {
    let design = arch.design(Part::Core).unwrap();
    Package::new(arch, &Interface::of(&design), verilog, None)
}

/// The package of a 2 x 2 core.
fn small() -> Package {
    let mut config = MatmulConfig::new(2, 2);
    config.common.name = Some("small-core".into());
    let verilog = ["array", "core"].map(|name| VerilogFile {
        name: format!("{name}.v"),
        text: String::new(),
    });
    package(&MatmulArch::new(&config).unwrap(), verilog.into())
}

fn text<'a>(package: &'a Package, path: &str) -> &'a str {
    let file = package.files.iter().find(|file| file.path == path);
    &file
        .unwrap_or_else(|| panic!("{path} is not in the package"))
        .text
}

#[track_caller]
fn check(name: &str, paths: &[&str]) {
    let package = small();
    let texts: Vec<String> = paths
        .iter()
        .map(|path| format!("==> {path}\n{}", text(&package, path)))
        .collect();
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, texts.join("\n"));
    });
}

#[test]
fn constraints() {
    let all = ["xdc", "sdc", "lpf", "pcf"].map(|kind| format!("constraints/small_core.{kind}"));
    check("constraints", &all.each_ref().map(String::as_str));
}

#[test]
fn project_scripts() {
    check("vivado", &["vivado/small_core.tcl"]);
    check("quartus", &["quartus/small_core.tcl"]);
}

#[test]
fn core_descriptions() {
    check("fusesoc", &["small_core.core"]);
    check("ip_xact", &["component.xml"]);
}

#[test]
fn litex_module() {
    check("litex", &["litex/small_core.py"]);
}

#[test]
fn test_bench() {
    check("testbench", &["sim/tb_small_core.v", "sim/main.cpp"]);
}
