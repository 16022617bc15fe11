use super::*;
use crate::arch;
use crate::blocks::MatmulCore;
use crate::hdl::elaborate;

fn demand(text: &str, target: &str, frame: Frame) -> Demand {
    let arch = arch::from_toml("core.toml", text).expect("a legal core");
    let design = elaborate(&MatmulCore::new(&arch)).expect("a legal design");
    Demand::of(&design, Target::named(target).expect("a target"), frame)
}

const CORE: &str = "[array]\nrows = 4\ncolumns = 2\n\
                    [buffers]\na = 2048\nb = 8192\naccumulators = 512\n";

#[test]
fn memories_are_counted_in_cells_of_the_family() {
    let of = |text: &str, target| {
        let demand = demand(text, target, Frame::OutOfContext);
        (demand.block_rams, demand.large_rams)
    };
    // A is 512 words of 32 bits, B 4,096 of 16; two memories of 32 words of 64 bits are in LUTs.
    assert_eq!(of(CORE, "ecp5-85k"), (1 + 4, 0));
    assert_eq!(of(CORE, "ice40-hx8k"), (4 + 16 + 2 * 4, 0));
    let ice40 = format!("target = \"ice40\"\n{CORE}");
    assert_eq!(of(&ice40, "ice40-up5k"), (16 + 2 * 4, 4));
}

#[test]
fn products_are_made_of_multipliers_where_there_are_some() {
    let of = |text: &str, target| demand(text, target, Frame::OutOfContext);
    assert_eq!(of(CORE, "ecp5-25k").multipliers, 8);
    assert_eq!(of(CORE, "ice40-hx8k").multipliers, 0);
    let more = of(CORE, "ice40-hx8k").logic - of(CORE, "ice40-up5k").logic;
    assert!((8 * 150..8 * 170).contains(&more), "{more}");
    let int4 = CORE.replace(
        "columns = 2",
        "columns = 2\nactivation = \"int4\"\nweight = \"int4\"",
    );
    assert_eq!(of(&int4, "ice40-up5k").multipliers, 0);
    let ecp5 = format!("target = \"ecp5\"\n{CORE}");
    assert_eq!(of(&ecp5, "ecp5-25k").multipliers, 8);
}

#[test]
fn shift_registers_take_what_the_ports_have() {
    let open = demand(CORE, "ecp5-85k", Frame::OutOfContext);
    let framed = demand(CORE, "ecp5-85k", Frame::Harness);
    assert!(framed.registers > open.registers + 32 + 16 + 64);
    assert!(framed.logic > open.logic + 64);
}

#[test]
fn less_is_less_of_everything_that_is_taken() {
    let large = Demand {
        logic: 10,
        registers: 10,
        multipliers: 2,
        ..Demand::default()
    };
    let less = Demand {
        logic: 9,
        registers: 9,
        multipliers: 1,
        ..Demand::default()
    };
    assert!(less.is_less(&large) && !large.is_less(&less) && !large.is_less(&large));
    let same_multipliers = Demand {
        multipliers: 2,
        ..less
    };
    assert!(!same_multipliers.is_less(&large));
    let other_memory = Demand {
        block_rams: 1,
        ..less
    };
    assert!(!other_memory.is_less(&large));
}
