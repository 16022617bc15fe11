//! Proofs of what cells promise that do more than hold payloads: arbiters, converters of widths and
//! splitters, each beside bugs that it must find.

use crate::harness::was;
use crate::proofs::check;
use ferrogrid::blocks::prim::{
    BurstSplitter, BurstSplitterInputs, Policy, StreamArbiter, StreamArbiterInputs, StreamInputs,
    StreamNarrow, StreamWiden, Transfer,
};
use ferrogrid::hdl::{
    self, Bundle, Elements, Module, SetElements, Signal, Stream, bit, hardware, join, pack,
    unsigned,
};
use ferrogrid::verify::formal::Proof;

/// One bit: an offer that was not taken in the cycle before is still there.
#[track_caller]
pub fn kept<'m, P: Bundle<'m>>(m: &'m Module, name: &str, stream: &Stream<'m, P>) -> Signal<'m> {
    let waited = was(m, &format!("{name}_waited"), stream.valid & !stream.ready);
    let payload = pack(&stream.payload);
    let before = m.delay(payload).named(format!("{name}_before"));
    !waited | (stream.valid & payload.eq(before))
}

/// The producer outside keeps its offers.
pub fn assume_kept<'m, P: Bundle<'m>>(m: &'m Module, name: &str, stream: &Stream<'m, P>) {
    m.assume(
        &format!("{name}_stable"),
        kept(m, name, stream),
        "an offer is taken back",
    );
}

/// The cell keeps its offers.
pub fn assert_kept<'m, P: Bundle<'m>>(m: &'m Module, name: &str, stream: &Stream<'m, P>) {
    m.assert(
        &format!("{name}_stable"),
        kept(m, name, stream),
        "an offer is taken back",
    );
}

/// Three streams; `next` is the one whose turn is first, 0 under priority.
#[hardware]
fn arbiter(m: &Module, policy: Policy) {
    let (shape, count) = (unsigned(4), 3);
    let s: Vec<Stream<'_>> = (0..count)
        .map(|who| m.sink_port(&format!("s_{who}"), Stream::of(shape)))
        .collect();
    for (who, stream) in s.iter().enumerate() {
        assume_kept(m, &format!("s_{who}"), stream);
    }
    let cell = StreamArbiter {
        shape,
        count,
        policy,
    };
    let dut = m.instance(&cell, StreamArbiterInputs { s: s.clone() });
    dut.m.ready.drive(m.input("m_ready", bit()));
    assert_kept(m, "m", &dut.m);
    let held = was(m, "held", dut.m.valid & !dut.m.ready);

    let request = join(&s.iter().map(|stream| stream.valid).collect::<Vec<_>>());
    let taken = join(&s.iter().map(Stream::fires).collect::<Vec<_>>());
    let payloads: Vec<_> = s.iter().map(|stream| stream.payload).collect();
    let works = dut.m.valid.eq(request.any());
    m.assert(
        "works",
        works,
        "somebody asks and nothing is shown, or the other way round",
    );
    let one = dut.grant.eq(dut.grant.lowest_one()) & !(dut.grant & !request).any();
    m.assert(
        "one_of_them",
        one,
        "the grant is of several, or of one that does not ask",
    );
    let shown = !dut.m.valid | dut.m.payload.eq(dut.grant.one_hot_select(&payloads));
    m.assert(
        "shows_it",
        shown,
        "another payload than that of the grant is shown",
    );
    let handed = taken.eq(dut.grant.gate(dut.m.fires()));
    m.assert(
        "takes_it",
        handed,
        "another payload is taken than is handed over",
    );

    let next = m.reg(unsigned(2)).reset(0);
    let waits = m.input("waiting", unsigned(count)).any().eq(held);
    m.assert("waits", waits, "a turn is kept without an offer that waits");
    let turns = match policy {
        Policy::RoundRobin => count,
        Policy::Priority => 1,
    };
    for who in 0..count {
        m.when(taken.bit(who), || next.set((who + 1) % turns));
    }
    m.assert("turn_exists", next.lt(turns), "the turn is nobody's");
    if policy == Policy::RoundRobin {
        let behind_last = m.input("behind_last", unsigned(count));
        for who in 0..count {
            let behind = next.ne(0) & next.le(who);
            let is = behind_last.bit(who).eq(behind);
            m.assert(&format!("turn_{who}"), is, "the turn is another's");
        }
    }
    for first in 0..count {
        for who in 0..count {
            let before = (0..(who + count - first) % count).map(|turn| (first + turn) % count);
            let passed = before.fold(m.low(), |any, other| any | request.bit(other));
            let unfair = next.eq(first) & dut.grant.bit(who) & passed & !held;
            let name = format!("order_{first}_{who}");
            m.assert(
                &name,
                !unfair,
                "somebody whose turn is earlier is passed over",
            );
        }
    }
}

