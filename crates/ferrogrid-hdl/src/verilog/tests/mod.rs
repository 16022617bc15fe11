//! Each text here is read by reviewers (as a snapshot) and by Verilator, Icarus and Yosys.

mod agree;
mod domains;
mod ripple;
mod tools;
mod words;

use super::emit;
use crate::{self as hdl, Block, Module, Pins, Reset, Shapes, Signal, bit, bundle, concat};
use crate::{hardware, hardware_enum, signed, unsigned};

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
        let count = m.reg(unsigned(8)).named("count").reset(0).enable(enable);
        count.next(count + 1);
        m.output("value", count);
        m.output("full", count.all());
    });
}

hardware_enum! {
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
        let state = m.fsm(Loader::Idle).named("state");
        let left = m
            .reg(unsigned(6))
            .named("left")
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
        m.output("busy", state.state().signal().ne(0));
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
        let words = m
            .memory(32, 64)
            .named("words")
            .granularity(8)
            .no_collision();
        let words = words.attribute("ram_style = \"block\"").comment("the tile");
        words.write_masked(write, address, data, mask);
        let word = words.read_enabled(read, read_address).named("word");
        m.output("word_out", word);
        let table = m
            .memory(4, 5)
            .named("table_")
            .init((0u32..5).map(|i| (i * i % 16).into()).collect());
        table.write(write, read_address.truncate(3), data.truncate(4));
        m.output("entry_out", table.read(address.truncate(3)).named("entry"));
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
        let sum = m.reg(signed(20)).named("accumulator").reset(0);
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

/// Verilog widens the net by its sign, whatever the statement: the lint tools are told so.
#[test]
fn signs_extended_in_sums() {
    check!("widened_sums", |m: &Module| {
        let product = m.input("product", signed(16));
        let sum_in = m.input("sum_in", signed(20));
        let add = m.input("add", bit());
        let choice = m.input("choice", unsigned(2));
        let wide = || product.sign_extend(20);
        m.output("always_added", sum_in + wide());
        let sum = m.reg(signed(20)).named("sum");
        m.when(add, || sum.set(wide() - sum));
        m.output("sum_out", sum);
        let chosen = m.reg(signed(20)).named("chosen");
        m.switch(choice)
            .case(1, || chosen.set(chosen + wide()))
            .case(2, || chosen.set(sum_in));
        m.output("chosen_out", chosen);
        // Operands of more than a sum keep their sign bits.
        m.output("operand", (sum_in + wide()).lt(wide()));
    });
}

#[test]
fn nested_mux_as_if() {
    check!("update", |m: &Module| {
        let clear = m.input("clear", bit());
        let load = m.input("load", bit());
        let step = m.input("step", unsigned(2));
        let value = m.input("value", unsigned(16));
        let total = m.reg(unsigned(16)).named("total_reg");
        let stepped = step.case(&[(1, total + 1), (2, total + 2)], total);
        total.next(clear.mux(m.lit(0, unsigned(16)), load.mux(value, stepped)));
        let seen = m.reg(bit()).named("seen_reg").reset(0);
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
            .reg(bit())
            .named("done")
            .reset(0)
            .comment("until the next start");
        done.next((code.eq(15) | done) & !start);
        let count = m.reg(signed(6)).named("count").attribute("keep = \"true\"");
        count.enable(start).next(count + 1);
        let words = m.memory(8, 16).named("words");
        words.write(start, code, count.as_unsigned().zero_extend(8));
        let word = words.read(code).named("word");
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
#[derive(Debug, Clone, PartialEq)]
struct Lane {
    width: u32,
}

bundle! {
    struct LaneInput(lane: &Lane) {
        value: signed(lane.width),
    }
}

bundle! {
    struct LaneOutput(width: u32) {
        out: signed(width),
        parity: bit(),
    }
}

#[hardware]
impl Block for Lane {
    fn module_name(&self) -> String {
        format!("lane_{}", self.width)
    }

    fn build<'m>(&self, m: &'m Module, io: LaneInput<'m>) -> LaneOutput<'m> {
        m.doc("Passes a value on, a cycle later.");
        let held = m.reg(signed(self.width)).reset(-1).next(io.value);
        LaneOutput {
            out: held,
            parity: held.parity(),
        }
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
            let lane = m.instance_of(&Lane { width: 8 });
            let lane = lane.named(format!("lane_{index}")).connect(LaneInput {
                value: part.as_signed(),
            });
            out.push(lane.out.as_unsigned());
            if index == 1 {
                m.output("parity", lane.parity);
            }
        }
        out.reverse();
        m.output("out", concat(&out));
        let last = m.instance_of(&Lane { width: 9 }).named("last");
        let value = out[0].zero_extend(9).as_signed() + 1;
        let last = last.comment("the odd one out").connect(LaneInput { value });
        m.output("sum", last.out);
    });
}

/// Designs whose text must pass all tools, but is no example.
fn accept(name: &str, describe: impl Fn(&Module)) -> String {
    let design = hdl::design(name, describe).unwrap_or_else(|error| panic!("{error}"));
    let files = emit(&design);
    tools::accept(&files);
    files.into_iter().map(|file| file.text).collect()
}

#[test]
fn state_that_is_never_updated_is_0() {
    let text = accept("still", |m: &Module| {
        let a = m.input("a", unsigned(8));
        let enable = m.input("enable", bit());
        let disabled = m.reg(unsigned(8)).named("disabled").enable(m.low());
        disabled.next(a);
        let folded = m.reg(unsigned(8)).named("folded").enable(enable & m.low());
        folded.next(a + 1);
        let kept = m.reg(signed(8)).named("kept");
        kept.next(kept.q);
        let branched = m.reg(bit()).named("branched");
        branched.next(enable.mux(branched.q, branched.q));
        let reset = m
            .reg(unsigned(8))
            .named("reset_only")
            .reset(7)
            .enable(m.low());
        reset.next(a);
        let words = m.memory(8, 16).named("words");
        words.write(enable, a.truncate(4), a);
        m.output("read", words.read(a.slice(4, 4)).named("word"));
        m.output(
            "unread",
            words
                .read_enabled(m.low(), a.truncate(4))
                .named("unread_word"),
        );
        let table = m.memory(8, 4).named("table_").init(vec![3u32.into()]);
        m.output(
            "entry",
            table
                .read_enabled(m.low(), a.truncate(2))
                .named("entry_word"),
        );
        let masked = m.memory(8, 16).named("masked").granularity(4);
        masked.write_masked(enable, a.truncate(4), a, m.lit(0, unsigned(2)));
        m.output(
            "masked_out",
            masked.read(a.truncate(4)).named("masked_word"),
        );
        m.output("disabled", disabled);
        m.output("sum", disabled.q + folded.q + kept.q.as_unsigned());
        m.output("branch", branched);
        m.output("reset_out", reset);
    });
    assert!(text.contains("output wire [7:0] disabled"), "{text}");
    for tied in [
        "disabled = 8'd0",
        "folded = 8'd0",
        "kept = 8'sd0",
        "branched = 1'b0",
        "unread_word = 8'd0",
        "entry_word = 8'd0",
    ] {
        assert!(text.contains(&format!("assign {tied};")), "{tied}: {text}");
    }
}

#[test]
fn user_text_stays_in_comments() {
    let text = accept("comments", |m: &Module| {
        m.doc("verilator lint_off ALL\nsynopsys translate_off\rwire x;");
        let a = m.input("a", unsigned(8)).comment("pragma translate_off");
        m.section("one\nassign wrong = 1;");
        let one = m
            .reg(unsigned(8))
            .named("one")
            .comment("synthesis translate_off");
        one.next(a);
        m.section("verilator lint_on");
        let two = m
            .reg(unsigned(8))
            .named("two")
            .comment("first\nCadence translate_off\r\nlast");
        two.next(one.q);
        m.assert("sure", two.eq(two.q), "always\nendmodule");
        m.output("out", two);
    });
    for line in text.lines() {
        let code = line.split("//").next().unwrap_or_default();
        for word in ["wrong", "translate", "lint_", "last"] {
            assert!(!code.contains(word), "{line}");
        }
        let comment = line.split_once("//").map_or("", |(_, comment)| comment);
        let first = comment.split_whitespace().next().unwrap_or_default();
        for word in ["verilator", "synopsys", "pragma", "synthesis", "cadence"] {
            assert_ne!(first.to_lowercase(), word, "{line}");
        }
    }
}

#[test]
fn long_comments_take_more_lines() {
    let long = "which has more to say of itself than there is room for in one line of a text; ";
    let text = accept("talker", |m: &Module| {
        m.doc(&format!("A module {}", long.repeat(3)));
        let a = m
            .input("a", bit())
            .comment(&format!("A port {}", long.repeat(2)));
        m.output(
            "b",
            m.reg(bit()).named("one").next(a).comment(&long.repeat(2)),
        );
    });
    let comments = text.lines().filter_map(|line| line.split_once("// "));
    let comments: Vec<_> = comments.map(|(_, comment)| comment).collect();
    assert_eq!(
        comments.join(" ").matches(long.trim_end()).count(),
        7,
        "{text}"
    );
    assert!(text.lines().all(|line| line.len() <= 96), "{text}");
}

#[test]
fn signals_do_not_hide_their_module() {
    let text = accept("adder", |m: &Module| {
        let a = m.input("a", unsigned(8));
        let own = m.reg(unsigned(8)).named("adder");
        own.next(a);
        // Words of C++ are warned of as ports only.
        let double = m.reg(unsigned(8)).named("double");
        double.next(own + own);
        let template = m.reg(unsigned(8)).named("template");
        template.next(double.q);
        m.output("out", template);
    });
    assert!(
        text.contains("reg [7:0] adder_2, double, template;"),
        "{text}"
    );
}

/// Wiring is called what the designer calls it where something reads it, and is nothing elsewhere.
#[test]
fn parts_that_are_read_keep_their_names() {
    let text = accept("fields", |m| {
        let word = m.input("word", unsigned(8));
        let field = |name: &str, lsb, width| word.slice(lsb, width).called(name);
        let [rows, step, _rest] =
            [("rows", 0, 3), ("step", 3, 4), ("rest", 7, 1)].map(|(name, lsb, width)| {
                let whole = field(name, lsb, width);
                assert_eq!(whole.called("again").name().as_deref(), Some(name));
                whole
            });
        m.output("sum", rows.zero_extend(4) + step.truncate(2).zero_extend(4));
    });
    for line in [
        "wire [2:0] rows = word[2:0];",
        "wire [3:0] step = word[6:3];",
        "step[1:0]",
    ] {
        assert!(text.contains(line), "{text}");
    }
    assert!(!text.contains("rest"), "{text}");
}

#[test]
fn a_table_keeps_its_attributes() {
    let text = accept("rom", |m: &Module| {
        let address = m.input("address", unsigned(3));
        let words = (0u32..8).map(|i| (i * 5).into()).collect();
        let table = m.memory(8, 8).named("table_").init(words);
        let table = table.attribute("rom_style = \"block\"");
        m.output("value", table.read(address).named("first"));
        m.output("word", table.read(!address).named("second"));
    });
    assert_eq!(
        text.matches("(* rom_style = \"block\" *)").count(),
        2,
        "{text}"
    );
}

#[derive(Debug, Clone, PartialEq)]
struct Inverter;

bundle! {
    struct InverterInput() {
        a: unsigned(4),
    }
}

bundle! {
    struct InverterOutput() {
        b: unsigned(4),
    }
}

#[hardware]
impl Block for Inverter {
    fn module_name(&self) -> String {
        "inverter".into()
    }

    fn build<'m>(&self, _: &'m Module, io: InverterInput<'m>) -> InverterOutput<'m> {
        InverterOutput { b: !io.a }
    }
}

#[test]
fn wires_have_attributes_wherever_their_nets_are_declared() {
    let text = accept("kept", |m: &Module| {
        let a = m.input("a", unsigned(4));
        fn kept<'m>(value: Signal<'m>, name: &str) -> Signal<'m> {
            value.named(name).attribute(&format!("{name}_kept"))
        }
        let sum = kept(a + 1, "sum");
        let count = m.reg(unsigned(4)).named("count").next(sum);
        // One is the output that it drives, one the output of an instance.
        m.output("port", kept(count ^ a, "port"));
        let child = m.instance_of(&Inverter).named("child");
        let inverted = kept(child.connect(InverterInput { a }).b, "inverted");
        m.output("b", inverted & a);
        m.output("c", inverted ^ count);
        let other = m.instance_of(&Inverter).named("other");
        let other = other.connect(InverterInput { a: count }).b;
        let other = other.attribute("other_b_kept");
        m.output("d", other & a);
        m.output("e", other ^ a);
    });
    for name in ["sum", "port", "inverted", "other_b"] {
        let (_, rest) = text.split_once(&format!("(* {name}_kept *)")).expect(name);
        let declared = rest.lines().nth(1).expect("the declaration");
        assert!(declared.contains(name), "{declared}\n{text}");
    }
}

