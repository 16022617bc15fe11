//! What construction and closing refuse, and the words they use.

use super::*;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The panic message of a construction that must fail.
fn refused(describe: impl FnOnce(&Module)) -> String {
    let result = catch_unwind(AssertUnwindSafe(|| {
        let _ = design("test", describe);
    }));
    let panic = result.expect_err("the construction was accepted");
    panic.downcast_ref::<String>().cloned().unwrap_or_else(|| {
        panic
            .downcast_ref::<&str>()
            .map(ToString::to_string)
            .expect("a panic message")
    })
}

/// What closing says, with line numbers taken out.
fn rejected(describe: impl FnOnce(&Module)) -> String {
    let error = design("test", describe).expect_err("the design was accepted");
    let mut text = String::new();
    for line in error.to_string().lines() {
        match line.find("crates/ferrogrid-hdl/src/tests.rs:") {
            Some(at) => {
                let (before, rest) = line.split_at(at);
                let digits = rest["crates/ferrogrid-hdl/src/tests.rs:".len()..]
                    .trim_start_matches(char::is_numeric);
                text.push_str(&format!("{before}HERE{digits}\n"));
            }
            None => text.push_str(&format!("{line}\n")),
        }
    }
    text.trim_end().to_string()
}

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
        message.contains("crates/ferrogrid-hdl/src/tests.rs:"),
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
        m.reg("count", unsigned(3)).reset(8);
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
        m.wire("y", unsigned(5)).drive(a);
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
fn undriven_things_are_named() {
    let text = rejected(|m| {
        let wire = m.wire("loose", bit());
        let register = m.reg("count", unsigned(4));
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
        let wire = m.wire("w", bit());
        wire.drive(a);
        wire.drive(!a);
        m.output("y", wire);
    });
    assert_eq!(
        text,
        "module `test`: wire `w` is driven more than once\n  first at HERE\n  again at HERE"
    );
}

#[test]
fn a_combinational_loop_is_printed_hop_by_hop() {
    let text = rejected(|m| {
        let a = m.input("a", unsigned(4));
        let first = m.wire("first", unsigned(4));
        let second = (first + a).named("second");
        first.drive(second ^ 1);
        m.output("y", second);
    });
    assert_eq!(
        text,
        "module `test`: combinational loop through 4 signals\n  \
         HERE: the result of `+`\n  \
         HERE: `second`\n  \
         HERE: the result of `^`\n  \
         HERE: `first`\n  \
         and back to the result of `+`; put a register into the path"
    );
}

#[derive(Debug)]
struct Inverter;

impl Block for Inverter {
    fn module_name(&self) -> String {
        "inverter".into()
    }
    fn build(&self, m: &Module) {
        let a = m.input("a", bit());
        m.output("y", !a);
    }
}

#[test]
fn a_loop_through_instances_is_found() {
    let text = rejected(|m| {
        let back = m.wire("back", bit());
        let once = m.instance("once", &Inverter).input("a", back).output("y");
        back.drive(m.instance("twice", &Inverter).input("a", once).output("y"));
        m.output("y", back);
    });
    assert!(
        text.contains("combinational loop through 3 signals"),
        "{text}"
    );
    assert!(
        text.contains("HERE: output `y` of instance `once`"),
        "{text}"
    );
}

#[test]
fn equal_blocks_share_a_module() {
    let design = design("pair", |m| {
        let a = m.input("a", bit());
        let b = m.instance("first", &Inverter).input("a", a).output("y");
        m.output(
            "y",
            m.instance("second", &Inverter).input("a", b).output("y"),
        );
    })
    .unwrap();
    assert_eq!(design.modules.len(), 2);
    assert_eq!(design.top().instances.len(), 2);
}

#[test]
fn different_blocks_need_different_names() {
    #[derive(Debug)]
    struct Wide(u32);
    impl Block for Wide {
        fn module_name(&self) -> String {
            "wide".into()
        }
        fn build(&self, m: &Module) {
            let a = m.input("a", unsigned(self.0));
            m.output("y", !a);
        }
    }
    let text = rejected(|m| {
        let a = m.input("a", bit());
        m.output("y", m.instance("one", &Wide(1)).input("a", a).output("y"));
        m.instance("two", &Wide(2));
    });
    assert!(
        text.starts_with(
            "two different blocks are called `wide`; their module names must tell them apart\n  \
             first:  Wide(1)\n  second: Wide(2)"
        ),
        "{text}"
    );
}

