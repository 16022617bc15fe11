//! LOAD and WEIGHTS: from DRAM into the memories of the machine.

use super::super::prim::{
    BurstSplitter, Cut, Fifo, ReadBeat, RegisterSlice, StreamInputs, Transfer,
};
use super::fields::{INSTRUCTION_BITS, field, field_of, signal_fields};
use super::ports::{ByteWrite, Signalling, further};
use super::runs::{RunOrder, RunParams, bytes_of_run, outside_of_halves, runs};
use super::tables::TABLE_BITS;
use crate::hdl::{
    Block, Module, Signal, Stream, bit, bits_for, bundle, hardware, pack, unpack, unsigned,
};
use crate::isa::npu::{Load, Opcode, Synchronization, Target, Weights};

/// Runs whose addresses are out and whose bytes are not in.
const RUNS_UNDER_WAY: u32 = 16;

/// Takes the instructions in order: asks for the bytes of one while those of the ones before come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadUnit {
    /// Module name.
    pub name: String,
    /// Of the bus.
    pub splitter: BurstSplitter,
    /// Bytes of a vector of the scratchpad.
    pub rows: u32,
    /// Bits of an address of the scratchpad.
    pub scratchpad_bits: u32,
    /// Bits of the number of a channel with parameters.
    pub channel_bits: u32,
    /// Tiles that the ring holds.
    pub ring_tiles: u32,
    /// Channels with parameters.
    pub parameter_channels: u32,
    /// T and V of VECTOR, and its groups of weights: none without it.
    pub vector: Option<[u32; 3]>,
    /// Beats of a tile.
    pub tile_beats: u32,
}

bundle! {
    /// What a [`LoadUnit`] takes.
    pub struct LoadUnitInputs(unit: &LoadUnit) {
        /// LOAD and WEIGHTS whose waits are over.
        instruction: Stream(unsigned(INSTRUCTION_BITS)),
        /// First byte of each DRAM region.
        bases: [unsigned(unit.splitter.address_bits); 4],
        /// What was read.
        beats: Stream(ReadBeat(&unit.splitter)),
        /// A tile has left the ring.
        tile_released: bit(),
        /// Begin nothing more.
        halt: bit(),
        /// Forget everything.
        clear: bit(),
    }
}

bundle! {
    /// What a [`LoadUnit`] gives.
    pub struct LoadUnitOutputs(unit: &LoadUnit) {
        /// What is to be read.
        transfers: Stream(Transfer(&unit.splitter)),
        /// Bytes for the scratchpad.
        scratchpad: Stream(ByteWrite(unit.scratchpad_bits, unit.rows)),
        /// A beat for the ring.
        ring_enable: bit(),
        /// Which, counted from the beginning of the ring.
        ring_beat: unsigned(unit.ring_beat_bits()),
        /// A beat for the parameters, tables or weights of VECTOR.
        parameters_enable: bit(),
        /// Which of them: a [`Target`].
        parameters_target: unsigned(3),
        /// The beat is the first one of its run.
        run_begins: bit(),
        /// Channel of its lowest word, or in the first beat of a run the group of weights.
        channel: unsigned(unit.channel_bits),
        /// The beat.
        data: unsigned(8 * unit.splitter.beat_bytes),
        /// A tile is whole in the ring.
        tile_written: bit(),
        /// More than half of one is there.
        tile_comes: bit(),
        signalling: Signalling(),
        /// No instruction is under way.
        idle: bit(),
        /// No transfer is under way.
        quiet: bit(),
        /// DRAM has answered with an error.
        failed: bit(),
        /// Which beat.
        failed_address: unsigned(unit.splitter.address_bits),
        /// A run is beyond the scratchpad.
        out_of_range: bit(),
    }
}

bundle! {
    /// What is known of a run when its bytes come.
    struct Coming(unit: &LoadUnit) {
        weights: bit(),
        to_scratchpad: bit(),
        target: unsigned(3),
        /// DRAM address of the first beat.
        beat_address: unsigned(unit.splitter.address_bits),
        /// Where byte 0 of the first beat goes.
        address: unsigned(unit.address_bits()),
        /// Bytes of the first beat in front of the run.
        skip: unsigned(unit.byte_bits()),
        /// The last byte of the last beat that counts.
        last_byte: unsigned(unit.byte_bits()),
        /// A signal follows.
        signals: bit(),
        semaphore: unsigned(4),
    }
}

bundle! {
    /// A beat, and where it goes.
    struct Arriving(unit: &LoadUnit) {
        to_scratchpad: bit(),
        target: unsigned(3),
        /// In the scratchpad.
        address: unsigned(unit.scratchpad_bits),
        /// Bytes of the run.
        mask: unsigned(unit.splitter.beat_bytes),
        data: unsigned(8 * unit.splitter.beat_bytes),
        /// It is the first one of its run.
        begins: bit(),
        channel: unsigned(unit.channel_bits),
        /// A signal follows.
        signals: bit(),
        semaphore: unsigned(4),
    }
}