/// Runs in a thread with the stack that tests have.
fn with_small_stack(run: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(run);
    let thread = thread.expect("a thread");
    thread.join().expect("no stack overflow and no panic");
}

/// Arms, and terms, of the deepest designs.
const DEEP: u32 = 20_000;

#[test]
fn deep_chains_do_not_overflow_the_stack() {
    with_small_stack(|| {
        let design = hdl::design("deep", |m: &Module| {
            let a = m.input("a", unsigned(16));
            let b = m.input("b", unsigned(16));
            let chain = |from: u32| {
                (0..DEEP).fold(b, |rest, i| {
                    a.eq(i + from).mux(m.lit(i, unsigned(16)), rest)
                })
            };
            let state = m.reg(unsigned(16)).named("state").reset(0);
            state.next(chain(0));
            m.output("registered", state);
            m.output("chosen", chain(1));
            let sum = (0..DEEP).fold(a, |sum, i| sum + (b ^ i));
            m.output("sum", sum);
            let words: Vec<_> = (0..DEEP)
                .map(|i| (u64::from(i), m.lit(i ^ 5, unsigned(16))))
                .collect();
            let first = m.reg(unsigned(16)).named("first");
            first.next(a.case(&words, first.q));
            let second = m.reg(unsigned(16)).named("second");
            second.next(a.case(&words, second.q));
            m.output("table_of", first.q + second.q);
        });
        let files = emit(&design.unwrap_or_else(|error| panic!("{error}")));
        let text = &files[0].text;
        assert!(
            text.contains("4e1f") || text.contains("19999"),
            "the last arm is there"
        );
        let longest = text.lines().map(str::len).max();
        assert!(longest < Some(500), "a line of {longest:?} characters");
    });
}

