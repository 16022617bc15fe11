//! Defaults, presets, and what a user reads of wrong values.

use super::*;
use crate::arch::{npu_from_preset, npu_from_toml};
use crate::config::{Document, Kind, presets_of};

fn problems(array: &str, tables: &str) -> String {
    let text = format!("kind = \"npu\"\n[array]\n{array}\n{tables}");
    let error = npu_from_toml("core.toml", &text).expect_err("a wrong text");
    let problems = error.problems().map(ToString::to_string);
    problems.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_core_without_further_keys_is_in_proportion() {
    let arch = NpuArch::new(&NpuConfig::new(16, 16)).unwrap();
    assert_eq!(arch.name, "npu-16x16");
    assert_eq!((arch.bus_bits, arch.lanes, arch.ring_tiles), (128, 8, 256));
    for rows in [4, 8, 16, 32, 64] {
        for columns in [4, 8, 16, 32, 64] {
            NpuArch::new(&NpuConfig::new(rows, columns)).unwrap();
        }
    }
}

#[test]
fn a_completed_configuration_gives_the_same_core() {
    for preset in presets_of(Kind::Npu) {
        let arch = npu_from_preset(preset.name).unwrap();
        assert_eq!(NpuArch::new(&arch.to_config()), Ok(arch.clone()));
        let read = Document::parse("core.toml", &preset.document().config().to_toml()).unwrap();
        assert_eq!(read.config(), preset.document().config());
    }
}

#[test]
fn wrong_values_state_the_rule() {
    let size = "rows = 8\ncolumns = 8";
    insta::assert_snapshot!(
        [
            problems("rows = 6\ncolumns = 128", ""),
            problems("rows = 8", ""),
            problems(size, "[bus]\nwidth = 128"),
            problems(size, "[bus]\nwidth = 48"),
            problems(size, "[post]\nlanes = 1"),
            problems(size, "[post]\nlanes = 16"),
            problems(size, "[post]\nrequantization = \"fixd\""),
            problems(size, "[memory]\nscratchpad = 64\nweights = 192"),
            problems(
                size,
                "[memory]\nscratchpad = \"8 MiB\"\nweights = \"16 MiB\""
            ),
            problems(size, "[memory]\naccumulators = 100\nparameters = 32"),
            problems(size, "[control]\noutstanding = 0\nqueue_depth = 17"),
            problems(size, "[streams]\na = 8"),
        ]
        .join("\n\n")
    );
}

#[test]
fn other_kinds_of_cores_are_refused() {
    let error = npu_from_preset("matmul-4x4").unwrap_err();
    assert_eq!(error.to_string(), "this is a core of kind `matmul`");
    let error = crate::arch::from_preset("edge").unwrap_err();
    assert_eq!(error.to_string(), "this is a core of kind `npu`");
}