/// Two types of one name and one `Debug` text.
mod other {
    use super::*;

    #[derive(Debug)]
    pub struct Inverter;

    impl Block for Inverter {
        fn module_name(&self) -> String {
            "inverter".into()
        }
        fn build(&self, m: &Module) {
            let a = m.input("a", unsigned(2));
            m.output("y", !a);
        }
    }
}

#[test]
fn blocks_of_two_types_are_two_blocks() {
    let text = rejected(|m| {
        let a = m.input("a", bit());
        m.output("y", m.instance("u", &Inverter).input("a", a).output("y"));
        let b = m.input("b", unsigned(2));
        let other = m.instance("v", &other::Inverter).input("a", b);
        m.output("z", other.output("y"));
    });
    assert_eq!(
        text,
        "two different blocks are called `inverter`; their module names must tell them apart\n  \
         first:  Inverter (ferrogrid_hdl::tests::Inverter)\n  \
         second: Inverter (ferrogrid_hdl::tests::other::Inverter)"
    );
}

#[test]
fn a_child_may_not_have_the_name_of_its_parent() {
    let clash = |first: &str| {
        format!(
            "two different blocks are called `inverter`; their module names must tell them apart\n  \
             first:  {first}\n  second: Inverter"
        )
    };
    let describe = |m: &Module| {
        let a = m.input("a", bit());
        m.output("y", m.instance("u", &Inverter).input("a", a).output("y"));
    };
    let error = design("inverter", describe).unwrap_err();
    assert_eq!(error.to_string(), clash("the top, described by a closure"));

    #[derive(Debug)]
    struct Outer;
    impl Block for Outer {
        fn module_name(&self) -> String {
            "inverter".into()
        }
        fn build(&self, m: &Module) {
            m.instance("u", &Inverter);
        }
    }
    assert_eq!(elaborate(&Outer).unwrap_err().to_string(), clash("Outer"));
}

#[test]
fn a_block_may_not_contain_itself() {
    #[derive(Debug)]
    struct Ping;
    #[derive(Debug)]
    struct Pong;
    impl Block for Ping {
        fn module_name(&self) -> String {
            "ping".into()
        }
        fn build(&self, m: &Module) {
            m.instance("pong", &Pong);
        }
    }
    impl Block for Pong {
        fn module_name(&self) -> String {
            "pong".into()
        }
        fn build(&self, m: &Module) {
            m.instance("ping", &Ping).input("a", m.high());
        }
    }
    let text = rejected(|m| {
        m.instance("ping", &Ping);
    });
    assert_eq!(
        text,
        "module `ping` contains itself: `ping` > `pong` > `ping`\n  \
         an instance in its own block needs other parameters and another module name"
    );
}

mod lights {
    crate::state_enum! { pub enum Phase { Red, Green } }
}

mod moons {
    crate::state_enum! { pub enum Phase { New, Half, Full } }
}