impl LoadUnit {
    /// Bits of an address of any target.
    fn address_bits(&self) -> u32 {
        self.scratchpad_bits.max(self.channel_bits)
    }

    /// Bits of the number of a beat in the ring.
    fn ring_beat_bits(&self) -> u32 {
        (self.ring_tiles * self.tile_beats).ilog2()
    }

    /// Bits of the number of a byte in a beat.
    fn byte_bits(&self) -> u32 {
        self.splitter.beat_bytes.ilog2()
    }

    /// Whether a run from a group on reaches beyond the weights of VECTOR.
    fn beyond_groups<'m>(&self, group: Signal<'m>, run: Signal<'m>) -> Signal<'m> {
        let Some([taps, channels, groups]) = self.vector else {
            return run.module().low();
        };
        let wide = group.width() + 2;
        let rows = run.slice(channels.ilog2(), run.width() - channels.ilog2());
        let first = (1..taps).fold(group.zero_extend(wide), |sum, _| {
            sum + group.zero_extend(wide)
        });
        (first + rows.zero_extend(wide)).gt(taps * groups)
    }
}

#[hardware]
impl Block for LoadUnit {
    fn build<'m>(&self, m: &'m Module, io: LoadUnitInputs<'m>) -> LoadUnitOutputs<'m> {
        m.doc("Reads DRAM into scratchpad, weight ring and parameters.");
        let transfers = m.wires(Stream::of(Transfer::of(&self.splitter)));
        let scratchpad = m.wires(Stream::of(ByteWrite::of(self.scratchpad_bits, self.rows)));

        m.section("ask for runs");
        let word = io.instruction.payload;
        let opcode = field(word, &Synchronization::FIELDS[0]);
        let is_weights = opcode.eq(Opcode::Weights as u32);
        let load = Load::each(|of| field_of("load", word, of));
        let weights = Weights::each(|of| field_of("weights", word, of));
        let tile_bytes = self.tile_beats * self.splitter.beat_bytes;
        // A tile is a run: each waits for its own place in the ring.
        let params = RunParams {
            splitter: self.splitter,
            address_bits: self.address_bits(),
        };
        let choice = |tiles: Signal<'m>, runs: Signal<'m>| is_weights.mux(tiles, runs);
        let one = |width| m.lit(1, unsigned(width));
        let order = RunOrder {
            region: choice(weights.region, load.region),
            offset: choice(weights.offset, load.offset),
            address: load.address,
            run: choice(m.lit(tile_bytes, load.run.shape()), load.run),
            rows: choice(weights.tiles, load.rows.zero_extend(16)),
            row_stride: choice(m.lit(tile_bytes, load.row_stride.shape()), load.row_stride),
            row_pitch: load.row_pitch,
            planes: choice(one(load.planes.width()), load.planes),
            plane_stride: load.plane_stride,
            plane_pitch: load.plane_pitch,
            signal: signal_fields(word),
        };
        let free = m.wire(bit());
        let there_is_room = m.wire(bit());
        let may_ask = m.wire(bit());
        let [in_scratchpad, for_channels, for_entries, for_vector] = [(); 4].map(|_| m.wire(bit()));
        let is_outside = |address: Signal<'m>, [run, last_of_run]: [Signal<'m>; 2]| {
            let outside = outside_of_halves(self.scratchpad_bits, address, last_of_run);
            let words = run
                .slice(2, run.width() - 2)
                .zero_extend(address.width() + 2);
            // None is in front of word 0 of no words.
            let last_word = address.zero_extend(address.width() + 2) + (words - 1);
            let beyond = |bits: u32| {
                let above = last_word.slice(bits, last_word.width() - bits);
                !last_word.msb() & above.any()
            };
            (in_scratchpad & outside)
                | (for_channels & beyond(self.parameter_channels.ilog2()))
                | (for_entries & beyond(TABLE_BITS))
                | (for_vector & self.beyond_groups(address, run))
        };
        let run = runs(
            m,
            &params,
            &io.bases,
            order,
            (io.instruction.valid, free),
            (there_is_room, is_outside),
            io.clear,
        );
        io.instruction.ready.drive(free);
        let takes_instruction = io.instruction.fires();
        let for_weights = m.capture(takes_instruction, is_weights);
        let target = m.capture(takes_instruction, load.target);
        let is_vector = target.eq(Target::VectorWeights as u32);
        let is_table = target.ge(Target::ResultTable as u32) & !is_vector;
        let to_scratchpad = !for_weights & target.eq(Target::Scratchpad as u32);
        in_scratchpad.drive(to_scratchpad);
        for_channels.drive(!for_weights & target.any() & !is_table & !is_vector);
        for_entries.drive(!for_weights & is_table);
        for_vector.drive(!for_weights & is_vector);

