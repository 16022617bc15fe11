//! Each text here is read by reviewers (as a snapshot) and by Verilator, Icarus and Yosys.

mod tools;

use super::emit;
use crate::hdl::{self, Block, Module, Reset, bit, concat, signed, state_enum, unsigned};

/// Holds the text of a design to its snapshot and gives it to all tools.
macro_rules! check {
    ($name:expr, $describe:expr) => {{
        let design = hdl::design($name, $describe).unwrap_or_else(|error| panic!("{error}"));
        let files = emit(&design);
        tools::accept(&files);
        let texts: Vec<String> = files.into_iter().map(|file| file.text).collect();
        insta::assert_snapshot!($name, texts.join("\n"));
    }};
}

#[test]
fn counter() {
    check!("counter", |m: &Module| {
        m.doc("Counts the cycles in which it is enabled.");
        let enable = m.input("enable", bit());
        let count = m.reg("count", unsigned(8)).reset(0).enable(enable);
        count.next(count + 1);
        m.output("value", count);
        m.output("full", count.all());
    });
}

state_enum! {
    enum Loader { Idle, LoadTile, Drain }
}

#[test]
fn state_machine() {
    check!("loader", |m: &Module| {
        m.doc("Loads a tile, then drains it.\nOne tile at a time.");
        m.clock("aclk", Reset::ActiveLow("aresetn"));
        let start = m.input("start", bit());
        let length = m.input("length", unsigned(6));
        m.section("State");
        let state = m.fsm("state", Loader::Idle);
        let left = m
            .reg("left", unsigned(6))
            .reset(0)
            .comment("vectors still to come");
        let last = left.eq(1);
        state.go(Loader::Idle, start & length.ne(0), Loader::LoadTile);
        state.go(Loader::LoadTile, last, Loader::Drain);
        state.then(Loader::Drain, Loader::Idle);
        left.next(state.case(
            &[
                (Loader::Idle, start.mux(length, left)),
                (Loader::LoadTile, left - 1),
            ],
            left,
        ));
        m.section("Outputs");
        m.output("busy", state.state().ne(0));
        m.output("drain", state.is(Loader::Drain));
        m.assert(
            "never_empty",
            !state.is(Loader::LoadTile) | left.ne(0),
            "a tile has 100% data",
        );
        m.cover("drains", state.is(Loader::Drain));
    });
}

#[test]
fn masked_memory() {
    check!("scratchpad", |m: &Module| {
        let write = m.input("write", bit());
        let address = m.input("address", unsigned(6));
        let data = m.input("data", unsigned(32));
        let mask = m.input("mask", unsigned(4));
        let read = m.input("read", bit());
        let read_address = m.input("read_address", unsigned(6));
        let words = m.memory("words", 32, 64).granularity(8).no_collision();
        let words = words.attribute("ram_style = \"block\"").comment("the tile");
        words.write_masked(write, address, data, mask);
        let word = words.read_enabled("word", read, read_address);
        m.output("word_out", word);
        let table = m
            .memory("table_", 4, 5)
            .init((0u32..5).map(|i| (i * i % 16).into()).collect());
        table.write(write, read_address.truncate(3), data.truncate(4));
        m.output("entry_out", table.read("entry", address.truncate(3)));
    });
}

#[test]
fn signed_arithmetic() {
    check!("multiply_accumulate", |m: &Module| {
        m.doc("A multiply-accumulate element.");
        let a = m.input("a", signed(8));
        let b = m.input("b", signed(8));
        let u = m.input("u", unsigned(8));
        let shift = m.input("shift", unsigned(5));
        let product = a * b;
        let sum = m.reg("accumulator", signed(20)).reset(0);
        sum.next(sum + product.extend(20));
        m.output("sum", sum);
        m.output("scaled", (sum.q >> shift).slice(0, 8).as_signed());
        m.output("floor", (sum.q >> 4) + sum);
        m.output("negative", sum.lt(0));
        m.output("order", a.lt(b) & !u.lt(b.as_unsigned()));
        m.output("mixed", a.as_unsigned() * u);
        m.output("bound", a.ge(-128) & a.gt(-3) & u.le(255));
        m.output("offset", a - 3 + b + -5);
        m.output("least", a.lt(b).mux(m.lit(-128, signed(8)), -a));
    });
}