/// A flip-flop cell with enable; its parameter says what it does.
#[derive(Debug, Clone, PartialEq)]
struct VendorFlipFlop {
    inverted: bool,
}

#[hardware]
impl Block for VendorFlipFlop {
    fn module_name(&self) -> String {
        format!("flip_flop{}", if self.inverted { "_inverted" } else { "" })
    }

    fn vendor_cell(&self) -> Option<hdl::VendorCell> {
        let mode = if self.inverted { "INVERTED" } else { "PLAIN" };
        Some(
            hdl::VendorCell::new("VENDOR_FF")
                .text("MODE", mode)
                .bits("SIDE", 2, 3)
                .integer("LEVEL", -1),
        )
    }

    fn inputs(&self) -> Shapes<Pins<'static>> {
        Pins::of([("D", bit()), ("CE", bit())])
    }

    fn build<'m>(&self, m: &'m Module, pins: Pins<'m>) -> Pins<'m> {
        m.clock("C", Reset::ActiveHigh("R"));
        m.doc("A flip-flop, for simulation.");
        let q = m.capture(pins["CE"], pins["D"]);
        Pins::new([("Q", if self.inverted { !q } else { q })])
    }
}

#[test]
fn vendor_cells_are_instances_with_models_apart() {
    let design = hdl::design("cells", |m| {
        let (d, enable) = (m.input("d", bit()), m.input("enable", bit()));
        for (name, inverted) in [("plain", false), ("inverted", true), ("again", false)] {
            let cell = m
                .instance_of(&VendorFlipFlop { inverted })
                .named(format!("{name}_ff"))
                .comment("a cell of the chip");
            let pins = cell.connect(Pins::new([("D", d), ("CE", enable)]));
            m.output(name, pins["Q"]);
        }
    })
    .unwrap_or_else(|error| panic!("{error}"));
    let names = |files: &[super::VerilogFile]| {
        let names = files.iter().map(|file| file.name.clone());
        names.collect::<Vec<_>>()
    };
    assert_eq!(names(&emit(&design)), ["cells.v"]);
    let files = super::emit_for_simulation(&design);
    assert_eq!(names(&files), ["cells_cells.v", "cells.v"]);
    tools::accept(&files);
    let texts: Vec<String> = files.into_iter().map(|file| file.text).collect();
    insta::assert_snapshot!(texts.join("\n"));
}

/// Nothing in the design writes it, and yet it is no table of constants.
#[test]
fn a_public_memory_is_an_array_that_simulators_reach() {
    let design = hdl::design("reader", |m| {
        let address = m.input("address", unsigned(4));
        let words = m.memory(8, 16).named("words").public();
        m.output("word", words.read(address).named("word"));
    });
    let files = emit(&design.unwrap_or_else(|error| panic!("{error}")));
    tools::accept(&files);
    let declaration = "words [0:15] /* verilator public_flat_rw */;";
    assert!(files[0].text.contains(declaration), "{}", files[0].text);
}