#[test]
fn stream_arbiters() {
    for (policy, bugs) in [
        (
            Policy::RoundRobin,
            &[
                ("|waiting ? waiting", "1'b0 ? waiting"),
                ("output_valid && m_ready", "output_valid"),
                ("grant[1] && m_ready", "m_ready"),
            ][..],
        ),
        (
            Policy::Priority,
            &[("|waiting ? waiting", "1'b0 ? waiting")],
        ),
    ] {
        let design = hdl::design("proof", |m| arbiter(m, policy)).unwrap();
        let mut proof = Proof::of(&design).probe("waiting", "dut.waiting");
        if policy == Policy::RoundRobin {
            proof = proof.probe("behind_last", "dut.behind_last");
        }
        check(&format!("arbiter, {policy:?}"), &proof, bugs);
    }
}

#[hardware]
fn widen(m: &Module) {
    let (width, ratio) = (3, 3);
    let s: Stream<'_> = m.sink_port("s", Stream::of(unsigned(width)));
    assume_kept(m, "s", &s);
    let dut = m.instance(&StreamWiden { width, ratio }, StreamInputs { s });
    dut.m.ready.drive(m.input("m_ready", bit()));
    assert_kept(m, "m", &dut.m);
    // The words inside, the first of the wide word lowest.
    let count = m.reg(unsigned(2)).reset(0);
    let words: Vec<_> = (0..ratio).map(|_| m.reg(unsigned(width))).collect();
    let left = count
        - dut
            .m
            .fires()
            .mux(m.lit(ratio, unsigned(2)), m.zero(unsigned(2)));
    count.next(left + s.fires().zero_extend(2));
    m.when(s.fires(), || words.set_at(left, s.payload));
    let complete = count.eq(ratio);
    m.assert(
        "count_exists",
        count.le(ratio),
        "more words inside than can be",
    );
    m.assert(
        "valid_when",
        dut.m.valid.eq(complete),
        "valid is not what is promised",
    );
    let may = s.ready.eq(!complete | dut.m.ready);
    m.assert("ready_when", may, "ready is not what is promised");
    let index = m.input("index", unsigned(2));
    m.assert(
        "index_is",
        index.eq(complete.mux(0, *count)),
        "the index is another",
    );
    for (at, word) in (0..ratio).zip(&words) {
        let same = dut.m.payload.slice(at * width, width).eq(*word);
        m.assert(
            &format!("word_{at}"),
            count.le(at) | same,
            "a word is another",
        );
    }
}

#[hardware]
fn narrow(m: &Module) {
    let (width, ratio) = (3, 3);
    let s: Stream<'_> = m.sink_port("s", Stream::of(unsigned(width * ratio)));
    assume_kept(m, "s", &s);
    let dut = m.instance(&StreamNarrow { width, ratio }, StreamInputs { s });
    dut.m.ready.drive(m.input("m_ready", bit()));
    assert_kept(m, "m", &dut.m);
    let given = m.reg(unsigned(2)).reset(0);
    let last = given.eq(ratio - 1);
    m.when(dut.m.fires(), || given.set(last.mux(0, given + 1)));
    m.assert(
        "valid_when",
        dut.m.valid.eq(s.valid),
        "valid is not what is promised",
    );
    let may = s.ready.eq(dut.m.ready & last);
    m.assert("ready_when", may, "ready is not what is promised");
    let same = dut.m.payload.eq(s.payload.split(width).at(given));
    m.assert("word", !dut.m.valid | same, "a word is another");
    let index = m.input("index", unsigned(2));
    m.assert(
        "index_is",
        index.eq(given) & given.lt(ratio),
        "the index is another",
    );
}

