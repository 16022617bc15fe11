//! Loader of A: from the stream into the row blocks of the A buffer.

use super::super::buffer::{BeatWalk, bank_address, unpack};
use super::super::ports::{PortSizes, WritePort};
use super::countdown::countdown;
use super::loader::{LoaderJob, Packet, packet};
use super::{SIZE, bank_counter, k_shape};
use crate::arch::{Dataflow, MatmulArch};
use crate::hdl::{AxiStream, Block, Module, bit, index_bits, join, unsigned};

/// Writes the rows of A, block after block, into alternating banks.
#[derive(Debug, Clone, PartialEq)]
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

    crate::hdl::untyped_ports!();

    fn build(&self, m: &Module, (): ()) {
        let arch = &self.arch;
        let rows = arch.rows;
        m.doc("Loader of A: takes the packet on s_axis, fills the banks of the A buffer by turns.");
        let stream: AxiStream<'_> = m.sink_port("s_axis", AxiStream::of(arch.a.width));
        let job = LoaderJob::ports(m);
        let rows_total = m.input("m", SIZE).comment("rows of A");
        let k = k_shape(arch);
        let row_elements = m.input("k", k).comment("elements of a row");
        let release = m
            .input("bank_released", bit())
            .comment("a full bank has been used up");

        m.section("position in the packet, a beat ahead");
        let moves = Packet::wires(m);
        let (take, begins, step) = (moves.take, moves.begins, moves.step);
        let walk = BeatWalk::new(m, &arch.a, k);
        let row_done = (step & walk.row_end).named("row_done");
        let rows_left = countdown(
            m,
            ("rows", "row", "rows behind the next beat's"),
            SIZE,
            (begins, rows_total),
            row_done,
            None,
        );
        let next_row = m
            .reg(unsigned(index_bits(rows.into())))
            .named("next_row")
            .comment("place in the block of the next beat's row");
        let last_of_whole_block = if rows == 1 {
            m.high()
        } else {
            let last = m
                .reg(bit())
                .named("last_row_of_whole_block")
                .comment("where the block is not the last, or is whole");
            last.walk(begins, m.low(), row_done, next_row.eq(rows - 2))
        };
        let last_of_block = (last_of_whole_block | rows_left.last).named("last_row_of_block");
        let row_behind = last_of_block.mux(m.zero(next_row.shape()), next_row + 1);
        let next_row = next_row.walk(begins, 0, row_done, row_behind);
        let row = m.capture(step, next_row).named("row");
        let last_beat = m
            .capture(step, walk.row_end & rows_left.last)
            .named("last_beat");
        let block_end = m
            .capture(step, walk.row_end & last_of_block)
            .named("block_end");
        let behind_first = m
            .delay(walk.behind_first(row_elements))
            .named("behind_first_beat");
        let row_end = m.capture(step, walk.row_end).named("row_end");
        let beat = walk.run((begins, behind_first), (step, behind_first));
        // What pads A meets weights that are 0.
        let vector = unpack(m, &arch.a, stream.tdata, take, &beat);

        m.section("packet and banks");
        let block_done = (take & block_end).named("block_done");
        let full = bank_counter("full", block_done, release, job.forget);
        let fills = full.eq(2) | (full.eq(1) & block_done);
        let next_space = (release | !fills).named("next_space");
        packet(m, &moves, &stream, &job, next_space, last_beat);
        let bank = m.reg(bit()).named("bank").reset(0);
        bank.next(job.forget.mux(m.low(), bank ^ block_done));

        m.section("write port, a cycle after the last beat of a vector");
        let sizes = PortSizes::of(arch);
        let port: WritePort<'_> = m.source_port("write", sizes.a_write);
        let vector_done = (take & beat.group_end).named("vector_done");
        let write = m.flag(vector_done).named("write_1");
        let offset_shape = unsigned(sizes.a_offset_bits);
        let offset = m
            .reg(offset_shape)
            .named("offset")
            .comment("of the vector in its bank");
        let zero = m.zero(offset_shape);
        let next_offset = match arch.dataflow {
            // The vectors of a k tile lie side by side; a row goes from tile to tile.
            Dataflow::WeightStationary => {
                let next_row = (row + 1).zero_extend(offset_shape.width);
                let row_start = block_end.mux(zero, next_row);
                if arch.a_buffer.words_per_row == 1 {
                    row_start
                } else {
                    row_end.mux(row_start, offset + rows)
                }
            }
            Dataflow::OutputStationary => row_end.mux(zero, offset + 1),
        };
        offset.walk(begins, 0, vector_done, next_offset);
        let address = bank_address(*bank, *offset, arch.a_buffer.bank_depth);
        m.output("full", full.comment("full banks"));
        port.address.drive(m.delay(address).named("address"));
        port.data.drive(vector);
        match arch.dataflow {
            Dataflow::WeightStationary => port.enable.drive(write),
            Dataflow::OutputStationary => {
                let row_1 = m.delay(row).named("row_1");
                let enables: Vec<_> = (0..rows).map(|r| write & row_1.eq(r)).collect();
                port.enable.drive(join(&enables));
            }
        }
    }
}
