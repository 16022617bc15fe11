//! VECTOR: channels of an image, each with weights of its own.

use super::super::buffer::{AccumulatorInputs, Accumulators};
use super::super::control::{TokenInputs, TokenLine};
use super::super::ports::{ResultPort, Target};
use super::super::prim::{RamRead, SkidBuffer, StreamInputs};
use super::bank_row::READ_LATENCY;
use super::fields::{INSTRUCTION_BITS, field, signal_due, signal_fields};
use super::image::{BYTE, PitchFields, ROW, along, down, inside, prepare};
use super::nest::{Place, Single, nest};
use super::ports::{ByteRead, Signalling, wrapped};
use super::vector_lanes::{TAPS, VectorLanes, VectorLanesInputs};
use super::vector_weights::{VectorWeights, VectorWeightsInputs};
use crate::hdl::{
    Block, Module, Signal, Stream, bit, bundle, concat, hardware, index_bits, join, pack, unpack,
    unsigned,
};
use crate::isa::npu::{Vector, VectorFields};

/// Cycles from a read of the scratchpad until its bytes stand in front of the lanes.
const BYTES_STAGE: u32 = READ_LATENCY + 1;

/// Reads the vectors of a pass, one after the other, for lanes that keep the bytes of the last taps; no cycle is
/// between passes.
#[derive(Debug, Clone, PartialEq)]
pub struct VectorUnit {
    /// Module name.
    pub name: String,
    /// The lanes.
    pub lanes: VectorLanes,
    /// Memory of weights.
    pub weights: VectorWeights,
    /// Two banks of sums.
    pub accumulators: Accumulators,
    /// Bits of an address of the scratchpad.
    pub scratchpad_bits: u32,
}

bundle! {
    /// What a [`VectorUnit`] takes.
    pub struct VectorUnitInputs(unit: &VectorUnit) {
        /// VECTOR whose waits are over.
        instruction: Stream(unsigned(INSTRUCTION_BITS)),
        /// A beat of weights comes.
        weights_enable: bit(),
        /// It is the first one of its run.
        run_begins: bit(),
        /// The group in which the run begins.
        group: unsigned(unit.weights.group_bits()),
        beat: unsigned(unit.weights.bus_bits),
        /// What was read of the scratchpad.
        data: unsigned(8 * unit.lanes.channels),
        /// What POST reads of the banks.
        drain: ResultPort(unit.target_bits(), unit.accumulators.bank.width),
        /// A bank is free again.
        bank_freed: bit(),
        /// Forget everything.
        clear: bit(),
    }
}

bundle! {
    /// What a [`VectorUnit`] gives.
    pub struct VectorUnitOutputs(unit: &VectorUnit) {
        scratchpad: ByteRead(unit.scratchpad_bits),
        /// The last sums of a bank are written in this cycle.
        bank_complete: bit(),
        signalling: Signalling(),
        /// No instruction is under way.
        idle: bit(),
        /// An instruction is walked through.
        works: bit(),
        /// A vector of sums is complete as far as its pass goes.
        active: bit(),
        /// The scratchpad has no time.
        stall_scratchpad: bit(),
        /// A vector is beyond the accumulator bank, or a group beyond the weights.
        out_of_range: bit(),
    }
}

bundle! {
    /// How the passes of groups of so many taps read a row.
    struct Reads {
        taps: TAPS,
        /// Reads in front of the first vector, and of the next ones.
        first: TAPS,
        next: TAPS,
        /// Reads one behind the other, and how often: those of all vectors where they share bytes.
        count: unsigned(10),
        columns: unsigned(8),
    }
}

bundle! {
    /// A read of the scratchpad.
    struct Asked(unit: &VectorUnit) {
        address: unsigned(unit.scratchpad_bits),
        row: ROW,
        byte: BYTE,
        /// A row begins with padding.
        begins_padded: bit(),
        /// Of its group.
        taps: TAPS,
        group: unsigned(unit.weights.group_bits()),
        /// A vector of sums is complete with it, the first one of its pass.
        completes: bit(),
        is_first: bit(),
        /// Where its sums go, and what is signalled then.
        token: unsigned(unit.target_bits() + 9),
    }
}

impl VectorUnit {
    fn target_bits(&self) -> u32 {
        self.accumulators.bank.address_bits()
    }
}

