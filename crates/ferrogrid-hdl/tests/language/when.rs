//! `when`, `else_when`, `otherwise` and `switch`.

use super::{error, panic_of, text};
use ferrogrid_hdl::sim::Simulator;
use ferrogrid_hdl::{
    self as hdl, Elements, Module, SetElements, bit, hardware, hardware_enum, unsigned,
};

hardware_enum! {
    pub enum State { Idle, Run, Stop }
}

#[hardware]
fn counter(m: &Module) {
    let (clear, step, twice) = (
        m.input("clear", bit()),
        m.input("step", bit()),
        m.input("twice", bit()),
    );
    let count = m.reg(unsigned(8)).reset(0);
    let near = m.wire(bit());
    near.set(false);
    m.when(clear, || count.set(0)).else_when(step, || {
        count.set(count + 1);
        m.when(twice, || count.set(count + 2))
            .otherwise(|| near.set(true));
    });
    m.output("value", count);
    m.output("is_near", near);
}

#[test]
fn the_verilog_reads_like_the_source() {
    let text = text("counter", counter);
    let lines = [
        "if (clear) begin",
        "value <= 8'd0;",
        "else if (step) begin",
        "if (twice)",
        "count <= count + 8'd2;",
    ];
    let flat = text.replace("value", "count");
    for line in lines {
        assert!(
            flat.contains(&line.replace("value", "count")),
            "{line}\n{text}"
        );
    }
    assert!(
        text.contains("always @*") || text.contains("always @(*)"),
        "{text}"
    );
}

#[test]
fn the_last_assignment_that_applies_counts() {
    let design = hdl::design("counter", counter).unwrap();
    let mut sim = Simulator::new(&design);
    sim.reset(1);
    let mut count = 0u32;
    for inputs in 0..64u32 {
        let bits = [inputs & 1, inputs >> 1 & 1, inputs >> 2 & 1];
        for (name, bit) in ["clear", "step", "twice"].into_iter().zip(bits) {
            sim.poke(name, bit);
        }
        let near = bits[0] == 0 && bits[1] == 1 && bits[2] == 0;
        assert_eq!(sim.peek("is_near"), u32::from(near).into());
        sim.step();
        count = match bits {
            [1, ..] => 0,
            [_, 1, twice] => count + 1 + twice,
            _ => count,
        };
        assert_eq!(sim.peek("value"), count.into());
    }
}

#[test]
fn a_switch_is_a_case_and_leaves_illegal_states() {
    #[hardware]
    fn machine(m: &Module) {
        let (start, stop) = (m.input("start", bit()), m.input("stop", bit()));
        let (address, data) = (
            m.input("address", unsigned(4)),
            m.input("data", unsigned(8)),
        );
        let words = m.memory(8, 16);
        let state = m.fsm(State::Idle);
        let light = m.wire(unsigned(2));
        m.switch(state)
            .case(State::Idle, || {
                light.set(0);
                m.when(start, || state.set(State::Run));
            })
            .case(State::Run, || {
                light.set(2);
                words.set(address, data);
                m.when(stop, || state.set(State::Stop));
            })
            .case(State::Stop, || {
                light.set(1);
                state.set(State::Idle);
            });
        let word = words.read(address);
        m.output("word", word);
        m.output("light", light);
    }
    let design = hdl::design("machine", machine).unwrap();
    let text = ferrogrid_hdl::verilog::concat(&design);
    for part in [
        "case (state)",
        "RUN: begin",
        "state <= STOP;",
        "default: ",
        "state <= IDLE;",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let mut sim = Simulator::new(&design);
    sim.reset(1);
    sim.poke("start", 1);
    sim.poke("data", 77);
    sim.step();
    assert_eq!(sim.peek("light"), 2.into());
    sim.poke("stop", 1);
    sim.step();
    assert_eq!((sim.peek("light"), sim.peek("word")), (1.into(), 0.into()));
    sim.step();
    assert_eq!((sim.peek("light"), sim.peek("word")), (0.into(), 77.into()));
    // An encoding that is no state.
    sim.poke("start", 0);
    sim.poke("state", 3);
    sim.step();
    assert_eq!(sim.peek("state"), 0.into());
}

#[test]
fn a_wire_must_be_set_in_every_case() {
    let error = error(|m| {
        let (a, b) = (m.input("a", bit()), m.input("b", bit()));
        let half = m.wire(bit()).named("half");
        m.when(a, || half.set(true))
            .else_when(b, || half.set(false));
        m.output("half_out", half);
    });
    let text = error.to_string();
    assert!(
        text.contains("wire `half` is not set in every case"),
        "{text}"
    );
    assert!(text.contains("when.rs:"), "{text}");
    assert_eq!(error.issues.len(), 1, "{text}");
}

#[test]
fn a_complete_switch_needs_no_otherwise() {
    let text = text("select", |m| {
        let index = m.input("index", unsigned(1));
        let (a, b) = (m.input("a", unsigned(4)), m.input("b", unsigned(4)));
        let value = m.output_wire("value", unsigned(4));
        m.switch(index)
            .case(0, || value.set(a))
            .case(1, || value.set(b));
    });
    assert!(text.contains("value"), "{text}");
}

#[test]
fn a_pattern_stands_once() {
    let message = panic_of(|m| {
        let index = m.input("index", unsigned(2));
        m.switch(index).case(1, || {}).case(1, || {});
    });
    assert_eq!(message, "case pattern 1 of `index` stands twice");
}

#[test]
fn set_and_next_do_not_mix() {
    let error = error(|m| {
        let go = m.input("go", bit());
        let count = m.reg(unsigned(2)).named("count").reset(0);
        count.next(count + 1);
        m.when(go, || count.set(0));
        m.output("value", count);
    });
    assert!(
        error.to_string().contains("driven more than once"),
        "{error}"
    );
}

#[test]
fn a_shape_that_does_not_fit_is_told() {
    let message = panic_of(|m| {
        let wide = m.input("wide", unsigned(9));
        let count = m.reg(unsigned(8)).named("count");
        count.set(wide);
    });
    assert_eq!(message, "`count` is u8, what it is set to, `wide`, is u9");
}

#[test]
fn arrays_are_read_and_set_at_an_index() {
    #[hardware]
    fn file(m: &Module) {
        let (write, index) = (m.input("write", bit()), m.input("index", unsigned(2)));
        let value = m.input("value", unsigned(8));
        let words: Vec<_> = (0..3).map(|_| m.reg(unsigned(8)).reset(0)).collect();
        m.when(write, || words.set_at(index, value));
        m.output("word", words.at(index));
    }
    let text = text("file", file);
    assert!(
        text.contains("words_2") && text.contains("case (index)"),
        "{text}"
    );
    let mut sim = Simulator::new(&hdl::design("file", file).unwrap());
    sim.reset(1);
    sim.poke("write", 1);
    for index in 0..4u32 {
        sim.poke("index", index);
        sim.poke("value", 10 + index);
        sim.step();
    }
    // Index 3 is beyond the end: nothing was set, the last is read.
    for (index, word) in [(0, 10), (1, 11), (2, 12), (3, 12)] {
        sim.poke("write", 0);
        sim.poke("index", index);
        assert_eq!(sim.peek("word"), word.into());
    }
}
