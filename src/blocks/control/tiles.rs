//! Walk over the tiles of a job: row blocks, in each the panels of B, in each (for
//! weight-stationary arrays) the tiles of K.

use super::super::ports::PortSizes;
use super::{SIZE, at_most, b_count, k_shape, panels_shape};
use crate::arch::{Dataflow, MatmulArch};
use crate::hdl::{Module, Signal, bit, unsigned};

/// What a sequencer knows of a job.
pub(super) struct SequencerJob<'m> {
    /// A job starts.
    pub start: Signal<'m>,
    /// Forget everything at once.
    pub clear: Signal<'m>,
    /// M.
    pub m: Signal<'m>,
    /// K.
    pub k: Signal<'m>,
    /// Panels of B.
    pub panels: Signal<'m>,
}

impl<'m> SequencerJob<'m> {
    /// The ports.
    #[track_caller]
    pub fn ports(m: &'m Module, arch: &MatmulArch) -> Self {
        SequencerJob {
            start: m.input("start", bit()).comment("a job starts"),
            clear: m.input("clear", bit()).comment("forget everything at once"),
            m: m.input("m", SIZE).comment("rows of A and C"),
            k: m.input("k", k_shape(arch))
                .comment("columns of A, rows of B"),
            panels: m.input("panels", panels_shape(arch)).comment("of B"),
        }
    }
}

/// The bank of B of the job: by turns, as the loader fills them.
#[track_caller]
pub(super) fn b_bank<'m>(m: &'m Module, job: &SequencerJob<'m>) -> Signal<'m> {
    let bank = m.reg("b_bank", bit()).reset(1);
    bank.next(job.clear | (bank ^ job.start))
}

/// An unsigned value that is known to fit, with `width` bits.
#[track_caller]
pub(super) fn resize<'m>(value: Signal<'m>, width: u32) -> Signal<'m> {
    if value.width() > width {
        value.truncate(width)
    } else {
        value.zero_extend(width)
    }
}

/// The next tile of the walk.
pub(super) struct Tile<'m> {
    /// There is one.
    pub valid: Signal<'m>,
    /// Vectors of B in it.
    pub b_vectors: Signal<'m>,
    /// Place in the bank of the first of them.
    pub b_base: Signal<'m>,
    /// Place just behind the last of them, known in the second cycle of the tile.
    pub b_end: Signal<'m>,
    /// Offset in the A bank of its first vector (weight-stationary).
    pub a_offset: Signal<'m>,
    /// Offset in the accumulator bank of its first word.
    pub sum_offset: Signal<'m>,
    /// Rows of A in the block.
    pub rows: Signal<'m>,
    /// First tile of its row block.
    pub block_first: Signal<'m>,
    /// Last tile of its row block.
    pub block_last: Signal<'m>,
    /// First tile of K: sums begin anew.
    pub k_first: Signal<'m>,
}

/// Registers that walk over the tiles; `advance` goes to the next one, from a tile's third cycle on.
#[track_caller]
pub(super) fn walk<'m>(
    m: &'m Module,
    arch: &MatmulArch,
    job: &SequencerJob<'m>,
    advance: Signal<'m>,
) -> Tile<'m> {
    let rows = arch.rows;
    let sizes = PortSizes::of(arch);
    let cut_k = arch.dataflow == Dataflow::WeightStationary;
    let k_left = m
        .reg("tile_k_left", k_shape(arch))
        .comment("K from this tile on");
    let panels_left = m
        .reg("tile_panels_left", panels_shape(arch))
        .comment("panels from this one on");
    let m_left = m
        .reg("tile_m_left", SIZE)
        .comment("M from this row block on");
    let k_end = if cut_k { k_left.le(rows) } else { m.high() }.named("tile_k_end");
    let n_end = panels_left.eq(1).named("tile_n_end");
    let m_end = m_left.le(rows).named("tile_m_end");
    let block_end = (k_end & n_end).named("tile_block_end");

    let next_k = k_end.mux(job.k, k_left - rows);
    k_left.walk(job.start, job.k, advance, next_k);
    let next_panels = n_end.mux(job.panels, panels_left - 1);
    let next_panels = k_end.mux(next_panels, *panels_left);
    panels_left.walk(job.start, job.panels, advance, next_panels);
    let next_m = block_end.mux(m_left - rows, *m_left);
    m_left.walk(job.start, job.m, advance, next_m);

    let valid = m.reg("tile_valid", bit()).reset(0);
    let stays = valid & !(advance & block_end & m_end);
    valid.next(job.start | (stays & !job.clear));

    let b_shape = b_count(arch.b_buffer.bank_depth);
    let b_vectors = if cut_k {
        at_most(*k_left, rows).named("tile_b_vectors")
    } else {
        *k_left
    };
    let b_base = m.reg("tile_b_base", b_shape);
    let b_end = m.delay("tile_b_end", b_base + resize(b_vectors, b_shape.width));
    let next_b = block_end.mux(m.zero(b_shape), b_end);
    b_base.walk(job.start, 0, advance, next_b);

    let offset_shape = unsigned(sizes.a_offset_bits);
    let a_offset = if cut_k && arch.a_buffer.words_per_row > 1 {
        let a_offset = m.reg("tile_a_offset", offset_shape);
        let zero = m.zero(offset_shape);
        let next = k_end.mux(zero, a_offset + rows);
        a_offset.walk(job.start, 0, advance, next)
    } else {
        m.zero(offset_shape)
    };
    let sum_shape = unsigned(sizes.target.0);
    let sum_offset = if arch.accumulators.panels > 1 {
        let sum_offset = m.reg("tile_sum_offset", sum_shape);
        let zero = m.zero(sum_shape);
        let next = k_end.mux(n_end.mux(zero, sum_offset + rows), *sum_offset);
        sum_offset.walk(job.start, 0, advance, next)
    } else {
        m.zero(sum_shape)
    };

    let flag = |name: &str, next: Signal<'m>| {
        let flag = m.reg(name, bit());
        flag.next(job.start | advance.mux(next, *flag))
    };
    Tile {
        valid: *valid,
        b_vectors,
        b_base: *b_base,
        b_end,
        a_offset,
        sum_offset,
        rows: at_most(*m_left, rows).named("tile_rows"),
        block_first: flag("tile_block_first", block_end),
        block_last: block_end,
        k_first: if cut_k {
            flag("tile_k_first", k_end)
        } else {
            m.high()
        },
    }
}
