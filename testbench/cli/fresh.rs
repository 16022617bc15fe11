//! The committed `rtl/` and `constraints/` are what the generator writes today.

use crate::program::Place;
use ferrogrid::synth::constraints;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The presets of scripts/regen.
fn presets() -> Vec<String> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/regen");
    let script = fs::read_to_string(script).expect("scripts/regen");
    let list = script
        .lines()
        .find_map(|line| line.strip_prefix("presets=(")?.strip_suffix(')'))
        .expect("scripts/regen lists the presets");
    list.split_whitespace().map(String::from).collect()
}

fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| {
        panic!("{}: {error}; run scripts/regen", folder.display());
    });
    entries
        .map(|entry| entry.expect("an entry").path())
        .map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy();
            let text = fs::read_to_string(&path).expect("text");
            (name.into_owned(), text)
        })
        .collect()
}

#[test]
fn the_committed_verilog_is_fresh() {
    let rtl = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/rtl"));
    let presets = presets();
    assert_eq!(
        presets,
        [
            "matmul-4x4",
            "matmul-8x8",
            "matmul-8x8-os",
            "matmul-8x8-ecp5",
            "matmul-6x10"
        ],
        "the small presets"
    );
    let mut committed: Vec<String> = fs::read_dir(rtl)
        .expect("rtl/ is committed")
        .map(|entry| entry.expect("an entry"))
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    committed.sort();
    let mut expected = presets.clone();
    expected.sort();
    assert_eq!(committed, expected, "run scripts/regen");
    let place = Place::new();
    for preset in &presets {
        place.succeed(&format!("generate --preset {preset} -o {preset}"));
        let (old, new) = (
            files(&rtl.join(preset)),
            files(&place.path(preset).join("rtl")),
        );
        let names = |files: &BTreeMap<String, String>| files.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&old), names(&new), "rtl/{preset}: run scripts/regen");
        for (name, text) in &new {
            let old = &old[name];
            let differing = old.lines().zip(text.lines()).position(|(a, b)| a != b);
            assert!(
                old == text,
                "rtl/{preset}/{name} differs from what is generated, first at line {}: run scripts/regen",
                1 + differing.unwrap_or(old.lines().count().min(text.lines().count()))
            );
        }
    }
}

/// With `FERROGRID_REGEN` set, as scripts/regen does, writes the files instead.
#[test]
fn the_committed_constraints_are_fresh() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/constraints"));
    let new: BTreeMap<String, String> = constraints::files().into_iter().collect();
    let is_constraints = |name: &String| !name.ends_with(".md");
    if std::env::var_os("FERROGRID_REGEN").is_some() {
        for name in files(folder).into_keys().filter(is_constraints) {
            fs::remove_file(folder.join(name)).expect("removed");
        }
        for (name, text) in &new {
            fs::write(folder.join(name), text).expect("written");
        }
    }
    let mut old = files(folder);
    let readme = old.remove("README.md").expect("constraints/README.md");
    assert_eq!(
        old.keys().collect::<Vec<_>>(),
        new.keys().collect::<Vec<_>>(),
        "constraints/: run scripts/regen"
    );
    for (name, text) in &new {
        assert!(
            &old[name] == text,
            "constraints/{name} differs from what is generated: run scripts/regen"
        );
        assert!(
            readme.contains(&format!("`{name}`")),
            "constraints/README.md does not tell of {name}"
        );
    }
}
