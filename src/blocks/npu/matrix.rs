//! MATRIX: passes of vectors through the array.

use super::super::array::{
    ArrayParams, Lanes, Skew, SkewInputs, WeightStationaryArray, WeightStationaryArrayInputs,
};
use super::super::control::{TokenInputs, TokenLine};
use super::super::ports::Target;
use super::super::prim::RamRead;
use super::bank_row::READ_LATENCY;
use super::fields::{INSTRUCTION_BITS, field, signal_due, signal_fields};
use super::image::{BYTE, PitchFields, ROW, along, down, prepare};
use super::nest::{Place, Single, nest};
use super::packed::{PackedFields, collide, inside_of_rows, vector_rows};
use super::ports::{ByteRead, Signalling, VectorRows, wrapped};
use crate::hdl::{
    Block, Module, Signal, Stream, bit, bundle, concat, hardware, index_bits, join, pack, signed,
    unpack, unsigned,
};
use crate::isa::npu::{Matrix, MatrixFields};

/// Streams the vectors of a pass through the array while the tile of the next is loaded into it.
///
/// Three passes are under way: `next`, whose tile is to be loaded, `ready`, whose tile is loaded, and
/// `stream`, whose vectors are read. When a pass begins each takes the place of the one behind it.
#[derive(Debug, Clone, PartialEq)]
pub struct MatrixUnit {
    /// Module name.
    pub name: String,
    /// The array.
    pub array: ArrayParams,
    /// Bits of an address of the scratchpad.
    pub scratchpad_bits: u32,
    /// Tiles that the ring holds.
    pub ring_tiles: u32,
    /// Bits of the place of a vector in an accumulator bank.
    pub target_bits: u32,
    /// Rows of an image that a vector may reach over.
    pub image_rows: u32,
    /// Cycles from a vector to the next for the same place of an accumulator bank, at least.
    pub reuse_distance: u32,
}

bundle! {
    /// What a [`MatrixUnit`] takes.
    pub struct MatrixUnitInputs(unit: &MatrixUnit) {
        /// MATRIX whose waits are over.
        instruction: Stream(unsigned(INSTRUCTION_BITS)),
        /// What was read of the scratchpad.
        data: unsigned(unit.array.activation_bits()),
        /// The row of the ring that was asked for.
        weights: unsigned(unit.array.weight_bits()),
        /// A tile is whole in the ring.
        tile_written: bit(),
        /// More than half of one is there.
        tile_comes: bit(),
        /// An accumulator bank is free again.
        bank_freed: bit(),
        /// Forget everything.
        clear: bit(),
    }
}

bundle! {
    /// What a [`MatrixUnit`] gives.
    pub struct MatrixUnitOutputs(unit: &MatrixUnit) {
        scratchpad: ByteRead(unit.scratchpad_bits),
        /// Where the bytes are that are read of the scratchpad.
        rows: VectorRows(unit.image_rows, unit.array.rows, unit.word_bits()),
        ring: RamRead(index_bits((unit.ring_tiles * unit.array.rows).into())),
        /// A tile has left the ring.
        tile_released: bit(),
        /// Where the sums of the next cycle go.
        target: Target(unit.target_bits),
        /// Column 0 lowest.
        sums: unsigned(unit.array.sum_bits()),
        signalling: Signalling(),
        /// No instruction is under way.
        idle: bit(),
        /// A vector was read in the cycle before.
        active: bit(),
        /// A pass waits for weights.
        stall_weights: bit(),
        /// A pass waits for an accumulator bank.
        stall_bank: bit(),
        /// A vector is beyond the accumulator bank.
        out_of_range: bit(),
    }
}

bundle! {
    /// A pass.
    struct Pass(unit: &MatrixUnit) {
        address: unsigned(unit.scratchpad_bits),
        row: ROW,
        byte: BYTE,
        width: unsigned(16),
        height: unsigned(13),
        padding: signed(8),
        windows: bit(),
        packed: bit(),
        taps: unsigned(8),
        tap_step: unsigned(16),
        kernel_rows: unsigned(6),
        kernel_row_step: unsigned(5),
        kernel_row_pitch: unsigned(unit.scratchpad_bits),
        columns: unsigned(8),
        column_step: unsigned(16),
        rows: unsigned(8),
        row_step: unsigned(5),
        row_pitch: unsigned(unit.scratchpad_bits),
        row_tiles: bit(),
        /// The place of its first vector in the bank.
        index: unsigned(unit.target_bits),
        /// It begins the sums of its vectors anew.
        first: bit(),
        /// The half of the scratchpad that the image is in.
        half: bit(),
        /// It takes a bank.
        begins: bit(),
        /// It hands the bank over.
        ends: bit(),
        /// A signal follows.
        signals: bit(),
        semaphore: unsigned(4),
    }
}

