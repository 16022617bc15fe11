//! Registers: priorities, simultaneous update, domains, resets, start values.

use super::simulate;
use crate::{Reset, bit, concat, signed, unsigned};
use num_bigint::BigInt;

/// One register follows what enables the other: a value with two users, neither an instruction.
#[test]
fn what_enables_a_register_may_be_the_next_value_of_another() {
    let mut sim = simulate(|m| {
        let (a, b) = (m.input("a", bit()), m.input("b", bit()));
        let take = a & !b;
        m.output("taken", m.reg(bit()).named("taken").next(take));
        let d = m.input("d", unsigned(8));
        m.output("held", m.capture(take, d).named("held"));
    });
    for (a, d) in [(1, 7), (0, 9), (1, 11)] {
        sim.poke("a", a);
        sim.poke("d", d);
        sim.step();
        let held = if a == 1 { d } else { 7 };
        assert_eq!(sim.peek("held"), held.into());
    }
}

#[test]
fn reset_stands_over_enable_over_hold() {
    for width in [1u32, 8, 64, 65, 200] {
        let mut sim = simulate(|m| {
            let enable = m.input("enable", bit());
            let d = m.input("d", unsigned(width));
            m.output(
                "q",
                m.reg(unsigned(width))
                    .named("r")
                    .reset(1)
                    .enable(enable)
                    .next(d),
            );
            m.output("p", m.reg(unsigned(width)).named("plain").next(d));
            m.output(
                "e",
                m.reg(unsigned(width))
                    .named("enabled")
                    .enable(enable)
                    .next(d),
            );
        });
        let largest = unsigned(width).max();
        let values = |sim: &mut super::Simulator| ["q", "p", "e"].map(|name| sim.peek(name));
        let [zero, one] = [0, 1].map(BigInt::from);
        assert_eq!(values(&mut sim), [one.clone(), zero.clone(), zero.clone()]);
        sim.poke("d", largest.clone());
        sim.step();
        assert_eq!(
            values(&mut sim),
            [one.clone(), largest.clone(), zero.clone()]
        );
        sim.poke("enable", 1);
        sim.step();
        assert_eq!(
            values(&mut sim),
            [largest.clone(), largest.clone(), largest.clone()]
        );
        sim.set_reset(true);
        sim.poke("d", 0);
        assert_eq!(sim.peek("q"), largest, "the reset is synchronous");
        sim.step();
        assert_eq!(values(&mut sim), [one.clone(), zero.clone(), zero.clone()]);
        sim.poke("enable", 0);
        sim.poke("d", largest.clone());
        sim.poke("r", 0);
        sim.step();
        assert_eq!(
            values(&mut sim),
            [one, largest, zero],
            "reset works without enable"
        );
    }
}

#[test]
fn all_registers_sample_before_the_edge() {
    let mut sim = simulate(|m| {
        // A ring of registers made in both directions, one of them wide, and a swap.
        let shape = unsigned(100);
        let ring: Vec<_> = (0..5)
            .map(|i| m.reg(shape).named(format!("up_{i}")).reset(i))
            .collect();
        for i in 0..5 {
            ring[i].next(*ring[(i + 4) % 5]);
        }
        let back: Vec<_> = (0..5)
            .map(|i| m.reg(unsigned(8)).named(format!("down_{i}")).reset(i))
            .collect();
        for i in 0..5 {
            back[i].next(*back[(i + 1) % 5]);
        }
        for i in 0..5 {
            m.output(format!("u_{i}"), ring[i]);
            m.output(format!("d_{i}"), back[i]);
        }
    });
    for cycle in 0..12u32 {
        for i in 0..5u32 {
            assert_eq!(sim.peek(format!("up_{i}")), ((i + 50 - cycle) % 5).into());
            assert_eq!(sim.peek(format!("d_{i}")), ((i + cycle) % 5).into());
        }
        sim.step();
    }
}

#[test]
fn a_shared_enable_guards_many_registers() {
    let mut sim = simulate(|m| {
        let enable = m.input("enable", bit());
        let d = m.input("d", signed(8));
        let mut value = d;
        for i in 0..20 {
            value = m
                .reg(signed(8))
                .named(format!("r_{i}"))
                .enable(enable)
                .next(value + 1);
        }
        m.output("q", value);
    });
    let mut model = [0i64; 20];
    let mut seed = 5u32;
    for _ in 0..200 {
        seed = seed.wrapping_mul(1103515245).wrapping_add(12345);
        let (enable, d) = (seed >> 30 & 1, (seed >> 8) as u8 as i8);
        sim.poke("enable", enable);
        sim.poke("d", d);
        sim.step();
        if enable == 1 {
            model.rotate_right(1);
            model[0] = i64::from(d);
            model
                .iter_mut()
                .for_each(|value| *value = i64::from((*value as i8).wrapping_add(1)));
        }
        for (i, value) in model.iter().enumerate() {
            assert_eq!(sim.peek(format!("r_{i}")), (*value).into());
        }
    }
}

