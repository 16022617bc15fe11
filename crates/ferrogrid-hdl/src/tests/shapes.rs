//! Shapes, literals and choices.

use super::refused;
use crate::*;

#[test]
fn unequal_shapes_name_both_signals() {
    let message = refused(|m| {
        let a = m.input("a", unsigned(8));
        let b = m.input("b", signed(9));
        m.output("sum", a + b);
    });
    assert_eq!(message, "`+` needs equal shapes: `a` is u8, `b` is s9");
    let message = refused(|m| {
        let a = m.input("a", unsigned(8));
        let b = m.input("b", signed(8));
        m.output("product", a * b);
    });
    assert_eq!(
        message,
        "`*` needs operands of equal signedness: `a` is u8, `b` is s8"
    );
}

#[test]
fn an_unnamed_operand_is_described_by_its_line() {
    let message = refused(|m| {
        let a = m.input("a", unsigned(8));
        let b = m.input("b", unsigned(4));
        m.output("y", (a * b) ^ a);
    });
    assert!(
        message.starts_with("`^` needs equal shapes: the result of `*` (made at "),
        "{message}"
    );
    assert!(
        message.contains("crates/ferrogrid-hdl/src/tests/shapes.rs:"),
        "{message}"
    );
    assert!(message.ends_with(") is u12, `a` is u8"), "{message}");
}

#[test]
fn literals_must_fit() {
    let message = refused(|m| {
        let a = m.input("a", signed(4));
        m.output("y", a + 8);
    });
    assert_eq!(message, "8 does not fit `a`, which is s4 (-8 to 7)");
    let message = refused(|m| {
        m.reg(unsigned(3)).named("count").reset(8);
    });
    assert_eq!(message, "reset value 8 does not fit `count`, which is u3");
}

#[test]
fn widening_and_slicing_are_explicit() {
    let message = refused(|m| {
        let a = m.input("a", unsigned(4));
        m.output("y", a.sign_extend(8));
    });
    assert_eq!(
        message,
        "`sign_extend` is for signed values, `a` is u4: say `as_signed` first"
    );
    let message = refused(|m| {
        let a = m.input("a", unsigned(4));
        m.output("y", a.extend(3));
    });
    assert_eq!(message, "`a` is u4 and cannot be widened to 3 bits");
    let message = refused(|m| {
        let a = m.input("a", unsigned(4));
        m.output("y", a.slice(2, 3));
    });
    assert_eq!(message, "bits 2 to 4 are not in `a`, which is u4");
    let message = refused(|m| {
        let a = m.input("a", unsigned(4));
        m.wire(unsigned(5)).named("y").drive(a);
    });
    assert_eq!(message, "`y` is u5, its driver `a` is u4");
}

#[test]
fn conditions_are_one_bit() {
    let message = refused(|m| {
        let a = m.input("a", unsigned(4));
        m.output("y", a.mux(a, a));
    });
    assert_eq!(
        message,
        "the condition of `mux` must be one unsigned bit, `a` is u4"
    );
}

#[test]
fn widths_have_bounds() {
    let shape = |width| Shape {
        width,
        signed: false,
    };
    let input = |width| {
        refused(|m| {
            let _ = m.input("a", shape(width));
        })
    };
    assert_eq!(input(0), "`a` would have 0 bits: a signal has 1 to 65536");
    assert_eq!(
        input(65_537),
        "`a` would have 65537 bits: a signal has 1 to 65536"
    );
    let message = refused(|m| {
        m.lit(
            0,
            Shape {
                width: 0,
                signed: true,
            },
        );
    });
    assert_eq!(message, "a constant of 0 bits: a signal has 1 to 65536");
    let message = refused(|m| {
        m.memory(65_537, 4).named("words");
    });
    assert_eq!(
        message,
        "words of a memory would have 65537 bits: a signal has 1 to 65536"
    );
    let of_wide =
        |describe: for<'m> fn(Signal<'m>)| refused(|m| describe(m.input("a", unsigned(MAX_WIDTH))));
    assert_eq!(
        of_wide(|a| {
            let _ = a * a;
        }),
        "the product of `a` and `a` would have 131072 bits: a signal has 1 to 65536"
    );
    assert_eq!(
        of_wide(|a| {
            let _ = concat(&[a, a.bit(0)]);
        }),
        "a concatenation would have 65537 bits: a signal has 1 to 65536"
    );
    assert_eq!(
        of_wide(|a| {
            let _ = a.repeat(u32::MAX);
        }),
        "4294967295 copies of `a` would have 281474976645120 bits: a signal has 1 to 65536"
    );
    assert_eq!(
        of_wide(|a| {
            let _ = a.zero_extend(MAX_WIDTH + 1);
        }),
        "a widened value would have 65537 bits: a signal has 1 to 65536"
    );
    assert_eq!(
        of_wide(|a| {
            let _ = a.slice(u32::MAX, 2);
        }),
        "bits 4294967295 to 4294967296 are not in `a`, which is u65536"
    );
    assert_eq!(
        of_wide(|a| {
            let _ = a.slice(0, 0);
        }),
        "a slice of `a` needs at least one bit"
    );
}

#[test]
fn choices_name_both_values() {
    let choose = |describe: for<'m> fn(Signal<'m>, Signal<'m>) -> Signal<'m>| {
        refused(|m| {
            let a = m.input("a", unsigned(1));
            m.output("y", describe(a, m.input("b", unsigned(9))));
        })
    };
    assert_eq!(
        choose(|a, b| a.case(&[(0, b)], a)),
        "`case` needs equal shapes: `b` is u9, the default `a` is u1"
    );
    assert_eq!(
        choose(|a, b| a.select(&[a, a, a, b, a])),
        "`select` needs equal shapes: `b` is u9, the last item `a` is u1"
    );
    assert_eq!(
        choose(|a, b| first_match(&[(a, a), (a, b)], a)),
        "`first_match` needs equal shapes: `b` is u9, the default `a` is u1"
    );
    assert_eq!(
        choose(|a, _| a.mux(1, 2)),
        "`mux` of `a` between the integers 1 and 2 has no shape: use `m.lit` for one"
    );
    assert_eq!(
        choose(|a, b| a.mux(512, b)),
        "512 does not fit `b`, which is u9 (0 to 511)"
    );
}

crate::bundle! {
    /// An interface may be private.
    struct Hidden(width: u32) {
        data: unsigned(width),
    }
}

#[test]
fn registers_and_integers_stand_where_signals_do() {
    let design = design("test", |m| {
        let a = m.input("a", unsigned(8));
        let r = m.reg(unsigned(8)).named("r").reset(3);
        r.next(a);
        m.output("left", r << a);
        m.output("right", r >> 1);
        m.output("by", a << r);
        m.output("both", r << r);
        m.output("negative", -r);
        m.output("less", 10 - r);
        m.output("more", a + 200u8);
        m.output("chosen", a.bit(0).mux(7, r));
        m.output("joined", concat(&[r, r]));
        let hidden: Hidden<'_> = m.sink_port("h", Hidden::of(2));
        m.output("hidden", hidden.data);
    })
    .unwrap();
    let mut sim = sim::Simulator::new(&design);
    sim.poke("rst", 1);
    sim.step();
    sim.poke("a", 1);
    let expected = [
        ("left", 6),
        ("right", 1),
        ("by", 8),
        ("both", 24),
        ("negative", 253),
        ("less", 7),
        ("more", 201),
        ("chosen", 7),
        ("joined", 0x303),
    ];
    for (output, value) in expected {
        assert_eq!(sim.peek(output), value.into(), "{output}");
    }
}
