//! Names that must be legal and apart.

use super::rejected;
use crate::*;

mod lights {
    crate::hardware_enum! { pub enum Phase { Red, Green } }
}

mod moons {
    crate::hardware_enum! { pub enum Phase { New, Half, Full } }
}

#[test]
fn enums_of_one_name_stay_apart() {
    let design = design("test", |m| {
        let go = m.input("go", bit());
        let light = m.fsm(lights::Phase::Red).named("light");
        light.go(lights::Phase::Red, go, lights::Phase::Green);
        let moon = m.fsm(moons::Phase::New).named("moon");
        moon.go(moons::Phase::New, go, moons::Phase::Full);
        let again = m.fsm(moons::Phase::Half).named("again");
        again.go(moons::Phase::Half, go, moons::Phase::New);
        m.output("green", light.is(lights::Phase::Green));
        m.output(
            "full",
            moon.is(moons::Phase::Full) & again.is(moons::Phase::New),
        );
    })
    .unwrap();
    let enums: Vec<_> = design
        .top()
        .enums
        .iter()
        .map(|e| (e.name.as_str(), e.variants.len()))
        .collect();
    assert_eq!(enums, [("Phase", 2), ("Phase_2", 3)]);
    let states: Vec<_> = design.top().registers.iter().map(|r| r.states).collect();
    assert_eq!(states, [0, 1, 1].map(|id| Some(ir::EnumId(id))));
}

#[test]
fn names_must_be_legal_and_apart() {
    let text = rejected(|m| {
        let a = m.input("wire", bit());
        let b = m.input("a.b", bit());
        m.output("x", a);
        m.output("x_1", b.named("x_1_"));
        m.delay(a).named("twin");
        m.delay(b).named("twin");
    });
    assert_eq!(
        text,
        "module `test`: two things are called `twin`\n  first at HERE\n  again at HERE\n\
         module `test`: `a.b` cannot be a name: use letters, digits and `_`, not starting with a digit\n  made at HERE\n\
         module `test`: `wire` cannot be a name: it is a reserved word of Verilog, and ports keep their names\n  made at HERE"
    );
}

#[test]
fn two_ports_need_two_names() {
    let twin = "module `test`: two things are called `x`\n  first at HERE\n  again at HERE";
    let text = rejected(|m| {
        let x = m.flag(m.input("a", bit())).named("x");
        m.output("x", x);
        m.output("x", x);
    });
    assert_eq!(text, twin);
    let text = rejected(|m| {
        let x = m.input("x", bit());
        m.output("x", x);
    });
    assert_eq!(text, twin);
}

#[test]
fn properties_have_names_of_their_own() {
    let text = rejected(|m| {
        let a = m.input("a", bit());
        m.assert("a", a, "");
        m.cover("twice", a);
        m.assume("twice", a, "");
        m.cover("not a name", a);
    });
    assert_eq!(
        text,
        "module `test`: two things are called `twice`\n  first at HERE\n  again at HERE\n\
         module `test`: `not a name` cannot be a name: use letters, digits and `_`, not starting with a digit\n  made at HERE"
    );
}

#[test]
fn clocks_and_resets_have_names_of_their_own() {
    let clash = |clock: &str, reset: Reset<'_>| {
        let other = (clock.to_string(), reset);
        rejected(|m| {
            let other = m.add_domain(&other.0, other.1);
            let a = m.flag(m.high()).named("a");
            let b = m.reg(bit()).named("b").reset(0).domain(other);
            m.output("x", a);
            m.output("y", b.next(m.high()));
        })
    };
    assert_eq!(
        clash("clk", Reset::ActiveHigh("rst")),
        "module `test`: `clk` is the clock of domain 0 and also the clock of domain 1"
    );
    assert_eq!(
        clash("clk_b", Reset::ActiveLow("rst")),
        "module `test`: `rst` is a reset active high and also a reset active low"
    );
    assert_eq!(
        clash("clk_b", Reset::ActiveHigh("clk")),
        "module `test`: `clk` is the clock of domain 0 and also a reset active high"
    );
    let text = rejected(|m| {
        let clk = m.input("clk", bit());
        m.output("y", m.delay(clk).named("held"));
    });
    assert_eq!(
        text,
        "module `test`: `clk` is the clock of domain 0, whose port needs no declaration\n  \
         declared at HERE\n  remove it, or name clock and reset otherwise with `m.clock(..)`"
    );
    design("test", |m| {
        let other = m.add_domain("clk_b", Reset::ActiveHigh("rst"));
        let b = m.reg(bit()).named("b").reset(0).domain(other);
        m.output("x", m.flag(m.high()).named("a"));
        m.output("y", b.next(m.high()));
    })
    .expect("domains may share a reset");
}
