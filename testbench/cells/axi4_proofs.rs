//! Proofs of the AXI4 cells, each beside bugs that it must find.

use crate::contracts::{assert_kept, assume_kept};
use crate::harness::was;
use crate::proofs::check;
use ferrogrid::blocks::prim::{
    AxiMerge, AxiRam, AxiRamReader, AxiRamReaderInputs, AxiRamWriter, AxiRamWriterInputs,
    AxiReadArbiter, AxiReadArbiterInputs, AxiReadTransfers, AxiReadTransfersInputs,
    AxiWriteArbiter, AxiWriteArbiterInputs, AxiWriteTransfers, AxiWriteTransfersInputs,
    BurstSplitter, Transfer, WriteBeat,
};
use ferrogrid::hdl::{
    self, Axi4Read, Axi4Write, Elements, Module, Signal, Stream, bit, bits_for, concat, connect,
    hardware, pack, unsigned,
};
use ferrogrid::verify::formal::Proof;

type Channel<'m> = Stream<'m, Vec<Signal<'m>>>;

fn ar<'m>(axi: &Axi4Read<'m>) -> Channel<'m> {
    Stream {
        payload: vec![axi.arid, axi.araddr, axi.arlen, axi.arsize, axi.arburst],
        valid: axi.arvalid,
        ready: axi.arready,
    }
}

fn r<'m>(axi: &Axi4Read<'m>) -> Channel<'m> {
    Stream {
        payload: vec![axi.rid, axi.rdata, axi.rresp, axi.rlast],
        valid: axi.rvalid,
        ready: axi.rready,
    }
}

fn aw<'m>(axi: &Axi4Write<'m>) -> Channel<'m> {
    Stream {
        payload: vec![axi.awid, axi.awaddr, axi.awlen, axi.awsize, axi.awburst],
        valid: axi.awvalid,
        ready: axi.awready,
    }
}

fn w<'m>(axi: &Axi4Write<'m>) -> Channel<'m> {
    Stream {
        payload: vec![axi.wdata, axi.wstrb, axi.wlast],
        valid: axi.wvalid,
        ready: axi.wready,
    }
}

fn b<'m>(axi: &Axi4Write<'m>) -> Channel<'m> {
    Stream {
        payload: vec![axi.bid, axi.bresp],
        valid: axi.bvalid,
        ready: axi.bready,
    }
}

/// Follows one entry, any one, of a FIFO of registers within the cell that takes `value` where
/// `put` is 1 and gives one away where `take` is. Returns how many are inside, whether the one that
/// is followed is the oldest, and its value.
pub fn follow<'m>(
    m: &'m Module,
    name: &str,
    (put, value): (Signal<'m>, Signal<'m>),
    take: Signal<'m>,
    depth: u32,
) -> [Signal<'m>; 3] {
    follow_held(m, name, (put, value), take, depth, |inside, ahead| {
        let stages: Vec<_> = (0..depth)
            .map(|at| m.input(format!("{name}_stage_{at}"), value.shape()))
            .collect();
        (inside - ahead - 1).select(&stages)
    })
}

/// The same where the FIFO holds as its value what is given for how many are inside, and how many of them ahead of it.
#[hardware]
pub fn follow_held<'m>(
    m: &'m Module,
    name: &str,
    (put, value): (Signal<'m>, Signal<'m>),
    take: Signal<'m>,
    depth: u32,
    held: impl FnOnce(Signal<'m>, Signal<'m>) -> Signal<'m>,
) -> [Signal<'m>; 3] {
    let name = |what: &str| format!("{name}_{what}");
    let count = unsigned(bits_for(depth.into()) + 1);
    let one = |when: Signal<'m>| when.zero_extend(count.width);
    let inside = m.reg(count).named(name("inside")).reset(0);
    let left = inside - one(take);
    inside.next(left + one(put));
    m.assert(&name("fits"), inside.le(depth), "more inside than can be");
    m.assert(
        &name("is_there"),
        !take | inside.any(),
        "one is taken that is not there",
    );
    let level = m.input(name("level"), unsigned(bits_for(depth.into())));
    m.assert(
        &name("level_is"),
        one(level).eq(*inside),
        "another number is inside",
    );

    let following = m.reg(bit()).named(name("following")).reset(0);
    let start = put & m.input(name("follow"), bit()) & !following;
    let ahead = m.reg(count).named(name("ahead"));
    ahead.next(start.mux(left, ahead - one(take)));
    let turn = following & ahead.eq(0);
    following.next(start | (following & !(turn & take)));
    let kept = m.reg(value.shape()).named(name("value")).reset(0);
    let value = kept.enable(start).next(value);
    m.assert(
        &name("stays"),
        !following | ahead.lt(*inside),
        "one was lost",
    );
    let held = held(*inside, *ahead);
    m.assert(
        &name("holds"),
        !following | held.eq(value),
        "another value is held",
    );
    [*inside, turn, value]
}

