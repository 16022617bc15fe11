//! Counters.

use crate::hdl::{Block, Module, bit, bundle, hardware, unsigned};

/// Counts 0, 1, ... `last`, 0, ... with `last` given at run time; where it falls below the value,
/// the next step wraps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counter {
    /// Bits of the value, at least 1.
    pub width: u32,
}

bundle! {
    /// What a [`Counter`] takes.
    pub struct CounterInputs(counter: &Counter) {
        /// Go on by one.
        enable: bit(),
        /// Go to 0, whatever `enable` says.
        clear: bit(),
        /// The value before 0.
        last: unsigned(counter.width),
    }
}

bundle! {
    /// What a [`Counter`] gives.
    pub struct CounterOutputs(width: u32) {
        value: unsigned(width),
        /// The value goes from `last` to 0 at the end of this cycle.
        wrap: bit(),
    }
}

#[hardware]
impl Block for Counter {
    fn module_name(&self) -> String {
        format!("counter_{}", self.width)
    }

    fn build<'m>(&self, m: &'m Module, io: CounterInputs<'m>) -> CounterOutputs<'m> {
        m.doc("Counts from 0 to `last`, then wraps.");
        let value = m.reg(unsigned(self.width)).reset(0);
        let at_last = value.ge(io.last);
        m.when(io.clear, || value.set(0))
            .else_when(io.enable, || value.set(at_last.mux(0, value + 1)));
        CounterOutputs {
            value: *value,
            wrap: io.enable & at_last & !io.clear,
        }
    }
}
