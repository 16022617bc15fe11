//! Proofs that the ring of weights holds what was written and not freed: LOAD writes only where it is free,
//! MATRIX reads only what is there.

use crate::harness::was;
use crate::proofs::check;
use ferrogrid::arch::npu_from_preset;
use ferrogrid::blocks::array::ArrayParams;
use ferrogrid::blocks::npu::{LoadUnit, LoadUnitInputs, MatrixUnit, MatrixUnitInputs, NpuCore};
use ferrogrid::blocks::prim::{BurstSplitter, ReadBeat, Transfer};
use ferrogrid::hdl::{
    self, Module, Shape, Signal, Stream, bit, connect, hardware, signed, unsigned,
};
use ferrogrid::isa::npu::INSTRUCTION_BYTES;
use ferrogrid::verify::formal::Proof;

const TILES: u32 = 2;
const TILE_BEATS: u32 = 2;
/// A number of tiles, with room for too many.
const COUNT: Shape = unsigned(4);
const INSTRUCTION: Shape = unsigned(8 * INSTRUCTION_BYTES as u32);
const SCRATCHPAD_BITS: u32 = 8;
/// Runs that LOAD can have under way, and bits of what it knows of each: the lowest says that it is a tile.
const RUNS: u32 = 16;
const RUN_BITS: u32 = 63;

/// Tiles in the ring: one comes with `written`, and one goes a cycle after `released` says so, in which its last row
/// may still be read.
#[hardware]
#[track_caller]
fn tiles_there<'m>(
    m: &'m Module,
    written: Signal<'m>,
    released: Signal<'m>,
    clear: Signal<'m>,
) -> [Signal<'m>; 2] {
    let goes = m.reg(bit()).named("goes").reset(0);
    goes.next(released & !clear);
    let there = m.reg(COUNT).named("there").reset(0);
    let next = there + written.zero_extend(4) - goes.zero_extend(4);
    m.when(clear, || there.set(0)).otherwise(|| there.set(next));
    [*there, *goes]
}

