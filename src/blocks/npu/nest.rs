//! Nested loops over the places of an image.

use crate::hdl::{Module, Signal, bit, hardware};

/// A place in an image in the scratchpad.
#[derive(Clone, Copy)]
pub(super) struct Place<'m> {
    /// Of its first byte.
    pub address: Signal<'m>,
    /// Its row, signed.
    pub row: Signal<'m>,
    /// Its byte in the row, signed.
    pub byte: Signal<'m>,
}

/// A loop: so many rounds, and how much further each begins than the one before.
#[derive(Clone, Copy)]
pub(super) struct Loop<'m> {
    /// 1 or more.
    pub count: Signal<'m>,
    /// Signed, as the place's row and byte.
    pub rows: Signal<'m>,
    pub bytes: Signal<'m>,
    /// Of the scratchpad.
    pub addresses: Signal<'m>,
}

/// Which loops have one round only, the innermost first: the first one is their last.
pub(super) struct Single<'m> {
    /// At the start.
    pub at_start: Vec<Signal<'m>>,
    /// Where a loop around them goes on.
    pub again: Vec<Signal<'m>>,
}

impl<'m> Single<'m> {
    /// By counts at the start, and later.
    pub fn of(at_start: &[Signal<'m>], again: &[Signal<'m>]) -> Single<'m> {
        let is_one = |counts: &[Signal<'m>]| counts.iter().map(|count| count.eq(1)).collect();
        Single {
            at_start: is_one(at_start),
            again: is_one(again),
        }
    }
}

/// Where nested loops are.
pub(super) struct Nest<'m> {
    /// The place.
    pub place: Place<'m>,
    /// It is the first one.
    pub first: Signal<'m>,
    /// It is the last one.
    pub last: Signal<'m>,
    /// Each loop is in its first round, and in its last one: the innermost first.
    pub begins: Vec<Signal<'m>>,
    pub ends: Vec<Signal<'m>>,
}

/// Walks loops, the innermost first: begins at `start` where `starts` is 1, and goes on where
/// `advances` is 1, which may come late in a cycle: what ends with a round stands in registers. The counts are
/// those at each advance.
#[hardware]
#[track_caller]
pub(super) fn nest<'m>(
    m: &'m Module,
    name: &str,
    (starts, start): (Signal<'m>, Place<'m>),
    loops: &[Loop<'m>],
    single: &Single<'m>,
    advances: Signal<'m>,
) -> Nest<'m> {
    let mut bases = Vec::new();
    let mut first_rounds = Vec::new();
    // The number of the round behind the next one, from 0.
    let mut then = Vec::new();
    let mut last_rounds = Vec::new();
    for (level, of) in loops.iter().enumerate() {
        bases.push([
            m.reg(start.address.shape())
                .named(format!("{name}_address_{level}")),
            m.reg(start.row.shape())
                .named(format!("{name}_row_{level}")),
            m.reg(start.byte.shape())
                .named(format!("{name}_byte_{level}")),
        ]);
        first_rounds.push(m.reg(bit()).named(format!("{name}_begins_{level}")));
        then.push(
            m.reg(of.count.shape())
                .named(format!("{name}_then_{level}")),
        );
        last_rounds.push(m.reg(bit()).named(format!("{name}_ends_{level}")));
    }
    let ends: Vec<_> = last_rounds.iter().map(|last| **last).collect();
    let last = ends
        .iter()
        .copied()
        .reduce(|all, end| all & end)
        .expect("a loop");
    let begins: Vec<_> = first_rounds.iter().map(|first| **first).collect();
    let first = m.reg(bit()).named(format!("{name}_first"));
    m.when(advances, || first.set(false));
    // Where the round of the innermost loop that goes on begins, from the outermost to each.
    let mut outer: Option<[Signal<'m>; 3]> = None;
    for (level, of) in loops.iter().enumerate().rev() {
        let [address, row, byte] = &bases[level];
        let here = [
            (*address + of.addresses).named(format!("{name}_next_address_{level}")),
            (*row + of.rows).named(format!("{name}_next_row_{level}")),
            (*byte + of.bytes).named(format!("{name}_next_byte_{level}")),
        ];
        let next = match outer {
            None => here,
            Some(outer) => std::array::from_fn(|of| ends[level].mux(outer[of], here[of])),
        };
        outer = Some(next);
        let inner_end = ends[..level]
            .iter()
            .copied()
            .fold(m.high(), |all, end| all & end);
        let next_is_last = then[level].eq(of.count);
        let is_last = ends[level].mux(single.again[level], next_is_last);
        let two = m.lit(2, of.count.shape());
        m.when(advances & (inner_end & !last), || {
            first_rounds[level].set(ends[level]);
            then[level].set(ends[level].mux(two, then[level] + 1));
            last_rounds[level].set(is_last);
            for (base, next) in bases[level].iter().zip(next) {
                base.set(next);
            }
        });
    }
    m.when(starts, || {
        for base in &bases {
            base[0].set(start.address);
            base[1].set(start.row);
            base[2].set(start.byte);
        }
        for first in &first_rounds {
            first.set(true);
        }
        for then in &then {
            then.set(2);
        }
        for (last, single) in last_rounds.iter().zip(&single.at_start) {
            last.set(*single);
        }
        first.set(true);
    });
    let [address, row, byte] = bases[0];
    Nest {
        place: Place {
            address: *address,
            row: *row,
            byte: *byte,
        },
        first: *first,
        last,
        begins,
        ends,
    }
}
