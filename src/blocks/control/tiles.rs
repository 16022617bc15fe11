//! Walk over the tiles of a job: row blocks, in each the panels of B, in each (for
//! weight-stationary arrays) the tiles of K.

use super::super::ports::PortSizes;
use super::countdown::run_down;
use super::{SIZE, b_count, k_shape, panels_shape};
use crate::arch::{Dataflow, MatmulArch};
use crate::hdl::{Module, Reg, Signal, bit, bits_for, concat, unsigned};

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
    let bank = m.reg(bit()).named("b_bank").reset(1);
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

/// When the walk goes on.
pub(super) struct Advance<'m> {
    /// To the next tile, where a pass begins: the last cycle before it.
    pub next: Reg<'m>,
    /// To the first tile of a job.
    pub first: Signal<'m>,
    /// Either.
    pub any: Reg<'m>,
    /// Back to where jobs begin: there is none.
    pub rests: Reg<'m>,
    first_next: Signal<'m>,
}

impl<'m> Advance<'m> {
    /// The registers; [`Self::decide`] drives them.
    #[track_caller]
    pub fn new(m: &'m Module, job: &SequencerJob<'m>) -> Self {
        let next = m.reg(bit()).named("next_pass").reset(0);
        let any = m.reg(bit()).named("tile_moves").reset(0);
        let rests = m.reg(bit()).named("walk_rests").reset(1);
        // As long as it takes to find out the first tile.
        let starts = m.reg(unsigned(3)).named("starting").reset(0);
        let later = concat(&[starts.truncate(2), job.start]);
        starts.next(later.gate(!job.clear));
        Advance {
            next: next.comment("the next pass begins after this cycle"),
            first: starts.msb(),
            any: any.comment("go to the next tile, or to the first"),
            rests: rests.comment("the walk stands where jobs begin"),
            first_next: starts.bit(1),
        }
    }

    /// The next pass begins after the cycle behind this one; there is no job.
    #[track_caller]
    pub fn decide(&self, next: Signal<'m>, no_job: Signal<'m>) {
        self.rests.next(no_job);
        self.next.next(next);
        self.any.next(next | self.first_next);
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

/// Registers that walk over the tiles. A tile stays for
/// [`MIN_PASS_CYCLES`](super::passes::MIN_PASS_CYCLES) at least: time to find out ahead how the walk
/// goes on from it.
#[track_caller]
pub(super) fn walk<'m>(
    m: &'m Module,
    arch: &MatmulArch,
    job: &SequencerJob<'m>,
    advance: &Advance<'m>,
) -> Tile<'m> {
    let rows = arch.rows;
    let sizes = PortSizes::of(arch);
    let cut_k = arch.dataflow == Dataflow::WeightStationary;
    let (next, any, rests) = (*advance.next, *advance.any, *advance.rests);
    // K is walked a tile ahead, as the end of the next tile in B must be known when it comes.
    let (k_end, b_vectors, ahead_vectors) = if cut_k {
        let k_left = m
            .reg(k_shape(arch))
            .named("ahead_k_left")
            .comment("K from the tile behind this one on");
        let ahead_end = m.delay(fits(*k_left, rows)).named("ahead_k_end");
        let next_k = ahead_end.mux(job.k, k_left - rows);
        k_left.walk(rests, job.k, any, next_k);
        let vectors = remainder(ahead_end, *k_left, rows).named("ahead_b_vectors");
        let k_end = m.capture(any, ahead_end).named("tile_k_end");
        let b_vectors = m.capture(any, vectors).named("tile_b_vectors");
        (k_end, b_vectors, vectors)
    } else {
        (m.high().named("tile_k_end"), job.k, job.k)
    };
    let panels = run_down(job.panels, 2);
    let panels_left = m
        .reg(panels.shape())
        .named("tile_panels_left")
        .comment("panels behind the next one; below 0 in the last");
    let n_end = panels_left.msb().named("tile_n_end");
    let next_panels = n_end.mux(panels, panels_left - 1);
    panels_left.walk(rests, panels, next & k_end, next_panels);
    let block_end = m.delay(k_end & n_end).named("tile_block_end");
    let m_left = m
        .reg(SIZE)
        .named("tile_m_left")
        .comment("M from this row block on");
    let m_end = m.delay(fits(*m_left, rows)).named("tile_m_end");
    m_left.walk(rests, job.m, next & block_end, m_left - rows);

    let valid = m.reg(bit()).named("tile_valid").reset(0);
    let stays = valid & !(next & block_end & m_end);
    valid.next((advance.first | stays) & !job.clear);
    let bank = m.reg(bit()).named("tile_bank").reset(0);
    bank.next((bank ^ (next & valid & block_end)) & !job.clear);

    let b_shape = b_count(arch.b_buffer.bank_depth);
    let b_end = m.reg(b_shape).named("tile_b_end");
    let next_base = m.delay(b_end.gate(!block_end)).named("next_b_base");
    let b_base = m.capture(any, next_base).named("tile_b_base");
    let end_ahead = next_base + resize(ahead_vectors, b_shape.width);
    let next_end = m.delay(end_ahead).named("next_b_end");
    b_end.walk(rests, 0, any, next_end);
    let settled = next_end.eq(end_ahead);
    m.assert(
        "tiles_stay",
        !any | settled,
        "the walk goes on before it is known how",
    );

    let offset_shape = unsigned(sizes.a_offset_bits);
    let a_offset = if cut_k && arch.a_buffer.words_per_row > 1 {
        let a_offset = m.reg(offset_shape).named("tile_a_offset");
        let zero = m.zero(offset_shape);
        a_offset.walk(rests, 0, next, k_end.mux(zero, a_offset + rows))
    } else {
        m.zero(offset_shape)
    };
    let sum_shape = unsigned(sizes.accumulator_bits);
    let sum_offset = if arch.accumulators.panels > 1 {
        let sum_offset = m.reg(sum_shape).named("tile_sum_offset");
        let zero = m.zero(sum_shape);
        let beyond = n_end.mux(zero, sum_offset + rows);
        sum_offset.walk(rests, 0, next & k_end, beyond)
    } else {
        m.zero(sum_shape)
    };

    let flag = |name: &str, then: Signal<'m>| {
        let flag = m.reg(bit()).named(name);
        flag.next(rests | next.mux(then, *flag))
    };
    // The output-stationary core does not read it.
    let tile_rows = remainder(m_end, *m_left, rows).named("tile_rows");
    m.unused(tile_rows);
    Tile {
        valid: *valid,
        b_vectors,
        b_base,
        b_end: *b_end,
        bank: *bank,
        a_offset,
        sum_offset,
        rows: tile_rows,
        block_first: flag("tile_block_first", block_end),
        block_last: block_end,
        k_first: if cut_k {
            flag("tile_k_first", k_end)
        } else {
            m.high()
        },
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
    let bits = bits_for(most.into());
    end.mux(left.truncate(bits), most)
}
