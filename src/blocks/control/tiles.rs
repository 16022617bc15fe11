//! The tiles of a job one after the other: row blocks, in each the panels of B, in each (for
//! weight-stationary arrays) the tiles of K.

use super::countdown::run_down;
use super::sequencer::{SequencerInputs, SequencerParams};
use super::{SIZE, b_count};
use crate::hdl::{Module, Reg, Signal, bit, bits_for, concat, hardware, unsigned};

/// An unsigned value that is known to fit, with `width` bits.
#[track_caller]
pub(super) fn resize<'m>(value: Signal<'m>, width: u32) -> Signal<'m> {
    if value.width() > width {
        value.truncate(width)
    } else {
        value.zero_extend(width)
    }
}

/// When the next tile comes.
pub(super) struct Advance<'m> {
    /// A pass begins with it: the last cycle before that.
    pub next: Reg<'m>,
    /// It is the first tile of a job.
    pub first: Signal<'m>,
    /// Either.
    pub any: Reg<'m>,
    /// Back to where jobs begin: there is none.
    pub rewind: Reg<'m>,
    first_next: Signal<'m>,
}

#[hardware]
impl<'m> Advance<'m> {
    /// The registers; [`Self::decide`] drives them.
    #[track_caller]
    pub fn new(m: &'m Module, io: &SequencerInputs<'m>) -> Self {
        /// the next pass begins after this cycle
        let next_pass = m.reg(bit()).reset(0);
        /// go to the next tile, or to the first
        let next_tile = m.reg(bit()).reset(0);
        /// no job: go to where jobs begin
        let rewind = m.reg(bit()).reset(1);
        // As long as it takes to find out the first tile.
        let starting = m.reg(unsigned(3)).reset(0);
        starting.next(concat(&[starting.truncate(2), io.job.start]).gate(!io.clear));
        Advance {
            next: next_pass,
            first: starting.msb(),
            any: next_tile,
            rewind,
            first_next: starting.bit(1),
        }
    }

    /// The next pass begins after the cycle behind this one; there is no job.
    #[track_caller]
    pub fn decide(&self, next: Signal<'m>, no_job: Signal<'m>) {
        self.rewind.next(no_job);
        self.next.next(next);
        self.any.next(next | self.first_next);
    }
}

/// The next tile.
pub(super) struct Tile<'m> {
    /// There is one.
    pub valid: Signal<'m>,
    /// Vectors of B in it.
    pub b_vectors: Signal<'m>,
    /// Place in the bank of the first of them.
    pub b_base: Signal<'m>,
    /// Place just behind the last of them.
    pub b_end: Signal<'m>,
    /// Bank of the A buffer and of the accumulators.
    pub bank: Signal<'m>,
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

/// The part of K that a tile takes.
struct KPart<'m> {
    /// It is the last of K.
    end: Signal<'m>,
    /// Vectors of B in the tile.
    b_vectors: Signal<'m>,
    /// Vectors of B in the tile behind.
    ahead_vectors: Signal<'m>,
}

