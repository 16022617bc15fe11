//! What `synth::Demand` estimates beside what Yosys makes of the same cores.

mod tools;

use ferrogrid::arch;
use ferrogrid::blocks::MatmulCore;
use ferrogrid::hdl::elaborate;
use ferrogrid::synth::cache::Cache;
use ferrogrid::synth::{Demand, Flow, Target, unwatched};

/// The logic of a core is estimated from four fifths to three halves of what Yosys finds, the rest
/// to the cell, or a little above for registers, of which Yosys drops or merges some.
#[track_caller]
fn is_near(target: &str, text: &str) {
    if !tools::synthesizer() {
        return;
    }
    let arch = arch::from_toml("core.toml", text).expect("a legal core");
    let design = elaborate(&MatmulCore::new(&arch)).expect("a legal design");
    let flow = Flow::to_count(&design, Target::named(target).expect("a target"));
    let cache = Cache::open().expect("a cache");
    let outcome = flow.run(&cache, &mut |_| (), &mut unwatched);
    let outcome = outcome.unwrap_or_else(|error| panic!("{target}: {error}"));
    let demand = Demand::of(&design, flow.target, flow.frame);
    let found = outcome.whole;
    let both = format!("{target}\n{text}\n{demand:?}\n{found:?}");
    assert_eq!(demand.multipliers, found.multipliers, "{both}");
    assert_eq!(demand.block_rams, found.block_rams, "{both}");
    assert_eq!(demand.large_rams, found.large_rams, "{both}");
    let within = |estimate: u64, found: u64, low, high| {
        (found * low..=found * high).contains(&(estimate * 100))
    };
    assert!(within(demand.logic, found.logic, 80, 150), "{both}");
    assert!(within(demand.registers, found.registers, 92, 110), "{both}");
}

const SMALL: &str = "[array]\nrows = 2\ncolumns = 2\n\
                     [buffers]\na = 1024\nb = 2048\naccumulators = 512\n";

#[test]
fn a_portable_core_on_ecp5() {
    let array = "rows = 3\ncolumns = 2\ndataflow = \"output_stationary\"";
    is_near("ecp5-85k", &SMALL.replace("rows = 2\ncolumns = 2", array));
}

#[test]
fn a_core_with_cells_of_ecp5() {
    is_near("ecp5-85k", &format!("target = \"ecp5\"\n{SMALL}"));
}

#[test]
fn a_core_with_block_rams_of_ecp5() {
    is_near(
        "ecp5-85k",
        &format!("target = \"ecp5\"\n{SMALL}output_register = true\n"),
    );
}

#[test]
fn a_core_with_cells_of_ice40() {
    is_near("ice40-up5k", &format!("target = \"ice40\"\n{SMALL}"));
}

#[test]
fn a_core_on_a_chip_without_multipliers() {
    is_near("ice40-hx8k", SMALL);
}

#[test]
fn a_core_on_gowin() {
    is_near("gowin-18", SMALL);
}

#[test]
fn without_fpga_tools() {
    tools::pass_without_fpga_tools(&["core"]);
}
