//! Loader of B: from the stream into a bank of the B buffer, in the order of arrival.

use super::super::buffer::{BeatWalk, bank_address, masked, unpack};
use super::super::ports::{PortSizes, WritePort};
use super::countdown::countdown;
use super::loader::{LoaderJob, Packet, packet};
use super::{b_count, k_shape, panel_columns_shape, panels_shape};
use crate::arch::MatmulArch;
use crate::hdl::{AxiStream, Block, Module, bit, unsigned};

/// Writes the vectors of B, panel after panel, K vectors a panel; those of the next job into the
/// other bank.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadB {
    /// Module name.
    pub name: String,
    /// The architecture.
    pub arch: MatmulArch,
}

impl Block for LoadB {
    fn module_name(&self) -> String {
        self.name.clone()
    }

    crate::hdl::untyped_ports!();

    fn build(&self, m: &Module, (): ()) {
        let arch = &self.arch;
        m.doc(
            "Loader of B: takes the packet on s_axis, fills a bank of the B buffer in the order of arrival.",
        );
        let stream: AxiStream<'_> = m.sink_port("s_axis", AxiStream::of(arch.b.width));
        let job = LoaderJob::ports(m);
        let (k, columns) = (k_shape(arch), panel_columns_shape(arch));
        let panel_rows = m.input("k", k).comment("rows of B");
        let panels = m.input("panels", panels_shape(arch));
        let last_columns = m
            .input("last_columns", columns)
            .comment("columns of the last panel");

        m.section("position in the packet, a beat ahead");
        let moves = Packet::wires(m);
        let (take, begins, step) = (moves.take, moves.begins, moves.step);
        let walk = BeatWalk::new(m, &arch.b, columns);
        let row_done = (step & walk.row_end).named("row_done");
        let rows_left = countdown(
            m,
            ("rows", "row", "rows of the panel behind the next beat's"),
            k,
            (begins, panel_rows),
            row_done,
            Some(panel_rows),
        );
        let panel_done = (row_done & rows_left.last).named("panel_done");
        let panels_left = countdown(
            m,
            ("panels", "panel", "panels behind the next beat's"),
            panels.shape(),
            (begins, panels),
            panel_done,
            None,
        );
        let next_in_last = (rows_left.last)
            .mux(panels_left.behind.eq(0), panels_left.last)
            .named("next_row_in_last_panel");
        let of_last = walk.behind_first(last_columns);
        let of_last = m.delay(of_last).named("behind_first_beat_of_last_panel");
        let whole = walk.behind_first(m.lit(arch.columns, columns));
        let next_row = next_in_last.mux(of_last, whole);
        let one_panel = m.delay(panels.eq(1)).named("one_panel");
        let first_row = one_panel.mux(of_last, whole);
        let last_beat = walk.row_end & rows_left.last & panels_left.last;
        let last_beat = m.capture(step, last_beat).named("last_beat");
        let data = masked(&arch.b, stream.tdata, walk.lanes(m, step));
        let beat = walk.run((begins, first_row), (step, next_row));
        let vector = unpack(m, &arch.b, data, take, &beat);

        m.section("packet");
        packet(m, &moves, &stream, &job, m.high(), last_beat);

        m.section("write port, a cycle after the last beat of a vector");
        let vector_done = (take & beat.group_end).named("vector_done");
        let write = m.flag(vector_done).named("write_1");
        let loaded = m
            .reg(b_count(arch.b_buffer.bank_depth))
            .named("loaded")
            .reset(0)
            .comment("vectors of the job's B that are in the buffer in the next cycle");
        loaded.walk(begins, 0, vector_done, loaded + 1);
        m.assert(
            "vectors_fit",
            !vector_done | loaded.lt(arch.b_buffer.bank_depth),
            "more vectors of B than a bank holds",
        );
        m.output("loaded", loaded);
        let sizes = PortSizes::of(arch);
        let port: WritePort<'_> = m.source_port("write", sizes.b_write);
        port.enable.drive(write);
        let bank = m.reg(bit()).named("bank").reset(1);
        bank.next(job.forget | (bank ^ begins));
        // A count of its own, a cycle behind `loaded`: that one is for the sequencer, far away.
        let offset = m.reg(unsigned(sizes.b_offset_bits)).named("offset");
        let offset = offset.comment("of the vector in its bank");
        offset.walk(begins, 0, write, offset + 1);
        port.address
            .drive(bank_address(*bank, *offset, arch.b_buffer.bank_depth));
        port.data.drive(vector);
    }
}