impl MatrixUnit {
    /// Bits of an address in a bank of a half of the scratchpad.
    fn word_bits(&self) -> u32 {
        self.scratchpad_bits - 1 - self.array.rows.ilog2()
    }

    /// An address from a number of either sign: addresses wrap.
    fn address<'m>(&self, value: Signal<'m>) -> Signal<'m> {
        wrapped(value, self.scratchpad_bits)
    }
}

/// How the vectors of a pass reach over rows.
fn packed<'m>(pass: &Pass<'m>) -> PackedFields<'m> {
    PackedFields {
        packed: pass.packed,
        first: pass.taps,
        bytes: pass.tap_step,
        step: pass.kernel_row_step,
        pitch: pass.kernel_row_pitch,
    }
}

#[hardware]
impl MatrixUnit {
    /// A skew or deskew of a vector.
    #[track_caller]
    fn skew<'m>(&self, vector_in: Signal<'m>, lanes: u32, order: Lanes) -> Signal<'m> {
        let width = vector_in.width() / lanes;
        let kind = match order {
            Lanes::FirstLaneFirst => "skew",
            Lanes::LastLaneFirst => "deskew",
        };
        let skew = Skew {
            name: format!("{}_{kind}_{lanes}x{width}", self.name),
            lanes,
            width,
            order,
        };
        let m = vector_in.module();
        m.instance(&skew, SkewInputs { vector_in }).vector_out
    }
}

