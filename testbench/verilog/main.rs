//! Random designs mean the same to the native simulator, to Verilator and to Icarus, and lint
//! tools have nothing to say about their text.

mod bench;
mod coverage;
mod tools;

use bench::{Bench, Trace};
use ferrogrid::hdl::elaborate;
use ferrogrid::verify::random_design::RandomDesign;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tools::{Tool, run_icarus, run_verilator};

/// How many designs a normal test lints, and runs under Icarus.
const DESIGNS: u64 = 80;
/// How many of them it compiles with Verilator, which takes most of the time.
const COMPILED: usize = 48;
/// Operations of the largest design.
const STEPS: u32 = 40;

fn random_design(seed: u64, steps: u32) -> RandomDesign {
    RandomDesign {
        name: format!("d{seed}"),
        seed,
        steps,
        levels: 2,
    }
}

/// Designs of many sizes: `FERROGRID_SEED` shifts them all, for longer campaigns.
fn designs() -> Vec<RandomDesign> {
    let shift = std::env::var("FERROGRID_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    designs_from(shift.unwrap_or(0) * DESIGNS)
}

fn designs_from(first: u64) -> Vec<RandomDesign> {
    (first..first + DESIGNS)
        .map(|seed| random_design(seed, 4 + (seed * 7 % u64::from(STEPS - 3)) as u32))
        .collect()
}

#[test]
fn every_operator_meets_every_class_of_width() {
    for (tool, count) in [("Icarus", DESIGNS as usize), ("Verilator", COMPILED)] {
        let holes = coverage::holes(&designs_from(0)[..count]);
        assert!(holes.is_empty(), "no design for {tool} has: {holes:#?}");
    }
}

#[test]
fn lint_is_silent() {
    let all: Vec<_> = designs();
    let files = |designs: &[RandomDesign]| Bench::new(designs).files();
    let Err(complaint) = tools::lint(&files(&all)) else {
        return;
    };
    let (design, complaint) = smallest(&all, |design| {
        tools::lint(&files(std::slice::from_ref(design))).err()
    })
    .unwrap_or((all[0].clone(), complaint));
    panic!("{design:?}:\n{complaint}\n{}", text(&design));
}

#[test]
fn icarus_agrees() {
    agrees(Tool::Icarus, DESIGNS as usize, run_icarus);
}

#[test]
fn verilator_agrees() {
    agrees(Tool::Verilator, COMPILED, run_verilator);
}

fn agrees(tool: Tool, count: usize, run: fn(&Bench) -> Vec<Trace>) {
    if !tool.is_present() {
        return;
    }
    let all = &designs()[..count];
    let Some(difference) = difference(all, run) else {
        return;
    };
    let found = smallest(all, |design| {
        self::difference(std::slice::from_ref(design), run)
    });
    let (design, difference) = found.unwrap_or((all[0].clone(), difference));
    panic!(
        "{design:?}: {tool:?} differs: {difference}\n{}",
        text(&design)
    );
}

/// The first difference between native simulation and another.
fn difference(designs: &[RandomDesign], run: fn(&Bench) -> Vec<Trace>) -> Option<String> {
    let bench = Bench::new(designs);
    let (native, other) = (bench.run_native(), run(&bench));
    assert_eq!(native.len(), other.len());
    native
        .iter()
        .zip(&other)
        .find_map(|(native, other)| native.difference(other))
}

/// The first failing design with as few steps as still fail.
fn smallest(
    designs: &[RandomDesign],
    fails: impl Fn(&RandomDesign) -> Option<String>,
) -> Option<(RandomDesign, String)> {
    // A design too small to be a design, or a tool that stops, is no smaller failure.
    let fails = |design: &RandomDesign| {
        catch_unwind(AssertUnwindSafe(|| fails(design))).unwrap_or_default()
    };
    let (whole, complaint) = designs
        .iter()
        .find_map(|design| Some((design.clone(), fails(design)?)))?;
    let shorter = (1..whole.steps).find_map(|steps| {
        let design = RandomDesign {
            steps,
            ..whole.clone()
        };
        let complaint = fails(&design)?;
        Some((design, complaint))
    });
    Some(shorter.unwrap_or((whole, complaint)))
}

fn text(design: &RandomDesign) -> String {
    let design = elaborate(design).unwrap_or_else(|error| panic!("{error}"));
    ferrogrid::verilog::concat(&design)
}
