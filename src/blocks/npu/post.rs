//! POST: from sums in an accumulator bank to bytes in the scratchpad.

use super::super::control::{TokenInputs, TokenLine};
use super::super::ports::ResultPort;
use super::super::post::{Arithmetic, Requantizer, RequantizerInputs};
use super::bank_row::READ_LATENCY;
use super::fields::{INSTRUCTION_BITS, field, signal_due, signal_fields};
use super::parameters::SHIFT_BITS;
use super::ports::{ByteWrite, Signalling, wrapped};
use super::tables::{TABLE_LATENCY, Tables, TablesOutputs};
use crate::arch::Target;
use crate::hdl::{
    Block, Module, Pins, Signal, Stream, bit, bundle, concat, hardware, index_bits, join, unsigned,
};
use crate::isa::npu::Post;

/// Cycles from the issue of a read until its sum stands in front of the requantizers: address, memory,
/// choice of the lanes, window, bias.
const SUM_STAGE: u32 = 5;

/// Takes the banks of MATRIX, and those of VECTOR, in the order in which they were handed over, L channels of a vector in a cycle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostUnit {
    /// Module name.
    pub name: String,
    /// C.
    pub columns: u32,
    /// V.
    pub vector_channels: u32,
    /// L.
    pub lanes: u32,
    /// What can be computed.
    pub arithmetic: Arithmetic,
    /// The chips that it is made for.
    pub target: Target,
    /// Bytes of a vector of the scratchpad.
    pub rows: u32,
    /// Bits of an address of the scratchpad.
    pub scratchpad_bits: u32,
    /// Bits of the place of a vector in an accumulator bank.
    pub target_bits: u32,
    /// Bits of the number of L channels with parameters.
    pub group_bits: u32,
    /// Bits of a beat.
    pub bus_bits: u32,
}

bundle! {
    /// What a [`PostUnit`] takes.
    pub struct PostUnitInputs(unit: &PostUnit) {
        /// POST whose waits are over.
        instruction: Stream(unsigned(INSTRUCTION_BITS)),
        /// The last sums of a bank have been written.
        bank_complete: bit(),
        /// Those of a bank of VECTOR.
        vector_bank_complete: bit(),
        /// Of the channels that were asked for, the lowest first.
        biases: unsigned(32 * unit.lanes),
        multipliers: unsigned(32 * unit.lanes),
        shifts: unsigned(SHIFT_BITS * unit.lanes),
        /// What is added, of the scratchpad.
        residual_data: unsigned(8 * unit.rows),
        tables: TablesOutputs(&unit.tables()),
        /// Forget everything.
        clear: bit(),
    }
}

bundle! {
    /// What a [`PostUnit`] gives.
    pub struct PostUnitOutputs(unit: &PostUnit) {
        sums: ResultPort(unit.target_bits, 32 * unit.columns),
        vector_sums: ResultPort(unit.target_bits, 32 * unit.vector_channels),
        /// L channels with parameters.
        parameters: unsigned(unit.group_bits),
        /// What is added is read in this cycle.
        residual_enable: bit(),
        residual_address: unsigned(unit.scratchpad_bits),
        /// For the tables: L results, and what is added to them.
        results: unsigned(8 * unit.lanes),
        residuals: unsigned(8 * unit.lanes),
        /// Bytes for the scratchpad in this cycle.
        write_enable: bit(),
        write: ByteWrite(unit.scratchpad_bits, unit.rows),
        /// A bank is free again, and one of VECTOR.
        bank_freed: bit(),
        vector_bank_freed: bit(),
        signalling: Signalling(),
        /// No instruction is under way.
        idle: bit(),
        /// Sums are read.
        active: bit(),
        /// A vector is beyond the scratchpad or the bank, or a channel beyond the parameters.
        out_of_range: bit(),
    }
}

impl PostUnit {
    /// The tables of sums, for their ports.
    pub fn tables(&self) -> Tables {
        Tables {
            name: self.name.replace("post", "tables"),
            lanes: self.lanes,
            bus_bits: self.bus_bits,
        }
    }

    fn requantizer(&self) -> Requantizer {
        Requantizer {
            name: format!("{}_requantizer", self.name),
            arithmetic: self.arithmetic,
            target: self.target,
        }
    }