/// Ties the inputs of [`follow`] to a FIFO.
pub fn probe_fifo(mut proof: Proof, name: &str, depth: u32) -> Proof {
    let stages = (0..depth).map(|at| format!("stage_{at}"));
    for net in stages.chain(["level".to_string()]) {
        proof = proof.probe(&format!("{name}_{net}"), &format!("dut.{name}.{net}"));
    }
    proof
}

const MERGE: AxiMerge = AxiMerge {
    id_bits: 1,
    address_bits: 3,
    data_bits: 8,
    managers: 3,
};

/// The command that a manager's turn makes of its own, and that turns are kept.
fn turns<'m>(m: &'m Module, own: &[Channel<'m>], accepted: Signal<'m>) -> (Signal<'m>, Signal<'m>) {
    let asks = hdl::join(&own.iter().map(|own| own.valid).collect::<Vec<_>>());
    let held = was(m, "held", asks.any() & !accepted);
    let waiting = m.input("waiting", unsigned(own.len() as u32));
    let one = waiting.eq(waiting.lowest_one()) & !(waiting & !asks).any();
    m.assert(
        "waits",
        one & waiting.any().eq(held),
        "a turn is kept without an offer that waits",
    );
    let fires: Vec<_> = own.iter().map(Stream::fires).collect();
    let fires = hdl::join(&fires);
    m.assert(
        "one_at_a_time",
        fires.eq(fires.lowest_one()),
        "two are accepted at once",
    );
    m.assert(
        "accepts",
        fires.any().eq(accepted),
        "one is accepted and not handed on",
    );
    let payloads: Vec<_> = (0..)
        .zip(own)
        .map(|(number, own)| {
            let mut payload = own.payload.clone();
            payload[0] = concat(&[m.lit(number, unsigned(2)), payload[0]]);
            pack(&payload)
        })
        .collect();
    (fires, fires.one_hot_select(&payloads))
}

/// Answers are those of the number on top of their id.
fn routed<'m>(m: &'m Module, own: &[Channel<'m>], merged: &Channel<'m>) {
    assume_kept(m, "answer", merged);
    let number = merged.payload[0].slice(1, 2);
    m.assume(
        "answer_exists",
        !merged.valid | number.lt(3),
        "an answer that nobody asked for",
    );
    for (who, own) in own.iter().enumerate() {
        let is = number.eq(who as u32);
        let named = |what: &str| format!("{what}_{who}");
        m.assert(
            &named("answers"),
            own.valid.eq(merged.valid & is),
            "an answer goes astray",
        );
        let mut payload = merged.payload.clone();
        payload[0] = payload[0].truncate(1);
        let same = pack(&payload).eq(pack(&own.payload));
        m.assert(
            &named("same_answer"),
            !own.valid | same,
            "an answer is changed",
        );
        let taken = !own.valid | own.ready.eq(merged.ready);
        m.assert(
            &named("answer_taken"),
            taken,
            "an answer is lost or doubled",
        );
        assert_kept(m, &named("answer"), own);
    }
}

