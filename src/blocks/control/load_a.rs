//! Loader of A: from the stream into the row blocks of the A buffer.

use super::super::buffer::{BeatPosition, bank_address, unpack};
use super::super::prim::RamWrite;
use super::countdown::countdown;
use super::loader::{Packet, PacketInputs, packet};
use super::ports::{Orders, PacketErrors};
use super::{BANK_COUNT, SIZE, bank_counter};
use crate::arch::{ABuffer, Dataflow, StreamFormat};
use crate::hdl::{
    AxiStream, Block, Module, Shape, bit, bundle, hardware, index_bits, join, unsigned,
};

bundle! {
    /// Inputs of [`LoadA`].
    pub struct LoadAInputs(a: &LoadA) {
        /// A job starts.
        start: bit(),
        /// What job control tells.
        orders: Orders(),
        /// The packets of A.
        s_axis: AxiStream(a.format.width),
        /// Rows of A.
        m: SIZE,
        /// Elements of a row.
        k: a.k,
        /// A full bank has been used up.
        bank_released: bit(),
    }
}

bundle! {
    /// Outputs of [`LoadA`].
    pub struct LoadAOutputs(enables: u32, address_bits: u32, word_bits: u32) {
        /// A cycle after the last beat of a vector.
        write: RamWrite(enables, address_bits, word_bits),
        /// Full banks.
        full: BANK_COUNT,
        /// There is no packet to load.
        idle: bit(),
        /// What is wrong with the packet.
        errors: PacketErrors(),
    }
}

/// Writes the rows of A, block after block, into alternating banks.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadA {
    /// Module name.
    pub name: String,
    /// Whether vectors are stored by tiles of K or by rows.
    pub dataflow: Dataflow,
    /// Rows of a row block.
    pub rows: u32,
    /// The stream.
    pub format: StreamFormat,
    /// The buffer.
    pub buffer: ABuffer,
    /// K of a job.
    pub k: Shape,
}

#[hardware]
impl Block for LoadA {
    fn build<'m>(&self, m: &'m Module, io: LoadAInputs<'m>) -> LoadAOutputs<'m> {
        let rows = self.rows;
        m.doc("Loader of A: takes the packet on s_axis, fills the banks of the A buffer by turns.");
        m.section("position in the packet, a beat ahead");
        let wires = Packet::wires(m);
        let beats = BeatPosition::new(m, &self.format, self.k);
        let row_done = wires.step & beats.row_end;
        let row_count = countdown(m, "row", io.m, (wires.begins, row_done), None);
        /// place in the block of the next beat's row
        let next_row = m.reg(unsigned(index_bits(rows.into())));
        let last_of_whole_block = if rows == 1 {
            m.high()
        } else {
            /// where the block is not the last, or is whole
            let last_row_of_whole_block = m.reg(bit());
            m.when(wires.begins, || last_row_of_whole_block.set(false))
                .else_when(row_done, || {
                    last_row_of_whole_block.set(next_row.eq(rows - 2))
                });
            *last_row_of_whole_block
        };
        let last_row_of_block = last_of_whole_block | row_count.last;
        m.when(wires.begins, || next_row.set(0))
            .else_when(row_done, || {
                m.when(last_row_of_block, || next_row.set(0))
                    .otherwise(|| next_row.set(next_row + 1));
            });
        let row = m.capture(wires.step, *next_row);
        let last_beat = m.capture(wires.step, beats.row_end & row_count.last);
        let block_end = m.capture(wires.step, beats.row_end & last_row_of_block);
        let behind_first_beat = m.delay(beats.behind_first(io.k));
        let row_end = m.capture(wires.step, beats.row_end);
        let beat = beats.run(
            (wires.begins, behind_first_beat),
            (wires.step, behind_first_beat),
        );
        // What pads A meets weights that are 0.
        let vector = unpack(m, &self.format, io.s_axis.tdata, wires.take, &beat);

        m.section("packet and banks");
        let block_done = wires.take & block_end;
        let full = bank_counter("full", block_done, io.bank_released, io.orders.forget);
        let fills = full.eq(2) | (full.eq(1) & block_done);
        let next_space = io.bank_released | !fills;
        let inputs = PacketInputs {
            start: io.start,
            orders: &io.orders,
            stream: &io.s_axis,
            next_space,
            last_beat,
        };
        let (idle, errors) = packet(m, &wires, &inputs);
        let bank = m.reg(bit()).reset(0);
        m.when(io.orders.forget, || bank.set(false))
            .otherwise(|| bank.set(bank ^ block_done));

        m.section("write port, a cycle after the last beat of a vector");
        let vector_done = wires.take & beat.group_end;
        let write_1 = m.flag(vector_done);
        /// of the vector in its bank
        let offset = m.reg(unsigned(index_bits(self.buffer.bank_depth.into())));
        m.when(wires.begins, || offset.set(0))
            .else_when(vector_done, || match self.dataflow {
                // The vectors of a k tile lie side by side; a row goes from tile to tile.
                Dataflow::WeightStationary => {
                    let next = m.when(block_end, || offset.set(0));
                    let next_row = (row + 1).zero_extend(offset.width());
                    if self.buffer.words_per_row == 1 {
                        next.otherwise(|| offset.set(next_row));
                    } else {
                        next.else_when(row_end, || offset.set(next_row))
                            .otherwise(|| offset.set(offset + rows));
                    }
                }
                Dataflow::OutputStationary => {
                    m.when(row_end, || offset.set(0))
                        .otherwise(|| offset.set(offset + 1));
                }
            });
        let address = m.delay(bank_address(*bank, *offset, self.buffer.bank_depth));
        let enable = match self.dataflow {
            Dataflow::WeightStationary => write_1,
            Dataflow::OutputStationary => {
                let row_1 = m.delay(row);
                let enables: Vec<_> = (0..rows).map(|r| write_1 & row_1.eq(r)).collect();
                join(&enables)
            }
        };
        LoadAOutputs {
            write: RamWrite {
                enable,
                address,
                data: vector,
            },
            full,
            idle,
            errors,
        }
    }
}
