//! Boards whose pins no other test routes, and the preset that a board is to take.

use crate::synth::{place, report};
use ferrogrid::synth::tools::Tool;

/// Routes with the pins of a board, and packs a bitstream.
#[track_caller]
fn fits(core: &str, board: &str, tools: &[Tool]) {
    let Some(place) = place(tools) else {
        return;
    };
    let line = format!("synth {core} --board {board} --json -o out");
    let report = report(&place, &line);
    assert_eq!(report["board"], board);
    assert!(report["fmax_mhz"].as_f64().expect("a clock") > 10.0);
    let bits = std::fs::read(place.path("out/seed1-harness.bit")).expect("a bitstream");
    assert!(bits.len() > 50_000, "{} bytes", bits.len());
}

const ECP5: [Tool; 2] = [Tool::NextpnrEcp5, Tool::Ecppack];
const ICE40: [Tool; 2] = [Tool::NextpnrIce40, Tool::Icepack];

#[test]
fn an_array_goes_onto_the_ecpix5() {
    fits("core.toml --out-of-context", "ecpix5", &ECP5);
}

#[test]
fn an_array_goes_onto_the_orangecrab() {
    fits("core.toml --out-of-context", "orangecrab", &ECP5);
}

#[test]
fn the_preset_for_ice40_goes_onto_the_upduino() {
    fits("--preset matmul-2x4-ice40", "upduino", &ICE40);
}
