//! `ferrogrid generate` when all is well, and when its folder is in use.

use crate::golden;
use crate::program::Place;
use sha2::{Digest, Sha256};
use std::fs;

#[test]
fn a_core_and_what_belongs_to_it() {
    let place = Place::new();
    let run = place.succeed("generate --preset matmul-6x10 -o build/core");
    let names = place.names("build/core");
    let others: Vec<&String> = names
        .iter()
        .filter(|name| !name.starts_with("rtl/"))
        .collect();
    assert_eq!(
        others,
        [
            "component.xml",
            "constraints/matmul_6x10.lpf",
            "constraints/matmul_6x10.pcf",
            "constraints/matmul_6x10.sdc",
            "constraints/matmul_6x10.xdc",
            "core.toml",
            "filelist.f",
            "litex/matmul_6x10.py",
            "manifest.sha256",
            "matmul_6x10.core",
            "matmul_6x10_registers.h",
            "quartus/matmul_6x10.tcl",
            "registers.md",
            "sim/main.cpp",
            "sim/tb_matmul_6x10.v",
            "summary.md",
            "vivado/matmul_6x10.tcl"
        ]
    );
    let rtl: Vec<&str> = names
        .iter()
        .map(String::as_str)
        .filter(|name| name.starts_with("rtl/"))
        .collect();
    let mut listed: Vec<String> = place
        .read("build/core/filelist.f")
        .lines()
        .map(String::from)
        .collect();
    assert_eq!(listed.last().map(String::as_str), Some("rtl/matmul_6x10.v"));
    listed.sort();
    assert_eq!(listed, rtl);
    for line in place.read("build/core/manifest.sha256").lines() {
        let (hash, name) = line.split_once("  ").expect("hash and name");
        let digest = Sha256::digest(place.read(&format!("build/core/{name}")));
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hash, digest, "{name}");
    }
    // Lines of Verilog change with the hardware; the rest of the summary does not.
    let lines = |line: &&str| !line.starts_with("Verilog") && !line.contains(" files in ");
    let text: Vec<&str> = run.stdout.lines().filter(lines).collect();
    golden!(text.join("\n"));
}

/// The same, from the configuration that it wrote, as JSON, over itself.
#[test]
fn the_written_configuration_gives_the_same_core() {
    let place = Place::new();
    place.succeed("generate --preset matmul-8x8-os -o first");
    let run = place.succeed("generate first/core.toml -o second --json");
    let both = ["first", "second"].map(|folder| {
        let names = place.names(folder);
        let texts = names
            .iter()
            .map(|name| place.read(&format!("{folder}/{name}")));
        texts.zip(names.clone()).collect::<Vec<_>>()
    });
    assert_eq!(both[0], both[1]);
    let summary: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(summary["name"], "matmul-8x8-os");
    assert_eq!(summary["top"], "matmul_8x8_os");
    let lines: usize = place
        .names("second/rtl")
        .iter()
        .map(|name| place.read(&format!("second/rtl/{name}")).lines().count())
        .sum();
    assert_eq!(summary["verilog_lines"], lines);
}

#[test]
fn an_earlier_output_is_replaced_whole() {
    let place = Place::new();
    place.succeed("generate --preset matmul-4x4 -o core");
    place.succeed("generate --preset matmul-6x10 -o core");
    let other = Place::new();
    other.succeed("generate --preset matmul-6x10 -o core");
    assert_eq!(place.contents(), other.contents());
    fs::create_dir(place.path("empty")).expect("a folder");
    place.succeed("generate --preset matmul-4x4 -o empty");
}

#[test]
fn work_of_others_is_left_alone() {
    let place = Place::new();
    place.write("mine/notes.txt", "");
    place.succeed("generate --preset matmul-4x4 -o core");
    place.succeed("generate --preset matmul-4x4 -o edited");
    place.succeed("generate --preset matmul-4x4 -o added");
    place.write("edited/rtl/matmul_4x4.v", "// better\n");
    fs::create_dir_all(place.path("added/empty")).expect("a folder");
    for name in ["notes.txt", "a.v", "b.v", "c.v", "d.v"] {
        place.write(&format!("added/sim/{name}"), "");
    }
    let refused = [
        "generate --preset matmul-4x4 -o mine",
        "generate --preset matmul-4x4 -o mine --force",
        "generate --preset matmul-4x4 -o edited",
        "generate --preset matmul-4x4 -o added",
        "generate --preset matmul-4x4 -o .",
    ];
    golden!(refused.map(|line| place.fail(line)).join("\n"));
    place.succeed("generate --preset matmul-4x4 -o edited --force");
    place.succeed("generate --preset matmul-4x4 -o added --force");
    assert_eq!(place.names("edited"), place.names("core"));
    assert_eq!(place.names("added"), place.names("core"));
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link() {
    let place = Place::new();
    place.succeed("generate --preset matmul-4x4 -o real");
    std::os::unix::fs::symlink("real", place.path("link")).expect("a link");
    place.succeed("generate --preset matmul-6x10 -o link");
    assert!(place.path("link").is_symlink());
    assert!(place.read("real/core.toml").contains("matmul-6x10"));
}