#[hardware]
fn load(m: &Module) {
    let splitter = BurstSplitter {
        address_bits: 40,
        count_bits: 20,
        beat_bytes: 4,
        outstanding: 2,
    };
    let unit = LoadUnit {
        name: "load".into(),
        splitter,
        rows: 4,
        scratchpad_bits: SCRATCHPAD_BITS,
        channel_bits: 9,
        ring_tiles: TILES,
        parameter_channels: 64,
        vector: None,
        tile_beats: TILE_BEATS,
    };
    let [released, halt, clear] = ["released", "halt", "clear"].map(|name| m.input(name, bit()));
    let beats: Stream<'_, ReadBeat<'_>> = m.sink_port("beats", Stream::of(ReadBeat::of(&splitter)));
    let inputs = LoadUnitInputs {
        instruction: m.sink_port("s", Stream::of(INSTRUCTION)),
        bases: std::array::from_fn(|base| m.input(format!("base_{base}"), unsigned(40))),
        beats,
        tile_released: released,
        halt,
        clear,
    };
    let dut = m.instance_of(&unit).named("dut").connect(inputs);
    let transfers = m.source_port("transfers", Stream::of(Transfer::of(&splitter)));
    connect(&dut.transfers, &transfers);
    dut.scratchpad
        .ready
        .drive(m.input("scratchpad_ready", bit()));

    // The oldest of the runs under way is that of the bytes that come.
    let level = m.input("level", unsigned(5));
    let [write, read] = ["write", "read"].map(|of| m.input(format!("{of}_address"), unsigned(4)));
    let tiles: Vec<_> = (0..RUNS)
        .map(|at| m.input(format!("run_{at}"), unsigned(RUN_BITS)).bit(0))
        .collect();
    let oldest = read.select(&tiles) & level.any();
    let enters = beats.fires() & oldest;
    let in_tile = m.reg(bit()).reset(0);
    m.when(enters, || in_tile.set(!*in_tile));
    let last = *in_tile;
    m.assume(
        "asked",
        !beats.valid | level.any(),
        "bytes that nobody asked for",
    );
    let right = beats.payload.last.eq(last);
    m.assume(
        "whole",
        !(beats.valid & oldest) | right,
        "a tile has another number of beats",
    );
    let ended = enters & last;

    let written = dut.tile_written;
    let [there, goes] = tiles_there(m, written, released, clear);
    let on_way = m.reg(COUNT).reset(0);
    let asked = m.input("asked", bit()) & m.input("for_weights", bit());
    on_way.next(on_way + asked.zero_extend(4) - ended.zero_extend(4));
    m.assume(
        "is_there",
        !released | there.gt(goes.zero_extend(4)) | clear,
        "a tile is released that is not there",
    );
    m.assume(
        "quiet",
        !clear | (halt & level.eq(0)),
        "all is forgotten while bytes come",
    );

    m.assert(
        "told",
        written.eq(was(m, "tile_ended", ended)),
        "a tile is told too early, or not",
    );
    let whole = there + written.zero_extend(4);
    m.assert(
        "is_free",
        (!enters | whole.lt(TILES)) & (!dut.ring_enable | there.lt(TILES)),
        "a tile that is there is written over",
    );
    let at = m.reg(unsigned(2)).reset(0);
    m.when(clear, || at.set(0))
        .else_when(dut.ring_enable, || at.set(at + 1));
    m.assert(
        "in_order",
        !dut.ring_enable | dut.ring_beat.eq(*at),
        "a beat is written elsewhere",
    );
    let next = m.input("next_beat", unsigned(2));
    m.assert("next_beat", next.eq(*at), "beats are counted otherwise");
    m.assert(
        "tile_begins",
        (next + dut.ring_enable.zero_extend(2)).bit(0).eq(*in_tile),
        "a tile begins within another",
    );

    let free = m.input("free", unsigned(2)).zero_extend(4);
    let sum = free + *on_way + whole - goes.zero_extend(4);
    m.assert(
        "all_counted",
        sum.eq(TILES) & on_way.le(TILES) & whole.le(TILES) & there.ge(goes.zero_extend(4)),
        "tiles are lost or doubled",
    );
    m.assert(
        "written_ahead",
        write.eq(read + level.truncate(4)),
        "the addresses are apart by another number than is inside",
    );
    let weights = (0..RUNS).fold(m.zero(unsigned(5)), |sum, ahead| {
        let tile = (read + ahead).select(&tiles);
        sum + (tile & level.gt(ahead)).zero_extend(5)
    });
    m.assert(
        "under_way",
        weights.eq(on_way.zero_extend(5)) & level.le(RUNS),
        "another number is on its way",
    );
    let begins = !in_tile | oldest;
    m.assert("begun", begins, "a tile is begun that nobody asked for");
}

#[test]
fn load_writes_only_where_the_ring_is_free() {
    let design = hdl::design("proof", load).unwrap();
    let mut proof = Proof::of(&design)
        .probe("level", "dut.under_way.level")
        .probe("asked", "dut.asked")
        .probe("for_weights", "dut.for_weights")
        .probe("free", "dut.ring_free")
        .probe("next_beat", "dut.beat_of_ring")
        .probe("write_address", "dut.under_way.write_address")
        .probe("read_address", "dut.under_way.read_address");
    for at in 0..RUNS {
        proof = proof.probe_word(&format!("run_{at}"), "dut.under_way.words", at);
    }
    let bugs = [
        // A tile takes no place.
        ("ring_free <= ring_free - 2'd1", "ring_free <= ring_free"),
        // A tile is told with its first beat.
        (
            "takes_0 && beats_payload_last && under_way",
            "takes_0 && under_way",
        ),
    ];

    check("LOAD and the ring", &proof, &bugs);
}

