//! Clock domains: enables, resets, crossings.

use super::{inverted, message, refused, rejected};
use crate::sim::Simulator;
use crate::*;

#[derive(Debug, Clone, PartialEq)]
struct Counting(bool);

bundle! {
    struct Count() {
        value: unsigned(4),
    }
}

#[hardware]
impl Block for Counting {
    fn module_name(&self) -> String {
        "counting".into()
    }

    fn build<'m>(&self, m: &'m Module, (): ()) -> Count<'m> {
        if self.0 {
            m.clock("clk", Reset::ActiveHigh("rst").asynchronous());
        }
        let count = m.reg(unsigned(4)).reset(0);
        count.next(count + 1);
        Count { value: *count }
    }
}

#[test]
fn an_enable_holds_all_of_its_domain() {
    let design = design("test", |m| {
        let tick = m.input("tick", bit());
        let go = m.input("go", bit());
        let slow = m.default_domain().enable(tick);
        let slower = slow.enable(go);
        let words = m.in_domain(slow, || {
            let count = m.reg(unsigned(4)).named("count").reset(0);
            count.next(count + 1);
            let words = m.memory(4, 16).named("words");
            words.write(go, count, *count);
            m.assert("below_nine", count.lt(9), "more ticks than nine");
            m.cover("eight", count.eq(8));
            m.output("value", count);
            words
        });
        let rare = m.reg(unsigned(4)).named("rare").reset(0).domain(slower);
        m.output("rare_out", rare.next(rare + 1));
        m.output(
            "word",
            words.domain(slow).read(m.lit(2, unsigned(4))).named("read"),
        );
    })
    .unwrap();
    let mut sim = Simulator::new(&design);
    for cycle in 0..30u32 {
        sim.poke("tick", cycle % 3 / 2);
        sim.poke("go", cycle % 2);
        sim.step();
    }
    assert_eq!(sim.peek("value"), 10.into());
    assert_eq!(sim.peek("rare_out"), 5.into());
    assert_eq!(sim.peek("word"), 0.into(), "written in an even cycle only");
    assert_eq!(sim.peek_memory("words", 1), 1u32.into());
    // Cycles between two ticks do not count.
    assert_eq!(sim.failures().len(), 1);
    assert_eq!(sim.covers()[0].count, 1);
}

#[hardware]
#[test]
fn an_enable_reaches_no_instance() {
    let text = rejected(|m| {
        let tick = m.input("tick", bit());
        let slow = m.default_domain().enable(tick);
        let inside = m.in_domain(slow, || m.instance(&Counting(false), ()));
        m.output("y", inside.value);
        // Nothing is clocked in it.
        m.output("z", m.in_domain(slow, || inverted(m, "inverter", tick)));
    });
    assert_eq!(
        text,
        "module `test`: instance `inside` stands in a domain with an enable, which does not reach \
         into it\n  made at HERE\n  give the block an input for its enable, and say \
         `.clock(\"clk\", ..)` with a domain without one"
    );
    let text = refused(|m| {
        let tick = m.input("tick", bit());
        let slow = m.default_domain().enable(tick);
        _ = m.instance_of(&Counting(false)).clock("clk", slow);
    });
    assert_eq!(
        text,
        "the instance of `counting` cannot be clocked by a domain with an enable, which would not \
         reach into it: give the block an input for its enable"
    );
    let text = refused(|m| {
        _ = m
            .instance_of(&Counting(false))
            .clock("fast_clk", m.default_domain());
    });
    assert_eq!(text, "the instance of `counting` has no clock `fast_clk`");
}

#[test]
fn an_asynchronous_reset_does_not_wait() {
    let design = design("test", |m| {
        m.clock("clk", Reset::ActiveLow("rst_n").asynchronous());
        let count = m.reg(unsigned(4)).named("count").reset(3);
        m.output("value", count.next(count + 1));
        let free = m.reg(unsigned(4)).named("free");
        m.output("free_out", free.next(free + 1));
    })
    .unwrap();
    let mut sim = Simulator::new(&design);
    sim.run(4);
    assert_eq!(sim.peek("value"), 7.into());
    sim.poke("rst_n", 0);
    assert_eq!(sim.peek("value"), 3.into(), "before an edge");
    sim.run(2);
    sim.poke("rst_n", 1);
    assert_eq!(sim.peek("value"), 3.into());
    sim.step();
    assert_eq!(sim.peek("value"), 4.into());
    assert_eq!(sim.peek("free_out"), 7.into());
    sim.set_reset(true);
    assert_eq!(sim.peek("value"), 3.into());
}

#[test]
fn memories_and_properties_stand_in_their_domain() {
    let describe = |m: &Module, right: bool| {
        let other = m.add_domain("fast_clk", Reset::ActiveHigh("fast_rst"));
        let ours = m.input("ours", bit());
        let address = m.input("address", unsigned(2));
        let theirs = m.in_domain(other, || m.input("theirs", bit()));
        let by = if right { m.default_domain() } else { other };
        let words = m.memory(1, 4).named("words");
        words.domain(by).write(ours, address, ours);
        m.output("word", words.domain(by).read(address).named("read"));
        m.in_domain(by, || {
            m.assert("low", !ours, "high");
            m.cover("high", ours);
        });
        m.output("held", m.in_domain(other, || m.flag(theirs).named("flag")));
    };
    design("test", |m| describe(m, true)).unwrap();
    let crossing = |(what, sample): (&str, &str)| {
        format!(
            "module `test`: {what} is clocked by `fast_clk` but samples input `{sample}` of `clk`\n  \
             made at HERE\n  use a register marked `.synchronizer()`"
        )
    };
    let things = [
        ("memory `words`", "ours"),
        ("memory `words`", "address"),
        ("property `low`", "ours"),
        ("property `high`", "ours"),
    ];
    assert_eq!(
        rejected(|m| describe(m, false)),
        things.map(crossing).join("\n")
    );
}

