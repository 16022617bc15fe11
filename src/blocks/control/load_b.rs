//! Loader of B: from the stream into a bank of the B buffer, in the order of arrival.

use super::super::buffer::{bank_address, unpack};
use super::super::ports::{PortSizes, WritePort};
use super::loader::{LoaderJob, packet};
use super::{b_count, k_shape, panel_columns_shape, panels_shape};
use crate::arch::MatmulArch;
use crate::hdl::{AxiStream, Block, Module, bit};

/// Writes the vectors of B, panel after panel, K vectors a panel; those of the next job into the
/// other bank.
#[derive(Debug, Clone)]
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

    fn build(&self, m: &Module) {
        let arch = &self.arch;
        m.doc(
            "Loader of B: takes the packet on s_axis, fills a bank of the B buffer in the order of arrival.",
        );
        let stream: AxiStream<'_> = m.sink_port("s_axis", (arch.b.width,));
        let job = LoaderJob::ports(m);
        let (k, columns) = (k_shape(arch), panel_columns_shape(arch));
        let panel_rows = m.input("k", k).comment("rows of B");
        let panels = m.input("panels", panels_shape(arch));
        let last_columns = m
            .input("last_columns", columns)
            .comment("columns of the last panel");
        let forget = (job.clear | job.abandon).named("forget");
        let restart = (job.start | forget).named("restart");

        m.section("position in the packet");
        let left = m
            .reg("left", columns)
            .comment("elements of the panel's row from this beat on");
        let panels_left = m
            .reg("panels_left", panels.shape())
            .comment("panels from this one on");
        let rows_left = m
            .reg("rows_left", k)
            .comment("rows of the panel from this one on");
        let take = m.wire("take_beat", bit());
        let beats = unpack(m, &arch.b, stream.tdata, take, *left, restart);
        let last_row = rows_left.eq(1).named("last_row");
        let last_panel = panels_left.eq(1).named("last_panel");
        let row_done = (take & beats.row_end).named("row_done");
        let panel_done = (row_done & last_row).named("panel_done");

        panels_left.walk(job.start, panels, panel_done, panels_left - 1);
        let next_rows = last_row.mux(panel_rows, rows_left - 1);
        rows_left.walk(job.start, panel_rows, row_done, next_rows);
        let whole = m.lit(arch.columns, columns);
        let next_in_last = last_row.mux(panels_left.eq(2), last_panel);
        let next_left = beats
            .row_end
            .mux(next_in_last.mux(last_columns, whole), beats.left_after);
        left.walk(
            job.start,
            panels.eq(1).mux(last_columns, whole),
            take,
            next_left,
        );

        m.section("packet");
        let last = beats.row_end & last_row & last_panel;
        take.drive(packet(m, &stream, &job, m.high(), last));

        m.section("write port, a cycle after the last beat of a vector");
        let vector_done = (take & beats.group_end).named("vector_done");
        let write = m.flag("write_1", vector_done & !restart);
        let loaded = m
            .reg("loaded", b_count(arch.b_buffer.bank_depth))
            .reset(0)
            .comment("vectors of the job's B in the buffer");
        loaded.walk(restart, 0, write, loaded + 1);
        m.assert(
            "vectors_fit",
            !write | loaded.lt(arch.b_buffer.bank_depth),
            "more vectors of B than a bank holds",
        );
        m.output("loaded", loaded);
        let sizes = PortSizes::of(arch);
        let port: WritePort<'_> = m.source_port("write", sizes.b_write);
        port.enable.drive(write);
        let bank = m.reg("bank", bit()).reset(1);
        bank.next(forget | (bank ^ job.start));
        let offset = loaded.truncate(sizes.b_offset_bits);
        port.address
            .drive(bank_address(*bank, offset, arch.b_buffer.bank_depth));
        port.data.drive(beats.vector);
    }
}
