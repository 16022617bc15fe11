//! Loader of B: from the stream into a bank of the B buffer, in the order of arrival.

use super::super::buffer::{BeatPosition, bank_address, masked, unpack};
use super::super::prim::RamWrite;
use super::countdown::countdown;
use super::loader::{Packet, PacketInputs, packet};
use super::ports::{Orders, PacketErrors};
use super::{JobShapes, b_count};
use crate::arch::{BBuffer, StreamFormat};
use crate::hdl::{AxiStream, Block, Module, bit, bundle, hardware, index_bits, unsigned};

bundle! {
    /// Inputs of [`LoadB`].
    pub struct LoadBInputs(b: &LoadB) {
        /// A job starts.
        start: bit(),
        /// What job control tells.
        orders: Orders(),
        /// The packets of B.
        s_axis: AxiStream(b.format.width),
        /// Rows of B.
        k: b.shapes.k,
        /// Panels of B.
        panels: b.shapes.panels,
        /// Columns of the last panel.
        last_columns: b.shapes.panel_columns,
    }
}

bundle! {
    /// Outputs of [`LoadB`].
    pub struct LoadBOutputs(bank_depth: u32, address_bits: u32, word_bits: u32) {
        /// A cycle after the last beat of a vector.
        write: RamWrite(1, address_bits, word_bits),
        /// Vectors of the job's B that are in the buffer in the next cycle.
        loaded: b_count(bank_depth),
        /// There is no packet to load.
        idle: bit(),
        /// What is wrong with the packet.
        errors: PacketErrors(),
    }
}

/// Writes the vectors of B, panel after panel, K vectors a panel; those of the next job into the
/// other bank.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadB {
    /// Module name.
    pub name: String,
    /// Columns of a panel.
    pub columns: u32,
    /// The stream.
    pub format: StreamFormat,
    /// The buffer.
    pub buffer: BBuffer,
    /// Shapes of the sizes of a job.
    pub shapes: JobShapes,
}

#[hardware]
impl Block for LoadB {
    fn build<'m>(&self, m: &'m Module, io: LoadBInputs<'m>) -> LoadBOutputs<'m> {
        m.doc(
            "Loader of B: takes the packet on s_axis, fills a bank of the B buffer in the order of arrival.",
        );
        let bank_depth = self.buffer.bank_depth;
        m.section("position in the packet, a beat ahead");
        let wires = Packet::wires(m);
        let columns = self.shapes.panel_columns;
        let beats = BeatPosition::new(m, &self.format, columns);
        let row_done = wires.step & beats.row_end;
        let rows = countdown(m, "row", io.k, (wires.begins, row_done), Some(io.k));
        let panel_done = row_done & rows.last;
        let panels = countdown(m, "panel", io.panels, (wires.begins, panel_done), None);
        let next_row_in_last_panel = rows.last.mux(panels.behind.eq(0), panels.last);
        let behind_first_beat_of_last_panel = m.delay(beats.behind_first(io.last_columns));
        let whole = beats.behind_first(m.lit(self.columns, columns));
        let next_row = next_row_in_last_panel.mux(behind_first_beat_of_last_panel, whole);
        let one_panel = m.delay(io.panels.eq(1));
        let first_row = one_panel.mux(behind_first_beat_of_last_panel, whole);
        let last_beat = m.capture(wires.step, beats.row_end & rows.last & panels.last);
        let data = masked(&self.format, io.s_axis.tdata, beats.lanes(m, wires.step));
        let beat = beats.run((wires.begins, first_row), (wires.step, next_row));
        let vector = unpack(m, &self.format, data, wires.take, &beat);

        m.section("packet");
        let inputs = PacketInputs {
            start: io.start,
            orders: &io.orders,
            stream: &io.s_axis,
            next_space: m.high(),
            last_beat,
        };
        let (idle, errors) = packet(m, &wires, &inputs);

        m.section("write port, a cycle after the last beat of a vector");
        let vector_done = wires.take & beat.group_end;
        let write_1 = m.flag(vector_done);
        /// vectors of the job's B that are in the buffer in the next cycle
        let loaded = m.reg(b_count(bank_depth)).reset(0);
        m.when(wires.begins, || loaded.set(0))
            .else_when(vector_done, || loaded.set(loaded + 1));
        m.assert(
            "vectors_fit",
            !vector_done | loaded.lt(bank_depth),
            "more vectors of B than a bank holds",
        );
        let bank = m.reg(bit()).reset(1);
        bank.next(io.orders.forget | (bank ^ wires.begins));
        // A count of its own, a cycle behind `loaded`: that one is for the sequencer, far away.
        /// of the vector in its bank
        let offset = m.reg(unsigned(index_bits(bank_depth.into())));
        m.when(wires.begins, || offset.set(0))
            .else_when(write_1, || offset.set(offset + 1));
        LoadBOutputs {
            write: RamWrite {
                enable: write_1,
                address: bank_address(*bank, *offset, bank_depth),
                data: vector,
            },
            loaded: *loaded,
            idle,
            errors,
        }
    }
}
