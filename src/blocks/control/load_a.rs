//! Loader of A: from the stream into the row blocks of the A buffer.

use super::super::buffer::{bank_address, beat_walk, unpack};
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
        let (take, step) = (moves.take, moves.step);
        let left = m
            .reg("left", k)
            .comment("elements of the row from the next beat on");
        let walk = beat_walk(m, &arch.a, left);
        let beat = walk.run(&arch.a, (job.start, row_elements), (step, row_elements));
        let vector = unpack(m, &arch.a, stream.tdata, take, &beat);
        let row_done = (take & beat.row_end).named("row_done");
        let rows_left = countdown(
            m,
            ("rows", "row", "rows from this one on"),
            SIZE,
            (job.start, rows_total),
            row_done,
            None,
        );
        let row = m
            .reg("row", unsigned(index_bits(rows.into())))
            .comment("row in the block");
        let last_of_block = m.reg("last_row_of_block", bit());
        let next_row = last_of_block.mux(m.zero(row.shape()), row + 1);
        row.walk(job.start, 0, row_done, next_row);
        let next_is_last = match rows {
            1 => m.high(),
            _ => rows_left.left.eq(2) | (!last_of_block & row.eq(rows - 2)),
        };
        let first_is_last = if rows == 1 {
            m.high()
        } else {
            rows_total.eq(1)
        };
        let last_of_block = last_of_block.walk(job.start, first_is_last, row_done, next_is_last);
        let block_done = (row_done & last_of_block).named("block_done");

        m.section("packet and banks");
        let full = bank_counter("full", block_done, release, forget);
        let expected_last = beat.row_end & rows_left.last;
        packet(m, &moves, &stream, &job, full.ne(2), expected_last);
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
