//! Loader of B: from the stream into the B buffer, in the order of arrival.

use super::super::buffer::unpack;
use super::super::ports::{PortSizes, WritePort};
use super::loader::{LoaderJob, packet};
use super::{SIZE, b_count};
use crate::arch::MatmulArch;

use crate::hdl::{AxiStream, Block, Module, bit};

/// Writes the vectors of B: panel after panel, K vectors a panel.
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
        let columns = arch.columns;
        m.doc(
            "Loader of B: takes the packet on s_axis, fills the B buffer in the order of arrival.",
        );
        let stream: AxiStream<'_> = m.sink_port("s_axis", (arch.b.width,));
        let job = LoaderJob::ports(m);
        let panel_rows = m.input("k", SIZE).comment("rows of B");
        let row_elements = m.input("n", SIZE).comment("columns of B");
        let restart = (job.start | job.clear | job.abandon).named("restart");

        m.section("position in the packet");
        let left = m
            .reg("left", SIZE)
            .comment("elements of the panel's row from this beat on");
        let columns_left = m
            .reg("columns_left", SIZE)
            .comment("columns from this panel on");
        let rows_left = m
            .reg("rows_left", SIZE)
            .comment("rows of the panel from this one on");
        let take = m.wire("take_beat", bit());
        let beats = unpack(m, &arch.b, stream.tdata, take, *left, restart);
        let last_row = rows_left.eq(1).named("last_row");
        let last_panel = columns_left.le(columns).named("last_panel");
        let row_done = (take & beats.row_end).named("row_done");
        let panel_done = (row_done & last_row).named("panel_done");

        let next_columns = panel_done.mux(columns_left - columns, *columns_left);
        let next_columns = job
            .start
            .mux(row_elements, next_columns)
            .named("next_columns_left");
        columns_left.next(next_columns);
        // A panel's row holds at most as many elements as the array has columns.
        let next_row = next_columns.le(columns).mux(next_columns, columns);
        left.walk(job.start | row_done, next_row, take, beats.left_after);
        let next_rows = last_row.mux(panel_rows, rows_left - 1);
        rows_left.walk(job.start, panel_rows, row_done, next_rows);

        m.section("packet");
        let last = beats.row_end & last_row & last_panel;
        take.drive(packet(m, &stream, &job, m.high(), last));

        m.section("write port, a cycle after the last beat of a vector");
        let vector_done = (take & beats.group_end).named("vector_done");
        let write = m.flag("write_1", vector_done & !restart);
        let loaded = m
            .reg("loaded", b_count(arch.b_buffer.depth))
            .reset(0)
            .comment("vectors of B in the buffer");
        loaded.walk(restart, 0, write, loaded + 1);
        m.assert(
            "vectors_fit",
            !write | loaded.lt(arch.b_buffer.depth),
            "more vectors of B than the buffer holds",
        );
        m.output("loaded", loaded);
        let sizes = PortSizes::of(arch);
        let port: WritePort<'_> = m.source_port("write", sizes.b_write);
        port.enable.drive(write);
        port.address.drive(loaded.truncate(sizes.b_write.1));
        port.data.drive(beats.vector);
    }
}
