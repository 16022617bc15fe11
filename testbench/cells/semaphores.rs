//! A proof of the semaphores of the NPU.

use crate::harness::was;
use crate::proofs::check;
use ferrogrid::blocks::npu::{Request, Signalling, semaphores};
use ferrogrid::hdl::{self, Module, Signal, bit, hardware, join, unsigned};
use ferrogrid::isa::npu::{INSTRUCTION_BYTES, SEMAPHORE_MAX, SEMAPHORES, Synchronization};
use ferrogrid::verify::formal::Proof;

/// Units that ask, and units that signal.
const UNITS: u32 = 3;
/// Bits of a count.
const BITS: u32 = 10;

/// What an instruction waits for: two semaphores with their counts.
fn waits(instruction: Signal<'_>) -> [[Signal<'_>; 2]; 2] {
    let [_, a, a_count, b, b_count, ..] = Synchronization::FIELDS;
    let field = |of: ferrogrid::isa::npu::Field| instruction.slice(of.lsb, of.kind.width());
    [[field(a), field(a_count)], [field(b), field(b_count)]]
}

/// One semaphore; the others are made alike.
#[hardware]
fn one_semaphore<'m>(m: &'m Module, number: u32) {
    let input = |name: &str, unit: u32, width| m.input(format!("{name}_{unit}"), unsigned(width));
    let clear = m.input("clear", bit());
    let requests: Vec<_> = (0..UNITS)
        .map(|unit| Request {
            valid: input("valid", unit, 1),
            free: input("free", unit, 1),
            instruction: input("instruction", unit, 8 * INSTRUCTION_BYTES as u32),
            waits: m.wire(bit()).named(format!("waits_{unit}")),
            granted: m.wire(bit()).named(format!("granted_{unit}")),
        })
        .collect();
    let signalling: Vec<_> = (0..UNITS)
        .map(|unit| Signalling {
            valid: input("signals", unit, 1),
            semaphore: input("signalled", unit, 4),
        })
        .collect();
    let overflow = semaphores(m, clear, &requests, &signalling);
    let own = m.input("own", unsigned(BITS));
    let units = |of: &str| m.input(format!("own_{of}"), unsigned(UNITS));
    let [asks, enough, chosen] = ["asks", "enough", "chosen"].map(units);
    let counts_settle = m.input("own_counts_settle", bit());
    let may_choose = !chosen.any() & !counts_settle & !clear;
    m.assert(
        "one_is_chosen",
        chosen.eq(chosen.lowest_one()),
        "two are granted in a cycle",
    );

    let mut takers = Vec::new();
    let mut able = Vec::new();
    let mut taken = m.zero(unsigned(BITS));
    for (unit, request) in (0..).zip(&requests) {
        let named = |what: &str| format!("{what}_{unit}");
        let Request {
            valid,
            free,
            granted,
            ..
        } = *request;
        let [a, b] = waits(request.instruction);
        let waits = a[1].any() | b[1].any();
        request.waits.drive(waits);
        let stays = was(m, &named("stays"), valid & !granted & !clear);
        let before = m.delay(request.instruction).named(named("before"));
        m.assume(
            &named("stays"),
            !stays | (valid & request.instruction.eq(before)),
            "what stands in front of a unit goes unasked",
        );
        let stays_free = was(m, &named("stays_free"), free & !granted & !clear);
        m.assume(
            &named("stays_free"),
            !stays_free | free,
            "a unit is free no more, with nothing granted",
        );
        let kept = ["a", "b"].map(|wait| {
            let semaphores = format!("own_wait_{wait}");
            let count = format!("own_wait_{wait}_count");
            [input(&semaphores, unit, SEMAPHORES), input(&count, unit, 8)]
        });
        let same = |kept: [Signal<'m>; 2], wait: [Signal<'m>; 2]| {
            kept[0].eq(wait[0].one_hot(SEMAPHORES)) & kept[1].eq(wait[1])
        };
        let is_kept = valid & waits & same(kept[0], a) & same(kept[1], b);
        let looked_at = (asks | chosen).bit(unit);
        m.assert(
            &named("is_kept"),
            !looked_at | clear | is_kept,
            "what is looked at is not what waits",
        );
        let differ = a[0].ne(b[0]) | !a[1].any() | !b[1].any();
        m.assume(&named("differ"), differ, "both waits are for one semaphore");
        let is_own = |[semaphore, _]: [Signal<'m>; 2]| semaphore.eq(number);
        let wide = |[_, count]: [Signal<'m>; 2]| count.zero_extend(BITS);
        // One wait of one unit at most takes of it.
        let wants = wide(a).gate(is_own(a)) | wide(b).gate(is_own(b));
        let is_enough = wants.le(own);
        let told = may_choose & (asks & enough).bit(unit);
        m.assert(
            &named("told"),
            !told | is_enough,
            "too little is taken for enough",
        );
        taken = taken | wants.gate(granted);
        takers.push(granted & waits);
        m.assert(
            &named("asked"),
            !granted | clear | (valid & free),
            "nobody asks",
        );
        m.assert(
            &named("enough"),
            !granted | clear | is_enough,
            "a wait passes too early",
        );
        let at_once = !(valid & free) | waits | granted;
        m.assert(&named("at_once"), at_once, "who waits for nothing is held");
        let others = |wait: [Signal<'m>; 2]| !is_own(wait) & wait[1].any();
        let may_pass = valid & free & waits & is_enough & !others(a) & !others(b) & !clear;
        able.push(may_pass);
    }
    let takers = join(&takers);
    // Of those who wait for it alone one passes within three cycles.
    let held = m.reg(unsigned(3)).reset(0);
    held.next((join(&able).any() & !takers.any()).mux(held + 1, 0));
    m.assert("soon", held.le(3), "waits that are over are held");
    m.assert(
        "one_takes",
        takers.eq(takers.lowest_one()),
        "two take at once",
    );

    let count = m.reg(unsigned(BITS)).reset(0);
    let signals = signalling
        .iter()
        .map(|of| of.valid & of.semaphore.eq(number));
    let added = signals.fold(*count, |sum, signal| sum + signal.zero_extend(BITS));
    m.when(clear, || count.set(0))
        .otherwise(|| count.set(added - taken));
    m.assert(
        "is_counted",
        own.eq(*count),
        "signals or waits are lost or doubled",
    );
    m.assert(
        "not_negative",
        clear | taken.le(*count),
        "more is taken than is there",
    );
    m.assume(
        "is_stopped",
        count.le(2 * SEMAPHORE_MAX),
        "a program goes on far beyond an overflow",
    );
    let beyond = was(m, "beyond", count.gt(SEMAPHORE_MAX));
    m.assert(
        "overflow_is_told",
        !beyond | overflow,
        "an overflow is not told",
    );
}

#[test]
fn semaphores_of_the_npu() {
    let bugs = [
        // A wait passes although there is too little of one semaphore.
        ("over_a_0_over && ", "over_a_0_over || "),
        // Or where another is granted.
        ("at_once_1 || chosen[1]", "at_once_1 || chosen[0]"),
        // What was taken in the cycle before is still there.
        ("!counts_settle && ", ""),
        // The second wait is not taken.
        ("(takes[0] ? a : 8'd0) | ", ""),
        // A signal is taken for that of another semaphore.
        ("signalled_1 == 4'd0", "signalled_1 == 4'd1"),
    ];
    for (number, bugs) in [(0, &bugs[..]), (SEMAPHORES - 1, &[])] {
        let design = hdl::design("proof", |m| one_semaphore(m, number)).unwrap();
        let mut proof = Proof::of(&design)
            .probe("own", &format!("semaphore_{number}.count"))
            .probe("own_counts_settle", "counts_settle");
        for net in ["asks", "enough", "chosen"] {
            proof = proof.probe(&format!("own_{net}"), net);
        }
        for unit in 0..UNITS {
            for of in ["wait_a", "wait_b", "wait_a_count", "wait_b_count"] {
                let net = format!("{of}_{unit}");
                proof = proof.probe(&format!("own_{net}"), &net);
            }
        }
        check(&format!("semaphore {number}"), &proof, bugs);
    }
}
