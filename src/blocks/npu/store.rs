//! STORE: from the scratchpad to DRAM.

use super::super::prim::{BurstSplitter, Fifo, SkidBuffer, StreamInputs, Transfer, WriteBeat};
use super::bank_row::READ_LATENCY;
use super::fields::{INSTRUCTION_BITS, field, signal_fields};
use super::ports::{ByteRead, Signalling, further};
use super::runs::{RunOrder, RunParams, bytes_of_run, outside_of_halves, runs};
use crate::hdl::{
    Block, Module, Signal, Stream, bit, bits_for, bundle, concat, hardware, pack, unpack, unsigned,
};
use crate::isa::npu::Store;

/// Runs whose addresses are out and whose answers are not in.
const RUNS_UNDER_WAY: u32 = 16;
/// Beats that were read and not sent.
const BEATS_READ: u32 = 8;

/// Takes the instructions in order; a run is done when DRAM has answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreUnit {
    /// Module name.
    pub name: String,
    /// Of the bus.
    pub splitter: BurstSplitter,
    /// Bytes of a vector of the scratchpad.
    pub rows: u32,
    /// Bits of an address of the scratchpad.
    pub scratchpad_bits: u32,
}

bundle! {
    /// What a [`StoreUnit`] takes.
    pub struct StoreUnitInputs(unit: &StoreUnit) {
        /// STORE whose waits are over.
        instruction: Stream(unsigned(INSTRUCTION_BITS)),
        /// First byte of each DRAM region.
        bases: [unsigned(unit.splitter.address_bits); 4],
        /// What was read of the scratchpad.
        data: unsigned(8 * unit.rows),
        /// The answer to a run.
        done: Stream(unsigned(2)),
        /// Begin nothing more.
        halt: bit(),
        /// Forget everything.
        clear: bit(),
    }
}

bundle! {
    /// What a [`StoreUnit`] gives.
    pub struct StoreUnitOutputs(unit: &StoreUnit) {
        scratchpad: ByteRead(unit.scratchpad_bits),
        /// What is to be written.
        transfers: Stream(Transfer(&unit.splitter)),
        /// Its bytes.
        beats: Stream(WriteBeat(&unit.splitter)),
        signalling: Signalling(),
        /// No instruction is under way.
        idle: bit(),
        /// No transfer is under way.
        quiet: bit(),
        /// DRAM has answered with an error.
        failed: bit(),
        /// The first beat of which run.
        failed_address: unsigned(unit.splitter.address_bits),
        /// A run is beyond the scratchpad.
        out_of_range: bit(),
    }
}

bundle! {
    /// A run whose bytes are to be read.
    struct Going(unit: &StoreUnit) {
        /// Where byte 0 of the first beat stands.
        address: unsigned(unit.scratchpad_bits),
        beats: unsigned(unit.splitter.count_bits),
        /// It is one only.
        is_beat: bit(),
        /// Bytes of the first beat in front of the run.
        skip: unsigned(unit.byte_bits()),
        /// The last byte of the last beat that counts.
        last_byte: unsigned(unit.byte_bits()),
    }
}

impl StoreUnit {
    /// Bits of the number of a byte in a beat.
    fn byte_bits(&self) -> u32 {
        self.splitter.beat_bytes.ilog2()
    }
}

#[hardware]
impl Block for StoreUnit {
    fn build<'m>(&self, m: &'m Module, io: StoreUnitInputs<'m>) -> StoreUnitOutputs<'m> {
        m.doc("Writes the scratchpad to DRAM.");
        let transfers = m.wires(Stream::of(Transfer::of(&self.splitter)));
        let beats = m.wires(Stream::of(WriteBeat::of(&self.splitter)));
        let scratchpad = m.wires(ByteRead::of(self.scratchpad_bits));

        m.section("announce runs");
        let word = io.instruction.payload;
        let store = Store::each(|of| field(word, of));
        let params = RunParams {
            splitter: self.splitter,
            address_bits: self.scratchpad_bits,
        };
        let order = RunOrder {
            region: store.region,
            offset: store.offset,
            address: store.address,
            run: store.run,
            rows: store.rows,
            row_stride: store.row_stride,
            row_pitch: store.row_pitch,
            planes: store.planes,
            plane_stride: store.plane_stride,
            plane_pitch: store.plane_pitch,
            signal: signal_fields(word),
        };
        let free = m.wire(bit());
        let room = m.wire(bit());
        let taken = (io.instruction.valid, free);
        let is_outside = |address, [_, last_of_run]: [Signal<'m>; 2]| {
            outside_of_halves(self.scratchpad_bits, address, last_of_run)
        };
        let run = runs(
            m,
            &params,
            &io.bases,
            order,
            taken,
            (room, is_outside),
            io.clear,
        );
        io.instruction.ready.drive(free);
        let going = Going {
            address: run.address,
            beats: run.beats,
            is_beat: run.is_beat,
            skip: run.skip,
            last_byte: run.last_byte,
        };
        let queue = |name: &str, payload: Signal<'m>| {
            let s = m.wires(Stream::of(payload.shape()));
            s.payload.drive(payload);
            s.valid.drive(run.asked);
            let fifo = m.instance_of(&Fifo::queue(payload.shape(), RUNS_UNDER_WAY));
            let out = fifo.named(name).connect(StreamInputs { s });
            (s.ready, out)
        };
        let (going_ready, going) = queue("going", pack(&going));
        let signal = concat(&[run.beat_address, run.semaphore, run.signals]);
        let (answer_ready, answers) = queue("answers", signal);
        let queues_ready = going_ready & answer_ready & !io.halt;
        room.drive(queues_ready & transfers.ready);
        transfers.payload.address.drive(run.beat_address);
        transfers.payload.beats.drive(run.beats);
        transfers.valid.drive(run.valid & queues_ready);

