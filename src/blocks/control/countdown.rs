//! Counts whose end is seen without a comparison.

use crate::hdl::{Module, Shape, Signal, unsigned};

/// A count that runs down and begins at `count` less `ahead`: its top bit stands when `ahead` - 1
/// are left, so that nothing is compared.
#[track_caller]
pub(super) fn run_down(count: Signal<'_>, ahead: u32) -> Signal<'_> {
    count.zero_extend(count.width() + 1) - ahead
}

/// Where a count stands.
pub(super) struct Countdown<'m> {
    /// How many follow, less one: negative, its top bit 1, where nothing follows.
    pub behind: Signal<'m>,
    /// Nothing follows: the top bit.
    pub last: Signal<'m>,
}

/// The register `<name>_behind` and its top bit `last_<one>`. It counts `first` of shape `size`
/// from where `start` is 1, one less with each `step`, and behind the last one `again`, if there
/// is such.
#[track_caller]
pub(super) fn countdown<'m>(
    m: &'m Module,
    (name, one, comment): (&str, &str, &str),
    size: Shape,
    (start, first): (Signal<'m>, Signal<'m>),
    step: Signal<'m>,
    again: Option<Signal<'m>>,
) -> Countdown<'m> {
    let shape = unsigned(size.width + 1);
    let behind = m
        .reg(shape)
        .named(format!("{name}_behind"))
        .comment(&format!("{comment}, less one; negative in the last"));
    let last = behind.msb().named(format!("last_{one}"));
    let next = match again {
        Some(again) => last.mux(run_down(again, 2), behind - 1),
        None => behind - 1,
    };
    Countdown {
        behind: behind.walk(start, run_down(first, 2), step, next),
        last,
    }
}
