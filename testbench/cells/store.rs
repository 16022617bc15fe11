//! A proof that STORE sends the beats that it has announced, and no others.

use crate::axi4_proofs::follow_held;
use crate::contracts::assert_kept;
use crate::proofs::check;
use ferrogrid::blocks::npu::{ByteRead, StoreUnit, StoreUnitInputs};
use ferrogrid::blocks::prim::{BurstSplitter, Transfer, WriteBeat};
use ferrogrid::hdl::{self, Module, Stream, bit, connect, hardware, unsigned};
use ferrogrid::isa::npu::INSTRUCTION_BYTES;
use ferrogrid::verify::formal::Proof;

const SPLITTER: BurstSplitter = BurstSplitter {
    address_bits: 40,
    count_bits: 20,
    beat_bytes: 4,
    outstanding: 2,
};
const SCRATCHPAD_BITS: u32 = 8;
/// Beats that STORE can have read and not sent, and runs that it can have announced.
const BEATS: u32 = 8;
const RUNS: u32 = 16;
/// Cycles from a read of the scratchpad to its beat.
const LATENCY: u32 = 4;

#[hardware]
fn store<'m>(m: &'m Module) {
    let unit = StoreUnit {
        name: "store".into(),
        splitter: SPLITTER,
        rows: 4,
        scratchpad_bits: SCRATCHPAD_BITS,
    };
    let [halt, clear] = ["halt", "clear"].map(|name| m.input(name, bit()));
    let inputs = StoreUnitInputs {
        instruction: m.sink_port("s", Stream::of(unsigned(8 * INSTRUCTION_BYTES as u32))),
        bases: std::array::from_fn(|base| m.input(format!("base_{base}"), unsigned(40))),
        data: m.input("data", unsigned(32)),
        done: m.sink_port("done", Stream::of(unsigned(2))),
        halt,
        clear,
    };
    let dut = m.instance_of(&unit).named("dut").connect(inputs);
    connect(
        &dut.transfers,
        &m.source_port("transfers", Stream::of(Transfer::of(&SPLITTER))),
    );
    connect(
        &dut.beats,
        &m.source_port("beats", Stream::of(WriteBeat::of(&SPLITTER))),
    );
    connect(
        &dut.scratchpad,
        &m.source_port("read", ByteRead::of(SCRATCHPAD_BITS)),
    );
    assert_kept(m, "beats", &dut.beats);
    let transfers = dut.transfers;
    let aligned = !transfers.payload.address.truncate(2).any();
    m.assert(
        "aligned",
        !transfers.valid | aligned,
        "a run starts within a beat",
    );

    m.section("each run is read to its last beat");
    let announced = m.input("announced", unsigned(SCRATCHPAD_BITS + 25));
    let beats = |run: hdl::Signal<'m>| run.slice(SCRATCHPAD_BITS, 20);
    let put = transfers.fires();
    let same = beats(announced).eq(transfers.payload.beats);
    m.assert(
        "announced_is",
        !put | same,
        "another number of beats is kept",
    );
    let reads = m.input("reads", bit());
    let ends = reads & m.input("run_ends", bit());
    let put = (put, announced);
    let [inside, turn, run] = follow_held(m, "going", put, ends, RUNS, |inside, ahead| {
        let bits = RUNS.ilog2();
        let [write, read] =
            ["write", "read"].map(|name| m.input(format!("going_{name}_address"), unsigned(bits)));
        m.assert(
            "written_ahead",
            write.eq(read + inside.truncate(bits)),
            "the addresses are apart by another number than is inside",
        );
        let words: Vec<_> = (0..RUNS)
            .map(|at| m.input(format!("going_word_{at}"), announced.shape()))
            .collect();
        (read + ahead.truncate(bits)).select(&words)
    });
    let is_beat = run.bit(SCRATCHPAD_BITS + 20);
    m.assert(
        "is_beat",
        is_beat.eq(beats(run).eq(1)),
        "a run of one beat is none, or another is",
    );
    let beat = m.reg(unsigned(20)).reset(0);
    m.when(reads, || beat.set(ends.mux(0, beat + 1)));
    let last = (beat + 1).eq(beats(run));
    m.assert(
        "ends_there",
        !(turn & reads) | ends.eq(last),
        "a run has more beats, or fewer",
    );
    let [first, one_left] = ["first_beat", "one_left"].map(|name| m.input(name, bit()));
    let left = m.input("left", unsigned(20));
    m.assert(
        "within_a_run",
        first | inside.any(),
        "a run that is begun is not there",
    );
    m.assert("first_is", !first | beat.eq(0), "the first beat is another");
    let are_left = first | (left + *beat).eq(beats(run));
    m.assert(
        "left_is",
        !turn | are_left,
        "another number of beats is left",
    );
    m.assert(
        "one_is",
        first | one_left.eq(left.eq(1)),
        "one beat more or less is left",
    );

    m.section("and what was read is sent");
    let owed = m.reg(unsigned(4)).reset(0);
    let sent = dut.beats.fires().zero_extend(4);
    owed.next(owed + reads.zero_extend(4) - sent);
    m.assert(
        "owes",
        !dut.beats.valid | owed.any(),
        "a beat is sent that was not read",
    );
    let queued = m.input("queued", unsigned(4));
    let [write, read] =
        ["write", "read"].map(|name| m.input(format!("sent_{name}_address"), unsigned(3)));
    m.assert(
        "sent_ahead",
        write.eq(read + queued.truncate(3)),
        "the addresses of beats are apart by another number than is inside",
    );
    let on_way = (1..=LATENCY).fold(queued, |sum, cycle| {
        sum + m.input(format!("read_{cycle}"), bit()).zero_extend(4)
    });
    // A read may wait for the scratchpad.
    let on_way = on_way + m.input("waits", bit()).zero_extend(4);
    let places = m.input("places", unsigned(4));
    let counted = on_way.eq(*owed) & (places + *owed).eq(BEATS) & owed.le(BEATS);
    m.assert("counted", counted, "a beat is lost or doubled");
}

#[test]
fn store_sends_what_it_has_announced() {
    let design = hdl::design("proof", store).unwrap();
    let mut proof = Proof::of(&design)
        .probe("announced", "dut.going.s_payload")
        .probe("run_ends", "dut.last_1")
        .probe("going_level", "dut.going.level")
        .probe("going_write_address", "dut.going.write_address")
        .probe("going_read_address", "dut.going.read_address")
        .probe("first_beat", "dut.first_beat")
        .probe("left", "dut.left")
        .probe("one_left", "dut.one_left")
        .probe("queued", "dut.sent.level")
        .probe("sent_write_address", "dut.sent.write_address")
        .probe("sent_read_address", "dut.sent.read_address")
        .probe("places", "dut.places")
        .probe("reads", "dut.reads")
        .probe("waits", "dut.read_asked.spare_full");
    for at in 0..RUNS {
        proof = proof.probe_word(&format!("going_word_{at}"), "dut.going.words", at);
    }
    for cycle in 1..=LATENCY {
        let net = format!("read_{cycle}");
        proof = proof.probe(&net, &format!("dut.{net}"));
    }
    let bugs = [
        // What was read before a reset is sent behind it.
        ("read_2 <= 1'b0", "read_2 <= read_1"),
        // A run ends with its first beat.
        ("going_m_ready = reads && last_1", "going_m_ready = reads"),
        // A beat takes two places.
        ("places <= places - 4'd1", "places <= places - 4'd2"),
    ];
    check("STORE", &proof, &bugs);
}