#[test]
fn converters_of_widths() {
    let design = hdl::design("proof", widen).unwrap();
    let proof = Proof::of(&design).probe("index", "dut.index");
    let bugs = [
        ("full <= last", "full <= 1'b1"),
        ("!full || m_ready", "1'b1"),
        ("words_1 <= s_payload", "words_1 <= ~s_payload"),
    ];
    check("widen", &proof, &bugs);
    let design = hdl::design("proof", narrow).unwrap();
    let proof = Proof::of(&design).probe("index", "dut.index");
    let bugs = [
        ("m_ready && last", "m_ready"),
        ("output_valid && m_ready", "output_valid"),
    ];
    check("narrow", &proof, &bugs);
}

#[hardware]
fn splitter(m: &Module) {
    let cell = BurstSplitter {
        address_bits: 14,
        count_bits: 9,
        beat_bytes: 128,
        outstanding: 2,
    };
    // One may be taken back: a program that stops does that.
    let transfers = m.sink_port("s", Stream::of(Transfer::of(&cell)));
    let aligned = !transfers.payload.address.truncate(7).any();
    m.assume(
        "aligned",
        !transfers.valid | aligned,
        "a transfer starts within a beat",
    );
    let ended = m.input("ended", bit());
    let open = m.reg(unsigned(2)).reset(0);
    m.assume("ends", !ended | open.any(), "nothing can end");
    let dut = m.instance(
        &cell,
        BurstSplitterInputs {
            s: transfers,
            ended,
        },
    );
    let bursts = dut.m;
    bursts.ready.drive(m.input("m_ready", bit()));
    assert_kept(m, "m", &bursts);
    open.next(open + bursts.fires().zero_extend(2) - ended.zero_extend(2));

    let address = m.reg(unsigned(14));
    let left = m.reg(unsigned(9)).reset(0);
    let beats = bursts.payload.length.zero_extend(9) + 1;
    let end = address + (beats.zero_extend(14) << 7);
    m.when(transfers.fires(), || {
        address.set(transfers.payload.address);
        left.set(transfers.payload.beats);
    })
    .else_when(bursts.fires(), || {
        address.set(end);
        left.set(left - beats);
    });
    let is = |name: &str, holds: Signal<'_>, message: &str| {
        m.assert(name, !bursts.valid | holds, message);
    };
    is(
        "begins_there",
        bursts.payload.address.eq(*address),
        "a burst begins elsewhere",
    );
    is(
        "no_more",
        beats.le(*left),
        "more beats than the transfer has",
    );
    is(
        "says_last",
        bursts.payload.last.eq(beats.eq(*left)),
        "last is wrong",
    );
    let page = address.slice(12, 2);
    is(
        "in_page",
        (end - 1).slice(12, 2).eq(page),
        "a burst crosses 4 KiB",
    );
    is(
        "as_long_as_can_be",
        bursts.payload.last | !end.truncate(12).any(),
        "a burst is short",
    );
    is("room", open.lt(2), "more bursts are open than may be");
    m.assert("bounded", open.le(2), "more bursts are open than may be");
    let ready = transfers.ready.eq(left.eq(0));
    m.assert("ready_when", ready, "ready is not what is promised");
    let valid = bursts.valid.eq(left.any() & open.lt(2));
    m.assert("valid_when", valid, "valid is not what is promised");
    m.assert(
        "busy_when",
        dut.busy.eq(left.any() | open.any()),
        "busy is wrong",
    );
    let (own_left, own_open) = (
        m.input("own_left", unsigned(9)),
        m.input("own_open", unsigned(2)),
    );
    let same = own_left.eq(*left) & own_open.eq(*open);
    m.assert("counts", same, "the counts are others");
    let address_is = bursts.payload.address.eq(*address) & !address.truncate(7).any();
    m.assert(
        "address_is",
        left.eq(0) | address_is,
        "the address is another",
    );
}

#[test]
fn a_burst_splitter() {
    let design = hdl::design("proof", splitter).unwrap();
    let proof = Proof::of(&design)
        .probe("own_left", "dut.left")
        .probe("own_open", "dut.open");
    let bugs = [
        ("left <= room", "left < room"),
        ("last ? left : room", "last ? left : 9'd32"),
        ("open < 2'd2", "open <= 2'd2"),
    ];
    check("burst splitter", &proof, &bugs);
}
