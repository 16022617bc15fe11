//! What every driver is told of the run.

use crate::hdl::{Module, Signal, bit, bundle, unsigned};

bundle! {
    /// What every driver is told of the run.
    pub struct RunSignals() {
        /// The first cycle of the run.
        start: bit(),
        /// Tables are read from their beginning: the bench is in reset.
        first: bit(),
        /// The design is in reset: nothing is offered, taken or checked.
        quiet: bit(),
        /// The number of the cycle.
        cycle: unsigned(64),
    }
}

/// A bit pattern that a design must not use, shown while nothing is offered: loaded by a run with
/// two states, unknown in one with four.
pub(super) fn junk<'m>(m: &'m Module, first: Signal<'m>, width: u32) -> Signal<'m> {
    let word = m.memory(width, 2).named("junk_word").public();
    word.read_enabled(first, m.zero(bit())).named("junk")
}

/// A counter of events, and its value after this cycle.
#[track_caller]
pub(super) fn count<'m>(
    m: &'m Module,
    name: &str,
    event: Signal<'m>,
    width: u32,
) -> (Signal<'m>, Signal<'m>) {
    let count = m.reg(unsigned(width)).named(name).reset(0);
    let next = *count + event.zero_extend(width);
    (count.next(next), next)
}