#[hardware]
fn read_arbiter(m: &Module) {
    let p = &MERGE;
    let s: Vec<Axi4Read<'_>> = (0..p.managers)
        .map(|who| {
            m.sink_port(
                &format!("s_{who}"),
                Axi4Read::of(p.id_bits, p.address_bits, p.data_bits),
            )
        })
        .collect();
    let commands: Vec<_> = s.iter().map(ar).collect();
    for (who, command) in commands.iter().enumerate() {
        assume_kept(m, &format!("s_{who}"), command);
    }
    let dut = m.instance(&AxiReadArbiter(*p), AxiReadArbiterInputs { s: s.clone() });
    connect(
        &dut.m,
        &m.source_port(
            "m",
            Axi4Read::of(p.merged_id_bits(), p.address_bits, p.data_bits),
        ),
    );
    let merged = ar(&dut.m);
    assert_kept(m, "m", &merged);
    let asks = commands.iter().fold(m.low(), |any, own| any | own.valid);
    m.assert(
        "works",
        merged.valid.eq(asks),
        "somebody asks and nothing is shown",
    );
    let (fires, command) = turns(m, &commands, merged.fires());
    let same = pack(&merged.payload).eq(command);
    m.assert("same_command", !fires.any() | same, "a command is changed");
    routed(m, &s.iter().map(r).collect::<Vec<_>>(), &r(&dut.m));
}

#[test]
fn a_read_arbiter() {
    let design = hdl::design("proof", read_arbiter).unwrap();
    let proof = Proof::of(&design).probe("waiting", "dut.turns.waiting");
    let bugs = [
        (
            "m_rvalid && m_rid[2:1] == 2'd1",
            "m_rvalid && m_rid[2:1] == 2'd2",
        ),
        ("2'd2, s_2_arid}", "2'd1, s_2_arid}"),
        ("|waiting ? waiting", "1'b0 ? waiting"),
    ];
    check("AXI4 read arbiter", &proof, &bugs);
}

#[hardware]
fn write_arbiter(m: &Module) {
    let p = &MERGE;
    let s: Vec<Axi4Write<'_>> = (0..p.managers)
        .map(|who| {
            m.sink_port(
                &format!("s_{who}"),
                Axi4Write::of(p.id_bits, p.address_bits, p.data_bits),
            )
        })
        .collect();
    let commands: Vec<_> = s.iter().map(aw).collect();
    for (who, axi) in s.iter().enumerate() {
        assume_kept(m, &format!("s_{who}_aw"), &aw(axi));
        assume_kept(m, &format!("s_{who}_w"), &w(axi));
    }
    let cell = AxiWriteArbiter {
        merge: *p,
        outstanding: 2,
    };
    let dut = m.instance(&cell, AxiWriteArbiterInputs { s: s.clone() });
    connect(
        &dut.m,
        &m.source_port(
            "m",
            Axi4Write::of(p.merged_id_bits(), p.address_bits, p.data_bits),
        ),
    );
    let (merged, data) = (aw(&dut.m), w(&dut.m));
    assert_kept(m, "m_aw", &merged);
    assert_kept(m, "m_w", &data);

    // A command waits in a register; its data wait for those of the commands before it.
    let fires: Vec<_> = commands.iter().map(Stream::fires).collect();
    let accepted = hdl::join(&fires).any();
    let (fires, command) = turns(m, &commands, accepted);
    let pending = m.reg(bit()).reset(0);
    let command = m.capture(accepted, command);
    pending.next(accepted | (pending & !merged.fires()));
    m.assert(
        "is_free",
        !accepted | !pending | merged.ready,
        "a command is overwritten",
    );
    m.assert(
        "offers",
        merged.valid.eq(*pending),
        "a command is lost or doubled",
    );
    m.assert(
        "same_command",
        !pending | pack(&merged.payload).eq(command),
        "a command is changed",
    );
    let ends = data.fires() & dut.m.wlast;
    let number = fires.one_hot_index();
    let [open, turn, number] = follow(m, "order", (accepted, number), ends, 2);
    let beats: Vec<Channel<'_>> = s.iter().map(w).collect();
    let own = beats.at(number);
    m.assert(
        "data_valid",
        !turn | data.valid.eq(own.valid),
        "the data are another's",
    );
    m.assert(
        "same_data",
        !turn | pack(&data.payload).eq(pack(&own.payload)),
        "the data are another's",
    );
    m.assert(
        "data_taken",
        !turn | own.ready.eq(data.ready),
        "a beat is lost or doubled",
    );
    let taken: Vec<_> = beats.iter().map(|beat| beat.ready).collect();
    let taken = hdl::join(&taken);
    m.assert(
        "one_writes",
        taken.eq(taken.lowest_one()),
        "two write at once",
    );
    m.assert(
        "in_order",
        open.any() | !(taken.any() | data.valid),
        "data without a command",
    );
    m.assert("numbers", number.lt(3), "a manager that does not exist");
    routed(m, &s.iter().map(b).collect::<Vec<_>>(), &b(&dut.m));
}