#[hardware]
impl Block for MatrixUnit {
    fn build<'m>(&self, m: &'m Module, io: MatrixUnitInputs<'m>) -> MatrixUnitOutputs<'m> {
        m.doc("Passes of vectors through the array, while the weights of the next are loaded.");
        let rows = self.array.rows;
        let starts = m.wire(bit()).named("pass_starts");

        m.section("the next instruction");
        let goes_on = m.reg(bit()).named("advances").reset(0);
        let advances = *goes_on;
        let takes_instruction = m.wire(bit());
        let taken = (takes_instruction, io.clear);
        let bits = self.scratchpad_bits;
        let prepared = prepare(m, io.instruction, taken, bits, |word| {
            let fields = Matrix::each(|of| field(word, of));
            let of_pitch = PitchFields {
                address: fields.address,
                pitch: fields.pitch,
                first_row: fields.first_row,
                kernel_row_step: fields.kernel_row_step,
                row_step: fields.row_step,
            };
            (fields, of_pitch)
        });
        let first = prepared.fields;

        m.section("the pass whose tile is to be loaded");
        let next_valid = m.reg(bit()).reset(0);
        let word = m
            .capture(takes_instruction, prepared.word)
            .named("next_word");
        let kernel_row_pitch = m
            .capture(takes_instruction, prepared.kernel_row_pitch)
            .named("next_kernel_row_pitch");
        let row_pitch = m
            .capture(takes_instruction, prepared.row_pitch)
            .named("next_row_pitch");
        let fields = Matrix::each(|of| field(word, of));
        let signal = signal_fields(word);
        let along = |count, step| along(count, step, bits);
        let once =
            |windows: Signal<'m>, count: Signal<'m>| windows.mux(m.lit(1, count.shape()), count);
        let block_bytes = m.lit(rows, unsigned(16));
        let counts = |of: &MatrixFields<Signal<'m>>| {
            [
                once(of.windows | of.packed, of.taps),
                once(of.windows, of.kernel_rows),
                of.blocks,
                once(!of.row_tiles, of.rows),
            ]
        };
        let [taps, kernel_rows, blocks, of_rows] = counts(&fields);
        let single = Single::of(&counts(&first), &counts(&fields));
        let loops = [
            along(taps, fields.tap_step),
            down(kernel_rows, fields.kernel_row_step, kernel_row_pitch),
            along(blocks, block_bytes),
            down(of_rows, fields.row_step, row_pitch),
        ];
        let start = Place {
            address: prepared.first + self.address(first.first_byte),
            row: first.first_row,
            byte: first.first_byte,
        };
        let start = (takes_instruction, start);
        let passes = nest(m, "next", start, &loops, &single, advances);
        let last_pass = passes.last;
        // Not in the cycle in which the last one goes, which is known late: a tile takes as many cycles as it has rows.
        takes_instruction.drive(prepared.valid & !next_valid);
        next_valid.next((takes_instruction | (next_valid & !(advances & last_pass))) & !io.clear);
        let until_signal = m.reg(unsigned(8));
        let signal_due = signal_due(signal.period, *until_signal, last_pass);
        m.when(takes_instruction, || {
            until_signal.set(signal_fields(prepared.word).period);
        })
        .else_when(advances, || {
            until_signal.set(signal_due.mux(signal.period, until_signal - 1));
        });
        let row_ends = passes.ends[..3]
            .iter()
            .fold(m.high(), |all, one| all & *one);
        let columns = fields.columns.zero_extend(self.target_bits.max(8));
        let columns = columns.truncate(self.target_bits);
        let next_index = m.reg(unsigned(self.target_bits));
        m.when(takes_instruction, || next_index.set(0))
            .else_when(advances & row_ends, || next_index.set(next_index + columns));
        let next_pass = Pass {
            address: passes.place.address,
            row: passes.place.row,
            byte: passes.place.byte,
            width: fields.width,
            height: fields.height,
            padding: fields.padding,
            windows: fields.windows,
            packed: fields.packed,
            taps: fields.taps,
            tap_step: fields.tap_step,
            kernel_rows: fields.kernel_rows,
            kernel_row_step: fields.kernel_row_step,
            kernel_row_pitch,
            columns: fields.columns,
            column_step: fields.column_step,
            rows: fields.rows,
            row_step: fields.row_step,
            row_pitch,
            half: self.address(fields.address).msb(),
            row_tiles: fields.row_tiles,
            index: *next_index,
            first: fields.begin
                & passes.begins[..3]
                    .iter()
                    .fold(m.high(), |all, one| all & *one),
            begins: fields.begin & passes.first,
            ends: fields.end & last_pass,
            signals: signal.signals & signal_due,
            semaphore: signal.semaphore,
        };

        m.section("its tile");
        // One bit more than an index tells a full ring from an empty one.
        let tiles = unsigned(self.ring_tiles.ilog2() + 1);
        /// tiles that were released by the passes so far
        let oldest = m.reg(tiles).reset(0);
        /// tiles that came and were not released
        let tiles_there = m.reg(tiles).reset(0);
        let passed = advances & fields.release;
        m.when(passed, || oldest.set(oldest + 1));
        m.when(io.tile_written & !passed, || {
            tiles_there.set(tiles_there + 1)
        })
        .else_when(passed & !io.tile_written, || {
            tiles_there.set(tiles_there - 1)
        });
        /// that of the next pass, behind the oldest one: released with each pass, they come to the same place
        let ahead = m.reg(tiles);
        /// tiles that are there from it on; below 0 as many as come before it
        let from_it = m.reg(signed(tiles.width + 1));
        let first_tile = match first.tile.width() >= tiles.width {
            true => first.tile.truncate(tiles.width),
            false => first.tile.zero_extend(tiles.width),
        };
        m.when(advances & !fields.release, || ahead.set(ahead + 1));
        m.when(io.tile_written & !advances, || from_it.set(from_it + 1))
            .else_when(advances & !io.tile_written, || from_it.set(from_it - 1));
        m.when(takes_instruction, || {
            let wide = |count: Signal<'m>| count.zero_extend(tiles.width + 1);
            let there = wide(*tiles_there) + wide(io.tile_written);
            ahead.set(first_tile);
            from_it.set((there - wide(first_tile)).as_signed());
        });
        let tile = oldest + *ahead;
        let tile_is_there = from_it.gt(0);
        // A pass begins without the next tile rather than wait for DRAM, but not if that is about to come: it could be
        // loaded no sooner than when the pass ends.
        let is_next = from_it.eq(0);
        let tile_comes = (next_valid & is_next & io.tile_comes).named("tile_comes_soon");
        let loads = next_valid & tile_is_there;
        // A cycle later: a pass takes two at least.
        goes_on.next(starts & loads & !io.clear);
        /// rows of the tile that are still to be read
        let rows_left = m.reg(unsigned(index_bits(u64::from(rows) + 1))).reset(0);
        let row = m.reg(unsigned(rows.ilog2()));
        let tile_loaded = m.capture(starts, tile.truncate(self.ring_tiles.ilog2()));
        let releases = m.capture(starts, loads & fields.release);
        let loading = m.reg(bit()).reset(0);
        let load_ends = rows_left.eq(1);
        m.when(starts, || {
            rows_left.set(rows);
            row.set(0);
            loading.set(loads);
        })
        .otherwise(|| {
            m.when(rows_left.any(), || rows_left.set(rows_left - 1));
            m.when(load_ends, || loading.set(false));
            row.set(row + 1);
        });
        let reads = m.flag(*loading);
        let read_row = m.delay(concat(&[tile_loaded, *row]));
        let ring = RamRead {
            enable: m.flag(reads).named("reads_1"),
            address: m.delay(read_row).named("read_row_1"),
        };
        let tile_released = m.flag(*loading & load_ends & releases);
        let weights = m.delay_by("weights", io.weights, READ_LATENCY - 1);

