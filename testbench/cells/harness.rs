//! Around a cell of streams, what it must do, as assertions.
//!
//! The producer keeps its word (an assumption); the consumer is free. The harness counts the
//! payloads inside and follows one payload, any one that the free input `follow` chooses: its
//! value, and how many payloads are ahead of it. When it is its turn, its value must be shown. As
//! the choice is free, this says of every payload that it is not lost, doubled, changed or
//! overtaken.

use ferrogrid::blocks::prim::{Fifo, RegisterSlice, SkidBuffer, StreamInputs};
use ferrogrid::hdl::binding::suggest_bundle;
use ferrogrid::hdl::ir::Design;
use ferrogrid::hdl::{
    self, Block, Module, Shape, Signal, Stream, bit, bits_for, hardware, unsigned,
};

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

/// A cell in a stream: gives the stream behind it, and the level if it has one.
pub trait Cell: for<'m> Block<Inputs<'m> = StreamInputs<'m>> {
    fn shown<'m>(outputs: Self::Outputs<'m>) -> (Stream<'m>, Option<Signal<'m>>);
}

impl Cell for SkidBuffer {
    fn shown<'m>(outputs: Self::Outputs<'m>) -> (Stream<'m>, Option<Signal<'m>>) {
        (outputs.m, None)
    }
}

impl Cell for RegisterSlice {
    fn shown<'m>(outputs: Self::Outputs<'m>) -> (Stream<'m>, Option<Signal<'m>>) {
        (outputs.m, None)
    }
}

impl Cell for Fifo {
    fn shown<'m>(outputs: Self::Outputs<'m>) -> (Stream<'m>, Option<Signal<'m>>) {
        (outputs.m, Some(outputs.level))
    }
}

/// A cell and what is special about it.
pub struct Harness<'a, C> {
    /// The cell, called `dut` in the harness.
    pub cell: C,
    /// Shape of a payload.
    pub shape: Shape,
    /// How many payloads the cell can hold.
    pub capacity: u32,
    /// A payload can pass within the cycle.
    pub passes: bool,
    /// What else must hold: what registers within the cell contain, so that the induction starts
    /// from states that exist, and what the cell promises alone.
    pub invariants: &'a dyn for<'m> Fn(&'m Module, &Model<'m>),
}

#[hardware]
impl<C: Cell> Harness<'_, C> {
    /// The harness as a design with the top `proof`.
    pub fn design(&self) -> Design {
        hdl::design("proof", |m| self.build(m)).expect("the harness closes")
    }

    fn build(&self, m: &Module) {
        let input: Stream<'_> = m.sink_port("s", Stream::of(self.shape));
        let output: Stream<'_> = m.source_port("m", Stream::of(self.shape));
        let outputs = m.instance(&self.cell, StreamInputs { s: input });
        suggest_bundle(&outputs, "dut");
        let (shown, level) = C::shown(outputs);
        hdl::connect(&shown, &output);
        let push = input.fires();
        let pop = output.fires();

        m.section("assumption and promise of both ends");
        let offered = m.flag(input.valid & !input.ready);
        let offered_payload = m.delay(input.payload);
        let kept = input.valid & input.payload.eq(offered_payload);
        m.assume(
            "s_stable",
            !offered | kept,
            "the producer takes its offer back",
        );
        let waited = m.flag(output.valid & !output.ready);
        let waited_payload = m.delay(output.payload);
        let kept = output.valid & output.payload.eq(waited_payload);
        m.assert(
            "m_stable",
            !waited | kept,
            "valid or payload changed before the handover",
        );

        m.section("number inside");
        // One bit more than the capacity needs, so that too many are seen.
        let count = unsigned(bits_for(u64::from(self.capacity)) + 1);
        let inside = m.reg(count).reset(0);
        m.when(push ^ pop, || inside.set(push.mux(inside + 1, inside - 1)));
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
        if let Some(level) = level {
            let right = level.zero_extend(count.width).eq(inside);
            m.assert("level_is_inside", right, "the level is wrong");
        }

        m.section("the payload that is followed");
        let follow = m.input("follow", bit());
        let left = inside - pop.zero_extend(count.width);
        let following = m.reg(bit()).reset(0);
        let start = push & follow & !following;
        let value = m.capture(start, input.payload);
        let ahead = m.reg(count);
        let turn = following & ahead.eq(0);
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
    m.flag(condition).named(name)
}
