//! A count of what is left, with the end in sight.

use crate::hdl::{Module, Shape, Signal, bit};

/// How many are left, and whether that is the last one.
pub(super) struct Countdown<'m> {
    /// From this one on.
    pub left: Signal<'m>,
    /// `left` is 1: a register.
    pub last: Signal<'m>,
}

/// The registers `<name>_left` and `last_<one>`: from `first` on, which is taken where `start`
/// is 1, one less with each `step`, and behind the last one `again`, if there is such.
#[track_caller]
pub(super) fn countdown<'m>(
    m: &'m Module,
    (name, one, comment): (&str, &str, &str),
    shape: Shape,
    (start, first): (Signal<'m>, Signal<'m>),
    step: Signal<'m>,
    again: Option<Signal<'m>>,
) -> Countdown<'m> {
    let left = m.reg(format!("{name}_left"), shape).comment(comment);
    let last = m.reg(format!("last_{one}"), bit());
    let mut next = left - 1;
    let mut next_last = if shape.width > 1 { left.eq(2) } else { m.low() };
    if let Some(again) = again {
        next = last.mux(again, next);
        next_last = last.mux(again.eq(1), next_last);
    }
    Countdown {
        last: last.walk(start, first.eq(1), step, next_last),
        left: left.walk(start, first, step, next),
    }
}
