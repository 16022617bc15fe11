//! Nested loops over the places of an image.

use crate::hdl::{Module, Signal, hardware};

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
/// `advances` is 1. The counts are those at the start and at each advance: they must stay.
#[hardware]
#[track_caller]
pub(super) fn nest<'m>(
    m: &'m Module,
    name: &str,
    (starts, start): (Signal<'m>, Place<'m>),
    loops: &[Loop<'m>],
    advances: Signal<'m>,
) -> Nest<'m> {
    let mut bases = Vec::new();
    let mut rounds = Vec::new();
    for (level, of) in loops.iter().enumerate() {
        bases.push([
            m.reg(start.address.shape())
                .named(format!("{name}_address_{level}")),
            m.reg(start.row.shape())
                .named(format!("{name}_row_{level}")),
            m.reg(start.byte.shape())
                .named(format!("{name}_byte_{level}")),
        ]);
        rounds.push(
            m.reg(of.count.shape())
                .named(format!("{name}_round_{level}")),
        );
    }
    let ends: Vec<_> = (loops.iter().zip(&rounds).enumerate())
        .map(|(level, (of, round))| {
            (*round + 1)
                .eq(of.count)
                .named(format!("{name}_ends_{level}"))
        })
        .collect();
    let last = ends
        .iter()
        .copied()
        .reduce(|all, end| all & end)
        .expect("a loop");
    let begins: Vec<_> = rounds.iter().map(|round| round.eq(0)).collect();
    let first = (begins.iter().copied())
        .reduce(|all, one| all & one)
        .expect("a loop");
    // The innermost loop that goes on, and where its next round begins.
    for (level, of) in loops.iter().enumerate() {
        let inner_end = ends[..level]
            .iter()
            .copied()
            .fold(m.high(), |all, end| all & end);
        let goes_on = advances & inner_end & !ends[level];
        let [address, row, byte] = &bases[level];
        let next = [*address + of.addresses, *row + of.rows, *byte + of.bytes];
        m.when(goes_on, || {
            rounds[level].set(*rounds[level] + 1);
            for (base, next) in bases[..=level]
                .iter()
                .flat_map(|base| base.iter().zip(next))
            {
                base.set(next);
            }
            for round in &rounds[..level] {
                round.set(0);
            }
        });
    }
    m.when(starts, || {
        for base in &bases {
            base[0].set(start.address);
            base[1].set(start.row);
            base[2].set(start.byte);
        }
        for round in &rounds {
            round.set(0);
        }
    });
    let [address, row, byte] = bases[0];
    Nest {
        place: Place {
            address: *address,
            row: *row,
            byte: *byte,
        },
        first,
        last,
        begins,
        ends,
    }
}
