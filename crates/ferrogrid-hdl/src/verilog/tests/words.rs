//! Memories that are read in the same cycle.

use super::agree::{agree, noise};
use super::tools::accept;
use crate::verilog::{concat, emit};
use crate::{self as hdl, Module, bit, unsigned};

fn register_file(m: &Module) {
    m.doc("A register file, a wide LUT RAM, and a table.");
    let write = m.input("write", bit());
    let rd = m.input("rd", unsigned(4));
    let rs = m.input("rs", unsigned(4));
    let value = m.input("value", unsigned(8));
    m.section("Register file");
    let file = m.memory(8, 16).named("file").init(vec![0u32.into(); 16]);
    let file = file
        .attribute("ram_style = \"distributed\"")
        .comment("two operands a cycle");
    let sum = file.read_async(rd) + file.read_async(rs);
    file.write(write, rd, value ^ sum);
    m.section("Wide words");
    let wide = m
        .memory(96, 12)
        .named("wide")
        .granularity(32)
        .init(vec![0u32.into(); 12]);
    let address = rd.lt(12).mux(rd, 0);
    wide.write_masked(write, address, value.repeat(12), value.slice(2, 3));
    let word = wide.read_async(rs.lt(12).mux(rs, 11));
    let table = m
        .memory(6, 8)
        .named("squares")
        .init((0u32..7).map(|i| (i * i).into()).collect());
    let square = table.read_async(rs.truncate(3));
    let digit = m
        .memory(4, 3)
        .named("digit")
        .init(vec![1u32.into(), 2u32.into(), 3u32.into()]);
    let fixed = digit.read_async(m.lit(2, unsigned(2)));
    let last = m.reg(unsigned(6)).named("last").reset(0).next(square);
    m.section("Outputs");
    m.output("sum_out", sum);
    m.output("word_out", word);
    m.output("middle", word.slice(30, 8));
    m.output(
        "square_out",
        rd.case(
            &[
                (1, square),
                (3, !square),
                (4, square + 1),
                (5, square),
                (9, last),
            ],
            last,
        ),
    );
    m.output("fixed_out", fixed);
}

#[test]
fn words_in_the_same_cycle() {
    let design = hdl::design("register_file", register_file).unwrap_or_else(|e| panic!("{e}"));
    accept(&emit(&design));
    insta::assert_snapshot!("register_file", concat(&design));
    let inputs = [("write", 1), ("rd", 4), ("rs", 4), ("value", 8)];
    let mut steps = noise(&inputs, 300, 3);
    for (number, step) in steps.iter_mut().enumerate() {
        step.push(("rst", u64::from(number < 2)));
    }
    agree(&design, &steps);
}
