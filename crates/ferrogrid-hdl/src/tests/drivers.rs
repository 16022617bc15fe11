//! What is driven, read and shown.

use super::{refused, rejected};
use crate::*;

#[test]
fn undriven_things_are_named() {
    let text = rejected(|m| {
        let wire = m.wire(bit()).named("loose");
        let register = m.reg(unsigned(4)).named("count");
        m.output("y", wire);
        m.output("z", register);
    });
    assert_eq!(
        text,
        "module `test`: wire `loose` is never driven\n  made at HERE\n\
         module `test`: register `count` is never driven\n  made at HERE"
    );
}

#[test]
fn two_drivers_are_both_shown() {
    let text = rejected(|m| {
        let a = m.input("a", bit());
        let wire = m.wire(bit()).named("w");
        wire.drive(a);
        wire.drive(!a);
        m.output("y", wire);
    });
    assert_eq!(
        text,
        "module `test`: wire `w` is driven more than once\n  first at HERE\n  again at HERE"
    );
}

/// Conditions count for `set`: what else gives a value under them is told so, unless it was made there.
#[test]
fn drive_and_next_have_no_conditions() {
    let says = |name: &str, call: &str| {
        format!(
            "`{call}` gives `{name}` its value in every cycle, whatever the `when` or `switch` around it \
             says: use `.set(..)`"
        )
    };
    let driven = refused(|m| {
        let (a, b) = (m.input("a", bit()), m.input("b", bit()));
        let w = m.wire(bit()).named("w");
        m.when(a, || w.drive(b));
    });
    assert_eq!(driven, says("w", "drive"));
    let next = refused(|m| {
        let (a, b) = (m.input("a", bit()), m.input("b", bit()));
        let r = m.reg(bit()).named("r");
        m.switch(a).case(1, || r.next(b));
    });
    assert_eq!(next, says("r", "next"));
    design("test", |m| {
        let (a, b) = (m.input("a", bit()), m.input("b", bit()));
        let r = m.reg(bit()).named("r");
        m.when(a, || r.set(m.delay(b).named("late")));
        m.output("y", r);
    })
    .unwrap();
}

#[test]
fn conditions_are_of_the_own_module() {
    let text = refused(|m| {
        let r = m.reg(bit()).named("r");
        let _ = design("other", |n| {
            let a = n.input("a", bit());
            n.when(a, || r.set(1));
        });
    });
    assert_eq!(
        text,
        "`r` belongs to module `test` and is set under a condition of another module"
    );
}

#[test]
fn constants_of_one_name_are_one() {
    let text = refused(|m| {
        m.constant("K", 2, unsigned(4));
        m.constant("K", 2, unsigned(4));
        m.constant("K", 3, unsigned(4));
    });
    assert_eq!(text, "constant `K` is 3 in u4, and was 2 in u4 before");
}

#[test]
fn two_enables_are_both_shown() {
    let text = rejected(|m| {
        let a = m.input("a", bit());
        let b = m.input("b", bit());
        let held = m.reg(bit()).named("held").enable(a).enable(b);
        m.output("y", held.next(!held.q));
        m.output("z", a & b);
    });
    assert_eq!(
        text,
        "module `test`: register `held` has two enables\n  first at HERE\n  again at HERE\n  \
         say `.enable(a & b)` or `.enable(a | b)` once"
    );
}

#[test]
fn an_unread_input_is_an_error_unless_declared() {
    let text = rejected(|m| {
        let a = m.input("a", bit());
        let _dead = !a;
    });
    assert_eq!(
        text,
        "module `test`: nothing reads input `a`\n  made at HERE\n  \
         if that is meant, say `m.unused(a)`"
    );
    design("test", |m| {
        let a = m.input("a", bit());
        m.unused(a);
    })
    .unwrap();
}

#[test]
fn attributes_are_of_nets() {
    let message = refused(|m| {
        let a = m.input("a", unsigned(8));
        m.output("b", a.attribute("keep"));
    });
    assert_eq!(
        message,
        "`a` cannot have attributes: it is neither a wire nor an instance's output"
    );
}

#[test]
fn an_output_may_be_the_register_or_wire_of_its_name() {
    let design = design("test", |m| {
        let a = m.input("a", bit());
        let held = m
            .reg(bit())
            .named("held")
            .reset(0)
            .comment("one cycle later");
        held.next(a);
        m.output("held", held);
        let either = (a | *held).named("either");
        m.output("either", either);
        let memory = m.memory(4, 2).named("words");
        memory.write(a, a, m.lit(3, unsigned(4)));
        m.output("word", memory.read(a).named("word"));
        m.output("other", held);
    })
    .unwrap();
    let top = design.top();
    let kind = |name: &str| {
        let port = top.ports.iter().find(|port| port.name == name).unwrap();
        (&top.node(port.node).kind, port.comment.as_str())
    };
    assert!(matches!(
        kind("held"),
        (ir::NodeKind::Register(_), "one cycle later")
    ));
    assert!(matches!(kind("either"), (ir::NodeKind::Wire { .. }, "")));
    assert!(matches!(
        kind("word"),
        (ir::NodeKind::MemoryRead { .. }, "")
    ));
    let (ir::NodeKind::Wire { driver }, _) = kind("other") else {
        panic!("a register of another name drives a wire");
    };
    assert_eq!(
        *driver,
        top.ports.iter().find(|p| p.name == "held").map(|p| p.node)
    );
}
