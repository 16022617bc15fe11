use super::{EmitError, Matmul, Port, Value, emit};
use crate::hdl::ir::Design;
use crate::hdl::{Reset, design, signed, unsigned};
use crate::rust_hdl_block;
use rust_hdl::core::prelude::*;

/// A register on each side of nothing: `q` follows `d` at the edge, `inverted` at once.
fn follower(width: u32) -> Design {
    design("follower", |m| {
        m.clock("clk", Reset::ActiveHigh("rst"));
        let d = m.input("d", unsigned(width));
        let q = m.reg(unsigned(width)).named("q_reg").reset(0);
        q.next(d);
        m.output("q", q);
        m.output("inverted", !d);
    })
    .unwrap()
}

rust_hdl_block! {
    struct Follower {
        pub clk: Signal<In, Clock>,
        pub rst: Signal<In, Bit>,
        pub d: Port<In>,
        pub q: Port<Out>,
        pub inverted: Port<Out>,
    }
}

#[test]
fn values_convert_at_every_width() {
    fn round_trip<const N: usize>() {
        let mut bits = Bits::<N>::default();
        for index in (0..N).step_by(3).chain([N - 1]) {
            bits = bits.replace_bit(index, true);
        }
        let value = Value::from(bits);
        assert_eq!(value.width(), N as u32);
        assert_eq!(Bits::<N>::from(value.clone()), bits);
        assert_eq!(value.any(), bits.any());
        assert_eq!(value.all(), bits.all());
        assert_eq!(value.xor(), bits.xor());
        for index in 0..N {
            assert_eq!(value.get_bit(index), bits.get_bit(index));
        }
        assert_eq!(value.get_bits::<1>(N - 1), bits.get_bits::<1>(N - 1));
    }
    round_trip::<1>();
    round_trip::<2>();
    round_trip::<63>();
    round_trip::<64>();
    round_trip::<65>();
    round_trip::<128>();
    round_trip::<129>();
    round_trip::<200>();
    round_trip::<512>();
    assert!(bool::from(Value::from(true)));
    assert!(Value::from_words(70, &[u64::MAX, u64::MAX]).all());
    let minus: Signed<8> = signed_cast(Bits::from(0x80));
    assert_eq!(Signed::<8>::from(Value::from(minus)), minus);
    assert_eq!(
        format!("{:?}", Value::from_words(68, &[0xab, 0x7])),
        "68'h700000000000000ab"
    );
}

#[test]
#[should_panic(expected = "port `q`, 12 bits wide, does not fit Bits::<8>")]
fn a_conversion_to_another_width_names_the_port() {
    let block = Follower::new(&follower(12)).unwrap();
    let _: Bits<8> = block.q.val().into();
}

#[test]
#[should_panic(expected = "port `d` is 12 bits wide and was given 8 bits")]
fn a_value_of_another_width_names_the_port() {
    let mut block = Follower::new(&follower(12)).unwrap();
    block.d.next = Bits::<8>::from(1).into();
    block.update_all();
}

/// Sets a clock and lets the block settle.
fn clock(block: &mut Follower, level: bool) {
    block.clk.next = level.into();
    assert!(simulate(block, 10));
}

#[test]
fn registers_move_at_the_rising_edge_and_wires_at_once() {
    for width in [1, 8, 64, 65, 200] {
        let mut block = Follower::new(&follower(width)).unwrap();
        let words = vec![0x5a5a_5a5a_5a5a_5a5a; width.div_ceil(64) as usize];
        let value = Value::from_words(width, &words);
        block.d.next = value.clone();
        assert!(simulate(&mut block, 10));
        assert!(!block.q.val().any(), "{width}");
        let inverted = value.words().map(|word| !word).collect::<Vec<_>>();
        let inverted = Value::from_words(width, &inverted);
        assert_eq!(block.inverted.val(), inverted);

        clock(&mut block, true);
        assert_eq!(block.q.val(), value);
        block.d.next = Value::from_words(width, &vec![0; words.len()]);
        clock(&mut block, true);
        assert_eq!(block.q.val(), value, "no edge while the clock stays high");
        clock(&mut block, false);
        assert_eq!(block.q.val(), value, "no edge when the clock falls");
        clock(&mut block, true);
        assert!(!block.q.val().any());

        block.d.next = value.clone();
        block.rst.next = true;
        clock(&mut block, false);
        clock(&mut block, true);
        assert!(!block.q.val().any(), "reset");
    }
}

rust_hdl_block! {
    struct TwoClocks {
        pub fast: Signal<In, Clock>,
        pub slow: Signal<In, Clock>,
        pub fast_count: Signal<Out, Bits<8>>,
        pub slow_count: Signal<Out, Signed<8>>,
    }
}

#[test]
fn each_clock_moves_its_own_registers() {
    let core = design("two_clocks", |m| {
        m.clock("fast", Reset::ActiveHigh("rst"));
        let slow = m.add_domain("slow", Reset::ActiveHigh("slow_rst"));
        let count = m.reg(unsigned(8)).named("fast_reg");
        count.next(count + 1);
        m.output("fast_count", count);
        let count = m.reg(signed(8)).named("slow_reg").domain(slow);
        count.next(count - 1);
        m.output("slow_count", count);
    })
    .unwrap();
    let mut block = TwoClocks::new(&core).unwrap();
    for cycle in 0..6 {
        for level in [true, false] {
            block.fast.next = level.into();
            block.slow.next = (level && cycle % 3 == 0).into();
            assert!(simulate(&mut block, 10));
        }
    }
    assert_eq!(block.fast_count.val(), Bits::from(6));
    assert_eq!(block.slow_count.val().inner(), Bits::from(0xfe));
}

