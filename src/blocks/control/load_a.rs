//! Loader of A: from the stream into the row blocks of the A buffer.

use super::super::buffer::{BeatWalk, bank_address, unpack};
use super::super::ports::{PortSizes, WritePort};
use super::countdown::countdown;
use super::loader::{LoaderJob, Packet, packet};
use super::{SIZE, bank_counter, k_shape};
use crate::arch::{Dataflow, MatmulArch};
use crate::hdl::{AxiStream, Block, Module, bit, concat, index_bits, unsigned};

/// Writes the rows of A, block after block, into alternating banks.
#[derive(Debug, Clone)]
pub struct LoadA {
    /// Module name.
    pub name: String,
    /// The architecture.
    pub arch: MatmulArch,
}

impl Block for LoadA {
    fn module_name(&self) -> String {
        self.name.clone()
    }

    fn build(&self, m: &Module) {
        let arch = &self.arch;
        let rows = arch.rows;
        m.doc("Loader of A: takes the packet on s_axis, fills the banks of the A buffer by turns.");
        let stream: AxiStream<'_> = m.sink_port("s_axis", (arch.a.width,));
        let job = LoaderJob::ports(m);
        let rows_total = m.input("m", SIZE).comment("rows of A");
        let k = k_shape(arch);
        let row_elements = m.input("k", k).comment("elements of a row");
        let release = m
            .input("bank_released", bit())
            .comment("a full bank has been used up");
        let forget = (job.clear | job.abandon).named("forget");
        let restart = (job.start | forget).named("restart");

        m.section("position in the packet");
        let moves = Packet::wires(m);
        let (take, begin) = (moves.take, moves.begins);
        let walk = BeatWalk::new(m, &arch.a, k);
        let behind_first = m.delay("behind_first_beat", walk.behind_first(row_elements));
        let beat = walk.run((begin, behind_first), (moves.step, behind_first));
        // What pads A meets weights that are 0.
        let vector = unpack(m, &arch.a, stream.tdata, take, &beat);
        let row_done = (take & beat.row_end).named("row_done");
        let rows_left = countdown(
            m,
            ("rows", "row", "rows behind this one"),
            SIZE,
            (begin, rows_total),
            row_done,
            None,
        );
        let row = m
            .reg("row", unsigned(index_bits(rows.into())))
            .comment("row in the block");
        let last_of_whole_block = if rows == 1 {
            m.high()
        } else {
            let last = m
                .reg("last_row_of_whole_block", bit())
                .comment("where the block is not the last, or is whole");
            last.walk(begin, m.low(), row_done, row.eq(rows - 2))
        };
        let last_of_block = (last_of_whole_block | rows_left.last).named("last_row_of_block");
        let next_row = last_of_block.mux(m.zero(row.shape()), row + 1);
        row.walk(begin, 0, row_done, next_row);
        let block_done = (row_done & last_of_block).named("block_done");

        m.section("packet and banks");
        let full = bank_counter("full", block_done, release, forget);
        // Looked at ahead: a bank is free in the next cycle.
        let space = m.reg("space", bit()).reset(1);
        let fills = full.eq(2) | (full.eq(1) & block_done);
        let space = space.next(forget | release | !fills);
        let expected_last = beat.row_end & rows_left.last;
        packet(m, &moves, &stream, &job, space, expected_last);
        let bank = m.reg("bank", bit()).reset(0);
        bank.next(forget.mux(m.low(), bank ^ block_done));

        m.section("write port, a cycle after the last beat of a vector");
        let sizes = PortSizes::of(arch);
        let port: WritePort<'_> = m.source_port("write", sizes.a_write);
        let vector_done = (take & beat.group_end).named("vector_done");
        let write = m.flag("write_1", vector_done & !restart);
        let offset_shape = unsigned(sizes.a_offset_bits);
        let offset = m
            .reg("offset", offset_shape)
            .comment("of the vector in its bank");
        let zero = m.zero(offset_shape);
        let next_offset = match arch.dataflow {
            // The vectors of a k tile lie side by side; a row goes from tile to tile.
            Dataflow::WeightStationary => {
                let next_row = (row + 1).zero_extend(offset_shape.width);
                let row_start = last_of_block.mux(zero, next_row);
                if arch.a_buffer.words_per_row == 1 {
                    row_start
                } else {
                    beat.row_end.mux(row_start, offset + rows)
                }
            }
            Dataflow::OutputStationary => beat.row_end.mux(zero, offset + 1),
        };
        offset.walk(restart, 0, vector_done, next_offset);
        let address = bank_address(*bank, *offset, arch.a_buffer.bank_depth);
        m.output("full", full.comment("full banks"));
        port.address.drive(m.delay("address", address));
        port.data.drive(vector);
        match arch.dataflow {
            Dataflow::WeightStationary => port.enable.drive(write),
            Dataflow::OutputStationary => {
                let row_1 = m.delay("row_1", row);
                let enables: Vec<_> = (0..rows).rev().map(|r| write & row_1.eq(r)).collect();
                port.enable.drive(concat(&enables));
            }
        }
    }
}
