//! Counters.

use crate::hdl::{Block, Module, Signal, bit, unsigned};

/// Counts 0, 1, ... `last`, 0, ... with `last` given at run time.
///
/// The value goes on by one in each cycle in which `enable` is 1; `clear` sets it to 0 and wins.
/// `wrap` is 1 in the cycle whose edge takes the value from `last` to 0. When `last` falls below
/// the value, the next step wraps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counter {
    /// Bits of the value, at least 1.
    pub width: u32,
}

/// What an inserted [`Counter`] gives.
#[derive(Debug, Clone, Copy)]
pub struct Count<'m> {
    /// The value.
    pub value: Signal<'m>,
    /// One bit: the value returns to 0 at the end of this cycle because it was at `last`.
    pub wrap: Signal<'m>,
}

impl Counter {
    /// Makes a counter as wide as `last`, an unsigned signal.
    #[track_caller]
    pub fn insert<'m>(
        m: &'m Module,
        name: &str,
        enable: Signal<'m>,
        clear: Signal<'m>,
        last: Signal<'m>,
    ) -> Count<'m> {
        let counter = Counter {
            width: last.width(),
        };
        let instance = m
            .untyped_instance(name, &counter)
            .input("enable", enable)
            .input("clear", clear)
            .input("last", last);
        Count {
            value: instance.output("value"),
            wrap: instance.output("wrap"),
        }
    }
}

impl Block for Counter {
    fn module_name(&self) -> String {
        format!("counter_{}", self.width)
    }

    crate::hdl::untyped_ports!();

    fn build(&self, m: &Module, (): ()) {
        m.doc("Counts from 0 to `last`, then wraps.");
        let shape = unsigned(self.width);
        let enable = m.input("enable", bit());
        let clear = m.input("clear", bit());
        let last = m.input("last", shape);
        let value = m.reg(shape).named("value").reset(0).enable(enable | clear);
        let at_last = value.ge(last).named("at_last");
        value.next((clear | at_last).mux(m.zero(shape), value + 1));
        m.output("value", value);
        m.output("wrap", enable & at_last & !clear);
    }
}
