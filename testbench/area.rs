//! What the model says that cores take of chips, beside what Yosys makes of them.

mod tools;

use ferrogrid::arch;
use ferrogrid::blocks::MatmulCore;
use ferrogrid::hdl::elaborate;
use ferrogrid::model::{Multipliers, area_with};
use ferrogrid::synth::cache::Cache;
use ferrogrid::synth::{Flow, Target, unwatched};

/// Logic and registers are a tenth off at most, multipliers and memories are those that Yosys finds.
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
    let multipliers = match flow.target.has_multipliers() {
        true => Multipliers::Cells,
        false => Multipliers::Logic,
    };
    let area = area_with(&arch, flow.target.family, multipliers);
    let found = outcome.whole;
    let both = format!("{target}\n{text}\n{area:?}\n{found:?}");
    assert_eq!(area.dsp, found.multipliers, "{both}");
    assert_eq!(area.bram, found.block_rams, "{both}");
    assert_eq!(area.large_ram, found.large_rams, "{both}");
    let within = |estimate: u64, found: u64| (found * 90..=found * 110).contains(&(estimate * 100));
    assert!(within(area.lut, found.logic), "{both}");
    assert!(within(area.ff, found.registers), "{both}");
}

const SMALL: &str = "[array]\nrows = 2\ncolumns = 2\n\
                     [buffers]\na = 1024\nb = 2048\naccumulators = 512\n";

#[test]
fn a_portable_core_on_ecp5() {
    let array = "rows = 3\ncolumns = 2\ndataflow = \"output_stationary\"";
    is_near("ecp5-85k", &SMALL.replace("rows = 2\ncolumns = 2", array));
}

/// Here the multipliers count for more than what is around them.
#[test]
fn an_array_that_is_most_of_its_core() {
    is_near("ecp5-85k", &SMALL.replace("= 2\n", "= 6\n"));
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
