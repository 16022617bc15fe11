//! Datapath around an output-stationary array.

use super::super::array::{Array, Lanes};
use super::super::buffer::BufferMemory;
use super::super::ports::{OutputStationaryIssue, PortSizes, Target, WritePort};
use super::common::{b_buffer, delay_target, row_tokens, skew};
use super::{ARRAY, operand_latency};
use crate::arch::MatmulArch;
use crate::hdl::{Block, Module, Signal, bit, connect, index_bits, join, unsigned};
use num_bigint::BigInt;

/// Operand buffers, skew, array and deskew of an output-stationary core.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputStationaryDatapath {
    /// The core's module name, which begins the names of all parts.
    pub core: String,
    /// The architecture.
    pub arch: MatmulArch,
}

impl Block for OutputStationaryDatapath {
    fn module_name(&self) -> String {
        format!("{}_datapath", self.core)
    }

    crate::hdl::untyped_ports!();

    fn build(&self, m: &Module, (): ()) {
        let (arch, core) = (&self.arch, &self.core);
        let (rows, columns) = (arch.rows, arch.columns);
        let sizes = PortSizes::of(arch);
        m.doc("Operand buffers, skew, array and deskew of an output-stationary core.");
        let clear = m
            .input("clear", bit())
            .comment("forget the sums on their way");
        let issue: OutputStationaryIssue<'_> = m.sink_port("issue", sizes.output_stationary());
        let target: Target<'_> = m.sink_port("target", sizes.target.clone());

        m.section("operand buffers; between tiles the array is fed with zeros");
        let there = m.delay_by("read", issue.read, arch.read_latency());
        let activations = self.a_buffers(m, &issue, there);
        let b_word = b_buffer(m, arch, issue.read, issue.b_address);
        let weights = m.delay(b_word.gate(there)).named("weights");

        m.section("array");
        let start = m.delay_by("pass_start", issue.pass_start, operand_latency(arch));
        let starts = row_tokens("starts", start, rows);
        let activations = skew(core, "skew_a", activations, rows, Lanes::FirstLaneFirst);
        let weights = skew(core, "skew_b", weights, columns, Lanes::FirstLaneFirst);
        let array = Array::new(&format!("{core}_array"), arch);
        let shifts = drain_shifts(m, start, &array);
        let sums = m
            .untyped_instance(ARRAY, &array)
            .input("starts", starts)
            .input("shifts", shifts)
            .input("activations", activations)
            .input("weights", weights)
            .output("sums");
        let sums = skew(core, "deskew", sums, columns, Lanes::LastLaneFirst);

        // The accumulators read before they add: a token comes a cycle before its sums.
        let cycles = operand_latency(arch) + array.latency() + columns - 2;
        let tile = delay_target(core, &target, cycles, clear);
        m.section("the sums of a tile come row after row, the last row first");
        let arriving = rows_of_tile(m, rows, &tile, clear);
        let result: Target<'_> = m.source_port("result", sizes.target);
        connect(&arriving, &result);
        m.output("sums", sums);
    }
}

impl OutputStationaryDatapath {
    /// A memory for each row of the array: the elements of one column of A.
    fn a_buffers<'m>(
        &self,
        m: &'m Module,
        issue: &OutputStationaryIssue<'m>,
        there: Signal<'m>,
    ) -> Signal<'m> {
        let arch = &self.arch;
        let write: WritePort<'_> = m.sink_port("a_write", PortSizes::of(arch).a_write);
        let elements = arch.a_buffer.word_elements;
        let lane = if elements > 1 {
            m.delay_by("a_lane", issue.a_lane, arch.read_latency())
        } else {
            m.unused(issue.a_lane);
            issue.a_lane
        };
        let mut activations = Vec::new();
        for row in 0..arch.rows {
            let name = format!("a_buffer_{row}");
            let depth = 2 * arch.a_buffer.bank_depth;
            let memory = BufferMemory::new(m, arch, &name, arch.a_buffer.word_bits, depth);
            memory.write(write.enable.bit(row), write.address, write.data);
            let word = memory.read(&format!("a_word_{row}"), issue.read, issue.a_address);
            let element = if elements > 1 {
                lane.select(&word.split(arch.activation.bits))
            } else {
                word
            };
            activations.push(
                m.delay(element.gate(there))
                    .named(format!("activation_{row}")),
            );
        }
        join(&activations)
    }
}

/// When the bottom row has caught its sums, row r moves its drain register r times: a bit a row.
fn drain_shifts<'m>(m: &'m Module, start: Signal<'m>, array: &Array) -> Signal<'m> {
    let rows = array.rows;
    let caught = m.delay_by("caught", start, array.latency() - 1);
    let shifts = m.reg(unsigned(rows)).named("shifts");
    let moved = if rows == 1 {
        m.zero(unsigned(1))
    } else {
        *shifts << 1
    };
    let all_but_first = (BigInt::from(1) << rows) - 2;
    shifts.next(caught.mux(m.lit(all_but_first, unsigned(rows)), moved))
}

/// The targets of a tile's rows, from the target of the tile.
fn rows_of_tile<'m>(m: &'m Module, rows: u32, tile: &Target<'m>, clear: Signal<'m>) -> Target<'m> {
    let row_shape = unsigned(index_bits(rows.into()));
    let next_row = m.reg(row_shape).named("next_row");
    let more_rows = m.reg(bit()).named("more_rows").reset(0);
    let row = tile
        .valid
        .mux(m.lit(rows - 1, row_shape), *next_row)
        .named("row");
    let valid = (tile.valid | more_rows).named("row_valid");
    let end = row.eq(0).named("first_row");
    next_row.next(row - 1);
    more_rows.next(valid & !end & !clear);
    let hold = |name: &str, value: Signal<'m>| {
        let held = m.capture(tile.valid, value).named(format!("{name}_held"));
        tile.valid.mux(value, held).named(name)
    };
    let base = hold("tile_address", tile.address);
    Target {
        valid,
        first: m.high(),
        last: hold("tile_last", tile.last) & end,
        bank: hold("tile_bank", tile.bank),
        address: base + row.zero_extend(base.width()),
    }
}
