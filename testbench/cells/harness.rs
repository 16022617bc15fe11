//! Around a cell of streams, what it must do, as assertions.
//!
//! The producer keeps its word (an assumption); the consumer is free. The harness counts the
//! payloads inside and follows one payload, any one that the free input `follow` chooses: its
//! value, and how many payloads are ahead of it. When it is its turn, its value must be shown. As
//! the choice is free, this says of every payload that it is not lost, doubled, changed or
//! overtaken.

use ferrogrid::hdl::ir::Design;
use ferrogrid::hdl::{self, AnyBlock, Module, Shape, Signal, Stream, bit, bits_for, unsigned};

/// What the harness knows in a cycle, before its edge.
#[derive(Clone, Copy)]
pub struct Model<'m> {
    /// Number of payloads inside.
    pub inside: Signal<'m>,
    /// One bit: a payload is being followed.
    pub following: Signal<'m>,
    /// Number of payloads ahead of it.
    pub ahead: Signal<'m>,
    /// Its value.
    pub value: Signal<'m>,
    /// The input ports of the cell's stream.
    pub input: Stream<'m>,
    /// The output ports of the cell's stream.
    pub output: Stream<'m>,
}

/// A cell and what is special about it.
pub struct Harness<'a> {
    /// The cell, with streams at `s` and `m`, called `dut` in the harness.
    pub cell: &'a dyn AnyBlock,
    /// Shape of a payload.
    pub shape: Shape,
    /// How many payloads the cell can hold.
    pub capacity: u32,
    /// A payload can pass within the cycle.
    pub passes: bool,
    /// The cell has an output `level`.
    pub level: bool,
    /// What else must hold: what registers within the cell contain, so that the induction starts
    /// from states that exist, and what the cell promises alone.
    pub invariants: &'a dyn for<'m> Fn(&'m Module, &Model<'m>),
}

impl Harness<'_> {
    /// The harness as a design with the top `proof`.
    pub fn design(&self) -> Design {
        hdl::design("proof", |m| self.build(m)).expect("the harness closes")
    }

    fn build(&self, m: &Module) {
        let input: Stream<'_> = m.sink_port("s", Stream::of(self.shape));
        let output: Stream<'_> = m.source_port("m", Stream::of(self.shape));
        let cell = m.untyped_instance("dut", self.cell).sink("s", &input);
        hdl::connect(&cell.source("m", Stream::of(self.shape)), &output);
        let push = input.fires().named("push");
        let pop = output.fires().named("pop");

        m.section("assumption and promise of both ends");
        let offered = was(m, "s_waited", input.valid & !input.ready);
        let offered_payload = m.delay(input.payload).named("s_waited_payload");
        let kept = input.valid & input.payload.eq(offered_payload);
        m.assume(
            "s_stable",
            !offered | kept,
            "the producer takes its offer back",
        );
        let shown = was(m, "m_waited", output.valid & !output.ready);
        let shown_payload = m.delay(output.payload).named("m_waited_payload");
        let kept = output.valid & output.payload.eq(shown_payload);
        m.assert(
            "m_stable",
            !shown | kept,
            "valid or payload changed before the handover",
        );

        m.section("number inside");
        // One bit more than the capacity needs, so that too many are seen.
        let count = unsigned(bits_for(u64::from(self.capacity)) + 1);
        let inside = m.reg(count).named("inside").reset(0).enable(push ^ pop);
        inside.next(push.mux(inside + 1, inside - 1));
        m.assert(
            "no_overflow",
            inside.le(self.capacity),
            "more inside than can be",
        );
        let may_show = if self.passes {
            inside.any() | input.valid
        } else {
            inside.any()
        };
        m.assert(
            "no_invention",
            !output.valid | may_show,
            "a payload from nowhere",
        );
        if self.level {
            let level = cell.output("level").zero_extend(count.width);
            m.assert("level_is_inside", level.eq(inside), "the level is wrong");
        }

        m.section("the payload that is followed");
        let follow = m.input("follow", bit());
        let left = inside - pop.zero_extend(count.width);
        let following = m.reg(bit()).named("following").reset(0);
        let start = (push & follow & !following).named("start");
        let value = m
            .reg(self.shape)
            .named("value")
            .enable(start)
            .next(input.payload);
        let ahead = m.reg(count).named("ahead");
        let turn = (following & ahead.eq(0)).named("turn");
        ahead.next(start.mux(left, ahead - pop.zero_extend(count.width)));
        // A payload that passes at once has left before it could be followed.
        let at_once = if self.passes {
            pop & inside.eq(0)
        } else {
            m.low()
        };
        following.next((start & !at_once) | (following & !(turn & pop)));
        m.assert(
            "is_inside",
            !following | ahead.lt(*inside),
            "a payload was lost",
        );
        m.assert(
            "is_shown",
            !(turn & output.valid) | output.payload.eq(value),
            "another payload is shown in its turn",
        );
        if self.passes {
            let same = output.payload.eq(input.payload);
            let passes = output.valid & inside.eq(0);
            m.assert(
                "passes_unchanged",
                !passes | same,
                "a payload changed in passing",
            );
        }
        let model = Model {
            inside: *inside,
            following: *following,
            ahead: *ahead,
            value,
            input,
            output,
        };
        (self.invariants)(m, &model);
    }
}

/// One bit: the condition held in the cycle before, and there was no reset since.
pub fn was<'m>(m: &'m Module, name: &str, condition: Signal<'m>) -> Signal<'m> {
    m.reg(bit()).named(name).reset(0).next(condition)
}
