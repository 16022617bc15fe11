//! Stall patterns.

use crate::hdl::binding::suggest_bundle;
use crate::hdl::{Block, Module, Signal, bit, bundle, hardware, unsigned};

/// Bits that a pattern has at most.
pub const STALL_DEPTH: u32 = 4096;

pub(super) const INDEX_BITS: u32 = STALL_DEPTH.trailing_zeros();

bundle! {
    /// What a pattern is told.
    pub struct StallInput() {
        /// The first cycle of the run.
        start: bit(),
        /// The last bit of the pattern.
        last: unsigned(INDEX_BITS),
    }
}

bundle! {
    /// What a pattern says.
    pub struct StallOutput() {
        /// The current cycle pauses.
        stall: bit(),
    }
}

/// Says in which cycles a driver pauses: the bits of the table `pattern` from 0 to `last`, repeated
/// for ever. Bit 0 is that of the cycle after `start`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StallPattern;

impl StallPattern {
    /// A pattern; returns whether the current cycle pauses.
    #[track_caller]
    pub fn insert<'m>(m: &'m Module, name: &str, input: StallInput<'m>) -> Signal<'m> {
        let output = m.instance(&StallPattern, input);
        suggest_bundle(&output, name);
        output.stall
    }
}

#[hardware]
impl Block for StallPattern {
    fn module_name(&self) -> String {
        "ferrogrid_stall_pattern".to_owned()
    }

    fn build<'m>(&self, m: &'m Module, io: StallInput<'m>) -> StallOutput<'m> {
        m.doc("Says in which cycles a driver pauses: the bits of a table, repeated.");
        let index = m.reg(unsigned(INDEX_BITS));
        let wraps = io.start | index.eq(io.last);
        let next = wraps.mux(m.zero(unsigned(INDEX_BITS)), index + 1);
        index.next(next);
        let pattern = m.memory(1, STALL_DEPTH).named("pattern").public();
        let stall = pattern.read(next);
        StallOutput { stall }
    }
}