        m.section("the pass whose tile is loaded");
        let shape = pack(&next_pass).shape();
        let ready_valid = m.reg(bit()).reset(0);
        let ready_pass = m.reg(shape);
        let ready = unpack(*ready_pass, Pass::of(self));
        m.when(starts, || {
            ready_valid.set(loads);
            ready_pass.set(pack(&next_pass));
        });
        let banks = m.reg(unsigned(2)).reset(2);
        let takes_bank = starts & ready_valid & ready.begins;
        m.when(takes_bank & !io.bank_freed, || banks.set(banks - 1))
            .else_when(io.bank_freed & !takes_bank, || banks.set(banks + 1));
        let bank_is_there = !ready.begins | banks.any();

        m.section("the pass whose vectors are read");
        let streams = m.reg(bit()).reset(0);
        let stream_pass = m.capture(starts, *ready_pass);
        let pass = unpack(stream_pass, Pass::of(self));
        let start = Place {
            address: ready.address,
            row: ready.row,
            byte: ready.byte,
        };
        let counts = |of: &Pass<'m>| {
            [
                once(!of.windows, of.taps),
                once(!of.windows, of.kernel_rows),
                of.columns,
                once(of.row_tiles, of.rows),
            ]
        };
        let [taps, kernel_rows, columns_of_row, of_rows] = counts(&pass);
        let single = Single::of(&counts(&ready), &counts(&pass));
        let loops = [
            along(taps, pass.tap_step),
            down(kernel_rows, pass.kernel_row_step, pass.kernel_row_pitch),
            along(columns_of_row, pass.column_step),
            down(of_rows, pass.row_step, pass.row_pitch),
        ];
        let scratchpad = m.wires(ByteRead::of(self.scratchpad_bits));
        let read = scratchpad.grant & *streams;
        let vectors = nest(m, "vector", (starts, start), &loops, &single, read);
        scratchpad.request.drive(*streams);
        let sizes = (self.image_rows, rows, self.word_bits());
        let vector_rows = vector_rows(m, starts, packed(&ready), sizes);
        // A vector may begin in front of the image: it wraps in the half of the image.
        let within = vectors.place.address.truncate(self.scratchpad_bits - 1);
        scratchpad.address.drive(concat(&[pass.half, within]));
        let last_vector = vectors.last;
        let vectors_end = read & last_vector;
        m.when(starts, || streams.set(*ready_valid))
            .else_when(vectors_end, || streams.set(false));
        let index = m.reg(unsigned(self.target_bits));
        m.when(starts, || index.set(ready.index))
            .else_when(read, || index.set(index + 1));
        // Behind the last place comes the first one: of a pass that goes on there, or of a row that begins there.
        let wraps = read & index.all() & !last_vector;
        let row_wraps = (next_index + columns).lt(*next_index) & advances & row_ends & !last_pass;
        let collides = starts & ready_valid & collide(packed(&ready), rows);
        let out_of_range = m.flag(wraps | row_wraps | collides);
        let bank = m.reg(bit()).reset(1);
        m.when(takes_bank, || bank.set(!*bank));
        // A vector of the next pass comes to the same accumulators no sooner than they are written.
        let first_read = read & vectors.first;
        let distance = unsigned(index_bits(self.reuse_distance.into()));
        /// cycles in which a pass of few vectors may not end yet
        let settling = m.reg(distance).reset(0);
        // So does a vector that POST has made wait, if it is one of the first.
        let delayed = m.flag(*streams & !scratchpad.grant);
        let settles = (first_read | (read & delayed & settling.any())).named("settles");
        m.when(settles, || settling.set(self.reuse_distance - 2))
            .else_when(settling.any(), || settling.set(settling - 1));
        let goes = ready_valid.mux(bank_is_there, loads);
        // What is so stays so until a pass starts; whether a vector is read is known last.
        /// the next pass has what it needs
        let may_start = m.reg(bit()).reset(0);
        may_start.next(rows_left.le(2) & goes & !tile_comes & !starts & !io.clear);
        let over = !streams | (vectors_end & !vectors.first);
        starts.drive(may_start & settling.eq(0) & over);
        m.when(io.clear, || {
            oldest.set(0);
            tiles_there.set(0);
            loading.set(false);
            ready_valid.set(false);
            banks.set(2);
            streams.set(false);
            bank.set(1);
        });
        let signals = vectors_end & pass.signals;
        let signalling_valid = m.flag(signals);
        let semaphore = m.delay(pass.semaphore).named("pass_semaphore");

        m.section("bytes outside of the image are the padding");
        let size = (pass.width, pass.height);
        let behind = (vector_rows.behind, rows);
        let inside = inside_of_rows(m, vectors.place, size, packed(&pass), behind);
        let padding = m.delay_by("padding", pass.padding, READ_LATENCY);
        let bytes = io.data.split(8).into_iter().zip(inside.split(1));
        let bytes: Vec<_> = bytes
            .map(|(byte, inside)| inside.mux(byte, padding.as_unsigned()))
            .collect();
        let activations = m.delay(join(&bytes));

        m.section("array");
        let operand_latency = READ_LATENCY + 1;
        let swap = m.delay_by("swap", starts, operand_latency + 1);
        let below = m.reg(unsigned(rows - 1)).named("swaps_below");
        let swaps = concat(&[*below, swap]);
        below.next(swaps.truncate(rows - 1));
        let inputs = WeightStationaryArrayInputs {
            swaps,
            activations: self.skew(activations, rows, Lanes::FirstLaneFirst),
            weights: self.skew(weights, self.array.columns, Lanes::FirstLaneFirst),
        };
        let array = m.instance(&WeightStationaryArray(self.array.clone()), inputs);
        let sums = self.skew(array.sums, self.array.columns, Lanes::LastLaneFirst);

        let last = pass.ends & last_vector;
        let first = m.reg(bit()).named("stream_first");
        m.when(starts, || first.set(ready.first));
        let token = concat(&[*first, last, *bank, *index]);
        let line = TokenLine {
            name: format!("{}_token_line", self.name),
            cycles: operand_latency + self.array.latency() + self.array.columns - 2,
            width: token.width(),
        };
        let inputs = TokenInputs {
            clear: io.clear,
            valid_in: read,
            token_in: token,
        };
        let token_line = m.instance(&line, inputs);
        let token = token_line.token_out;
        let bits = self.target_bits;
        MatrixUnitOutputs {
            scratchpad,
            rows: vector_rows,
            ring,
            tile_released,
            target: Target {
                valid: token_line.valid_out,
                first: token.bit(bits + 2),
                last: token.bit(bits + 1),
                bank: token.bit(bits),
                address: token.truncate(bits),
            },
            sums,
            signalling: Signalling {
                valid: signalling_valid,
                semaphore,
            },
            idle: !streams & !ready_valid & !next_valid & !prepared.valid & io.instruction.ready,
            active: m.flag(read),
            stall_weights: next_valid & !tile_is_there & !ready_valid & !streams,
            stall_bank: ready_valid & !bank_is_there & !streams,
            out_of_range,
        }
    }
}
