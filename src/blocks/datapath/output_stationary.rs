//! Datapath around an output-stationary array.

use super::super::array::{Lanes, OutputStationaryArray, OutputStationaryArrayInputs};
use super::super::ports::{OutputStationaryIssue, Target};
use super::super::prim::RamWrite;
use super::common::{buffer, row_tokens};
use super::{DatapathOutputs, DatapathParams};
use crate::hdl::{Block, Module, Signal, bit, bundle, hardware, index_bits, join, unsigned};

bundle! {
    /// Inputs of [`OutputStationaryDatapath`].
    pub struct OutputStationaryDatapathInputs(datapath: &OutputStationaryDatapath) {
        /// Forget the sums on their way.
        clear: bit(),
        /// Reads of operands.
        issue: OutputStationaryIssue(
            datapath.0.a_bits(),
            index_bits(a_word_elements(&datapath.0).into()),
            datapath.0.b_bits()
        ),
        /// Where the sums of the operands go.
        target: Target(datapath.0.target_bits),
        /// Elements of a row of A, with an enable for the memory of each row.
        a_write: RamWrite(datapath.0.array.rows, datapath.0.a_bits(), datapath.0.a_buffer.width),
        /// A vector of B.
        b_write: RamWrite(1, datapath.0.b_bits(), datapath.0.b_buffer.width),
    }
}

fn a_word_elements(datapath: &DatapathParams) -> u32 {
    datapath.a_buffer.width / datapath.array.format.activation.width
}

/// Operand buffers, skew, array and deskew of an output-stationary core.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputStationaryDatapath(pub DatapathParams);

#[hardware]
impl Block for OutputStationaryDatapath {
    fn module_name(&self) -> String {
        format!("{}_datapath", self.0.core)
    }

    fn build<'m>(
        &self,
        m: &'m Module,
        io: OutputStationaryDatapathInputs<'m>,
    ) -> DatapathOutputs<'m> {
        let params = &self.0;
        let (rows, columns) = (params.array.rows, params.array.columns);
        m.doc("Operand buffers, skew, array and deskew of an output-stationary core.");
        let issue = io.issue;

        m.section("operand buffers; between tiles the array is fed with zeros");
        let there = m.delay_by("read", issue.read, params.read_latency());
        let activations = self.activations(m, &io, there);
        let names = ["b_buffer", "b_word"];
        let read = (issue.read, issue.b_address);
        let b_word = buffer(m, &params.b_buffer, names, io.b_write, read);
        let weights = m.delay(b_word.gate(there));

        m.section("array");
        let start = m.delay_by("pass_start", issue.pass_start, params.operand_latency());
        let skew_a = params.skew(activations, rows, Lanes::FirstLaneFirst);
        let skew_b = params.skew(weights, columns, Lanes::FirstLaneFirst);
        let caught = m.delay_by("caught", start, params.array.latency() - 1);
        let inputs = OutputStationaryArrayInputs {
            starts: row_tokens("starts", start, rows),
            shifts: drain_shifts(m, caught, rows),
            activations: skew_a.vector_out,
            weights: skew_b.vector_out,
        };
        let array = m.instance(&OutputStationaryArray(params.array.clone()), inputs);
        let deskew = params.skew(array.sums, columns, Lanes::LastLaneFirst);
        let tile = params.beside_array(m, &io.target, io.clear);

        m.section("the sums of a tile come row after row, the last row first");
        DatapathOutputs {
            result: rows_of_tile(m, rows, &tile, io.clear),
            sums: deskew.vector_out,
        }
    }
}

#[hardware]
impl OutputStationaryDatapath {
    /// An element of A for each row, from a memory for each.
    #[track_caller]
    fn activations<'m>(
        &self,
        m: &'m Module,
        io: &OutputStationaryDatapathInputs<'m>,
        there: Signal<'m>,
    ) -> Signal<'m> {
        let params = &self.0;
        let (issue, write) = (&io.issue, &io.a_write);
        let elements = a_word_elements(params);
        let lane = match elements {
            1 => issue.a_lane,
            _ => m.delay_by("a_lane", issue.a_lane, params.read_latency()),
        };
        if elements == 1 {
            m.unused(lane);
        }
        let mut activations = Vec::new();
        for row in 0..params.array.rows {
            let names = [&*format!("a_buffer_{row}"), &*format!("a_word_{row}")];
            let write = RamWrite {
                enable: write.enable.bit(row),
                ..*write
            };
            let read = (issue.read, issue.a_address);
            let word = buffer(m, &params.a_buffer, names, write, read);
            let element = match elements {
                1 => word,
                _ => lane.select(&word.split(params.array.format.activation.width)),
            };
            let activation = m.delay(element.gate(there));
            activations.push(activation);
        }
        join(&activations)
    }
}

/// When the bottom row has caught its sums, row r moves its drain register r times: a bit a row.
#[hardware]
fn drain_shifts<'m>(m: &'m Module, caught: Signal<'m>, rows: u32) -> Signal<'m> {
    let shifts = m.reg(unsigned(rows));
    let all_but_first = !m.lit(1, unsigned(rows));
    m.when(caught, || shifts.set(all_but_first))
        .otherwise(|| match rows {
            1 => shifts.set(0),
            _ => shifts.set(*shifts << 1),
        });
    *shifts
}

/// The targets of a tile's rows, from the target of the tile.
#[hardware]
fn rows_of_tile<'m>(m: &'m Module, rows: u32, tile: &Target<'m>, clear: Signal<'m>) -> Target<'m> {
    let next_row = m.reg(unsigned(index_bits(rows.into())));
    let more_rows = m.reg(bit()).reset(0);
    let row = tile.valid.mux(rows - 1, *next_row);
    let row_valid = tile.valid | more_rows;
    let first_row = row.eq(0);
    next_row.next(row - 1);
    more_rows.next(row_valid & !first_row & !clear);
    let hold = |name: &str, value: Signal<'m>| {
        let held = m.capture(tile.valid, value).named(format!("{name}_held"));
        tile.valid.mux(value, held).named(name)
    };
    let base = hold("tile_address", tile.address);
    Target {
        valid: row_valid,
        first: m.high(),
        last: hold("tile_last", tile.last) & first_row,
        bank: hold("tile_bank", tile.bank),
        address: base + row.zero_extend(base.width()),
    }
}