#[test]
fn a_write_arbiter() {
    let design = hdl::design("proof", write_arbiter).unwrap();
    let proof = Proof::of(&design).probe("waiting", "dut.turns.waiting");
    let proof = probe_fifo(proof, "order", 2);
    let bugs = [
        (
            "m_bvalid && m_bid[2:1] == 2'd1",
            "m_bvalid && m_bid[2:1] == 2'd2",
        ),
        ("m_wready && axi_wlast", "m_wready"),
        ("turns_m_valid && to_port_ready", "turns_m_valid"),
        ("writes_1 && m_wready", "m_wready"),
    ];
    check("AXI4 write arbiter", &proof, &bugs);
}

const RAM: AxiRam = AxiRam {
    id_bits: 2,
    address_bits: 5,
    data_bits: 8,
};

/// One bit: a burst that is refused.
fn wrong<'m>(size: Signal<'m>, burst: Signal<'m>) -> Signal<'m> {
    size.ne(0) | burst.ne(1)
}

/// Every word of the RAM is its own address. One burst is followed over its beats.
#[hardware]
fn ram_reader<'m>(m: &'m Module) {
    let s: Axi4Read<'_> = m.sink_port("s", Axi4Read::of(2, 5, 8));
    let (commands, beats) = (ar(&s), r(&s));
    assume_kept(m, "s", &commands);
    let dut = m.instance(&AxiRamReader(RAM), AxiRamReaderInputs { s });
    assert_kept(m, "beat", &beats);
    let word = m.capture(dut.enable, dut.address);
    dut.data.drive(word.zero_extend(8));

    let begins = commands.fires();
    let wide = unsigned(10);
    let one = |when: Signal<'m>| when.zero_extend(10);
    let ahead_of_new = m.reg(wide).named("owed").reset(0);
    let owed = ahead_of_new - one(beats.fires());
    ahead_of_new.next(owed + begins.mux(s.arlen.zero_extend(10) + 1, 0));
    m.assert(
        "owes",
        !s.rvalid | ahead_of_new.any(),
        "a beat that nobody asked for",
    );
    let following = m.reg(bit()).reset(0);
    let start = begins & !following & m.input("follow", bit());
    let ahead = m.reg(wide);
    let beat = m.reg(unsigned(8));
    let (id, length) = (m.capture(start, s.arid), m.capture(start, s.arlen));
    let first = m.capture(start, s.araddr);
    let refused = m.capture(start, wrong(s.arsize, s.arburst));
    let turn = following & ahead.eq(0) & s.rvalid;
    let last = beat.eq(length);
    ahead.next(start.mux(owed, ahead.any().mux(ahead - one(beats.fires()), 0)));
    beat.next(start.mux(0, beat + (turn & s.rready).zero_extend(8)));
    following.next(start | (following & !(turn & s.rready & last)));
    let at = |beat: Signal<'m>| first + beat.truncate(5);
    let right = s.rid.eq(id) & s.rlast.eq(last) & s.rresp.eq(refused.mux(m.lit(2, unsigned(2)), 0));
    m.assert(
        "right",
        !turn | right,
        "id, response or last of a beat is wrong",
    );
    let is = refused | s.rdata.eq(at(*beat).zero_extend(8));
    m.assert("word", !turn | is, "a beat is another word");

    // What the registers hold: the burst is being fetched, or its last beat is shown.
    let (active, left) = (m.input("active", bit()), m.input("left", unsigned(8)));
    let fetches = active & (!s.rvalid | s.rready);
    let current = m.reg(bit()).reset(0);
    current.next(start | (current & !(fetches & left.eq(0))));
    let counts = active.mux(left.zero_extend(10) + 1, 0) + one(s.rvalid);
    m.assert(
        "owed_is",
        ahead_of_new.eq(counts),
        "another number of beats is owed",
    );
    let fetched = length - left;
    let none_shown = beat.eq(fetched) & ahead.eq(one(s.rvalid));
    let one_shown = fetched.eq(beat + 1) & turn & left.lt(length);
    let (own_id, own_refused) = (m.input("id", unsigned(2)), m.input("is_refused", bit()));
    let holds = active
        & left.le(length)
        & own_id.eq(id)
        & own_refused.eq(refused)
        & m.input("word", unsigned(5)).eq(at(fetched))
        & (none_shown | one_shown);
    m.assert(
        "current_is",
        !(following & current) | holds,
        "the burst is fetched wrongly",
    );
    m.assert(
        "or_shown",
        !following | current | (turn & last),
        "the burst is lost",
    );
    m.assert(
        "current_when",
        !current | following,
        "a burst is fetched that has ended",
    );
    let silent = own_refused & active;
    m.assert(
        "untouched",
        !(dut.enable & silent),
        "a burst that is refused reads",
    );
}

