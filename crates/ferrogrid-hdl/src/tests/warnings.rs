//! What is accepted, but told.

use super::message;
use crate::*;

/// What closing notes, with line numbers taken out.
fn warned(describe: impl FnOnce(&Module)) -> Vec<String> {
    let design = design("test", describe).unwrap_or_else(|error| panic!("{error}"));
    let warnings = design.warnings.iter();
    warnings
        .map(|warning| message(&warning.to_string()))
        .collect()
}

#[test]
fn comparisons_that_decide_nothing() {
    let compare = |describe: for<'m> fn(Signal<'m>) -> Signal<'m>| {
        let warnings = warned(|m| {
            let a = m.input("a", unsigned(4));
            m.output("y", describe(a));
        });
        assert!(warnings.len() <= 1, "{warnings:?}");
        warnings.concat()
    };
    let told = |what: &str| {
        format!(
            "module `test`: {what}\n  made at HERE\n  \
             leave it out, or compare with a value that the other side can pass"
        )
    };
    assert_eq!(compare(|a| a.lt(0)), told("`a` < 0 is always false"));
    assert_eq!(compare(|a| a.ge(0)), told("0 <= `a` is always true"));
    assert_eq!(compare(|a| a.le(15)), told("`a` <= 15 is always true"));
    assert_eq!(compare(|a| a.gt(15)), told("15 < `a` is always false"));
    assert_eq!(
        compare(|a| a.as_signed().lt(-8)),
        told("a cast value < -8 is always false")
    );
    assert_eq!(
        compare(|a| a.zero_extend(6).eq(16)),
        told("`a` == 16 is always false")
    );
    assert_eq!(
        compare(|a| a.zero_extend(6).ne(16)),
        told("`a` != 16 is always true")
    );
    assert_eq!(compare(|a| a.eq(a)), told("`a` == `a` is always true"));
    let decides: [for<'m> fn(Signal<'m>) -> Signal<'m>; 6] = [
        |a| a.lt(1),
        |a| a.le(14),
        |a| a.gt(14),
        |a| a.ge(1),
        |a| a.zero_extend(6).eq(15),
        // Constants may be a generator's parameters.
        |a| a.module().lit(3, unsigned(4)).lt(2),
    ];
    for describe in decides {
        let warnings = warned(|m| {
            let a = m.input("a", unsigned(4));
            m.output("y", describe(a));
            m.output("z", a);
        });
        assert_eq!(warnings, [""; 0]);
    }
}

hardware_enum! {
    enum Walk { Idle, Run, Pause, Lost, Gone }
}

#[test]
fn states_that_are_never_entered() {
    let warnings = warned(|m| {
        let go = m.input("go", bit());
        let walk = m.fsm(Walk::Idle).named("walk");
        walk.go(Walk::Idle, go, Walk::Run);
        walk.go(Walk::Run, go, Walk::Pause);
        walk.then(Walk::Pause, Walk::Idle);
        // Only from a state that is never entered itself.
        walk.then(Walk::Lost, Walk::Gone);
        m.output("idle", walk.is(Walk::Idle));
    });
    let told = |state: &str| {
        format!(
            "module `test`: state machine `walk` never comes to {state}\n  made at HERE\n  \
             add a transition to it, or take it out of the enum"
        )
    };
    assert_eq!(warnings, [told("LOST"), told("GONE")]);
}

#[test]
fn wires_that_nothing_reads() {
    let describe = |m: &Module, meant: bool| {
        let a = m.input("a", unsigned(4));
        let sum = (a + 1).named("sum");
        let twice = (sum + sum).named("twice");
        let _lost = !twice;
        m.output("y", a);
        if meant {
            m.unused(twice);
            m.unused(sum);
        }
    };
    let told = |wire: &str| {
        format!(
            "module `test`: nothing reads wire `{wire}`\n  made at HERE\n  \
             if that is meant, say `m.unused({wire})`"
        )
    };
    assert_eq!(warned(|m| describe(m, false)), [told("sum"), told("twice")]);
    assert_eq!(warned(|m| describe(m, true)), [""; 0]);
}