#[test]
fn asynchronous_resets_are_told_where_they_cross() {
    let warned = |describe: &dyn Fn(&Module)| {
        let design = design("test", describe).unwrap();
        let warnings = design.warnings.iter();
        warnings
            .map(|w| message(&w.to_string()))
            .collect::<Vec<_>>()
    };
    let two = |m: &Module, reset: Reset<'_>| {
        let other = m.add_domain("fast_clk", reset);
        m.clock("clk", Reset::ActiveHigh("rst").asynchronous());
        m.output("x", m.flag(m.high()).named("a"));
        m.output("y", m.in_domain(other, || m.flag(m.high()).named("b")));
    };
    assert_eq!(
        warned(&|m| two(m, Reset::ActiveHigh("rst").asynchronous())),
        [
            "module `test`: the asynchronous reset `rst` belongs to `clk` and `fast_clk`, but can be \
             released in time for one clock only\n  give each domain a reset of its own, released by \
             a synchronizer of its clock"
        ]
    );
    let apart = Reset::ActiveHigh("fast_rst").asynchronous();
    assert_eq!(warned(&|m| two(m, apart)), [""; 0]);
    let mixed = |inside: bool| {
        warned(&|m| {
            let u = m.instance_of(&Counting(inside)).named("u").connect(());
            m.output("y", u.value);
        })
    };
    assert_eq!(mixed(false), [""; 0]);
    assert_eq!(
        mixed(true),
        [
            "module `test`: the reset of instance `u` is asynchronous, but `rst`, which drives it, is \
             synchronous\n  made at HERE\n  say `.asynchronous()` of both or of neither"
        ]
    );
}

#[test]
fn clock_crossings_need_a_synchronizer() {
    let cross = |m: &Module, synchronize: bool| {
        let other = m.add_domain("fast_clk", Reset::ActiveHigh("fast_rst"));
        let a = m.input("a", bit());
        let slow = m.delay(a).named("slow");
        let fast = m.reg(bit()).named("fast").domain(other);
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
        "module `test`: register `fast` is clocked by `fast_clk` but samples register `slow` of `clk`\n  \
         made at HERE\n  use a register marked `.synchronizer()`"
    );
    design("test", |m| cross(m, true)).unwrap();
}

#[test]
fn properties_are_sampled_by_their_clock() {
    let text = rejected(|m| {
        let other = m.add_domain("fast_clk", Reset::ActiveHigh("fast_rst"));
        let fast = m.reg(bit()).named("fast").domain(other);
        fast.next(!fast);
        m.assert("is_low", !fast, "");
    });
    assert_eq!(
        text,
        "module `test`: property `is_low` is clocked by `clk` but samples register `fast` of `fast_clk`\n  \
         made at HERE\n  use a register marked `.synchronizer()`"
    );
}

#[test]
fn a_memory_tells_a_crossing_once() {
    let text = rejected(|m| {
        let other = m.add_domain("fast_clk", Reset::ActiveHigh("fast_rst"));
        let a = m.input_of(other, "a", bit());
        let words = m.memory(1, 2).named("words");
        words.write(a, a, a);
        m.output("y", words.read(a).named("q"));
    });
    assert_eq!(
        text,
        "module `test`: memory `words` is clocked by `clk` but samples input `a` of `fast_clk`\n  \
         made at HERE\n  use a register marked `.synchronizer()`"
    );
}

#[derive(Debug, Clone, PartialEq)]
pub struct TwoClocks;

bundle! {
    pub struct Flags() {
        slow: bit(),
        fast: bit(),
    }
}

#[hardware]
impl Block for TwoClocks {
    fn module_name(&self) -> String {
        "two_clocks".into()
    }
    fn build<'m>(&self, m: &'m Module, (): ()) -> Flags<'m> {
        let other = m.add_domain("fast_clk", Reset::ActiveHigh("fast_rst"));
        let slow = m.flag(m.high());
        let fast = m.reg(bit()).domain(other).next(m.high());
        Flags { slow, fast }
    }
}

#[test]
fn further_clocks_of_an_instance_are_not_guessed() {
    let text = rejected(|m| {
        m.instance_of(&TwoClocks).named("u").connect(());
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
        m.instance(&TwoClocks, ());
        m.add_domain("fast_clk", Reset::ActiveHigh("fast_rst"));
    });
    assert_eq!(same_name, [ir::DomainId(0), ir::DomainId(1)]);
    let told = domains(|m| {
        let instance = m.instance_of(&TwoClocks);
        instance.clock("fast_clk", m.default_domain()).connect(());
    });
    assert_eq!(told, [ir::DomainId(0); 2]);
}
