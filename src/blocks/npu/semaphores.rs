//! Counting semaphores.

use super::fields::field_of;
use super::ports::Signalling;
use crate::hdl::{Module, Signal, hardware, index_bits, unsigned};
use crate::isa::npu::{Field, SEMAPHORE_MAX, SEMAPHORES, Synchronization};

/// An instruction that stands in front of a unit.
pub struct Request<'m> {
    /// There is one, and the unit's holding register is free for it.
    pub valid: Signal<'m>,
    /// All of it.
    pub instruction: Signal<'m>,
    /// To be driven: its waits are over, and what it waits for is taken.
    pub granted: Signal<'m>,
}

/// Grants requests and counts signals; `clear` empties all semaphores. One unit's waits are looked at in a
/// cycle, in turn; who waits for nothing is granted at once. Gives whether a semaphore overflows.
#[hardware]
#[track_caller]
pub fn semaphores<'m>(
    m: &'m Module,
    clear: Signal<'m>,
    requests: &[Request<'m>],
    signalling: &[Signalling<'m>],
) -> Signal<'m> {
    let units = requests.len() as u32;
    let turn = m.reg(unsigned(index_bits(units.into()))).reset(0);
    turn.next(turn.eq(units - 1).mux(m.zero(turn.shape()), turn + 1));
    let width = 10;
    let counts: Vec<_> = (0..SEMAPHORES)
        .map(|number| {
            m.reg(unsigned(width))
                .named(format!("semaphore_{number}"))
                .reset(0)
        })
        .collect();
    let [_, a, a_count, b, b_count, ..] = Synchronization::FIELDS;
    let of_queues = |of: &Field| -> Vec<_> {
        let numbered = (0..).zip(requests);
        let field = |(number, request): (u32, &Request<'m>)| {
            field_of(&format!("head_{number}"), request.instruction, of)
        };
        numbered.map(field).collect()
    };
    let (a_counts, b_counts) = (of_queues(&a_count), of_queues(&b_count));
    let wait_a = turn.select(&of_queues(&a));
    let wait_b = turn.select(&of_queues(&b));
    let wait_a_count = turn
        .select(&a_counts)
        .called("wait_a_count")
        .zero_extend(width);
    let wait_b_count = turn
        .select(&b_counts)
        .called("wait_b_count")
        .zero_extend(width);
    let there_of_a = wait_a.select(&counts);
    let there_of_b = wait_b.select(&counts);
    let enough = there_of_a.ge(wait_a_count) & there_of_b.ge(wait_b_count);
    let valids: Vec<_> = requests.iter().map(|r| r.valid).collect();
    let takes = enough & turn.select(&valids);
    let counts_of_waits = a_counts.iter().zip(&b_counts);
    for (number, (request, (a_count, b_count))) in (0..).zip(requests.iter().zip(counts_of_waits)) {
        let waits = a_count.any() | b_count.any();
        let granted = request.valid & (!waits | (turn.eq(number) & enough));
        request.granted.drive(granted);
    }
    let mut overflow = m.low();
    for (number, count) in (0..).zip(&counts) {
        let signals = signalling
            .iter()
            .map(|of| (of.valid & of.semaphore.eq(number)).zero_extend(width));
        let added = signals.fold(**count, |sum, signal| sum + signal);
        let taken = |wait: Signal<'m>, count: Signal<'m>| count.gate(takes & wait.eq(number));
        let left = added - taken(wait_a, wait_a_count) - taken(wait_b, wait_b_count);
        m.when(clear, || count.set(0)).otherwise(|| count.set(left));
        overflow = overflow | count.gt(SEMAPHORE_MAX);
    }
    m.flag(overflow)
}