        m.section("read their bytes");
        let goes = unpack(going.m.payload, Going::of(self));
        let first = m.reg(bit()).named("first_beat").reset(1);
        /// beats of the run that are left, behind the first, and whether one is
        let left = m.reg(goes.beats.shape());
        let one_left = m.reg(bit());
        let here_left = first.mux(goes.beats, *left);
        let last = first.mux(goes.is_beat, *one_left);
        let then_one = here_left.eq(2);
        /// of the beat behind the first
        let address = m.reg(unsigned(self.scratchpad_bits));
        let places = m
            .reg(unsigned(bits_for(BEATS_READ.into())))
            .reset(BEATS_READ);
        let here = first.mux(goes.address, *address);
        let s = m.wires(Stream::of(unsigned(
            self.splitter.beat_bytes + self.scratchpad_bits,
        )));
        s.valid.drive((going.m.valid & places.any()).named("asks"));
        let reads = s.fires().named("reads");
        m.when(reads, || {
            first.set(last);
            left.set(here_left - 1);
            one_left.set(then_one);
            address.set(further(here, self.splitter.beat_bytes));
        });
        going.m.ready.drive(reads & last);
        let mask = bytes_of_run(
            (*first, goes.skip),
            (last, goes.last_byte),
            self.splitter.beat_bytes,
        );
        s.payload.drive(concat(&[mask, here]));
        // Whether the scratchpad has time is known late.
        let buffer = SkidBuffer {
            shape: s.payload.shape(),
        };
        let asked = m.instance_of(&buffer).named("read_asked");
        let asked = asked.connect(StreamInputs { s }).m;
        scratchpad.request.drive(asked.valid);
        scratchpad
            .address
            .drive(asked.payload.truncate(self.scratchpad_bits));
        asked.ready.drive(scratchpad.grant);
        let mask = asked
            .payload
            .slice(self.scratchpad_bits, self.splitter.beat_bytes);

        m.section("and send them");
        // A read that a reset meets must not come to the queue behind it.
        let read = (1..=READ_LATENCY).fold(asked.fires(), |read, cycle| {
            m.flag(read).named(format!("read_{cycle}"))
        });
        let strobe = m.delay_by("strobe", mask, READ_LATENCY);
        let data = io.data.truncate(8 * self.splitter.beat_bytes);
        let s = Stream {
            payload: concat(&[strobe, data]),
            valid: read,
            ready: m.wire(bit()).named("sent_ready"),
        };
        m.assert(
            "beats_fit",
            !read | s.ready,
            "a beat was read without a place for it",
        );
        let sent = Fifo::queue(s.payload.shape(), BEATS_READ);
        let sent = m.instance(&sent, StreamInputs { s }).m;
        beats
            .payload
            .data
            .drive(sent.payload.truncate(data.width()));
        beats
            .payload
            .strobe
            .drive(sent.payload.slice(data.width(), strobe.width()));
        beats.valid.drive(sent.valid);
        sent.ready.drive(beats.ready);
        let leaves = beats.fires();
        m.when(reads & !leaves, || places.set(places - 1))
            .else_when(leaves & !reads, || places.set(places + 1));

        m.section("answers");
        io.done.ready.drive(m.high());
        answers.m.ready.drive(io.done.valid);
        let answer = answers.m.payload;
        let signalling_valid = m.flag(io.done.valid & answer.bit(0));
        let semaphore = m.delay(answer.slice(1, 4));
        let fails = io.done.valid & io.done.payload.any();
        let failed = m.flag(fails);
        let failed_address = m.capture(fails, answer.slice(5, self.splitter.address_bits));
        StoreUnitOutputs {
            scratchpad,
            transfers,
            beats,
            signalling: Signalling {
                valid: signalling_valid,
                semaphore,
            },
            idle: !run.shown & answers.level.eq(0),
            quiet: answers.level.eq(0),
            failed,
            failed_address,
            out_of_range: m.flag(run.out_of_range),
        }
    }
}