#[test]
fn constant_enables() {
    let mut sim = simulate(|m| {
        let d = m.input("d", unsigned(70));
        m.output(
            "held",
            m.reg(unsigned(70))
                .named("n")
                .reset(7)
                .enable(m.low())
                .next(d),
        );
        m.output(
            "free",
            m.reg(unsigned(70))
                .named("a")
                .reset(7)
                .enable(m.high())
                .next(d),
        );
    });
    sim.poke("d", 3);
    sim.step();
    assert_eq!([sim.peek("held"), sim.peek("free")], [7.into(), 3.into()]);
    sim.poke("n", 9);
    sim.step();
    assert_eq!(sim.peek("held"), 9.into());
    sim.reset(1);
    assert_eq!(sim.peek("held"), 7.into());
}

#[test]
fn domains_have_their_own_edges_and_resets() {
    let mut sim = simulate(|m| {
        m.clock("fast_clk", Reset::ActiveHigh("fast_rst"));
        let slow = m.add_domain("slow_clk", Reset::ActiveLow("slow_rst_n"));
        let fast = m.reg(unsigned(8)).named("fast").reset(0);
        fast.next(fast + 1);
        let other = m.reg(unsigned(8)).named("slow").reset(100).domain(slow);
        other.next(other + 1);
        m.output("f", fast);
        m.output("s", other);
    });
    let values = |sim: &mut super::Simulator| ["f", "s"].map(|name| sim.peek(name));
    assert_eq!(sim.peek("slow_rst_n"), 1.into(), "released");
    sim.step_domain("fast_clk");
    sim.step_domain("fast_clk");
    sim.step_domain("slow_clk");
    assert_eq!(values(&mut sim), [2.into(), 101.into()]);
    sim.step();
    assert_eq!(values(&mut sim), [3.into(), 102.into()]);
    sim.poke("slow_rst_n", 0);
    sim.step_domain("fast_clk");
    assert_eq!(values(&mut sim), [4.into(), 102.into()]);
    sim.step();
    assert_eq!(values(&mut sim), [5.into(), 100.into()]);
    sim.reset(1);
    assert_eq!(values(&mut sim), [0.into(), 100.into()]);
    sim.step();
    assert_eq!(values(&mut sim), [1.into(), 101.into()]);
    assert_eq!(sim.cycle(), 8);
}

#[test]
#[should_panic(expected = "the design has no clock `clock`; did you mean `clk`?")]
fn an_unknown_clock_is_refused() {
    simulate(|m| {
        let r = m.reg(bit()).named("r");
        r.next(!r);
        m.output("q", r);
    })
    .step_domain("clock");
}

#[test]
fn a_clone_is_a_snapshot() {
    let mut sim = simulate(|m| {
        let d = m.input("d", unsigned(8));
        let sum = m.reg(unsigned(16)).named("sum").reset(0);
        sum.next(sum + d.extend(16));
        let ram = m.memory(16, 4).named("ram");
        ram.write(m.high(), sum.truncate(2), sum);
        m.output(
            "q",
            concat(&[*sum, ram.read(sum.truncate(2)).named("word")]),
        );
    });
    sim.poke("d", 3);
    sim.run(10);
    let mut snapshot = sim.clone();
    sim.run(5);
    assert_eq!(snapshot.cycle(), 10);
    snapshot.run(5);
    assert_eq!(snapshot.peek("q"), sim.peek("q"));
    assert_eq!(sim.peek("sum"), 45.into());
    fn owned<T: Send + Sync + 'static>(_: &T) {}
    owned(&sim);
}

#[test]
fn poked_registers_reach_outputs_and_hold() {
    let mut sim = simulate(|m| {
        let enable = m.input("enable", bit());
        let mut next = m.input("d", unsigned(8));
        for i in 0..6 {
            next = m
                .reg(unsigned(8))
                .named(format!("r_{i}"))
                .enable(enable)
                .next(next);
        }
        m.output("q", next + 1);
    });
    sim.poke("r_5", 41);
    assert_eq!(sim.peek("q"), 42.into());
    sim.run(3);
    assert_eq!(sim.peek("q"), 42.into());
    sim.poke("enable", 1);
    sim.step();
    assert_eq!(sim.peek("q"), 1.into());
}