    /// Cycles from a result of the requantizers until the sum that it is in stands in front of them: sums
    /// take the cycles that the results of every second cycle leave free.
    fn return_latency(&self) -> u32 {
        let latency = TABLE_LATENCY + 1;
        latency + u32::from((self.requantizer().latency() + latency).is_multiple_of(2))
    }
}

/// The banks of a unit, as POST takes them.
struct HandedOver<'m> {
    /// One has been handed over and not been freed.
    any: Signal<'m>,
    /// The one that was handed over first.
    bank: Signal<'m>,
}

/// Counts banks that are handed over where `completes` is 1, and freed, in turn, where `frees` is.
#[hardware]
#[track_caller]
fn handed_over<'m>(
    m: &'m Module,
    prefix: &str,
    (completes, frees): (Signal<'m>, Signal<'m>),
    clear: Signal<'m>,
) -> HandedOver<'m> {
    let named = |name: &str| format!("{prefix}{name}");
    let complete = m.reg(unsigned(2)).named(named("complete")).reset(0);
    let bank = m.reg(bit()).named(named("bank")).reset(0);
    let any = m.reg(bit()).named(named("any")).reset(0);
    m.when(frees, || bank.set(!*bank));
    m.when(completes & !frees, || {
        complete.set(complete + 1);
        any.set(true);
    })
    .else_when(frees & !completes, || {
        complete.set(complete - 1);
        any.set(complete.gt(1));
    });
    m.when(clear, || {
        complete.set(0);
        any.set(false);
        bank.set(0);
    });
    HandedOver {
        any: *any,
        bank: *bank,
    }
}