#[hardware]
impl VectorUnit {
    /// How groups of `taps` are read, by an instruction whose vectors are one or two taps apart, and where
    /// the first tap of a row may not be read.
    fn reads<'m>(
        fields: &VectorFields<Signal<'m>>,
        [by_one, by_two]: [Signal<'m>; 2],
        (taps, skips): (Signal<'m>, Signal<'m>),
    ) -> Reads<'m> {
        let m = taps.module();
        let (by_one, by_two) = (by_one & taps.gt(1), by_two & taps.gt(2));
        let further = (fields.columns - 1).zero_extend(10);
        let further_taps = by_one.mux(further, (further + further).gate(by_two));
        Reads {
            taps,
            first: taps - skips.zero_extend(TAPS.width),
            next: by_one.mux(m.lit(1, TAPS), by_two.mux(m.lit(2, TAPS), taps)),
            count: taps.zero_extend(10) + further_taps - skips.zero_extend(10),
            columns: (by_one | by_two).mux(m.lit(1, fields.columns.shape()), fields.columns),
        }
    }
}

#[hardware]
impl Block for VectorUnit {
    fn build<'m>(&self, m: &'m Module, io: VectorUnitInputs<'m>) -> VectorUnitOutputs<'m> {
        m.doc("Vectors of channels that have weights of their own, a group of taps in a pass.");
        let bits = self.scratchpad_bits;
        let taps = self.lanes.taps;
        let all_taps = m.lit(taps, TAPS);

        m.section("the next instruction");
        let takes = m.wire(bit()).named("takes_instruction");
        let prepared = prepare(m, io.instruction, (takes, io.clear), bits, |word| {
            let fields = Vector::each(|of| field(word, of));
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
        let step = first.tap_step.zero_extend(18);
        let group_step = m.delay(match taps {
            1 => step,
            _ => step + step + step,
        });
        let by_one = m.delay(first.column_step.eq(first.tap_step));
        let twice = first.tap_step.zero_extend(17) + first.tap_step.zero_extend(17);
        let by_two = m.delay(first.column_step.zero_extend(17).eq(twice));
        // The first tap of three in front of the image is not read: the lanes begin a row with padding.
        let channels = self.lanes.channels;
        let in_front = first.first_byte.lt(1 - i64::from(channels));
        let is_row =
            first.column_step.eq(first.tap_step) | first.column_step.zero_extend(17).eq(twice);
        let three = first.groups.eq(1) & first.taps.eq(3);
        let skips = match taps {
            3 => m.flag(in_front & is_row & three),
            _ => m.low(),
        };
        let second_byte = m.delay(first.first_byte + first.tap_step.zero_extend(18).as_signed());
        // One tap is all there are, where there is one.
        let last_taps = |fields: &VectorFields<Signal<'m>>| match taps {
            1 => all_taps,
            _ => fields.taps,
        };

        m.section("the passes of an instruction");
        let streams = m.reg(bit()).reset(0);
        let walked = m.capture(takes, prepared.word);
        let fields = Vector::each(|of| field(walked, of));
        let signal = signal_fields(walked);
        let of_row = |taps: (Signal<'m>, Signal<'m>)| {
            pack(&VectorUnit::reads(&first, [by_one, by_two], taps))
        };
        let reads_of_all = of_row((all_taps, m.low()));
        let reads_of_last = of_row((last_taps(&first), skips));
        let of_all = m.capture(takes, reads_of_all);
        let of_last = m.capture(takes, reads_of_last);
        let begins_padded = m.capture(takes, skips);
        /// groups of taps that are left of the kernel row
        let groups_left = m.reg(fields.groups.shape());
        let is_last = m.reg(bit()).named("last_group");
        let next_is_last = fields.groups.eq(1) | groups_left.eq(2);
        let reads = unpack(is_last.mux(of_last, of_all), Reads::of());
        let loops = [
            along(reads.count, fields.tap_step, bits),
            along(reads.columns, fields.column_step, bits),
            down(
                fields.rows,
                fields.row_step,
                m.capture(takes, prepared.row_pitch).named("row_pitch"),
            ),
            along(
                fields.groups,
                m.capture(takes, group_step).named("step_of_group"),
                bits,
            ),
            down(
                fields.kernel_rows,
                fields.kernel_row_step,
                m.capture(takes, prepared.kernel_row_pitch)
                    .named("kernel_row_pitch"),
            ),
        ];
        let first_byte = skips.mux(second_byte, first.first_byte);
        let start = Place {
            address: prepared.first + wrapped(first_byte, bits),
            row: first.first_row,
            byte: first_byte,
        };
        let read = m.wire(bit());
        let no_read_waits = m.wire(bit());
        // Passes of other groups have other counts of reads.
        let row_ends = m.wire(bit());
        let group_ends = m.wire(bit());
        let next = group_ends.mux(
            next_is_last.mux(of_last, of_all),
            is_last.mux(of_last, of_all),
        );
        let next = unpack(next, Reads::of());
        let at_start = first.groups.eq(1).mux(reads_of_last, reads_of_all);
        let at_start = unpack(at_start, Reads::of());
        let counts = |of: &VectorFields<Signal<'m>>, reads: &Reads<'m>| {
            [
                reads.count,
                reads.columns,
                of.rows,
                of.groups,
                of.kernel_rows,
            ]
        };
        let single = Single::of(&counts(&first, &at_start), &counts(&fields, &next));
        let walk = nest(m, "walk", (takes, start), &loops, &single, read);
        row_ends.drive(walk.ends[0] & walk.ends[1]);
        group_ends.drive(row_ends & walk.ends[2]);
        let pass_ends = read & group_ends;
        let ends = read & walk.last;
        m.when(takes, || {
            groups_left.set(first.groups);
            is_last.set(first.groups.eq(1));
        })
        .else_when(pass_ends, || {
            groups_left.set(is_last.mux(fields.groups, groups_left - 1));
            is_last.set(next_is_last);
        });
        /// reads up to the next vector
        let reads_left = m.reg(TAPS);
        let is_complete = reads_left.eq(1);
        let completes = (read & is_complete).named("completes");
        let of_next_pass = next_is_last.mux(unpack(of_last, Reads::of()).first, all_taps);
        m.when(takes, || {
            let of_last = last_taps(&first) - skips.zero_extend(TAPS.width);
            reads_left.set(first.groups.eq(1).mux(of_last, all_taps));
        })
        .else_when(pass_ends, || reads_left.set(of_next_pass))
        .else_when(completes, || {
            reads_left.set(row_ends.mux(reads.first, reads.next));
        })
        .else_when(read, || reads_left.set(reads_left - 1));

        m.section("banks, and the places of vectors in them");
        let banks = m.reg(unsigned(2)).reset(2);
        let bank_is_there = !first.begin | banks.any();
        // Not in the cycle in which the last read is granted, which is known late.
        takes.drive(prepared.valid & !streams & no_read_waits & bank_is_there);
        let takes_bank = takes & first.begin;
        m.when(takes_bank & !io.bank_freed, || banks.set(banks - 1))
            .else_when(io.bank_freed & !takes_bank, || banks.set(banks + 1));
        let bank = m.reg(bit()).reset(1);
        m.when(takes_bank, || bank.set(!*bank));
        let index = m.reg(unsigned(self.target_bits()));
        m.when(takes | pass_ends, || index.set(0))
            .else_when(completes, || index.set(index + 1));
        // A pass of few vectors comes to the same sums no sooner than they are written.
        let distance = self.accumulators.reuse_distance();
        let few = index.lt(distance - 1);
        let rest = m.lit(distance - 1, index.shape()) - *index;
        /// cycles in which the next pass may not begin yet
        let settling = m.reg(unsigned(index_bits(distance.into()))).reset(0);
        let rest = rest.truncate(settling.shape().width);
        m.when(pass_ends, || settling.set(rest.gate(few)))
            .else_when(settling.any() & no_read_waits, || {
                settling.set(settling - 1);
            });
        let goes_on = (takes | (*streams & !ends)) & !io.clear;
        streams.next(goes_on);
        let requests = m.reg(bit()).reset(0);
        let settles = settling.eq(0) | (settling.eq(1) & no_read_waits);
        requests.next(goes_on & pass_ends.mux(!few, settles));
        read.drive(requests & no_read_waits);
        m.when(io.clear, || {
            banks.set(2);
            bank.set(1);
            settling.set(0);
        });
        let until_signal = m.reg(unsigned(8));
        let signal_due = signal_due(signal.period, *until_signal, walk.last);
        m.when(takes, || {
            until_signal.set(signal_fields(prepared.word).period);
        })
        .else_when(pass_ends, || {
            until_signal.set(signal_due.mux(signal.period, until_signal - 1));
        });

        /// the group of the pass
        let group = m.reg(unsigned(self.weights.group_bits()));
        m.when(takes, || group.set(wrapped(first.weights, group.width())))
            .else_when(pass_ends, || group.set(group + 1));
        // Behind the last place and the last group come the first ones.
        let no_place = completes & index.all() & !pass_ends;
        let no_group = pass_ends & group.all() & !ends & !fields.maximum;
        let out_of_range = m.flag(no_place | no_group);

        m.section("reads: whether the scratchpad has time is known late");
        // A vector may begin in front of the image: it wraps in the half of the image.
        let within = walk.place.address.truncate(bits - 1);
        let half = wrapped(fields.address, bits).msb();
        let begins = walk.begins[3] & walk.begins[4] & fields.begin;
        let signals = group_ends & signal.signals & signal_due;
        let asked = pack(&Asked {
            address: concat(&[half, within]),
            row: walk.place.row,
            byte: walk.place.byte,
            begins_padded: begins_padded & walk.begins[0],
            taps: reads.taps,
            group: *group,
            completes: is_complete,
            is_first: index.eq(0),
            token: concat(&[
                signal.semaphore,
                signals.named("signals"),
                fields.maximum,
                begins,
                fields.end & walk.last,
                *bank,
                *index,
            ]),
        });
        let buffer = SkidBuffer {
            shape: asked.shape(),
        };
        let s = Stream {
            payload: asked,
            valid: *requests,
            ready: no_read_waits,
        };
        let asked = m.instance_of(&buffer).named("asked");
        let asks = asked.connect(StreamInputs { s }).m;
        let asked = unpack(asks.payload, Asked::of(self));
        let scratchpad = m.wires(ByteRead::of(bits));
        scratchpad.request.drive(asks.valid);
        scratchpad.address.drive(asked.address);
        asks.ready.drive(scratchpad.grant);
        let reads_now = asks.fires();
        let completes_now = reads_now & asked.completes;

        m.section("bytes outside of the image are the padding");
        let place = Place {
            address: asked.address,
            row: asked.row,
            byte: asked.byte,
        };
        let inside = inside(m, channels, place, (fields.width, fields.height));
        let inside = m.delay_by("inside", inside, READ_LATENCY - 1);
        let padding = m.delay_by("padding", fields.padding, READ_LATENCY);
        let bytes = io.data.split(8).into_iter().zip(inside.split(1));
        let bytes: Vec<_> = bytes
            .map(|(byte, inside)| inside.mux(byte, padding.as_unsigned()))
            .collect();
        let bytes = m.delay(join(&bytes));

        m.section("their weights");
        // Read for the first vector of a pass, they stay for all of them.
        let reads_group = completes_now & asked.is_first;
        let reads_group = m.delay_by("reads_group", reads_group, READ_LATENCY - 1);
        let inputs = VectorWeightsInputs {
            enable: io.weights_enable,
            begins: io.run_begins,
            group: io.group,
            data: io.beat,
            read: RamRead {
                enable: reads_group,
                address: m.delay_by("group_read", asked.group, READ_LATENCY - 1),
            },
        };
        let weights = m.instance(&self.weights, inputs).weights;
        let of_pass = m.delay_by(
            "of_pass",
            concat(&[fields.maximum, asked.taps]),
            READ_LATENCY,
        );
        let of_pass = m
            .capture(m.delay(reads_group), of_pass)
            .named("of_pass_read");

        m.section("sums");
        let inputs = VectorLanesInputs {
            enable: m.delay_by("bytes_come", reads_now, BYTES_STAGE),
            begins: m.delay_by("row_begins", asked.begins_padded, BYTES_STAGE),
            padding: m.delay(padding).named("padding_of_bytes"),
            bytes,
            weights,
            taps: of_pass.truncate(TAPS.width),
            maximum: of_pass.msb(),
        };
        let sums = m.instance(&self.lanes, inputs).sums;
        let line = TokenLine {
            name: format!("{}_token_line", self.name),
            cycles: BYTES_STAGE + self.lanes.latency() - 1,
            width: asked.token.width(),
        };
        let inputs = TokenInputs {
            clear: io.clear,
            valid_in: completes_now,
            token_in: asked.token,
        };
        let token_line = m.instance(&line, inputs);
        let token = token_line.token_out;
        let at = self.target_bits();
        let inputs = AccumulatorInputs {
            clear: io.clear,
            target: Target {
                valid: token_line.valid_out,
                first: token.bit(at + 2),
                last: token.bit(at + 1),
                bank: token.bit(at),
                address: token.truncate(at),
            },
            maximum: vec![token.bit(at + 3)],
            sums,
            drain: io.drain,
        };
        let accumulators = m.instance(&self.accumulators, inputs);
        /// cycles until the weights of what was read are read too
        let under_way = m
            .reg(unsigned(index_bits(u64::from(line.cycles) + 1)))
            .reset(0);
        m.when(reads_now, || under_way.set(line.cycles))
            .else_when(under_way.any(), || under_way.set(under_way - 1));
        VectorUnitOutputs {
            scratchpad,
            bank_complete: accumulators.block_complete,
            signalling: Signalling {
                valid: m.flag(token_line.valid_out & token.bit(at + 4)),
                semaphore: m.delay(token.slice(at + 5, 4)),
            },
            idle: !streams
                & no_read_waits
                & !prepared.valid
                & io.instruction.ready
                & under_way.eq(0),
            works: *streams,
            active: completes_now,
            stall_scratchpad: scratchpad.request & !scratchpad.grant,
            out_of_range,
        }
    }
}