#[hardware]
fn matrix<'m>(m: &'m Module) {
    let arch = npu_from_preset("nano").expect("a preset");
    // Bits of the number of a row.
    let rows = 1;
    let unit = MatrixUnit {
        name: "matrix".into(),
        array: ArrayParams {
            rows: 1 << rows,
            columns: 2,
            ..NpuCore::new(&arch).array()
        },
        scratchpad_bits: SCRATCHPAD_BITS,
        ring_tiles: TILES,
        target_bits: 4,
        image_rows: 2,
        reuse_distance: 4,
    };
    let [written, comes, freed, clear] =
        ["written", "comes", "freed", "clear"].map(|name| m.input(name, bit()));
    let inputs = MatrixUnitInputs {
        instruction: m.sink_port("s", Stream::of(INSTRUCTION)),
        data: m.input("data", unsigned(unit.array.activation_bits())),
        weights: m.input("weights", unsigned(unit.array.weight_bits())),
        tile_written: written,
        tile_comes: comes,
        bank_freed: freed,
        clear,
    };
    let dut = m.instance_of(&unit).named("dut").connect(inputs);
    dut.scratchpad.grant.drive(m.input("grant", bit()));
    let released = dut.tile_released;
    let [there, goes] = tiles_there(m, written, released, clear);
    m.assume(
        "fits",
        !written | there.lt(TILES),
        "a tile is written over another",
    );

    // Tiles since the beginning: in the ring are those from `gone` on.
    let index = unsigned(2);
    let gone = m.reg(index).reset(0);
    m.when(clear, || gone.set(0))
        .else_when(goes, || gone.set(gone + 1));
    let came = m.reg(index).reset(0);
    m.when(clear, || came.set(0))
        .else_when(written, || came.set(came + 1));
    let place = |tile: Signal<'m>| (tile - gone.truncate(1)).zero_extend(4);
    let tile = |row: Signal<'m>| row.slice(rows, 1);
    let holds = |name: &str, condition: Signal<'m>, message: &str| {
        m.assert(name, clear | condition, message);
    };
    let is_there = !dut.ring.enable | place(tile(dut.ring.address)).lt(there);
    holds(
        "is_there",
        is_there,
        "a row is read of a tile that is not there",
    );
    let was_there = !released | there.gt(goes.zero_extend(4));
    holds(
        "was_there",
        was_there,
        "a tile is released that is not there",
    );

    // What the registers hold: a tile is loaded, then its rows are read two cycles later.
    let flag = |name: &str| m.input(name, bit());
    let [loading, releases, reads] = ["loading", "releases", "reads"].map(flag);
    let rows_left = m.input("rows_left", unsigned(rows + 1));
    let one = |flag: Signal<'m>| flag.zero_extend(4);
    let leave = one(goes) + one(released);
    let released_soon = leave + one(loading & releases);
    let oldest = m.input("oldest", index);
    let tiles_there = m.input("tiles_there", index);
    let from_it = tiles_there.zero_extend(3) - m.input("ahead", index).zero_extend(3);
    let is_from_it = m.input("from_it", signed(3)).eq(from_it.as_signed());
    // A pass is counted a cycle after it has started, and none starts then.
    let passed = flag("passed").zero_extend(2);
    let counts = tiles_there.eq(came - oldest)
        & (!flag("next_valid") | is_from_it)
        & (oldest + passed).eq(gone + released_soon.truncate(2))
        & !(flag("advances") & flag("may_start"))
        & there.eq((came - *gone).zero_extend(4))
        & there.le(TILES)
        & released_soon.le(there);
    holds("counts", counts, "tiles are counted otherwise");
    let loaded = place(m.input("tile_loaded", unsigned(1)));
    let loads = rows_left.any() & loaded.lt(there) & loaded.ge(leave);
    holds(
        "loads",
        !loading | loads,
        "a tile is loaded that is not there",
    );
    let read = place(tile(m.input("read_row", unsigned(rows + 1))));
    let still = read.lt(there) & read.ge(one(goes));
    holds("reads", !reads | still, "a row is read of a tile that goes");
    let busy = loading | reads | dut.ring.enable | released | goes;
    let cleared = was(m, "cleared", clear);
    m.assume(
        "clears",
        !cleared | clear | !busy,
        "all is forgotten for too short a time",
    );
}

#[test]
fn matrix_reads_only_what_is_in_the_ring() {
    let design = hdl::design("proof", matrix).unwrap();
    let mut proof = Proof::of(&design);
    for net in [
        "loading",
        "releases",
        "reads",
        "rows_left",
        "next_valid",
        "advances",
        "passed",
        "may_start",
        "oldest",
        "tiles_there",
        "ahead",
        "from_it",
        "tile_loaded",
        "read_row",
    ] {
        proof = proof.probe(net, &format!("dut.{net}"));
    }
    let bugs = [
        // A tile is loaded before it is there.
        ("from_it > 3'sd0", "from_it >= 3'sd0"),
        // A tile is released when its first row is read.
        ("loading && load_ends && releases", "loading && releases"),
    ];
    check("MATRIX and the ring", &proof, &bugs);
}
