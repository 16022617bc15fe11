//! Where the ones of a value are, and how many: encoders, counts, rotation.

use super::{Signal, concat};
use crate::{bits_for, index_bits, unsigned};

impl<'m> Signal<'m> {
    /// The lowest bit that is 1, alone; 0 where none is. It is a priority arbiter.
    #[track_caller]
    pub fn lowest_one(self) -> Signal<'m> {
        let bits = self.as_unsigned();
        bits & -bits
    }

    /// The index of the lowest bit that is 1, of as many bits as an index needs: a priority encoder.
    /// Where none is, the highest index.
    #[track_caller]
    pub fn first_one(self) -> Signal<'m> {
        let (m, width) = (self.module(), self.width());
        let index = unsigned(index_bits(width.into()));
        let last = m.lit(width - 1, index);
        (0..width - 1)
            .rev()
            .fold(last, |rest, at| self.bit(at).mux(m.lit(at, index), rest))
    }

    /// The index of the one bit that is 1: an encoder without priority. Where none is, 0.
    #[track_caller]
    pub fn one_hot_index(self) -> Signal<'m> {
        let (m, width) = (self.module(), self.width());
        let index = unsigned(index_bits(width.into()));
        let indices: Vec<_> = (0..width).map(|at| m.lit(at, index)).collect();
        self.one_hot_select(&indices)
    }

    /// The bit at an unsigned index alone, of `count` bits: a decoder. 0 where the index is too
    /// large.
    #[track_caller]
    pub fn one_hot(self, count: u32) -> Signal<'m> {
        self.module().lit(1, unsigned(count)) << self
    }

    /// The item beside the one bit that is 1, the lowest bit beside the first item. Where none is, 0;
    /// where several are, all their items, or-ed.
    ///
    /// # Panics
    /// When there are not as many items as bits, or their shapes differ.
    #[track_caller]
    pub fn one_hot_select(self, items: &[impl Into<Signal<'m>> + Copy]) -> Signal<'m> {
        assert!(
            items.len() == self.width() as usize,
            "{} has {} bits, and selects from {} items",
            self.describe(),
            self.width(),
            items.len()
        );
        let gated = (0..).zip(items).map(|(at, item)| {
            let item: Signal = (*item).into();
            item.gate(self.bit(at))
        });
        gated.reduce(|all, item| all | item).expect("a bit")
    }

    /// How many bits are 1.
    #[track_caller]
    pub fn count_ones(self) -> Signal<'m> {
        let sum = unsigned(bits_for(self.width().into()));
        sum_of(&self.as_unsigned().split(1)).extend_or_truncate(sum.width)
    }

    /// How many bits above the highest 1 are 0; the width where none is 1.
    #[track_caller]
    pub fn leading_zeros(self) -> Signal<'m> {
        let (m, width) = (self.module(), self.width());
        let count = unsigned(bits_for(width.into()));
        let none = m.lit(width, count);
        (0..width).fold(none, |rest, at| {
            self.bit(at).mux(m.lit(width - 1 - at, count), rest)
        })
    }

    /// Moves every bit up by an unsigned amount below the width; what leaves above comes in below.
    #[track_caller]
    pub fn rotate_left(self, amount: impl Into<Signal<'m>>) -> Signal<'m> {
        let (bits, amount, width) = (self.as_unsigned(), amount.into(), self.width());
        (0..amount.width()).fold(bits, |value, stage| {
            let by = (1 << stage) % width;
            let turned = if by == 0 {
                value
            } else {
                concat(&[value.truncate(width - by), value.slice(width - by, by)])
            };
            amount.bit(stage).mux(turned, value)
        })
    }

    fn extend_or_truncate(self, width: u32) -> Signal<'m> {
        if self.width() > width {
            self.truncate(width)
        } else {
            self.zero_extend(width)
        }
    }
}

/// The sum of values of one shape, as a balanced tree that widens.
#[track_caller]
fn sum_of<'m>(values: &[Signal<'m>]) -> Signal<'m> {
    if let [value] = values {
        return *value;
    }
    let (low, high) = values.split_at(values.len() / 2);
    let (low, high) = (sum_of(low), sum_of(high));
    let width = low.width().max(high.width()) + 1;
    low.zero_extend(width) + high.zero_extend(width)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::Simulator;
    use crate::{self as hdl, verilog};

    #[test]
    fn all_agree_with_integers() {
        for width in [1, 2, 3, 5, 8, 11] {
            let index = index_bits(width.into());
            let design = hdl::design("ones", |m| {
                let value = m.input("value", unsigned(width));
                let by = m.input("by", unsigned(index));
                let items: Vec<_> = (0..width).map(|i| m.lit(i + 3, unsigned(8))).collect();
                m.output("lowest", value.lowest_one());
                m.output("first", value.first_one());
                m.output("count", value.count_ones());
                m.output("leading", value.leading_zeros());
                m.output("rotated", value.rotate_left(by));
                m.output("decoded", by.one_hot(width));
                m.output("index", value.lowest_one().one_hot_index());
                m.output("item", value.lowest_one().one_hot_select(&items));
            })
            .unwrap();
            assert!(!verilog::concat(&design).is_empty());
            let mut sim = Simulator::new(&design);
            for value in 0u32..1 << width {
                sim.poke("value", value);
                let low = value.trailing_zeros();
                let some = value != 0;
                let expected = [
                    ("lowest", value & value.wrapping_neg()),
                    ("first", low.min(width - 1)),
                    ("count", value.count_ones()),
                    ("leading", value.leading_zeros() - (32 - width)),
                    ("index", if some { low } else { 0 }),
                    ("item", if some { low + 3 } else { 0 }),
                ];
                for (output, wanted) in expected {
                    assert_eq!(sim.peek(output), wanted.into(), "{output} of {value:b}");
                }
                for by in 0..width {
                    sim.poke("by", by);
                    let all = (1 << width) - 1;
                    let turned = ((value << by) | (value >> (width - by))) & all;
                    assert_eq!(sim.peek("rotated"), turned.into(), "{value:b} by {by}");
                    assert_eq!(sim.peek("decoded"), (1u32 << by).into());
                }
            }
        }
    }
}