#[hardware]
impl Block for PostUnit {
    fn build<'m>(&self, m: &'m Module, io: PostUnitInputs<'m>) -> PostUnitOutputs<'m> {
        if self.arithmetic == Arithmetic::Float {
            // Sums of residuals are requantized with fixed point, which this core does not have.
            m.unused(io.tables.shift);
        }
        m.doc("From sums to bytes of the scratchpad: bias, requantization, windows.");
        let (lanes, bits) = (self.lanes, self.scratchpad_bits);

        m.section("the instruction");
        let active = m.reg(bit()).reset(0);
        let reads = m.wire(bit());
        let ends = m.wire(bit());
        /// the first sum is still to be read
        let is_new = m.reg(bit());
        let begins = reads & *is_new;
        // The word stays until its last fields have been taken behind the sums.
        let begun = m.reg(unsigned(SUM_STAGE - 2)).reset(0);
        begun.next(concat(&[begun.truncate(SUM_STAGE - 3), begins]));
        let is_taken = begun.truncate(SUM_STAGE - 3).eq(0);
        let residual_under_way = m.wire(bit());
        // Not in the cycle of the last sum, which is known late.
        let ready = !*active & is_taken & !residual_under_way;
        io.instruction.ready.drive(ready);
        let takes = io.instruction.fires();
        let word = m.capture(takes, io.instruction.payload);
        let fields = Post::each(|of| field(word, of));
        let signal = signal_fields(word);
        let frees = m.wire(bit());
        let matrix_frees = frees & !fields.vector;
        let vector_frees = frees & fields.vector;
        let of_matrix = handed_over(m, "", (io.bank_complete, matrix_frees), io.clear);
        let of_vector = handed_over(
            m,
            "vector_",
            (io.vector_bank_complete, vector_frees),
            io.clear,
        );
        let is_complete = fields.vector.mux(of_vector.any, of_matrix.any);
        // A sum comes back to the requantizers in the cycles between.
        let phase = m.reg(bit()).reset(0);
        phase.next(!*phase);
        let next = Post::each(|of| field(io.instruction.payload, of));
        let in_phase = m.reg(bit());
        in_phase.next(!takes.mux(next.residual, fields.residual) | !*phase);
        reads.drive(*active & is_complete & *in_phase);

        m.section("vectors, their channels, and the sums of a window");
        let here = |address: Signal<'m>| wrapped(address, bits);
        // Wide enough for the first address beyond the largest scratchpad.
        let wide = unsigned(next.address.width() + 1);
        /// of the first channels of the row
        let row_group = m.reg(unsigned(self.group_bits));
        let window_sum = m.reg(unsigned(8));
        let channels_left = m.reg(fields.channels.shape());
        let group = m.reg(unsigned(self.group_bits));
        let columns_left = m.reg(fields.columns.shape());
        let rows_left = m.reg(fields.rows.shape());
        let until_signal = m.reg(signal.period.shape());
        let place = m.reg(unsigned(self.target_bits));
        /// of the first sum of the window
        let vector_place = m.reg(unsigned(self.target_bits));
        let address = m.reg(wide);
        let vector_address = m.reg(wide);
        let row_address = m.reg(wide);
        let first_of_window = window_sum.eq(0);
        let last_of_window = m.reg(bit());
        let next_of_window = last_of_window.mux(m.zero(window_sum.shape()), window_sum + 1);
        let window_ends = (next_of_window + 1).eq(fields.window);
        let last_channels = m.reg(bit());
        let last_column = m.reg(bit());
        let last_row = m.reg(bit());
        let vector_ends = *last_of_window & *last_channels;
        let row_ends = vector_ends & *last_column;
        ends.drive(row_ends & *last_row);
        let signal_due = signal_due(signal.period, *until_signal, *last_row);
        let first_group = |parameters: Signal<'m>| {
            parameters
                .slice(lanes.ilog2(), parameters.width() - lanes.ilog2())
                .truncate(self.group_bits)
        };
        let next_row_group = row_group.zero_extend(self.group_bits + 1)
            + m.lit(self.columns / lanes, unsigned(self.group_bits + 1));
        let next_group = next_row_group.truncate(self.group_bits);
        m.when(takes, || {
            active.set(true);
            is_new.set(true);
            window_sum.set(0);
            last_of_window.set(next.window.eq(1));
            channels_left.set(next.channels);
            last_channels.set(next.channels.le(lanes));
            last_column.set(next.columns.eq(1));
            last_row.set(next.rows.eq(1));
            group.set(first_group(next.parameters));
            row_group.set(first_group(next.parameters));
            columns_left.set(next.columns);
            rows_left.set(next.rows);
            until_signal.set(signal_fields(io.instruction.payload).period);
            place.set(0);
            vector_place.set(0);
            for start in [&address, &vector_address, &row_address] {
                start.set(next.address.zero_extend(wide.width));
            }
        })
        .else_when(reads, || {
            is_new.set(false);
            window_sum.set(next_of_window);
            last_of_window.set(window_ends);
            place.set(place + 1);
            m.when(last_of_window & !last_channels, || {
                place.set(*vector_place);
                channels_left.set(channels_left - lanes);
                last_channels.set(channels_left.le(2 * lanes));
                group.set(group + 1);
                address.set(address + lanes);
            });
            m.when(vector_ends, || {
                vector_place.set(place + 1);
                channels_left.set(fields.channels);
                last_channels.set(fields.channels.le(lanes));
                group.set(*row_group);
                columns_left.set(columns_left - 1);
                last_column.set(columns_left.eq(2));
                let next_vector = vector_address + fields.column_pitch.zero_extend(wide.width);
                address.set(next_vector);
                vector_address.set(next_vector);
            });
            m.when(row_ends, || {
                columns_left.set(fields.columns);
                last_column.set(fields.columns.eq(1));
                rows_left.set(rows_left - 1);
                last_row.set(rows_left.eq(2));
                until_signal.set(signal_due.mux(signal.period, until_signal - 1));
                let next_row = row_address + fields.row_pitch.zero_extend(wide.width);
                address.set(next_row);
                vector_address.set(next_row);
                row_address.set(next_row);
                m.when(fields.row_parameters, || {
                    row_group.set(next_group);
                    group.set(next_group);
                });
            });
            m.when(ends, || active.set(false));
        });
        let half = vector_address.truncate(bits - 1).zero_extend(wide.width);
        let crosses = (half + fields.channels.zero_extend(wide.width)).gt(1_u32 << (bits - 1));
        let beyond = vector_address.slice(bits, wide.width - bits);
        // Behind the last vector of a bank, and the last group with parameters, come the first ones.
        let takes_next = !(last_of_window & !last_channels) & !ends;
        let no_vector = takes_next & place.all();
        let no_group = last_of_window & !last_channels & group.all();
        let no_row_group = row_ends & !last_row & fields.row_parameters & next_row_group.msb();
        let wraps = reads & (no_vector | no_group | no_row_group);
        let out_of_range = m.flag((*active & (beyond.any() | crosses)) | wraps);
        frees.drive(reads & ends);
        m.when(io.clear, || active.set(false));
        let bank_freed = m.flag(matrix_frees);
        let vector_bank_freed = m.flag(vector_frees);

