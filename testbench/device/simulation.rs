//! Any design, poked and peeked alike in every simulator.

use crate::tools;
use ferrogrid::device::{Simulation, Speed};
use ferrogrid::hdl::ir::Design;
use ferrogrid::hdl::{self, Reset, bit, signed, unsigned};
use ferrogrid::synth::tools::Tool;
use num_bigint::BigUint;

/// The design in every simulator that is there, by name.
fn everywhere(design: &Design, check: impl Fn(&str, Simulation)) {
    check("native", Simulation::of(design).native().expect("native"));
    if tools::present(&[Tool::Verilator, Tool::Cxx]) {
        let model = Simulation::of(design).verilator(Speed::Compile);
        check("verilator", model.expect("verilator"));
    }
    if tools::present(&[Tool::Iverilog, Tool::Vvp]) {
        check("icarus", Simulation::of(design).icarus().expect("icarus"));
    }
}

/// Two clocks, a signed and a wide port, a table, a property each.
fn mixed() -> Design {
    hdl::design("mixed", |m| {
        m.clock("clk", Reset::ActiveLow("rst_n"));
        let slow = m.add_domain("slow_clk", Reset::ActiveHigh("slow_rst"));
        let step = m.input("step", signed(12));
        let sum = m.reg(signed(12)).named("sum").reset(0);
        m.output("sum", sum.next(sum + step));
        let ticks = m.reg(unsigned(8)).named("ticks").domain(slow).reset(5);
        m.output("ticks", ticks.next(ticks + 1));
        let table = m.memory(100, 16).named("words").public();
        let address = m.input("address", unsigned(4));
        m.output("word", table.read(address).named("word"));
        let done = m.reg(bit()).named("done").reset(0);
        m.output("done", done.next(sum.ge(50)));
        m.assert("small", sum.lt(60), "the sum is 60 or more");
        m.cover("negative", sum.lt(0));
    })
    .expect("a sound design")
}

#[test]
fn ports_clocks_and_memories() {
    let wide: BigUint = (BigUint::from(0xabcd_u32) << 80) + 7u32;
    everywhere(&mixed(), |name, mut mixed| {
        let peek = |mixed: &mut Simulation, port| -> i128 {
            let value = mixed.peek(port).expect("a port");
            value.try_into().expect("a small number")
        };
        assert_eq!(peek(&mut mixed, "ticks"), 5, "{name}: reset at the start");
        mixed.poke("step", -3).expect("an input");
        mixed.step(2).expect("steps");
        assert_eq!(peek(&mut mixed, "sum"), -6, "{name}");
        assert_eq!(peek(&mut mixed, "ticks"), 7, "{name}");
        mixed.step_clock("slow_clk", 4).expect("a clock");
        assert_eq!(peek(&mut mixed, "sum"), -6, "{name}");
        assert_eq!(peek(&mut mixed, "ticks"), 11, "{name}");

        mixed
            .load("words", 3, &[BigUint::from(1u32), wide.clone()])
            .expect("a table");
        assert_eq!(
            mixed.read("words", 3, 2).expect("words"),
            [BigUint::from(1u32), wide.clone()]
        );
        mixed.poke("address", 4).expect("an input");
        mixed.step_clock("clk", 1).expect("a clock");
        assert_eq!(
            mixed.peek("word").expect("a port"),
            wide.clone().into(),
            "{name}"
        );

        mixed.poke("step", 1).expect("an input");
        assert_eq!(mixed.run_until("done", 7).expect("a run"), 7, "{name}");
        assert_eq!(mixed.run_until("done", 1000).expect("a run"), 53, "{name}");
        assert_eq!(peek(&mut mixed, "sum"), 51, "{name}");
        assert_eq!(mixed.run_until("done", 1000).expect("a run"), 0, "{name}");
        mixed.step(20).expect("steps");
        let failures: Vec<String> = mixed
            .failures()
            .expect("failures")
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            failures,
            ["cycle 77: assertion small failed: the sum is 60 or more"],
            "{name}"
        );
        let covers = mixed.finish().expect("the end");
        assert_eq!(
            (&*covers[0].path, covers[0].count),
            ("negative", 11),
            "{name}"
        );
    });
}

#[test]
fn what_does_not_fit_is_named() {
    let mut mixed = Simulation::of(&mixed()).native().expect("native");
    let says =
        |result: Result<(), ferrogrid::device::Error>| result.expect_err("an error").to_string();
    assert_eq!(
        says(mixed.poke("stop", 1)),
        "`mixed` has no port `stop`: it has step, sum, ticks, address, word, done, rst_n, slow_rst"
    );
    assert_eq!(
        says(mixed.poke("step", 4000)),
        "4000 does not fit `step`, which is s12: -2048 to 2047"
    );
    assert_eq!(
        says(mixed.poke("sum", 1)),
        "`sum` is an output: it can be peeked, not poked"
    );
    assert_eq!(
        says(mixed.load("words", 15, &[BigUint::from(1u32), BigUint::from(2u32)])),
        "`words` has 16 words, not 2 from address 15 on"
    );
    assert_eq!(
        says(mixed.step_clock("clock", 1)),
        "`mixed` has no clock `clock`: it has clk, slow_clk"
    );
    assert_eq!(
        says(mixed.run_until("sum", 1).map(drop)),
        "`sum` is s12: only a port of one bit ends a run"
    );
}
