//! Counting semaphores.

use super::fields::field_of;
use super::ports::Signalling;
use crate::hdl::{Module, Signal, hardware, join, unsigned};
use crate::isa::npu::{Field, SEMAPHORE_MAX, SEMAPHORES, Synchronization};

/// An instruction that stands in front of a unit.
pub struct Request<'m> {
    /// There is one.
    pub valid: Signal<'m>,
    /// The unit's holding register is free for it.
    pub free: Signal<'m>,
    /// All of it.
    pub instruction: Signal<'m>,
    /// It waits for something.
    pub waits: Signal<'m>,
    /// To be driven: its waits are over, and what it waits for is taken.
    pub granted: Signal<'m>,
}

/// Grants requests and counts signals; `clear` empties all semaphores. Who waits for nothing is granted at
/// once. Of those who wait one is looked at in a cycle, in turn: it was seen two cycles before and chosen in the
/// cycle before, and what it waits for stands in registers. Gives whether a semaphore overflows.
#[hardware]
#[track_caller]
pub fn semaphores<'m>(
    m: &'m Module,
    clear: Signal<'m>,
    requests: &[Request<'m>],
    signalling: &[Signalling<'m>],
) -> Signal<'m> {
    let units = unsigned(requests.len() as u32);
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
    /// a bit for the unit that is looked at
    let chosen = m.reg(units).reset(0);
    /// those behind the unit that was chosen last
    let behind = m.reg(units).reset(0);
    let asking: Vec<_> = (requests.iter())
        .map(|request| request.valid & request.waits)
        .collect();
    let asked = m.reg(units).reset(0);
    asked.next(join(&asking) & !*chosen);
    let asking = (*asked & !*chosen).named("asking");
    let later = asking & *behind;
    let next = later.any().mux(later, asking).lowest_one();
    let next = next.gate(!clear).named("next_chosen");
    chosen.next(next);
    let from_next = (0..units.width).map(|unit| next.truncate(unit + 1).any());
    let from_next = join(&Vec::from_iter(from_next));
    m.when(next.any(), || behind.set(from_next & !next));
    let of_next = |fields: Vec<Signal<'m>>| next.one_hot_select(&fields);
    let wait_a = m.delay(of_next(of_queues(&a)).one_hot(SEMAPHORES));
    let wait_b = m.delay(of_next(of_queues(&b)).one_hot(SEMAPHORES));
    let wait_a_count = m.delay(of_next(of_queues(&a_count)));
    let wait_b_count = m.delay(of_next(of_queues(&b_count)));
    let [wait_a_count, wait_b_count] =
        [wait_a_count, wait_b_count].map(|count| count.zero_extend(width));
    let there: Vec<_> = counts.iter().map(|count| **count).collect();
    let there_of_a = wait_a.one_hot_select(&there);
    let there_of_b = wait_b.one_hot_select(&there);
    let enough = there_of_a.ge(wait_a_count) & there_of_b.ge(wait_b_count);
    let mut taken = Vec::new();
    for (number, request) in (0..).zip(requests) {
        let takes = request.free & chosen.bit(number) & enough;
        taken.push(takes);
        let at_once = request.valid & request.free & !request.waits;
        request.granted.drive(at_once | takes);
    }
    let takes = join(&taken).any();
    let mut overflow = m.low();
    for (number, count) in (0..).zip(&counts) {
        let signals: Vec<_> = (signalling.iter())
            .map(|of| of.valid & of.semaphore.eq(number))
            .collect();
        let added = **count + join(&signals).count_ones().zero_extend(width);
        let of_wait = |wait: Signal<'m>, count: Signal<'m>| count.gate(wait.bit(number));
        let left = added - of_wait(wait_a, wait_a_count) - of_wait(wait_b, wait_b_count);
        // Whether it is taken is known last.
        m.when(clear, || count.set(0))
            .otherwise(|| count.set(takes.mux(left, added)));
        overflow = overflow | count.gt(SEMAPHORE_MAX);
    }
    m.flag(overflow)
}
