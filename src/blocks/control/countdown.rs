//! Counts whose end is seen without a comparison.

use crate::hdl::{Module, Reg, Signal, hardware, unsigned};

/// A count that runs down and begins at `count` less `ahead`: its top bit is 1 when `ahead` - 1
/// are left, so that nothing is compared.
#[track_caller]
pub(super) fn run_down(count: Signal<'_>, ahead: u32) -> Signal<'_> {
    count.zero_extend(count.width() + 1) - ahead
}

/// How many follow, less one.
#[derive(Clone, Copy)]
pub(super) struct Countdown<'m> {
    /// The register: negative, its top bit 1, where nothing follows.
    pub behind: Reg<'m>,
    /// Nothing follows: the top bit.
    pub last: Signal<'m>,
}

/// Counts of `first`: the register `<name>s_behind` and its top bit `last_<name>`. They begin where
/// `begins` is 1 and go down with each `step`; behind the last one comes `again`, if there is such.
#[hardware]
#[track_caller]
pub(super) fn countdown<'m>(
    m: &'m Module,
    name: &str,
    first: Signal<'m>,
    (begins, step): (Signal<'m>, Signal<'m>),
    again: Option<Signal<'m>>,
) -> Countdown<'m> {
    let behind = m
        .reg(unsigned(first.width() + 1))
        .named(format!("{name}s_behind"))
        .comment("behind the next beat's, less one; negative in the last");
    let last = behind.msb().named(format!("last_{name}"));
    m.when(begins, || behind.set(run_down(first, 2)))
        .else_when(step, || match again {
            Some(again) => {
                m.when(last, || behind.set(run_down(again, 2)))
                    .otherwise(|| behind.set(behind - 1));
            }
            None => behind.set(behind - 1),
        });
    Countdown { behind, last }
}