#[test]
fn enums_of_one_name_stay_apart() {
    let design = design("test", |m| {
        let go = m.input("go", bit());
        let light = m.fsm("light", lights::Phase::Red);
        light.go(lights::Phase::Red, go, lights::Phase::Green);
        let moon = m.fsm("moon", moons::Phase::New);
        moon.go(moons::Phase::New, go, moons::Phase::Full);
        let again = m.fsm("again", moons::Phase::Half);
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
fn instance_ports_are_checked() {
    let message = refused(|m| {
        let a = m.input("a", unsigned(2));
        m.instance("u", &Inverter).input("a", a);
    });
    assert_eq!(message, "input `a` of instance `u` is u1, `a` is u2");
    let message = refused(|m| {
        m.instance("u", &Inverter).output("q");
    });
    assert_eq!(
        message,
        "instance `u` of `inverter` has no output `q`; it has: y"
    );
    let text = rejected(|m| {
        m.output("y", m.instance("u", &Inverter).output("y"));
    });
    assert_eq!(
        text,
        "module `test`: input `a` of instance `u` is never driven\n  made at HERE"
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
fn clock_crossings_need_a_synchronizer() {
    let cross = |m: &Module, synchronize: bool| {
        let other = m.add_domain("fast_clk", Reset::ActiveHigh("fast_rst"));
        let a = m.input("a", bit());
        let slow = m.delay("slow", a);
        let fast = m.reg("fast", bit()).domain(other);
        let fast = if synchronize {
            fast.synchronizer()
        } else {
            fast
        };
        fast.next(slow);
        m.output("y", fast);
    };
    let text = rejected(|m| cross(m, false));
    assert_eq!(
        text,
        "module `test`: register `fast` is clocked by `fast_clk` but samples a value of `clk`\n  \
         made at HERE\n  use a register marked `.synchronizer()`"
    );
    design("test", |m| cross(m, true)).unwrap();
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
fn names_must_be_legal_and_apart() {
    let text = rejected(|m| {
        let a = m.input("wire", bit());
        let b = m.input("a.b", bit());
        m.output("x", a);
        m.output("x_1", b.named("x_1_"));
        m.delay("twin", a);
        m.delay("twin", b);
    });
    assert_eq!(
        text,
        "module `test`: two things are called `twin`\n  first at HERE\n  again at HERE\n\
         module `test`: `a.b` cannot be a name: use letters, digits and `_`, not starting with a digit\n\
         module `test`: `wire` cannot be a name: it is a reserved word of Verilog, and ports keep their names"
    );
}

#[test]
fn interfaces_check_every_member() {
    let message = refused(|m| {
        let from: Stream<'_> = m.sink_port("s", (unsigned(8),));
        let to: Stream<'_> = m.source_port("m", (unsigned(9),));
        connect(&from, &to);
    });
    assert_eq!(
        message,
        "`Stream` interfaces do not fit: member `payload` is u8 at the producer (`s_payload`) \
         and u9 at the consumer (`m_payload`)"
    );
}

#[test]
fn an_output_may_be_the_register_or_wire_of_its_name() {
    let design = design("test", |m| {
        let a = m.input("a", bit());
        let held = m.reg("held", bit()).reset(0).comment("one cycle later");
        held.next(a);
        m.output("held", held);
        let either = (a | *held).named("either");
        m.output("either", either);
        let memory = m.memory("words", 4, 2);
        memory.write(a, a, m.lit(3, unsigned(4)));
        m.output("word", memory.read("word", a));
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

#[test]
fn two_ports_need_two_names() {
    let twin = "module `test`: two things are called `x`\n  first at HERE\n  again at HERE";
    let text = rejected(|m| {
        let x = m.flag("x", m.input("a", bit()));
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
fn properties_are_sampled_by_their_clock() {
    let text = rejected(|m| {
        let other = m.add_domain("fast_clk", Reset::ActiveHigh("fast_rst"));
        let fast = m.reg("fast", bit()).domain(other);
        fast.next(!fast);
        m.assert("is_low", !fast, "");
    });
    assert_eq!(
        text,
        "module `test`: property `is_low` is clocked by `clk` but samples a value of `fast_clk`\n  \
         made at HERE\n  use a register marked `.synchronizer()`"
    );
}

#[test]
fn a_memory_tells_a_crossing_once() {
    let text = rejected(|m| {
        let other = m.add_domain("fast_clk", Reset::ActiveHigh("fast_rst"));
        let a = m.input_of(other, "a", bit());
        let words = m.memory("words", 1, 2);
        words.write(a, a, a);
        m.output("y", words.read("q", a));
    });
    assert_eq!(
        text,
        "module `test`: memory `words` is clocked by `clk` but samples a value of `fast_clk`\n  \
         made at HERE\n  use a register marked `.synchronizer()`"
    );
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
         module `test`: `not a name` cannot be a name: use letters, digits and `_`, not starting with a digit"
    );
}

#[derive(Debug)]
struct TwoClocks;

impl Block for TwoClocks {
    fn module_name(&self) -> String {
        "two_clocks".into()
    }
    fn build(&self, m: &Module) {
        let other = m.add_domain("fast_clk", Reset::ActiveHigh("fast_rst"));
        m.output("slow", m.flag("slow_q", m.high()));
        let fast = m.reg("fast_q", bit()).domain(other);
        m.output("fast", fast.next(m.high()));
    }
}

#[test]
fn further_clocks_of_an_instance_are_not_guessed() {
    let text = rejected(|m| {
        m.instance("u", &TwoClocks);
    });
    assert_eq!(
        text,
        "module `test`: clock `fast_clk` of instance `u` is never driven\n  made at HERE"
    );
    let domains = |describe: fn(&Module)| {
        let design = design("test", describe).unwrap();
        design.top().instances[0].domains.clone()
    };
    let same_name = domains(|m| {
        m.instance("u", &TwoClocks);
        m.add_domain("fast_clk", Reset::ActiveHigh("fast_rst"));
    });
    assert_eq!(same_name, [ir::DomainId(0), ir::DomainId(1)]);
    let told = domains(|m| {
        let u = m.instance("u", &TwoClocks);
        u.clock("fast_clk", m.default_domain());
    });
    assert_eq!(told, [ir::DomainId(0); 2]);
}

#[test]
fn handles_of_another_module_are_refused() {
    let domain = "a clock domain of another module cannot be used in module `inner`: add it there \
                  with `m.add_domain(..)` and clock the instance with `.clock(..)`";
    let inner = |outer: &Module, describe: &dyn Fn(&Module, Domain)| {
        let foreign = outer.add_domain("fast_clk", Reset::ActiveHigh("fast_rst"));
        let _ = design("inner", |m| describe(m, foreign));
    };
    let register = refused(|outer| {
        inner(outer, &|m, foreign| {
            m.reg("r", bit()).domain(foreign);
        });
    });
    assert_eq!(register, domain);
    let instance = refused(|outer| {
        inner(outer, &|m, foreign| {
            m.instance("u", &TwoClocks).clock("fast_clk", foreign);
        });
    });
    assert_eq!(instance, domain);
    let port = refused(|outer| {
        inner(outer, &|m, foreign| {
            m.input_of(foreign, "a", bit());
        });
    });
    assert_eq!(port, domain);
    let unused = refused(|outer| {
        let a = outer.input("a", bit());
        let _ = design("inner", |m| m.unused(a));
    });
    assert_eq!(
        unused,
        "`a` belongs to module `test` and cannot be used in module `inner`: pass it through a port"
    );
}

#[test]
fn granules_are_set_before_masks_are_used() {
    let message = refused(|m| {
        let a = m.input("a", bit());
        let words = m.memory("words", 8, 2);
        words.write_masked(a, a, m.zero(unsigned(8)), a);
        words.granularity(4);
    });
    assert_eq!(
        message,
        "memory `words` has a masked write port already: set the granularity before it"
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
        m.memory("words", 65_537, 4);
    });
    assert_eq!(
        message,
        "words of memory `words` would have 65537 bits: a signal has 1 to 65536"
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
fn clocks_and_resets_have_names_of_their_own() {
    let clash = |clock: &str, reset: Reset<'_>| {
        let other = (clock.to_string(), reset);
        rejected(|m| {
            let other = m.add_domain(&other.0, other.1);
            let a = m.flag("a", m.high());
            let b = m.reg("b", bit()).reset(0).domain(other);
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
        m.output("y", m.delay("held", clk));
    });
    assert_eq!(
        text,
        "module `test`: `clk` is the clock of domain 0, whose port needs no declaration\n  \
         declared at HERE\n  remove it, or name clock and reset otherwise with `m.clock(..)`"
    );
    design("test", |m| {
        let other = m.add_domain("clk_b", Reset::ActiveHigh("rst"));
        let b = m.reg("b", bit()).reset(0).domain(other);
        m.output("x", m.flag("a", m.high()));
        m.output("y", b.next(m.high()));
    })
    .expect("domains may share a reset");
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

crate::interface! {
    /// An interface may be private.
    struct Hidden(width: u32) {
        forward data: unsigned(width),
    }
}

#[test]
fn registers_and_integers_stand_where_signals_do() {
    let design = design("test", |m| {
        let a = m.input("a", unsigned(8));
        let r = m.reg("r", unsigned(8)).reset(3);
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
        let hidden: Hidden<'_> = m.sink_port("h", (2,));
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

#[test]
fn axi4_and_memory_ports_connect_in_one_call() {
    let design = design("through", |m| {
        let from: Axi4<'_> = m.sink_port("s_axi", (4, 32, 128));
        let to: Axi4<'_> = m.source_port("m_axi", (4, 32, 128));
        connect(&from, &to);
        let from: MemoryPort<'_> = m.sink_port("s_port", (10, 64, 8));
        let to: MemoryPort<'_> = m.source_port("m_port", (10, 64, 8));
        connect(&from, &to);
    })
    .unwrap();
    let direction = |name: &str| design.top().port(name).unwrap().1.direction;
    assert_eq!(direction("s_axi_awlen"), ir::Direction::Input);
    assert_eq!(direction("s_axi_rlast"), ir::Direction::Output);
    assert_eq!(direction("m_axi_rlast"), ir::Direction::Input);
    assert_eq!(
        design.top().port("m_axi_wstrb").unwrap().1.shape,
        unsigned(16)
    );
    assert_eq!(direction("m_port_read_data"), ir::Direction::Input);
    assert_eq!(
        design.top().port("s_port_write").unwrap().1.shape,
        unsigned(8)
    );
    let mut sim = sim::Simulator::new(&design);
    sim.poke("s_axi_araddr", 0x1234);
    sim.poke("m_port_read_data", 77);
    assert_eq!(sim.peek("m_axi_araddr"), 0x1234.into());
    assert_eq!(sim.peek("s_port_read_data"), 77.into());
}

/// A cell of this name and parameter, with an input of this width.
#[derive(Debug)]
struct ModelOf {
    module: &'static str,
    cell: VendorCell,
    width: u32,
}

impl Block for ModelOf {
    fn module_name(&self) -> String {
        self.module.into()
    }

    fn vendor_cell(&self) -> Option<VendorCell> {
        Some(self.cell.clone())
    }

    fn build(&self, m: &Module) {
        m.output("O", m.input("I", unsigned(self.width)));
    }
}

/// Closing a design with an instance of each of these.
fn rejected_cells(cells: &[ModelOf]) -> String {
    rejected(|m| {
        for (index, cell) in cells.iter().enumerate() {
            let i = m.input(format!("i{index}"), unsigned(cell.width));
            let instance = m.instance(format!("cell_{index}"), cell).input("I", i);
            m.output(format!("o{index}"), instance.output("O"));
        }
    })
}

#[test]
fn models_of_a_cell_must_go_together() {
    let model = |module, level, width| ModelOf {
        module,
        cell: VendorCell::new("BUFFER").integer("LEVEL", level),
        width,
    };
    let clash = |second, reason: &str| {
        format!("vendor's cell `BUFFER`: modules `one` and `{second}` do not go together; {reason}")
    };
    assert_eq!(
        rejected_cells(&[model("one", 1, 1), model("two", 2, 2)]),
        clash("two", "the models of a cell must have the same ports")
    );
    assert_eq!(
        rejected_cells(&[model("one", 1, 1), model("two", 1, 1)])
            .lines()
            .last()
            .unwrap_or_default(),
        clash(
            "two",
            "a cell has one model for each choice of its parameters"
        )
    );
    let other = ModelOf {
        module: "two",
        cell: VendorCell::new("BUFFER").text("SPEED", "FAST"),
        width: 1,
    };
    assert_eq!(
        rejected_cells(&[model("one", 1, 1), other]),
        clash(
            "two",
            "the models of a cell must set the same parameters, defaults included"
        )
    );
    assert_eq!(
        rejected_cells(&[ModelOf {
            module: "BUFFER",
            ..model("", 1, 1)
        }]),
        "vendor's cell `BUFFER`: modules `BUFFER` and `BUFFER` do not go together; a module must \
         not have the name of a vendor's cell"
    );
}

#[test]
fn parameters_of_cells_are_legal_verilog() {
    let message = |make: fn() -> VendorCell| {
        let panic = catch_unwind(make).expect_err("it was accepted");
        panic.downcast_ref::<String>().cloned().unwrap_or_default()
    };
    assert_eq!(
        message(|| VendorCell::new("reg")),
        "`reg` cannot be the name of a cell or its parameter in Verilog"
    );
    assert_eq!(
        message(|| VendorCell::new("X").text("MODE", "a\"b")),
        "parameter `MODE` of `X` cannot be \"a\\\"b\""
    );
    assert_eq!(
        message(|| VendorCell::new("X").bits("MODE", 2, 4)),
        "parameter `MODE` of `X` has 2 bits, which 4 does not fit"
    );
    assert_eq!(
        message(|| VendorCell::new("X").integer("MODE", 1).integer("MODE", 2)),
        "parameter `MODE` of `X` is set twice"
    );
}
