//! Resets, clock enables and memories of every domain.

use super::agree::{agree, noise};
use super::tools::accept;
use crate::verilog::{concat, emit};
use crate::{self as hdl, Module, Reset, bit, unsigned};

fn two_domains(m: &Module) {
    m.doc("An asynchronous reset, a clock enable and two clocks.");
    m.clock("clk", Reset::ActiveLow("rst_n").asynchronous());
    let fast = m.add_domain("fast_clk", Reset::ActiveHigh("fast_rst").asynchronous());
    let tick = m.input("tick", bit());
    let data = m.input("data", unsigned(8));
    let enable = m.input("enable", bit());
    let ticking = m.default_domain().enable(tick);
    m.section("Ticks");
    let count = m.reg(unsigned(8)).named("count").reset(5).domain(ticking);
    count.next(count + data);
    let taken = m.in_domain(ticking, || {
        let taken = m
            .reg(unsigned(8))
            .named("taken")
            .reset(1)
            .enable(enable)
            .next(data);
        m.assert("taken_is_odd", taken.bit(0) | !tick, "an even value");
        m.cover("all", taken.all());
        taken
    });
    let plain = m.reg(unsigned(8)).named("plain").reset(9);
    plain.next(plain ^ data);
    m.section("Words");
    let words = m.memory(8, 4).named("words").init(vec![7u32.into(); 4]);
    words.domain(ticking).write(enable, data.slice(0, 2), data);
    let slow = words.domain(ticking).read(data.slice(2, 2)).named("slow");
    let valid = m
        .reg(bit())
        .named("valid")
        .reset(0)
        .domain(ticking)
        .next(m.high());
    let (sampled, held) = m.in_domain(fast, || {
        let address = m.input("address", unsigned(2));
        let sampled = words.read(address).named("sampled");
        let held = m.reg(unsigned(8)).named("held").reset(3);
        held.next(held + address.zero_extend(8));
        let started = m.flag(m.high()).named("started");
        (sampled.gate(started), held)
    });
    m.section("Outputs");
    m.output("count_out", count);
    m.output("taken_out", taken);
    m.output("plain_out", plain);
    m.output("slow_out", slow.gate(valid));
    m.output("sampled_out", sampled);
    m.output("held_out", held);
}

#[test]
fn resets_and_enables() {
    let design = hdl::design("two_domains", two_domains).unwrap_or_else(|e| panic!("{e}"));
    accept(&emit(&design));
    insta::assert_snapshot!("two_domains", concat(&design));
    let inputs = [("tick", 1), ("data", 8), ("enable", 1), ("address", 2)];
    let mut steps = noise(&inputs, 300, 5);
    let resets = noise(&[("rst_n", 3), ("fast_rst", 3)], 300, 9);
    for (number, (step, reset)) in steps.iter_mut().zip(resets).enumerate() {
        let rare = |(name, value): (&'static str, u64)| (name, u64::from(value == 0));
        let (rst_n, fast_rst) = (rare(reset[0]), rare(reset[1]));
        let asserted = if number < 2 {
            (1, 1)
        } else {
            (rst_n.1, fast_rst.1)
        };
        step.extend([("rst_n", 1 - asserted.0), ("fast_rst", asserted.1)]);
    }
    agree(&design, &steps);
}