#[hardware]
fn ram_writer(m: &Module) {
    let s: Axi4Write<'_> = m.sink_port("s", Axi4Write::of(2, 5, 8));
    let (commands, beats, answers) = (aw(&s), w(&s), b(&s));
    assume_kept(m, "s_aw", &commands);
    assume_kept(m, "s_w", &beats);
    let dut = m.instance(&AxiRamWriter(RAM), AxiRamWriterInputs { s });
    assert_kept(m, "answer", &answers);

    let (begins, ends) = (commands.fires(), beats.fires() & s.wlast);
    let open = m.reg(bit()).reset(0);
    open.next(begins | (open & !ends));
    m.assert(
        "one_burst",
        !begins | !open | ends,
        "a burst begins within another",
    );
    m.assert("of_a_burst", !s.wready | *open, "a beat without a burst");
    let refused = m.capture(begins, wrong(s.awsize, s.awburst));
    let id = m.capture(begins, s.awid);
    let first = m.capture(begins, s.awaddr);
    let beat = m.reg(unsigned(5));
    beat.next(begins.mux(0, beat + beats.fires().zero_extend(5)));
    m.assert(
        "writes",
        dut.enable.eq(beats.fires() & !refused),
        "a beat is not written, or wrongly",
    );
    let port = dut.address.eq(first + beat) & dut.data.eq(s.wdata) & dut.mask.eq(s.wstrb);
    m.assert("what", !dut.enable | port, "another word is written");
    let owed = m.reg(bit()).reset(0);
    owed.next(ends | (owed & !answers.fires()));
    m.assert("one_answer", !ends | !owed | s.bready, "an answer is lost");
    m.assert(
        "answers",
        s.bvalid.eq(*owed),
        "an answer is lost or doubled",
    );
    let right = s.bid.eq(m.capture(ends, id).named("answer_id"))
        & s.bresp.eq(m
            .capture(ends, refused)
            .named("answer_refused")
            .mux(m.lit(2, unsigned(2)), 0));
    m.assert("right", !owed | right, "id or response is wrong");

    let (own_id, own_refused) = (m.input("id", unsigned(2)), m.input("is_refused", bit()));
    m.assert(
        "open_is",
        open.eq(m.input("active", bit())),
        "another burst is open",
    );
    let same =
        own_id.eq(id) & own_refused.eq(refused) & m.input("word", unsigned(5)).eq(first + beat);
    m.assert("current_is", !open | same, "the burst is another");
}

