//! Counting semaphores.

use super::fields::field_of;
use super::ports::Signalling;
use crate::hdl::{Module, Signal, hardware, join, unsigned};
use crate::isa::npu::{Field, SEMAPHORE_MAX, SEMAPHORES, Synchronization};

/// An instruction that stands in front of a unit.
pub struct Request<'m> {
    /// There is one.
    pub valid: Signal<'m>,
    /// The unit's holding register is free for it, and stays free until one is granted.
    pub free: Signal<'m>,
    /// All of it.
    pub instruction: Signal<'m>,
    /// It waits for something.
    pub waits: Signal<'m>,
    /// To be driven: its waits are over, and what it waits for is taken.
    pub granted: Signal<'m>,
}

/// What stands in registers of a request that waits.
struct Wait<'m> {
    /// A bit for the semaphore.
    semaphore: Signal<'m>,
    count: Signal<'m>,
}

/// Grants requests and counts signals; `clear` empties all semaphores. Who waits for nothing is granted at once. Whose
/// waits are over is granted in the cycle after, one in every second cycle: what it takes others may wait for.
/// Units of lower numbers come first. Gives whether a semaphore overflows.
#[hardware]
#[track_caller]
pub fn semaphores<'m>(
    m: &'m Module,
    clear: Signal<'m>,
    requests: &[Request<'m>],
    signalling: &[Signalling<'m>],
) -> Signal<'m> {
    let units = requests.len() as u32;
    let width = 10;
    let counts: Vec<_> = (0..SEMAPHORES)
        .map(|number| {
            m.reg(unsigned(width))
                .named(format!("semaphore_{number}"))
                .reset(0)
        })
        .collect();
    let there: Vec<_> = counts.iter().map(|count| **count).collect();
    let [_, a, a_count, b, b_count, ..] = Synchronization::FIELDS;
    /// a bit for the unit that is granted
    let chosen = m.reg(unsigned(units)).reset(0);
    let mut waits = Vec::new();
    let mut pass = Vec::new();
    let mut first = m.low();
    for (number, request) in (0..).zip(requests) {
        let field = |of: &Field| field_of(&format!("head_{number}"), request.instruction, of);
        let wait = |letter: char, of: &Field, count: &Field| Wait {
            semaphore: m
                .delay(field(of).one_hot(SEMAPHORES))
                .named(format!("wait_{letter}_{number}")),
            count: m
                .delay(field(count))
                .named(format!("wait_{letter}_count_{number}")),
        };
        let both = [wait('a', &a, &a_count), wait('b', &b, &b_count)];
        let is_over = |wait: &Wait<'m>| {
            let there = wait.semaphore.one_hot_select(&there);
            there.ge(wait.count.zero_extend(width))
        };
        let enough = is_over(&both[0]) & is_over(&both[1]);
        let enough = enough.named(format!("enough_{number}"));
        let taken = chosen.bit(number);
        let asks = request.valid & request.waits & !taken & !clear;
        let asks = m.flag(asks).named(format!("asks_{number}"));
        let at_once = request.valid & request.free & !request.waits;
        request.granted.drive(at_once | taken);
        let passes = asks & request.free & enough;
        pass.push(passes & !first);
        first = first | passes;
        waits.push(both);
    }
    let may_choose = !chosen.any() & !clear;
    chosen.next(join(&pass).gate(may_choose));

    let of_chosen = |of: &dyn Fn(&[Wait<'m>; 2]) -> Signal<'m>| {
        chosen.one_hot_select(&waits.iter().map(of).collect::<Vec<_>>())
    };
    let taken = [0, 1].map(|at| Wait {
        semaphore: of_chosen(&|waits| waits[at].semaphore),
        count: of_chosen(&|waits| waits[at].count),
    });
    let mut overflow = m.low();
    for (number, count) in (0..).zip(&counts) {
        let signals: Vec<_> = (signalling.iter())
            .map(|of| of.valid & of.semaphore.eq(number))
            .collect();
        let added = **count + join(&signals).count_ones().zero_extend(width);
        // An instruction waits for two different ones.
        let [a, b] = [0, 1].map(|at| taken[at].count.gate(taken[at].semaphore.bit(number)));
        let remains = added - (a | b).zero_extend(width);
        m.when(clear, || count.set(0))
            .otherwise(|| count.set(remains));
        overflow = overflow | count.gt(SEMAPHORE_MAX);
    }
    m.flag(overflow)
}