rust_hdl_block! {
    struct Wrong {
        pub clk: Signal<In, Clock>,
        pub d: Signal<In, Bits<9>>,
        pub q: Port<In>,
        pub invertd: Port<Out>,
    }
}

#[test]
fn a_struct_that_does_not_fit_is_told_everything() {
    let error = Wrong::new(&follower(12)).err().unwrap();
    assert_eq!(
        error.to_string(),
        "`Wrong` does not fit the design `follower`: `d` is 12 bits wide, its field 9; `q` is an \
         output; no port `invertd` (did you mean `inverted`?); no field for the input `rst`"
    );
}

#[test]
fn the_name_top_is_taken() {
    let core = design("top", |m| {
        let x = m.input("x", unsigned(1));
        m.output("y", x);
    })
    .unwrap();
    rust_hdl_block! {
        struct Passing {
            pub x: Signal<In, Bit>,
            pub y: Signal<Out, Bit>,
        }
    }
    let error = Passing::new(&core).err().unwrap();
    assert_eq!(
        error.problems,
        ["rust-hdl needs the module name `top` for itself"]
    );
}

rust_hdl_block! {
    struct Checked {
        pub clk: Signal<In, Clock>,
        pub rst: Signal<In, Bit>,
        pub x: Signal<In, Bits<4>>,
    }
}

#[test]
#[should_panic(expected = "core `checked`: assertion `small` failed at edge 1: x must stay small")]
fn a_failed_assertion_ends_the_simulation() {
    let core = design("checked", |m| {
        m.clock("clk", Reset::ActiveHigh("rst"));
        let x = m.input("x", unsigned(4));
        m.assert("small", x.lt(8), "x must stay small");
    })
    .unwrap();
    let mut block = Checked::new(&core).unwrap();
    for x in [7, 8] {
        block.x.next = x.into();
        for level in [true, false] {
            block.clk.next = level.into();
            assert!(simulate(&mut block, 10));
        }
    }
}

/// Two blocks beside each other, their inputs driven by constants.
#[derive(LogicBlock)]
struct Pair {
    pub clock: Signal<In, Clock>,
    pub out: Signal<Out, Bits<12>>,
    first: Follower,
    second: Follower,
}

impl Logic for Pair {
    #[hdl_gen]
    fn update(&mut self) {
        self.first.clk.next = self.clock.val();
        self.second.clk.next = self.clock.val();
        self.first.rst.next = false;
        self.second.rst.next = false;
        self.first.d.next = self.second.inverted.val();
        self.second.d.next = bits::<12>(0x5a5).into();
        self.out.next = self.first.q.val().into();
    }
}

fn pair(first: &Design, second: &Design) -> Pair {
    Pair {
        clock: Signal::default(),
        out: Signal::default(),
        first: Follower::new(first).unwrap(),
        second: Follower::new(second).unwrap(),
    }
}

#[test]
fn two_instances_define_their_core_once() {
    let core = follower(12);
    let mut pair = pair(&core, &core);
    let emitted = emit(&mut pair).unwrap();
    let names: Vec<_> = emitted.cores.iter().map(|file| &file.name).collect();
    assert_eq!(names, ["follower.v"]);
    assert_eq!(
        emitted.cores[0].text.trim_end(),
        crate::verilog::concat(&core).trim_end()
    );
    assert!(!emitted.design.text.contains("module follower"));
    assert_eq!(emitted.design.text.matches("follower core (").count(), 2);
    // rust-hdl's own text holds the module twice, the second time behind the guard of the first.
    let text = generate_verilog(&pair);
    assert_eq!(text.matches("module follower").count(), 2);
    assert_eq!(text.matches("`ifndef FERROGRID_CORE_follower_").count(), 2);
    let wrapper = emitted.design.text.split("module top$first").nth(1);
    let wrapper = wrapper.and_then(|text| text.split("endmodule").next());
    let lines = wrapper.unwrap_or_default().lines().map(str::trim_end);
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r"
    (clk,rst,d,q,inverted);

        // Module arguments
        input wire  clk;
        input wire  rst;
        input wire  [11:0] d;
        output wire  [11:0] q;
        output wire  [11:0] inverted;

        // Update code (wrapper)
        follower core (
            .clk      (clk),
            .rst      (rst),
            .d        (d),
            .q        (q),
            .inverted (inverted)
        );
    ");
}

#[test]
fn different_modules_of_one_name_are_refused() {
    let other = design("follower", |m| {
        m.clock("clk", Reset::ActiveHigh("rst"));
        let d = m.input("d", unsigned(12));
        let q = m.reg(unsigned(12)).named("q_reg").reset(1);
        q.next(d);
        m.output("q", q);
        m.output("inverted", !d);
    })
    .unwrap();
    let error = emit(&mut pair(&follower(12), &other)).unwrap_err();
    assert!(matches!(error, EmitError::Conflict(name) if name == "follower"));
}

#[test]
fn widths_are_compared_before_anything_is_emitted() {
    let core = follower(11);
    let narrow = std::panic::catch_unwind(|| emit(&mut pair(&core, &core)).map(|_| ()));
    let message = *narrow.unwrap_err().downcast::<String>().unwrap();
    assert_eq!(message, "port `q`, 11 bits wide, does not fit Bits::<12>");
}

#[test]
fn blocks_can_move_between_threads() {
    fn assert_send<T: Send>() {}
    assert_send::<Matmul>();
}
