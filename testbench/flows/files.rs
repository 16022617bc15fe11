//! Which files go with a core: those of tools whose chips have its cells, and no others.

use super::Core;
use std::collections::BTreeSet;

/// What goes with every core.
const FOR_ALL: [&str; 10] = [
    "*.core",
    "*_registers.h",
    "core.toml",
    "filelist.f",
    "litex/*.py",
    "registers.md",
    "rtl/",
    "sim/main.cpp",
    "sim/tb_*.v",
    "summary.md",
];

/// The files that do not go with every core, the name of the core as `*`.
fn special(core: &Core) -> BTreeSet<String> {
    let manifest = core.read("manifest.sha256");
    let paths = manifest.lines().map(|line| {
        let (_, path) = line.split_once("  ").expect("a hash and a path");
        path.replace(&core.top, "*")
    });
    let mut missing: BTreeSet<&str> = FOR_ALL.into();
    let mut special = BTreeSet::new();
    for path in paths {
        match FOR_ALL.iter().find(|known| path.starts_with(**known)) {
            Some(known) => {
                missing.remove(known);
            }
            None => {
                special.insert(path);
            }
        }
    }
    assert!(missing.is_empty(), "{} lacks {missing:?}", core.top);
    special
}

#[test]
fn tools_get_files_for_cores_of_their_chips() {
    let xilinx = ["component.xml", "constraints/*.xdc", "vivado/*.tcl"];
    let cells = ["sim/*_cells.v", "yosys/*.tcl"];
    let rows: [(&str, &[&[&str]]); 5] = [
        (
            "portable",
            &[
                &xilinx,
                &["constraints/*.sdc", "quartus/*.tcl"],
                &["constraints/*.lpf", "constraints/*.pcf"],
            ],
        ),
        ("ecp5", &[&["constraints/*.lpf"], &cells]),
        ("ice40", &[&["constraints/*.pcf"], &cells]),
        ("xilinx", &[&xilinx, &cells]),
        ("ultrascale_plus", &[&xilinx, &cells]),
    ];
    for (target, expected) in rows {
        let expected = expected.concat().into_iter().map(str::to_owned).collect();
        assert_eq!(special(&Core::for_target(target)), expected, "{target}");
    }
}

/// The summary and its JSON list what was written.
#[test]
fn the_summary_lists_no_file_that_is_not_there() {
    let core = Core::for_target("ecp5");
    let summary = core.read("summary.md");
    let listed = summary.lines().filter_map(|line| {
        let path = line.strip_prefix("- `")?.strip_suffix('`')?;
        Some(path.to_owned())
    });
    let listed: Vec<String> = listed.collect();
    assert!(listed.len() > FOR_ALL.len(), "{summary}");
    for path in listed {
        assert!(core.path(&path).is_file(), "{path}");
    }
}
