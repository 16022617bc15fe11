//! Answers that come later, and in another order.

use crate::hdl::{Block, Module, Signal, Stream, bit, bundle, hardware, index_bits, unsigned};

bundle! {
    /// Something that is to be answered.
    pub struct Waiting(id_bits: u32, bits: u32) {
        /// Answers of equal ids keep their order.
        id: unsigned(id_bits),
        /// What it is.
        what: unsigned(bits),
    }
}

bundle! {
    /// What a [`Reorder`] takes and is told.
    pub struct ReorderInput(reorder: &Reorder) {
        /// What is to be answered.
        s: Stream(Waiting(reorder.id_bits, reorder.bits)),
        /// Cycles from its arrival to its answer at least.
        latency: unsigned(16),
        /// Answers of different ids may overtake each other.
        overtake: bit(),
        /// Random bits.
        random: unsigned(8),
        /// Forgets all that waits.
        clear: bit(),
    }
}

bundle! {
    /// What a [`Reorder`] gives.
    pub struct ReorderOutput(id_bits: u32, bits: u32) {
        /// What is to be answered now.
        m: Stream(Waiting(id_bits, bits)),
    }
}

/// Keeps what is to be answered for some time, and gives it on by chance: of each id the oldest may
/// go, and with `overtake` any of these may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reorder {
    /// How much waits at a time.
    pub slots: usize,
    /// Width of the ids.
    pub id_bits: u32,
    /// Width of what waits.
    pub bits: u32,
}

/// A place in the queue, the oldest first.
struct Slot<'m> {
    used: Signal<'m>,
    id: Signal<'m>,
    what: Signal<'m>,
    /// Cycles still to wait.
    left: Signal<'m>,
}

#[hardware]
impl Block for Reorder {
    fn module_name(&self) -> String {
        format!(
            "ferrogrid_reorder_{}x{}_{}",
            self.slots, self.bits, self.id_bits
        )
    }

    fn build<'m>(&self, m: &'m Module, io: ReorderInput<'m>) -> ReorderOutput<'m> {
        m.doc("Keeps what is to be answered for some time, and gives it on by chance.");
        let output = m.wires(Stream::of(Waiting::of(self.id_bits, self.bits)));
        let zero = m.zero(unsigned(16));
        let used: Vec<_> = (0..self.slots).map(|_| m.reg(bit()).reset(0)).collect();
        let ids: Vec<_> = (0..self.slots)
            .map(|_| m.reg(unsigned(self.id_bits)).reset(0))
            .collect();
        let what: Vec<_> = (0..self.slots)
            .map(|_| m.reg(unsigned(self.bits)).reset(0))
            .collect();
        let left: Vec<_> = (0..self.slots)
            .map(|_| m.reg(unsigned(16)).reset(0))
            .collect();

        m.section("which may go");
        let may_go = |index: usize| {
            let ready = *used[index] & left[index].eq(0);
            (0..index).fold(ready, |ready, older| {
                let same = ids[older].eq(*ids[index]);
                ready & (!*used[older] | (io.overtake & !same))
            })
        };
        let may: Vec<_> = (0..self.slots).map(may_go).collect();
        // The first that may go from a random place on, else the first of all.
        let from = io.random.truncate(index_bits(self.slots as u64));
        let late: Vec<_> = (0..self.slots)
            .map(|index| may[index] & from.le(index as u64))
            .collect();
        let some_late = late.iter().copied().reduce(|a, b| a | b).unwrap_or(m.low());
        let candidates: Vec<_> = (0..self.slots)
            .map(|index| some_late.mux(late[index], may[index]))
            .collect();
        let mut before = m.low();
        let mut goes = Vec::new();
        for candidate in candidates {
            goes.push(candidate & !before);
            before = before | candidate;
        }
        let some = before;
        let chosen = |items: &[Signal<'m>]| {
            let masked = items.iter().zip(&goes).map(|(item, go)| item.gate(*go));
            masked.reduce(|a, b| a | b).unwrap_or(m.low())
        };
        let all = |regs: &[crate::hdl::Reg<'m>]| -> Vec<Signal<'m>> {
            regs.iter().map(|reg| **reg).collect()
        };
        output.valid.drive(some);
        output.payload.id.drive(chosen(&all(&ids)));
        output.payload.what.drive(chosen(&all(&what)));
        let leaves = some & output.ready;

        m.section("the queue");
        let free = !*used[self.slots - 1];
        io.s.ready.drive(free);
        let comes = io.s.valid & free;
        let mut gap = m.low();
        for index in 0..self.slots {
            // Behind what leaves, everything moves up by one.
            gap = gap | (goes[index] & leaves);
            let next = match index + 1 < self.slots {
                true => Slot {
                    used: *used[index + 1],
                    id: *ids[index + 1],
                    what: *what[index + 1],
                    left: *left[index + 1],
                },
                false => Slot {
                    used: m.low(),
                    id: m.zero(unsigned(self.id_bits)),
                    what: m.zero(unsigned(self.bits)),
                    left: zero,
                },
            };
            let stays_used = gap.mux(next.used, *used[index]);
            let previous_used = match index {
                0 => m.high(),
                _ => {
                    // The place before is used after this cycle's moves.
                    let gap_before = (0..index).fold(m.low(), |gap, i| gap | goes[i]) & leaves;
                    gap_before.mux(*used[index], *used[index - 1])
                }
            };
            let enters = comes & !stays_used & previous_used;
            let count_down = gap.mux(next.left, *left[index]);
            let counted = count_down.ne(0).mux(count_down - 1, zero);
            used[index].next((stays_used | enters) & !io.clear);
            ids[index].next(enters.mux(io.s.payload.id, gap.mux(next.id, *ids[index])));
            what[index].next(enters.mux(io.s.payload.what, gap.mux(next.what, *what[index])));
            left[index].next(enters.mux(io.latency, counted));
        }
        ReorderOutput { m: output }
    }
}
