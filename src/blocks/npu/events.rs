//! What a program does, for those who watch it.

use crate::hdl::{Module, Signal, bit, bundle, concat, hardware, unsigned};
use crate::isa::npu::EVENT_BITS;

bundle! {
    /// A stream that waits for nobody: a beat for each cycle in which a unit has taken an instruction, or
    /// has begun or ended to be at work: LOAD, STORE and VECTOR with an instruction, MATRIX while the array
    /// takes vectors, POST while it reads sums.
    pub struct Events {
        /// A beat.
        tvalid: bit(),
        /// Units that have taken an instruction, and in the upper byte those that are at work. A bit each:
        /// load, matrix, post, store, vector.
        tdata: unsigned(2 * EVENT_BITS),
    }
}

#[hardware]
impl<'m> Events<'m> {
    /// The stream of units that begin instructions and are at work, a bit each.
    pub(super) fn of_units(m: &'m Module, begins: Signal<'m>, works: Signal<'m>) -> Events<'m> {
        let begun = m.reg(begins.shape()).reset(0).next(begins);
        let at_work = m.reg(works.shape()).reset(0).next(works);
        let changed = m.flag(works.ne(at_work));
        Events {
            tvalid: begun.any() | changed,
            tdata: concat(&[
                at_work.zero_extend(EVENT_BITS),
                begun.zero_extend(EVENT_BITS),
            ]),
        }
    }
}