        m.section("sums of L channels");
        let sums = m.wires(ResultPort::of(self.target_bits, 32 * self.columns));
        let vector_width = 32 * self.vector_channels;
        let vector_sums = m.wires(ResultPort::of(self.target_bits, vector_width));
        for (port, enable, bank) in [
            (&sums, !fields.vector, of_matrix.bank),
            (&vector_sums, fields.vector, of_vector.bank),
        ] {
            port.enable.drive(reads & enable);
            port.advance.drive(m.high());
            port.bank.drive(bank);
            port.address.drive(*place);
        }
        let parameters = m.delay(*group);
        let groups = self.columns / lanes;
        let chooses = index_bits(groups.into());
        let before = first_group(fields.parameters).truncate(chooses);
        let part = m.delay_by("part", group.truncate(chooses) - before, 2);
        let chosen = |sums: Signal<'m>| {
            let words = sums.split(32 * lanes);
            match words.len() as u64 {
                1 => words[0],
                words_of => part.truncate(index_bits(words_of)).select(&words),
            }
        };
        let matrix_sums = m.delay(chosen(sums.data));
        let sums_of_vector = m.delay(chosen(vector_sums.data));
        let from_vector = m.delay_by("from_vector", fields.vector, 3);
        let lane_sums = from_vector.mux(sums_of_vector, matrix_sums);
        let is_read = m.delay_by("is_read", reads, 3);
        let begins_window = m.delay_by("begins_window", first_of_window, 3);
        let is_maximum = m.delay_by("is_maximum", fields.maximum, 3);
        let biases = m.delay_by("biases", io.biases, 2);

        m.section("requantization");
        let late = |name: &str, value: Signal<'m>| m.capture(begun.msb(), value).named(name);
        let per_channel = late("per_channel", fields.per_channel);
        let multiplier = late("tensor_multiplier", fields.multiplier);
        let shift = late("tensor_shift", fields.shift.as_unsigned());
        let float = late("float", fields.float);
        let zero_point = late("zero_point", fields.zero_point);
        let low = late("low", fields.low);
        let high = late("high", fields.high);
        let multipliers = m.delay_by("multipliers", io.multipliers, 2);
        let shifts = m.delay_by("shifts", io.shifts, 2);
        let requantizer = self.requantizer();
        // Sums that come back take the place of the accumulators in the cycle in front of the requantizers.
        let returns = m.wire(bit());
        let sums_back = m.wire(unsigned(32 * lanes));
        let choose = |name: &str, sum: Signal<'m>, first: Signal<'m>| {
            m.delay(returns.mux(sum, first)).named(name)
        };
        let is_float = match self.arithmetic {
            Arithmetic::Both => choose("is_float", io.tables.is_float, float),
            // There is no choice.
            Arithmetic::Float | Arithmetic::FixedPoint => {
                m.unused(io.tables.is_float);
                m.delay(float).named("is_float")
            }
        };
        let zero_point = choose("zero", io.tables.zero_point, zero_point);
        let low = choose("lower_limit", io.tables.low, low);
        let high = choose("upper_limit", io.tables.high, high);
        let mut values = Vec::new();
        for lane in 0..lanes {
            let sum = lane_sums.slice(32 * lane, 32).as_signed();
            let total = m
                .reg(sum.shape())
                .named(format!("total_{lane}"))
                .enable(is_read);
            let larger = sum.gt(*total).mux(sum, *total);
            total.next(begins_window.mux(sum, is_maximum.mux(larger, total + sum)));
            let bias = biases.slice(32 * lane, 32).as_signed();
            let sum_back = sums_back.slice(32 * lane, 32).as_signed();
            let accumulator = choose(&format!("accumulator_{lane}"), sum_back, total + bias);
            let of_channel = multipliers.slice(32 * lane, 32);
            let multiplier = per_channel.mux(of_channel, multiplier);
            let of_sum = io.tables.multiplier;
            let multiplier = choose(&format!("multiplier_{lane}"), of_sum, multiplier);
            let of_channel = shifts.slice(SHIFT_BITS * lane, SHIFT_BITS);
            let shift = per_channel.mux(of_channel, shift).as_signed();
            let shift = choose(&format!("shift_{lane}"), io.tables.shift, shift);
            let choices = (requantizer.choices().into_iter()).map(|(name, _)| match name {
                "shift" => (name, shift),
                _ => (name, is_float),
            });
            let inputs = RequantizerInputs {
                advance: m.high(),
                accumulator,
                multiplier: multiplier.truncate(31),
                choices: Pins::new(choices),
                zero_point,
                low,
                high,
            };
            let lane = m.instance_of(&requantizer).named(format!("lane_{lane}"));
            values.push(lane.connect(inputs).value.as_unsigned());
        }

        m.section("where the bytes go");
        let mask: Vec<_> = (0..lanes).map(|lane| channels_left.gt(lane)).collect();
        let signals = signal.signals & signal_due & row_ends;
        let token = concat(&[
            fields.residual,
            signal.semaphore,
            signals,
            join(&mask),
            address.truncate(bits),
        ]);
        let line = |name: &str, cycles: u32, (valid_in, token_in): (Signal<'m>, Signal<'m>)| {
            let line = TokenLine {
                name: format!("{}_token_line_{cycles}", self.name),
                cycles,
                width: token.width(),
            };
            let inputs = TokenInputs {
                clear: io.clear,
                valid_in,
                token_in,
            };
            let line = m.instance_of(&line).named(name).connect(inputs);
            (line.valid_out, line.token_out)
        };
        let to_result = SUM_STAGE + requantizer.latency();
        let issued = (reads & last_of_window, token);
        let before_asks = line("to_residual", to_result - READ_LATENCY - 1, issued);
        let valid = m.flag(before_asks.0 & !io.clear).named("asks");
        let asks = (valid, m.delay(before_asks.1).named("asking_token"));
        // Who uses the scratchpad is decided by what is read and written: both come from registers.
        let before_result = line("to_result", READ_LATENCY - 1, asks);
        let is_residual = |token: Signal<'m>| token.msb();

        m.section("sums with what is added to the results");
        let distance = fields.residual_address.zero_extend(fields.address.width()) - fields.address;
        let distance = late("residual_distance", here(distance));
        let residual_enable = m.flag(before_asks.0 & is_residual(before_asks.1));
        let residual_address = m.delay(before_asks.1.truncate(bits) + distance);
        let valid = m.flag(before_result.0 & is_residual(before_result.1) & !io.clear);
        let returned = (valid, m.delay(before_result.1).named("result_token"));
        let before_back = line("to_return", self.return_latency() - 1, returned);
        returns.drive(before_back.0);
        let valid = m.flag(before_back.0 & !io.clear).named("is_back");
        let back = (valid, m.delay(before_back.1).named("back_token"));
        let extra = self.return_latency() - 1 - TABLE_LATENCY;
        sums_back.drive(m.delay_by("sums_back", io.tables.sums, extra));
        let before_sum = line("to_sum", requantizer.latency() - 1, back);
        let before_write = before_sum.0 | (before_result.0 & !is_residual(before_result.1));
        let write_enable = m.flag(before_write & !io.clear);
        let token = m.delay(before_sum.0.mux(before_sum.1, before_result.1));
        let behind_mask = bits + lanes;
        let cycles = to_result + self.return_latency() + requantizer.latency() + 1;
        let under_way = m.reg(unsigned(index_bits(u64::from(cycles) + 1))).reset(0);
        m.when(reads, || under_way.set(cycles))
            .else_when(under_way.any(), || under_way.set(under_way - 1));
        residual_under_way.drive(fields.residual & under_way.any());
        let values = join(&values);
        PostUnitOutputs {
            sums,
            vector_sums,
            parameters,
            residual_enable,
            residual_address,
            results: values,
            residuals: io.residual_data.truncate(8 * lanes),
            write_enable,
            write: ByteWrite {
                address: token.truncate(bits),
                data: values.extend(8 * self.rows),
                mask: token.slice(bits, lanes).extend(self.rows),
            },
            bank_freed,
            vector_bank_freed,
            signalling: Signalling {
                valid: write_enable & token.bit(behind_mask),
                semaphore: token.slice(behind_mask + 1, 4),
            },
            idle: !active & under_way.eq(0),
            active: reads,
            out_of_range,
        }
    }
}
