//! Counting semaphores.

use super::fields::field_of;
use super::ports::Signalling;
use crate::hdl::{Block, Module, Signal, bit, bundle, hardware, join, unsigned};
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

/// Bits of a count: more than one that overflows takes until the program is stopped.
const COUNT: u32 = 10;

/// One semaphore, which so many units may signal.
#[derive(Debug, Clone, PartialEq)]
struct Semaphore {
    units: u32,
}

bundle! {
    /// What a [`Semaphore`] takes.
    struct SemaphoreInputs(of: &Semaphore) {
        /// It is 0 from the next cycle on.
        clear: bit(),
        /// A bit for each unit that signals it.
        signals: unsigned(of.units),
        /// An instruction takes `a` of it, or `b`: it waits for two different ones.
        takes: unsigned(2),
        a: unsigned(8),
        b: unsigned(8),
    }
}

bundle! {
    /// What a [`Semaphore`] gives.
    struct SemaphoreOutputs {
        count: unsigned(COUNT),
    }
}

#[hardware]
impl Block for Semaphore {
    fn module_name(&self) -> String {
        format!("semaphore_of_{}", self.units)
    }

    fn build<'m>(&self, m: &'m Module, io: SemaphoreInputs<'m>) -> SemaphoreOutputs<'m> {
        m.doc("A counting semaphore.");
        let count = m.reg(unsigned(COUNT)).reset(0);
        let added = count + io.signals.count_ones().zero_extend(COUNT);
        let taken = io.a.gate(io.takes.bit(0)) | io.b.gate(io.takes.bit(1));
        let remains = added - taken.zero_extend(COUNT);
        m.when(io.clear, || count.set(0))
            .otherwise(|| count.set(remains));
        SemaphoreOutputs { count: *count }
    }
}

/// Whether a wait is over.
#[derive(Debug, Clone, PartialEq)]
struct Over;

bundle! {
    /// What [`Over`] takes.
    struct OverInputs {
        /// The counts of all semaphores.
        there: unsigned(COUNT * SEMAPHORES),
        /// A bit for the semaphore that is waited for.
        waited: unsigned(SEMAPHORES),
        count: unsigned(8),
    }
}

bundle! {
    /// What [`Over`] gives.
    struct OverOutputs {
        over: bit(),
    }
}

#[hardware]
impl Block for Over {
    fn module_name(&self) -> String {
        "semaphore_wait".into()
    }

    fn build<'m>(&self, m: &'m Module, io: OverInputs<'m>) -> OverOutputs<'m> {
        m.doc("Whether there is as much of a semaphore as is waited for.");
        let there = io.waited.one_hot_select(&io.there.split(COUNT));
        OverOutputs {
            over: there.ge(io.count.zero_extend(COUNT)),
        }
    }
}

/// What stands in registers of a request that waits.
struct Wait<'m> {
    /// A bit for the semaphore.
    semaphore: Signal<'m>,
    count: Signal<'m>,
}

/// Grants requests and counts signals; `clear` empties all semaphores. Who waits for nothing is granted at once. Whose
/// waits are over is granted two cycles later, one in every third cycle: what it takes others may wait for.
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
    let there = m.wire(unsigned(COUNT * SEMAPHORES));
    let [_, a, a_count, b, b_count, ..] = Synchronization::FIELDS;
    /// a bit for the unit that is granted
    let chosen = m.reg(unsigned(units)).reset(0);
    let mut waits = Vec::new();
    let mut ask = Vec::new();
    let mut over = Vec::new();
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
        let is_over = |letter: char, wait: &Wait<'m>| {
            let inputs = OverInputs {
                there,
                waited: wait.semaphore,
                count: wait.count,
            };
            let over = m
                .instance_of(&Over)
                .named(format!("over_{letter}_{number}"));
            over.connect(inputs).over
        };
        let both_over = is_over('a', &both[0]) & is_over('b', &both[1]);
        over.push(both_over.named(format!("over_{number}")));
        let taken = chosen.bit(number);
        ask.push(request.valid & request.waits & !taken & !clear);
        let at_once = request.valid & request.free & !request.waits;
        request.granted.drive(at_once | taken);
        waits.push(both);
    }
    let asks = m.reg(unsigned(units)).reset(0);
    asks.next(join(&ask));
    // What is enough is known of the counts in the cycle before.
    let enough = m.reg(unsigned(units)).reset(0);
    enough.next(*asks & join(&over));
    let counts_settle = m.flag(chosen.any());
    let may_choose = !chosen.any() & !counts_settle & !clear;
    let free = join(&requests.iter().map(|of| of.free).collect::<Vec<_>>());
    let passes = *asks & *enough & free;
    chosen.next(passes.lowest_one().gate(may_choose));

    let of_chosen = |of: &dyn Fn(&[Wait<'m>; 2]) -> Signal<'m>| {
        chosen.one_hot_select(&waits.iter().map(of).collect::<Vec<_>>())
    };
    let taken = [0, 1].map(|at| Wait {
        semaphore: of_chosen(&|waits| waits[at].semaphore),
        count: of_chosen(&|waits| waits[at].count),
    });
    let mut overflow = m.low();
    let mut counts = Vec::new();
    for number in 0..SEMAPHORES {
        let signals: Vec<_> = (signalling.iter())
            .map(|of| of.valid & of.semaphore.eq(number))
            .collect();
        let block = Semaphore {
            units: signals.len() as u32,
        };
        let takes = taken.each_ref().map(|of| of.semaphore.bit(number));
        let inputs = SemaphoreInputs {
            clear,
            signals: join(&signals),
            takes: join(&takes),
            a: taken[0].count,
            b: taken[1].count,
        };
        let semaphore = m.instance_of(&block).named(format!("semaphore_{number}"));
        let count = semaphore.connect(inputs).count;
        counts.push(count);
        overflow = overflow | count.gt(SEMAPHORE_MAX);
    }
    there.drive(join(&counts));
    m.flag(overflow)
}
