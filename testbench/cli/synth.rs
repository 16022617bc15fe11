//! `ferrogrid synth`, with the tools where they are there.

use crate::golden;
use crate::program::{Place, Run};
use ferrogrid::synth::tools::Tool;
use serde_json::Value;

const CORE: &str = "[array]\nrows = 2\ncolumns = 2\n";

/// A place with a small core and an empty cache, so that the tools really run; without a tool,
/// says that the test is skipped, or fails where `CI` is `true`.
fn place(test: &str, tools: &[Tool]) -> Option<Place> {
    let missing = Tool::synthesizer()
        .err()
        .or_else(|| tools.iter().find_map(|tool| tool.find().err()));
    if let Some(error) = missing {
        let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
        assert!(!ci, "{error}, and CI must not skip tests");
        println!("SKIPPED {test}: {error}");
        return None;
    }
    let place = Place::new();
    place.write("core.toml", CORE);
    Some(place)
}

#[track_caller]
fn report(place: &Place, line: &str) -> Value {
    let mut command = place.command(line);
    command.env("FERROGRID_CACHE", place.path("cache"));
    let run = Run::of(&mut command);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{line}");
    serde_json::from_str(&run.stdout).expect("JSON")
}

#[test]
fn a_small_array_is_placed_and_routed() {
    let Some(place) = place("a_small_array_is_placed_and_routed", &[Tool::NextpnrEcp5]) else {
        return;
    };
    let line = "synth core.toml --out-of-context --seeds 2 --speed 8 --clock 250 --json -o out";
    let first = report(&place, line);
    let blocks = first["blocks"].as_array().expect("blocks");
    let modules: Vec<_> = blocks
        .iter()
        .map(|block| block["module"].as_str())
        .collect();
    assert_eq!(
        modules,
        ["matmul_2x2_array", "matmul_2x2_row", "matmul_2x2_pe"].map(Some)
    );
    assert_eq!(blocks[0]["each"]["multipliers"], 4);
    assert_eq!(blocks[2]["instances"], 4);
    let seeds = first["seeds"].as_array().expect("seeds");
    assert_eq!(seeds.len(), 2);
    for seed in seeds {
        let fmax = seed["fmax_mhz"].as_f64().expect("a frequency");
        assert!((50.0..1000.0).contains(&fmax), "{fmax}");
        let from = seed["critical"]["from"].as_str().expect("a register");
        assert!(from.starts_with("row_"), "{from}");
        assert_eq!(seed["utilization"]["MULT18X18D"]["used"], 4);
    }
    for file in ["synth.ys", "yosys.log", "seed2-nextpnr.log", "report.txt"] {
        assert!(!place.read(&format!("out/{file}")).is_empty(), "{file}");
    }
    assert_eq!(report(&place, line), first, "from the cache");
}

/// Yosys merges multipliers of a column wrongly if it may: all four must arrive.
#[test]
fn a_board_gets_a_bitstream() {
    let tools = [Tool::NextpnrIce40, Tool::Icepack];
    let Some(place) = place("a_board_gets_a_bitstream", &tools) else {
        return;
    };
    let line = "synth core.toml --out-of-context --board icebreaker --clock 12 --json -o out";
    let report = report(&place, line);
    let placed = &report["seeds"][0]["utilization"];
    assert_eq!(placed["ICESTORM_DSP"]["used"], 4);
    assert_eq!(placed["SB_IO"]["used"], 3, "clock, in and out");
    assert_eq!(report["frame"], "harness");
    let bits = std::fs::read(place.path("out/seed1-harness.bit")).expect("a bitstream");
    assert!(bits.len() > 50_000, "{} bytes", bits.len());
}

#[test]
fn a_chip_that_is_too_small_says_what_fits() {
    let Some(place) = place(
        "a_chip_that_is_too_small_says_what_fits",
        &[Tool::NextpnrEcp5],
    ) else {
        return;
    };
    place.write("core.toml", "[array]\nrows = 5\ncolumns = 6\n");
    let line = "synth core.toml --out-of-context --target ecp5-25k";
    let mut command = place.command(line);
    command.env("FERROGRID_CACHE", place.path("cache"));
    let run = Run::of(&mut command);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(
        run.stderr
            .contains("does not fit into the Lattice ECP5 LFE5U-25F"),
        "{run:?}"
    );
    assert!(run.stderr.contains("matmul-4x4"), "{run:?}");
}

#[test]
fn families_without_a_router_are_counted() {
    let Some(place) = place("families_without_a_router_are_counted", &[]) else {
        return;
    };
    for target in ["xilinx-7", "cyclone-v"] {
        let line = format!("synth core.toml --out-of-context --target {target} --json");
        let report = report(&place, &line);
        assert_eq!(report["blocks"][0]["each"]["multipliers"], 4, "{target}");
        assert_eq!(report["fmax_mhz"], Value::Null, "{target}");
    }
}

#[test]
fn what_cannot_be_synthesized() {
    let place = Place::new();
    place.write("core.toml", CORE);
    let mut texts = vec![
        place.fail("synth core.toml --board ulx3s --target ice40-up5k"),
        place.fail("synth core.toml --target ecp5-25k --speed 9"),
        place.fail("synth core.toml --target ice40-up5k --speed 6"),
        place.fail("synth --preset matmul-8x8-ecp5 --target ice40-up5k"),
    ];
    let line = "synth core.toml";
    let mut command = place.command(line);
    command.env("PATH", "").env("FERROGRID_VENV", "none");
    texts.push(place.fail_with(line, &mut command));
    golden!(texts.join("\n"));
}