#[test]
fn ram_ports() {
    let probes = |mut proof: Proof, nets: &[&str]| {
        for net in nets {
            proof = proof.probe(net, &format!("dut.{net}"));
        }
        proof
    };
    let design = hdl::design("proof", ram_reader).unwrap();
    let proof = probes(
        Proof::of(&design),
        &["active", "left", "id", "is_refused", "word"],
    );
    let bugs = [
        ("!shown || s_rready", "1'b1"),
        ("s_arsize != 3'd0 || ", ""),
        ("fetches && !is_refused", "fetches"),
    ];
    check("AXI4 reader of a RAM", &proof, &bugs);
    let design = hdl::design("proof", ram_writer).unwrap();
    let proof = probes(Proof::of(&design), &["active", "id", "is_refused", "word"]);
    let bugs = [
        ("!answered || s_bready", "1'b1"),
        ("takes && !is_refused", "takes"),
        ("s_awsize != 3'd0 || ", ""),
    ];
    check("AXI4 writer of a RAM", &proof, &bugs);
}

const SPLITTER: BurstSplitter = BurstSplitter {
    address_bits: 14,
    count_bits: 9,
    beat_bytes: 16,
    outstanding: 2,
};

/// The transfers at the port `s`, where one may be taken back: a program that stops does that.
fn transfers(m: &Module) -> Stream<'_, Transfer<'_>> {
    let s = m.sink_port("s", Stream::of(Transfer::of(&SPLITTER)));
    let unaligned = s.payload.address.truncate(4).any();
    m.assume(
        "aligned",
        !s.valid | !unaligned,
        "a transfer starts within a beat",
    );
    s
}

/// A burst leaves the splitter in this cycle, and its length and whether it is the last.
fn bursts(m: &Module) -> [Signal<'_>; 3] {
    let fires = m.input("burst_valid", bit()) & m.input("burst_ready", bit());
    [
        fires,
        m.input("burst_length", unsigned(8)),
        m.input("burst_last", bit()),
    ]
}

#[hardware]
fn read_transfers(m: &Module) {
    let dut = m.instance(
        &AxiReadTransfers(SPLITTER),
        AxiReadTransfersInputs { s: transfers(m) },
    );
    connect(&dut.axi, &m.source_port("axi", Axi4Read::of(1, 14, 128)));
    connect(
        &dut.data,
        &m.source_port(
            "data",
            Stream::of(ferrogrid::blocks::prim::ReadBeat::of(&SPLITTER)),
        ),
    );
    assert_kept(m, "ar", &ar(&dut.axi));
    assume_kept(m, "r", &r(&dut.axi));
    assert_kept(m, "data", &dut.data);
    let [burst, length, last] = bursts(m);
    let asks = ar(&dut.axi).fires();
    let same = !burst | dut.axi.arlen.eq(length);
    m.assert("asks", asks.eq(burst) & same, "a burst is not asked for");
    let beat = r(&dut.axi).fires();
    let [open, turn, last] = follow(m, "lasts", (burst, last), beat & dut.axi.rlast, 2);
    m.assume(
        "answers",
        !dut.axi.rvalid | open.any(),
        "a beat that nobody asked for",
    );
    m.assert(
        "open_is",
        m.input("open", unsigned(2)).eq(open.truncate(2)),
        "another number is open",
    );
    m.assert(
        "hands_on",
        beat.eq(dut.data.fires()),
        "a beat is lost or doubled",
    );
    let data = dut.data.payload;
    let same = data.data.eq(dut.axi.rdata) & data.response.eq(dut.axi.rresp);
    m.assert("same", !beat | same, "a beat is changed");
    m.assert(
        "last",
        !(turn & beat) | data.last.eq(dut.axi.rlast & last),
        "last is wrong",
    );
}

