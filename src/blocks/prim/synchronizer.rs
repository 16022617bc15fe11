//! Signals and resets that come from another clock.

use crate::hdl::{Block, Module, Reset, Signal, bit, bundle, hardware};

/// One bit of another clock, two edges later in the domain that is being described. Several bits
/// that belong together need a handshake or a FIFO instead.
#[track_caller]
pub fn synchronize<'m>(m: &'m Module, name: &str, value: Signal<'m>) -> Signal<'m> {
    assert!(value.width() == 1, "`{name}` is synchronized bit by bit");
    two_stages(m, name, value)
}

/// Two registers in a row; of several bits at most one may change at a time.
#[track_caller]
pub(super) fn two_stages<'m>(m: &'m Module, name: &str, value: Signal<'m>) -> Signal<'m> {
    let stage = || {
        m.reg(value.shape())
            .reset(0)
            .attribute("ASYNC_REG = \"TRUE\"")
    };
    let first = stage().named(format!("{name}_meta")).synchronizer();
    stage()
        .named(format!("{name}_sync"))
        .next(first.next(value))
}

/// A reset that begins at once and ends with the second edge of the clock after its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResetSynchronizer;

bundle! {
    /// What a [`ResetSynchronizer`] gives.
    pub struct ResetSynchronizerOutputs() {
        /// The reset of the clock's domain, active high.
        reset: bit(),
    }
}

#[hardware]
impl Block for ResetSynchronizer {
    fn module_name(&self) -> String {
        "reset_synchronizer".into()
    }

    fn build<'m>(&self, m: &'m Module, (): ()) -> ResetSynchronizerOutputs<'m> {
        m.doc("Resets at once, and ends the reset with the second edge.");
        m.clock("clk", Reset::ActiveHigh("async_reset").asynchronous());
        let stage = || m.reg(bit()).reset(1).attribute("ASYNC_REG = \"TRUE\"");
        let ends = stage().next(m.low());
        let reset = stage().next(ends);
        ResetSynchronizerOutputs { reset }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hdl::{self, elaborate, sim::Simulator};

    #[test]
    fn a_reset_begins_at_once_and_ends_with_the_second_edge() {
        let mut sim = Simulator::new(&elaborate(&ResetSynchronizer).unwrap());
        sim.poke("async_reset", 1);
        assert_eq!(sim.peek("reset"), 1.into());
        sim.poke("async_reset", 0);
        for reset in [1, 1, 0, 0] {
            assert_eq!(sim.peek("reset"), reset.into());
            sim.step();
        }
        sim.poke("async_reset", 1);
        assert_eq!(sim.peek("reset"), 1.into());
    }

    #[test]
    fn a_bit_comes_two_edges_later() {
        let design = hdl::design("top", |m| {
            let other = m.add_domain("other_clk", Reset::ActiveHigh("other_rst"));
            let value = m.in_domain(other, || m.input("value", bit()));
            m.output("late", synchronize(m, "value", value));
        });
        let mut sim = Simulator::new(&design.unwrap());
        sim.reset(1);
        sim.poke("value", 1);
        for late in [0, 0, 1, 1] {
            assert_eq!(sim.peek("late"), late.into());
            sim.step();
        }
    }
}
