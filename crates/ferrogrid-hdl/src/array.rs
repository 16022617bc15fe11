//! Arrays of signals: read and set at an index.

use super::bundle::{gather, signals};
use super::{Bundle, Operand, Reg, Signal};

/// Items that an index selects: signals, registers, or bundles member by member.
///
/// ```
/// # use ferrogrid_hdl::{self as hdl, Elements, SetElements, bit, hardware, unsigned};
/// # #[hardware]
/// # fn example(m: &hdl::Module) {
/// # let (index, value) = (m.input("index", unsigned(2)), m.input("value", unsigned(8)));
/// # let write = m.input("write", bit());
/// let words: Vec<_> = (0..4).map(|_| m.reg(unsigned(8)).reset(0)).collect();
/// m.when(write, || words.set_at(index, value));
/// m.output("word", words.at(index));
/// # }
/// # hdl::design("example", example).unwrap();
/// ```
pub trait Elements<'m> {
    /// What is read.
    type Item;

    /// The item at an unsigned index; beyond the end, the last item.
    ///
    /// # Panics
    /// When there are no items, or their shapes differ.
    fn at(&self, index: impl Into<Signal<'m>>) -> Self::Item;
}

impl<'m, B: Bundle<'m>> Elements<'m> for [B] {
    type Item = B;

    #[track_caller]
    fn at(&self, index: impl Into<Signal<'m>>) -> B {
        let index = index.into();
        let layout = self
            .first()
            .expect("an array of at least one item")
            .layout();
        let items: Vec<Vec<Signal<'m>>> = self.iter().map(signals).collect();
        let mut members = Vec::new();
        for member in 0..items[0].len() {
            let of_items: Vec<_> = items.iter().map(|item| item[member]).collect();
            members.push(index.select(&of_items));
        }
        gather(&layout, members)
    }
}

impl<'m> Elements<'m> for [Reg<'m>] {
    type Item = Signal<'m>;

    #[track_caller]
    fn at(&self, index: impl Into<Signal<'m>>) -> Signal<'m> {
        index.into().select(self)
    }
}

/// Registers, or wires, of which an index says which one is set.
pub trait SetElements<'m> {
    /// Sets the one at an unsigned index, as [`Reg::set`] and [`Signal::set`] do, under the
    /// conditions that are open; beyond the end, none.
    fn set_at(&self, index: impl Into<Signal<'m>>, value: impl Operand<'m> + Copy);
}

impl<'m> SetElements<'m> for [Reg<'m>] {
    #[track_caller]
    fn set_at(&self, index: impl Into<Signal<'m>>, value: impl Operand<'m> + Copy) {
        set_one(self, index.into(), |item| item.set(value));
    }
}

impl<'m> SetElements<'m> for [Signal<'m>] {
    #[track_caller]
    fn set_at(&self, index: impl Into<Signal<'m>>, value: impl Operand<'m> + Copy) {
        set_one(self, index.into(), |item| item.set(value));
    }
}

/// Sets the item that the index names.
#[track_caller]
fn set_one<T>(items: &[T], index: Signal<'_>, set: impl Fn(&T)) {
    let nameable = 1u64.checked_shl(index.width()).unwrap_or(u64::MAX);
    let mut arms = index.module().switch(index);
    for (number, item) in (0..nameable).zip(items) {
        arms = arms.case(number, || set(item));
    }
}
