//! Wires that run in a circle as a whole, but not bit by bit.

use super::agree::{agree, noise};
use super::tools::accept;
use crate::verilog::{concat, emit};
use crate::{self as hdl, Block, Module, bit, bundle, hardware, join, signed, unsigned};

/// A bit of an adder.
#[derive(Debug, Clone, PartialEq)]
struct FullAdder;

bundle! {
    struct Addends() {
        a: bit(),
        b: bit(),
        carry: bit(),
    }
}

bundle! {
    struct Sum() {
        sum: bit(),
        carry_out: bit(),
    }
}

#[hardware]
impl Block for FullAdder {
    fn module_name(&self) -> String {
        "full_adder".into()
    }

    fn build<'m>(&self, _: &'m Module, Addends { a, b, carry }: Addends<'m>) -> Sum<'m> {
        Sum {
            sum: a ^ b ^ carry,
            carry_out: (a & b) | (carry & (a ^ b)),
        }
    }
}

fn ripple(m: &Module) {
    m.doc("Adders whose carry ripples through one wire, and slices that drive others.");
    let a = m.input("a", unsigned(8));
    let b = m.input("b", unsigned(8));
    m.section("Carry");
    let carry = m.wire(unsigned(9)).named("carry");
    let generate = a & b;
    let propagate = a ^ b;
    let ripple = generate | (carry.truncate(8) & propagate);
    carry.drive(join(&[m.low(), ripple]));
    m.output("sum", propagate ^ carry.truncate(8));
    m.section("Full adders");
    let chain = m.wire(unsigned(5)).named("chain");
    let mut carries = vec![m.low()];
    let mut sums = Vec::new();
    for i in 0..4 {
        let adder = m.instance_of(&FullAdder).named(format!("adder_{i}"));
        let added = adder.connect(Addends {
            a: a.bit(i),
            b: b.bit(i),
            carry: chain.bit(i),
        });
        carries.push(added.carry_out);
        sums.push(added.sum);
    }
    chain.drive(join(&carries));
    sums.push(chain.msb());
    m.output("nibbles", join(&sums));
    m.section("Slices");
    let bus = m
        .wire(signed(32))
        .named("bus")
        .comment("a byte from the byte below");
    let byte = |i: u32| bus.slice(8 * i, 8);
    let second = byte(0) + b;
    let third = a.bit(0).mux(byte(1), -byte(0));
    let fourth = a
        .truncate(2)
        .case(&[(0, byte(2)), (1, byte(0) - byte(2))], byte(1) ^ b);
    bus.drive(join(&[a, second, third, fourth]).as_signed());
    m.output("bus_out", bus);
    m.output("negative", bus.lt(0));
    let line = m.output_wire("line", signed(6));
    let shifted = line.as_unsigned().truncate(3).as_signed().sign_extend(5);
    line.drive(join(&[a.bit(0), !shifted.as_unsigned()]).as_signed());
}

/// Bits and bytes that follow the same of an input, by way of every operator that goes bit by bit.
#[derive(Debug, Clone, PartialEq)]
struct Lanes;

bundle! {
    struct LanesInput() {
        a: signed(16),
    }
}

bundle! {
    struct LanesOutput() {
        y: signed(16),
    }
}

#[hardware]
impl Block for Lanes {
    fn module_name(&self) -> String {
        "lanes".into()
    }

    fn build<'m>(&self, m: &'m Module, io: LanesInput<'m>) -> LanesOutput<'m> {
        let [low, high] = [io.a.slice(0, 8), io.a.slice(8, 8)];
        let words = m
            .memory(4, 4)
            .named("words")
            .init((1u32..5).map(|i| i.into()).collect());
        let word = words.read_async(low.slice(2, 2));
        let low = low.bit(0).mux(low + 3, low - 5) ^ word.zero_extend(8);
        let compared = low.lt(100).mux(low, -low);
        let product = (high.slice(0, 4) * high.slice(4, 4)) ^ (high >> 2);
        let cases = high.slice(0, 3);
        let high = cases.case(&[(0, product), (3, high), (5, !high)], product << 1);
        LanesOutput {
            y: join(&[compared, high]).as_signed(),
        }
    }
}

#[test]
fn ports_run_in_circles() {
    let describe = |m: &Module| {
        let seed = m.input("seed", unsigned(8));
        let back = m.wire(signed(16)).named("back");
        let y = m.instance(&Lanes, LanesInput { a: back }).y;
        back.drive(join(&[seed, y.slice(0, 8) ^ seed]).as_signed());
        m.output("y", y);
    };
    let design = hdl::design("circle", describe).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(design.warnings.len(), 1, "Verilator would warn");
    agree(&design, &noise(&[("seed", 8)], 200, 3));
}

#[test]
fn carries_ripple() {
    let design = hdl::design("ripple", ripple).unwrap_or_else(|e| panic!("{e}"));
    accept(&emit(&design));
    insta::assert_snapshot!("ripple", concat(&design));
    let steps = noise(&[("a", 8), ("b", 8)], 200, 7);
    agree(&design, &steps);
    let mut sim = hdl::sim::Simulator::new(&design);
    for step in &steps {
        let [(_, a), (_, b)] = step[..] else { continue };
        sim.poke("a", a);
        sim.poke("b", b);
        assert_eq!(sim.peek("sum"), ((a + b) % 256).into());
        assert_eq!(sim.peek("nibbles"), (a % 16 + b % 16).into());
    }
}