/// The tiles of a job: the next one, in registers. It stays the next one for
/// [`MIN_PASS_CYCLES`](super::passes::MIN_PASS_CYCLES) at least: time to find out the tile behind.
/// With `cut_k`, a tile takes as much of K as the array has rows.
#[hardware]
#[track_caller]
pub(super) fn tiles<'m>(
    m: &'m Module,
    p: &SequencerParams,
    io: &SequencerInputs<'m>,
    advance: &Advance<'m>,
    cut_k: bool,
) -> Tile<'m> {
    let (next, any) = (*advance.next, *advance.any);
    let rewind = *advance.rewind;
    let k = if cut_k {
        k_part(m, p, io, advance)
    } else {
        KPart {
            end: m.high().named("tile_k_end"),
            b_vectors: io.job.k,
            ahead_vectors: io.job.k,
        }
    };
    let panels = run_down(io.job.panels, 2);
    /// panels behind the next one; below 0 in the last
    let tile_panels_left = m.reg(panels.shape());
    let n_end = tile_panels_left.msb().named("tile_n_end");
    let tile_block_end = m.delay(k.end & n_end);
    let tile_m_left = m.reg(SIZE).comment("M from this row block on");
    let tile_m_end = m.delay(fits(*tile_m_left, p.rows));
    m.when(rewind, || tile_panels_left.set(panels))
        .else_when(next & k.end, || {
            m.when(n_end, || tile_panels_left.set(panels))
                .otherwise(|| tile_panels_left.set(tile_panels_left - 1));
        });
    m.when(rewind, || tile_m_left.set(io.job.m))
        .else_when(next & tile_block_end, || {
            tile_m_left.set(tile_m_left - p.rows)
        });

    let tile_valid = m.reg(bit()).reset(0);
    let more = tile_valid & !(next & tile_block_end & tile_m_end);
    tile_valid.next((advance.first | more) & !io.clear);
    let tile_bank = m.reg(bit()).reset(0);
    tile_bank.next((tile_bank ^ (next & *tile_valid & tile_block_end)) & !io.clear);

    let b_shape = b_count(p.b_bank_depth);
    let tile_b_end = m.reg(b_shape);
    let next_b_base = m.delay(tile_b_end.gate(!tile_block_end));
    let tile_b_base = m.capture(any, next_b_base);
    let end_ahead = next_b_base + resize(k.ahead_vectors, b_shape.width);
    let next_b_end = m.delay(end_ahead);
    m.when(rewind, || tile_b_end.set(0))
        .else_when(any, || tile_b_end.set(next_b_end));
    m.assert(
        "next_tile_is_known",
        !any | next_b_end.eq(end_ahead),
        "the next tile comes before it is known",
    );

    let a_offset = if cut_k && p.a_words_per_row > 1 {
        let tile_a_offset = m.reg(unsigned(p.a_offset_bits()));
        m.when(rewind, || tile_a_offset.set(0)).else_when(next, || {
            m.when(k.end, || tile_a_offset.set(0))
                .otherwise(|| tile_a_offset.set(tile_a_offset + p.rows));
        });
        *tile_a_offset
    } else {
        m.zero(unsigned(p.a_offset_bits()))
    };
    let sum_offset = if p.sum_panels > 1 {
        let tile_sum_offset = m.reg(unsigned(p.sum_offset_bits()));
        m.when(rewind, || tile_sum_offset.set(0))
            .else_when(next & k.end, || {
                m.when(n_end, || tile_sum_offset.set(0))
                    .otherwise(|| tile_sum_offset.set(tile_sum_offset + p.rows));
            });
        *tile_sum_offset
    } else {
        m.zero(unsigned(p.sum_offset_bits()))
    };
    let first = |name: &str, after: Signal<'m>| {
        let first = m.reg(bit()).named(name);
        first.next(rewind | next.mux(after, *first))
    };
    // Output-stationary sequencers do not read it.
    let tile_rows = remainder(tile_m_end, *tile_m_left, p.rows).named("tile_rows");
    m.unused(tile_rows);
    Tile {
        valid: *tile_valid,
        b_vectors: k.b_vectors,
        b_base: tile_b_base,
        b_end: *tile_b_end,
        bank: *tile_bank,
        a_offset,
        sum_offset,
        rows: tile_rows,
        block_first: first("tile_block_first", tile_block_end),
        block_last: tile_block_end,
        k_first: if cut_k {
            first("tile_k_first", k.end)
        } else {
            m.high()
        },
    }
}

/// K, cut a tile ahead: the end of the next tile in B must be known when it comes.
#[hardware]
#[track_caller]
fn k_part<'m>(
    m: &'m Module,
    p: &SequencerParams,
    io: &SequencerInputs<'m>,
    advance: &Advance<'m>,
) -> KPart<'m> {
    /// K from the tile behind this one on
    let ahead_k_left = m.reg(p.shapes.k);
    let ahead_k_end = m.delay(fits(*ahead_k_left, p.rows));
    m.when(*advance.rewind, || ahead_k_left.set(io.job.k))
        .else_when(*advance.any, || {
            m.when(ahead_k_end, || ahead_k_left.set(io.job.k))
                .otherwise(|| ahead_k_left.set(ahead_k_left - p.rows));
        });
    let ahead_b_vectors = remainder(ahead_k_end, *ahead_k_left, p.rows).named("ahead_b_vectors");
    let tile_k_end = m.capture(*advance.any, ahead_k_end);
    let tile_b_vectors = m.capture(*advance.any, ahead_b_vectors);
    KPart {
        end: tile_k_end,
        b_vectors: tile_b_vectors,
        ahead_vectors: ahead_b_vectors,
    }
}

/// `left` is not more than a tile takes. Not written as `<=`: Yosys would make that of `left - most`
/// and cut its carry chain in two.
#[track_caller]
fn fits<'m>(left: Signal<'m>, most: u32) -> Signal<'m> {
    if bits_for(u64::from(most) + 1) > left.width() {
        return left.module().high();
    }
    left.lt(most + 1)
}

/// What a tile takes of the `left` rest: all of it, which is `most` at the most, at the `end`, else
/// `most`.
#[track_caller]
fn remainder<'m>(end: Signal<'m>, left: Signal<'m>, most: u32) -> Signal<'m> {
    end.mux(left.truncate(bits_for(most.into())), most)
}