#[hardware]
fn write_transfers(m: &Module) {
    let data = m.sink_port("data", Stream::of(WriteBeat::of(&SPLITTER)));
    assume_kept(m, "data", &data);
    let inputs = AxiWriteTransfersInputs {
        s: transfers(m),
        data,
    };
    let dut = m.instance(&AxiWriteTransfers(SPLITTER), inputs);
    connect(&dut.axi, &m.source_port("axi", Axi4Write::of(1, 14, 128)));
    connect(&dut.done, &m.source_port("done", Stream::of(unsigned(2))));
    let (commands, beats, answers) = (aw(&dut.axi), w(&dut.axi), b(&dut.axi));
    assert_kept(m, "aw", &commands);
    assert_kept(m, "w", &beats);
    assume_kept(m, "b", &answers);
    assert_kept(m, "done", &dut.done);

    let [burst, length, last] = bursts(m);
    let pending = m.reg(bit()).reset(0);
    pending.next(burst | (pending & !commands.fires()));
    m.assert(
        "is_free",
        !burst | !pending | commands.ready,
        "a command is overwritten",
    );
    m.assert(
        "asks",
        commands.valid.eq(*pending),
        "a command is lost or doubled",
    );
    let asked = m.capture(burst, length);
    m.assert(
        "same_length",
        !pending | dut.axi.awlen.eq(asked),
        "a command is changed",
    );

    let ends = beats.fires() & dut.axi.wlast;
    let [unwritten, turn, length] = follow(m, "lengths", (burst, length), ends, 2);
    let beat = m.reg(unsigned(8)).reset(0);
    m.when(beats.fires(), || beat.set(dut.axi.wlast.mux(0, beat + 1)));
    m.assert(
        "wlast",
        !(turn & beats.valid) | dut.axi.wlast.eq(beat.eq(length)),
        "WLAST is wrong",
    );
    m.assert(
        "hands_on",
        beats.fires().eq(data.fires()),
        "a beat is lost or doubled",
    );
    let same = dut.axi.wdata.eq(data.payload.data) & dut.axi.wstrb.eq(data.payload.strobe);
    m.assert("same", !beats.valid | same, "a beat is changed");

    let [open, turn, last] = follow(m, "lasts", (burst, last), answers.fires(), 2);
    m.assume(
        "answers",
        !answers.valid | open.gt(unwritten),
        "an answer before the last beat",
    );
    m.assert(
        "written_first",
        unwritten.le(open),
        "a burst has ended without its data",
    );
    m.assert(
        "open_is",
        m.input("open", unsigned(2)).eq(open.truncate(2)),
        "another number is open",
    );
    let is_done = turn & answers.fires();
    m.assert(
        "done_when",
        !is_done | dut.done.fires().eq(last),
        "a transfer is answered at another burst",
    );
    m.assert(
        "done_of",
        !dut.done.valid | answers.valid,
        "a transfer is answered by nobody",
    );
    let worst = m.reg(unsigned(2)).reset(0);
    let response = dut.axi.bresp;
    let worse = response.gt(*worst).mux(response, *worst);
    m.when(answers.fires(), || {
        worst.set(dut.done.fires().mux(0, worse))
    });
    m.assert(
        "worst",
        !dut.done.valid | dut.done.payload.eq(worse),
        "the answer is not the worst",
    );
    let registers =
        m.input("beat", unsigned(8)).eq(*beat) & m.input("worst", unsigned(2)).eq(*worst);
    m.assert("registers", registers, "the cell counts otherwise");
}

#[test]
fn transfers_in_bursts() {
    let probes = |design: &hdl::ir::Design| {
        let mut proof = Proof::of(design).probe("open", "dut.splitter.open");
        for (input, net) in [
            ("burst_valid", "m_valid"),
            ("burst_ready", "m_ready"),
            ("burst_length", "m_payload_length"),
            ("burst_last", "m_payload_last"),
        ] {
            proof = proof.probe(input, &format!("dut.splitter.{net}"));
        }
        probe_fifo(proof, "lasts", 2)
    };
    let design = hdl::design("proof", read_transfers).unwrap();
    let bugs = [("axi_rlast && lasts", "1'b1 && lasts")];
    check("transfers that read", &probes(&design), &bugs);
    let design = hdl::design("proof", write_transfers).unwrap();
    let proof = probe_fifo(probes(&design), "lengths", 2)
        .probe("beat", "dut.beat")
        .probe("worst", "dut.worst");
    let bugs = [
        ("worst < axi_bresp", "worst > axi_bresp"),
        ("beat == lengths_m_payload", "1'b1"),
        ("data_valid && lengths_m_valid", "data_valid"),
        (
            "done_ready || !lasts_m_payload",
            "done_ready || lasts_m_payload",
        ),
    ];
    check("transfers that write", &proof, &bugs);
}
