//! Instances, names and properties.

use super::{Simulator, simulate};
use crate::{Block, Module, Reset, bit, bundle, elaborate, hardware, unsigned};

/// Adds 1 a cycle, more with every level of nesting.
#[derive(Debug, Clone, PartialEq)]
struct Stage {
    depth: u32,
}

bundle! {
    struct Value() {
        value: unsigned(8),
    }
}

bundle! {
    struct Incremented() {
        result: unsigned(8),
    }
}

#[hardware]
impl Block for Stage {
    fn module_name(&self) -> String {
        format!("stage_{}", self.depth)
    }

    fn build<'m>(&self, m: &'m Module, io: Value<'m>) -> Incremented<'m> {
        let mut value = (io.value + 1).named("incremented");
        if self.depth > 0 {
            let depth = self.depth - 1;
            for _ in 0..2 {
                let s = m.instance(&Stage { depth }, Value { value });
                value = s.result;
            }
        }
        let held = m.reg(unsigned(8)).reset(0);
        held.next(value);
        let spare = held ^ io.value;
        let _ = spare;
        let small = held.lt(200);
        m.assert("stays_small", small, "the value passed 200");
        m.cover("is_even", !held.bit(0));
        Incremented { result: *held }
    }
}

fn stages() -> Simulator {
    match elaborate(&Stage { depth: 2 }) {
        Ok(design) => Simulator::new(&design),
        Err(error) => panic!("{error}"),
    }
}

/// A blinker whose register is its output.
#[derive(Debug, Clone, PartialEq)]
struct Blinker;

bundle! {
    struct Light() {
        on: bit(),
    }
}

#[hardware]
impl Block for Blinker {
    fn module_name(&self) -> String {
        "blinker".into()
    }

    fn build<'m>(&self, m: &'m Module, (): ()) -> Light<'m> {
        let on = m.reg(bit()).reset(0);
        on.next(!*on);
        Light { on: *on }
    }
}

#[test]
fn a_register_that_is_an_output_is_one_signal() {
    let mut sim = simulate(|m| {
        let on = m.instance_of(&Blinker).named("blinker").connect(()).on;
        let total = m.reg(unsigned(8)).named("total").reset(0);
        total.next(total + on.zero_extend(8));
        m.output("total", total);
        m.output("running", on);
    });
    let names: Vec<String> = sim.signals().collect();
    assert_eq!(names, ["rst", "total", "running", "blinker.on"]);
    sim.reset(1);
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push((
            sim.peek("running"),
            sim.peek("blinker.on"),
            sim.peek("total"),
        ));
        sim.step();
    }
    let expected = [(0, 0, 0), (1, 1, 0), (0, 0, 1), (1, 1, 1)];
    assert_eq!(
        seen,
        expected.map(|(a, b, c)| (a.into(), b.into(), c.into()))
    );
    sim.poke("total", 77);
    sim.poke("blinker.on", 1);
    assert_eq!(
        (sim.peek("total"), sim.peek("running")),
        (77.into(), 1.into())
    );
    sim.step();
    assert_eq!(sim.peek("total"), 78.into());
}

#[test]
fn names_inside_instances_are_found() {
    let mut sim = stages();
    sim.poke("value", 10);
    assert_eq!(sim.peek("incremented"), 11.into());
    assert_eq!(sim.peek("s_0.value"), 11.into());
    assert_eq!(sim.peek("s_0.incremented"), 12.into());
    assert_eq!(sim.peek("s_0.s_0.incremented"), 13.into());
    assert_eq!(sim.peek("s_0.s_0.held"), 0.into());
    sim.step();
    assert_eq!(sim.peek("s_0.s_0.held"), 13.into());
    assert_eq!(sim.peek("s_0.s_0.result"), 13.into());
    assert_eq!(sim.peek("s_0.s_1.value"), 13.into());
    assert_eq!(
        sim.peek("s_0.s_0.spare"),
        (13 ^ 12).into(),
        "nothing needs it"
    );
    sim.poke("value", 11);
    assert_eq!(sim.peek("s_0.s_0.spare"), (13 ^ 13).into());
    sim.poke("s_1.s_1.held", 40);
    assert_eq!(sim.peek("s_1.s_1.result"), 40.into());
    sim.step();
    assert_eq!(sim.peek("s_1.held"), 40.into());
    for name in ["s_2.held", "s_0.s_0.s_0.held", "s_0.", ".held", "", "s_0"] {
        assert!(sim.signal(name).is_none(), "{name}");
    }
    let names: Vec<String> = sim.signals().collect();
    assert!(names.contains(&"s_1.s_0.small".to_string()));
    assert!(names.iter().all(|name| sim.signal(name).is_some()));
}

