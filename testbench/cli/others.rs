//! `ferrogrid presets`, `new` and `doctor` when all is well.

use crate::golden;
use crate::program::{Place, Run};
use ferrogrid::arch;
use ferrogrid::config::PRESETS;
use serde_json::Value;

#[test]
fn presets_as_a_table() {
    golden!(Place::new().succeed("presets").stdout);
}

#[test]
fn presets_as_json() {
    let run = Place::new().succeed("presets --json");
    let list: Vec<Value> = serde_json::from_str(&run.stdout).expect("JSON");
    let names: Vec<&str> = list
        .iter()
        .filter_map(|core| core["name"].as_str())
        .collect();
    let expected: Vec<&str> = PRESETS.iter().map(|preset| preset.name).collect();
    assert_eq!(names, expected);
    assert_eq!(list[2]["columns"], 10);
    assert_eq!(list[2]["buffers"], serde_json::json!([3024, 20480, 5760]));
}

#[test]
fn a_preset_is_printed_as_it_is() {
    for preset in PRESETS {
        let run = Place::new().succeed(&format!("presets {}", preset.name));
        assert_eq!(run.stdout, preset.toml);
    }
}

#[test]
fn a_new_configuration_works() {
    let place = Place::new();
    let run = place.succeed("new --rows 5 --columns 7 --dataflow output_stationary");
    assert_eq!(
        run.stdout,
        "core.toml written; next: ferrogrid generate core.toml -o build/core\n"
    );
    let core = arch::from_toml("core.toml", &place.read("core.toml")).expect("valid");
    assert_eq!(core.name, "matmul-5x7-os");
    golden!(place.fail("new"));
}

/// Without sizes a core for iCE40 is one that the chip takes; with sizes, one with few buffers where
/// the array can live with them.
#[test]
fn a_new_configuration_for_ice40_is_small() {
    let place = Place::new();
    let core = |options: &str| {
        let file = format!("{options}.toml").replace([' ', '-'], "");
        place.succeed(&format!("new {file} --target ice40 {options}"));
        arch::from_toml(&file, &place.read(&file)).expect("valid")
    };
    let preset = arch::from_preset("matmul-2x4-ice40").expect("a preset");
    let new = core("");
    assert_eq!((new.rows, new.columns), (preset.rows, preset.columns));
    assert_eq!(new.buffer_bits(), preset.buffer_bits());
    let square = core("--rows 4 --columns 2");
    assert_eq!((square.rows, square.columns), (4, 2));
    assert!(square.buffer_bits() < 64 * 1024, "{square:?}");
    assert_eq!(core("--rows 64 --columns 64").rows, 64);
}

#[test]
fn doctor_finds_nothing_on_an_empty_path() {
    let place = Place::new();
    let cache = place.path("cache");
    place.write("cache/aa.so", [0; 3000]);
    place.write("cache/bb.netlist/netlist.json", [0; 500]);
    place.write("cache/cc.routed/out.config", [0; 500]);
    let doctor = |line| {
        let mut command = place.command(line);
        command
            .env("PATH", "")
            .env("FERROGRID_VENV", place.path("venv"))
            .env("FERROGRID_CACHE", &cache);
        let run = Run::of(&mut command);
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
        run.stdout
    };
    golden!(doctor("doctor").replace(&cache.display().to_string(), "CACHE"));
    let report: Value = serde_json::from_str(&doctor("doctor --json")).expect("JSON");
    assert_eq!(report["cache"]["bytes"], 4000);
    for what in ["models", "netlists", "routed"] {
        assert_eq!(report["cache"][what], 1, "{what}");
    }
    let tools = report["tools"].as_array().expect("a list");
    assert_eq!(tools.len(), 18);
    for tool in tools {
        assert_eq!(tool["usable"], false);
        let help = tool["help"].as_str().expect("help");
        assert!(help.contains("run `scripts/setup"), "{help}");
    }
}

/// What `doctor` finds here is what there is.
#[test]
fn doctor_finds_the_tools_of_this_machine() {
    let report = Place::new().succeed("doctor --json").stdout;
    let report: Value = serde_json::from_str(&report).expect("JSON");
    for tool in report["tools"].as_array().expect("a list") {
        let name = tool["name"].as_str().expect("a name");
        if tool["usable"] == true {
            let path = tool["path"].as_str().expect("a path");
            assert!(std::path::Path::new(path).exists(), "{path}");
        } else {
            println!("SKIPPED: {name} is not installed");
        }
    }
}

#[test]
fn a_new_configuration_of_a_core_that_runs_networks_works() {
    let place = Place::new();
    place.succeed("new --kind npu --rows 8 --columns 32 --target ecp5");
    let core = arch::npu_from_toml("core.toml", &place.read("core.toml")).expect("valid");
    assert_eq!(core.name, "npu-8x32-ecp5");
    let run = place.fail("new other.toml --kind npu --rows 6");
    assert!(run.contains("`array.rows` = 6 is no power of two"));
    let run = place.fail("new other.toml --kind npu --dataflow output_stationary");
    assert!(run.contains("leave out --dataflow"));
}

#[test]
fn cores_of_networks_are_generated_and_multiply_no_matrices() {
    let place = Place::new();
    let run = place.succeed("generate --preset nano -o core");
    assert!(run.stdout.contains("npu_nano"), "{}", run.stdout);
    for file in [
        "npu_nano.core",
        "component.xml",
        "npu_nano_registers.h",
        "npu_instructions.h",
        "sim/tb_npu_nano.v",
        "rtl/npu_nano.v",
    ] {
        assert!(place.path("core").join(file).is_file(), "{file}");
    }
    assert!(!place.path("core/litex").exists());
    let run = place.fail("matmul a.npy b.npy --preset edge");
    assert!(run.contains("must be `matmul`"), "{run}");
}
