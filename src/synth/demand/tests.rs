use super::*;
use crate::arch;
use crate::blocks::MatmulCore;
use crate::hdl::elaborate;

#[test]
fn shift_registers_take_what_the_ports_have() {
    let arch = arch::from_preset("matmul-4x4").expect("a preset");
    let design = elaborate(&MatmulCore::new(&arch)).expect("a legal design");
    let framed = |frame| Demand::default().framed(&design.top().ports, frame);
    assert_eq!(framed(Frame::OutOfContext), Demand::default());
    let framed = framed(Frame::Harness);
    assert!(framed.registers > framed.logic && framed.logic > 64);
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