#[test]
fn unused_names_cost_nothing() {
    // 7 stages: an increment, a comparison and a complemented bit each; registers copy.
    assert_eq!(stages().instructions(), 7 * 5);
}

#[test]
fn properties_count_outside_reset() {
    let mut sim = stages();
    sim.poke("value", 100);
    sim.poke("s_1.held", 250);
    sim.set_reset(true);
    sim.step();
    assert_eq!(sim.failures(), []);
    sim.set_reset(false);
    sim.poke("s_1.held", 250);
    sim.step();
    let failures: Vec<String> = sim.failures().iter().map(ToString::to_string).collect();
    assert_eq!(failures, ["cycle 1: s_1.stays_small: the value passed 200"]);
    let covers = sim
        .covers()
        .iter()
        .find(|cover| cover.path == "s_0.is_even");
    assert_eq!(covers.map(|cover| cover.count), Some(1));
    sim.poke("s_1.held", 250);
    sim.step();
    let failures: Vec<String> = sim.failures()[1..]
        .iter()
        .map(ToString::to_string)
        .collect();
    let expected = ["stays_small", "s_1.stays_small"];
    assert_eq!(
        failures,
        expected.map(|path| format!("cycle 2: {path}: the value passed 200"))
    );
}

#[derive(Debug, Clone, PartialEq)]
struct Toggle;

bundle! {
    struct Toggled() {
        q: bit(),
    }
}

#[hardware]
impl Block for Toggle {
    fn module_name(&self) -> String {
        "toggle".into()
    }

    fn build<'m>(&self, m: &'m Module, (): ()) -> Toggled<'m> {
        m.clock("clock", Reset::ActiveLow("reset_n"));
        let r = m.reg(bit()).reset(1);
        r.next(!r);
        Toggled { q: *r }
    }
}

#[hardware]
#[test]
fn instances_follow_the_clock_of_their_parent() {
    let mut sim = simulate(|m| {
        let other = m.add_domain("clk_b", Reset::ActiveHigh("rst_b"));
        let a = m.instance(&Toggle, ());
        let b = m.instance_of(&Toggle).clock("clock", other).connect(());
        m.output("a_q", a.q);
        m.output("b_q", b.q);
    });
    let both = |sim: &mut Simulator| ["a.r", "b.r"].map(|name| sim.peek(name) == 1.into());
    assert_eq!(both(&mut sim), [true, true]);
    sim.step_domain("clk");
    assert_eq!(both(&mut sim), [false, true]);
    sim.step_domain("clk_b");
    assert_eq!(both(&mut sim), [false, false]);
    sim.poke("rst_b", 1);
    sim.step();
    assert_eq!(both(&mut sim), [true, true]);
    sim.step();
    assert_eq!(both(&mut sim), [false, true], "reset holds one of them");
}

#[test]
#[should_panic(expected = "the design has no signal `s_0.hled`; did you mean `s_0.held`")]
fn an_unknown_name_is_answered_with_the_nearest() {
    stages().peek("s_0.hled");
}

#[test]
#[should_panic(expected = "256 does not fit `value`, which is u8: 0 to 255")]
fn a_value_must_fit() {
    stages().poke("value", 256);
}

#[test]
#[should_panic(expected = "`incremented` is computed and cannot be set")]
fn a_computed_signal_is_not_poked() {
    stages().poke("incremented", 5);
}

fn wide_input() -> (Simulator, crate::sim::Handle) {
    let sim = super::simulate(|m| {
        let a = m.input("wide", unsigned(65));
        m.output("out", a);
    });
    let handle = sim.signal("wide").expect("the input exists");
    (sim, handle)
}

#[test]
#[should_panic(expected = "use `set_words` for more than 64 bits")]
fn one_word_cannot_set_a_wide_signal() {
    let (mut sim, handle) = wide_input();
    sim.set(handle, 1);
}

#[test]
#[should_panic(expected = "use `words` for more than 64 bits")]
fn one_word_cannot_hold_a_wide_signal() {
    let (mut sim, handle) = wide_input();
    sim.get(handle);
}