#[test]
fn nested_mux_as_if() {
    check!("update", |m: &Module| {
        let clear = m.input("clear", bit());
        let load = m.input("load", bit());
        let step = m.input("step", unsigned(2));
        let value = m.input("value", unsigned(16));
        let total = m.reg("total_reg", unsigned(16));
        let stepped = step.case(&[(1, total + 1), (2, total + 2)], total);
        total.next(clear.mux(m.lit(0, unsigned(16)), load.mux(value, stepped)));
        let seen = m.reg("seen_reg", bit()).reset(0);
        seen.next(clear.mux(m.low(), load.mux(m.high(), seen)));
        m.output("total", total);
        m.output("seen", seen);
        let digit = total.slice(0, 3);
        let segments: Vec<_> = (0..6)
            .map(|i| (i, m.lit(0x3f ^ (i * 11), unsigned(7))))
            .collect();
        m.output("segments", digit.case(&segments, m.lit(0, unsigned(7))));
        let wide = (0..12).map(|i| total.slice(i, 3)).collect::<Vec<_>>();
        m.output("wide", concat(&wide));
    });
}

#[test]
fn outputs_that_are_state() {
    check!("outputs", |m: &Module| {
        m.doc("Outputs that are registers, read data and wires of their own names.");
        let start = m.input("start", bit());
        let code = m.input("code", unsigned(4));
        m.section("state");
        let done = m
            .reg("done", bit())
            .reset(0)
            .comment("until the next start");
        done.next((code.eq(15) | done) & !start);
        let count = m.reg("count", signed(6)).attribute("keep = \"true\"");
        count.enable(start).next(count + 1);
        let words = m.memory("words", 8, 16);
        words.write(start, code, count.as_unsigned().zero_extend(8));
        let word = words.read("word", code);
        let arms: Vec<_> = (0..6).map(|i| (i, m.lit(i * 3 + 1, unsigned(5)))).collect();
        let table = code.case(&arms, m.lit(0, unsigned(5))).named("table_of");
        m.section("ports");
        m.output("done", done);
        m.output("count", count);
        m.output("word", word);
        m.output("table_of", table);
        m.output("next", table + 1);
        m.output("copy", done);
    });
}

/// One lane of a row.
#[derive(Debug)]
struct Lane {
    width: u32,
}

impl Block for Lane {
    fn module_name(&self) -> String {
        format!("lane_{}", self.width)
    }

    fn build(&self, m: &Module) {
        m.doc("Passes a value on, a cycle later.");
        let value = m.input("value", signed(self.width));
        let held = m.reg("held", signed(self.width)).reset(-1);
        held.next(value);
        m.output("out", held);
        m.output("parity", held.parity());
    }
}

#[test]
fn hierarchy() {
    check!("row", |m: &Module| {
        m.doc("Lanes in a row.");
        m.clock("aclk", Reset::ActiveLow("aresetn"));
        let bus = m.input("bus", unsigned(32));
        let mut out = Vec::new();
        for (index, part) in bus.split(8).into_iter().take(3).enumerate() {
            let lane = m.instance(format!("lane_{index}"), &Lane { width: 8 });
            let lane = lane.input("value", part.as_signed());
            out.push(lane.output("out").as_unsigned());
            if index == 1 {
                m.output("parity", lane.output("parity"));
            }
        }
        out.reverse();
        m.output("out", concat(&out));
        let sum = m
            .instance("last", &Lane { width: 9 })
            .comment("the odd one out");
        let sum = sum.input("value", out[0].zero_extend(9).as_signed() + 1);
        m.output("sum", sum.output("out"));
    });
}