        let tiles = unsigned(bits_for(self.ring_tiles.into()));
        /// tiles that are neither in the ring nor on their way
        let ring_free = m.reg(tiles).reset(self.ring_tiles);
        let takes_place = run.asked & for_weights;
        m.when(takes_place & !io.tile_released, || {
            ring_free.set(ring_free - 1)
        })
        .else_when(io.tile_released & !takes_place, || {
            ring_free.set(ring_free + 1)
        });
        m.when(io.clear, || ring_free.set(self.ring_tiles));
        may_ask.drive(!io.halt & (!for_weights | ring_free.any()));

        let coming = Coming {
            weights: for_weights,
            to_scratchpad,
            target,
            beat_address: run.beat_address,
            address: run.address,
            skip: run.skip,
            last_byte: run.last_byte,
            signals: run.signals,
            semaphore: run.semaphore,
        };
        let s = m.wires(Stream::of(unsigned(pack(&coming).width())));
        s.payload.drive(pack(&coming));
        s.valid.drive(run.asked);
        there_is_room.drive(s.ready & transfers.ready & may_ask);
        transfers.payload.address.drive(run.beat_address);
        transfers.payload.beats.drive(run.beats);
        transfers.valid.drive(run.valid & s.ready & may_ask);
        let under_way = Fifo::queue(s.payload.shape(), RUNS_UNDER_WAY);
        let under_way = m.instance(&under_way, StreamInputs { s });

        m.section("their bytes come");
        let come = unpack(under_way.m.payload, Coming::of(self));
        let beats = io.beats;
        let first = m.reg(bit()).reset(1);
        let address = m.reg(unsigned(self.scratchpad_bits));
        let here = first.mux(come.address.truncate(self.scratchpad_bits), *address);
        let beat_address = m.reg(come.beat_address.shape());
        let beat_here = first.mux(come.beat_address, *beat_address);
        /// channels in front of this beat of the run
        let channel_offset = m.reg(unsigned(self.channel_bits)).reset(0);
        let last = beats.payload.last;
        let takes = beats.fires();
        under_way.m.ready.drive(takes & last);
        m.when(takes, || {
            first.set(last);
            address.set(further(here, self.splitter.beat_bytes));
            beat_address.set(beat_here + self.splitter.beat_bytes);
            let next = channel_offset + self.splitter.beat_bytes / 4;
            channel_offset.set(last.mux(m.zero(channel_offset.shape()), next));
        });
        let fails = takes & beats.payload.response.any();
        let failed = m.flag(fails);
        let failed_address = m.capture(fails, beat_here);

        m.section("they go into their memory a cycle later");
        let channel_here = come.address.truncate(self.channel_bits) + channel_offset;
        let arrives = pack(&Arriving {
            to_scratchpad: come.to_scratchpad,
            target: come.target,
            address: here,
            mask: bytes_of_run(
                (*first, come.skip),
                (last, come.last_byte),
                self.splitter.beat_bytes,
            ),
            data: beats.payload.data,
            begins: *first,
            channel: channel_here.named("channel_here"),
            signals: last & come.signals,
            semaphore: come.semaphore,
        });
        let slice = RegisterSlice {
            shape: arrives.shape(),
            cut: Cut::Forward,
        };
        let s = Stream {
            payload: arrives,
            valid: beats.valid,
            ready: beats.ready,
        };
        let arrived = m.instance_of(&slice).named("arrived");
        let arrived = arrived.connect(StreamInputs { s }).m;
        let here = unpack(arrived.payload, Arriving::of(self));
        let goes = arrived.fires();
        arrived.ready.drive(!here.to_scratchpad | scratchpad.ready);
        scratchpad.payload.address.drive(here.address);
        scratchpad
            .payload
            .data
            .drive(here.data.extend(8 * self.rows));
        scratchpad.payload.mask.drive(here.mask.extend(self.rows));
        scratchpad.valid.drive(arrived.valid & here.to_scratchpad);
        // What is not for the scratchpad does not wait: whether it is there stands in registers of its own.
        let ring_enable = m.flag(takes & come.weights);
        let parameters_enable = m.flag(takes & !come.weights & !come.to_scratchpad);
        let beat_of_ring = m.reg(unsigned(self.ring_beat_bits())).reset(0);
        m.when(ring_enable, || beat_of_ring.set(beat_of_ring + 1));
        m.when(io.clear, || beat_of_ring.set(0));
        let tile_written = m.flag(takes & last & come.weights);
        let tile_comes = match self.tile_beats {
            1 => tile_written,
            beats => tile_written | beat_of_ring.bit(beats.ilog2() - 1),
        };
        let signalling_valid = m.flag(goes & here.signals);
        let quiet = under_way.level.eq(0) & !arrived.valid;
        LoadUnitOutputs {
            transfers,
            scratchpad,
            ring_enable,
            ring_beat: *beat_of_ring,
            parameters_enable,
            parameters_target: here.target,
            run_begins: here.begins,
            channel: here.channel,
            data: here.data,
            tile_written,
            tile_comes,
            signalling: Signalling {
                valid: signalling_valid,
                semaphore: m.delay(here.semaphore),
            },
            idle: !run.shown & quiet,
            quiet,
            failed,
            failed_address,
            out_of_range: m.flag(run.out_of_range),
        }
    }
}
