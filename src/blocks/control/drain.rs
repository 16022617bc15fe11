//! Drain: from the accumulators to the result stream.

use super::super::ports::{PortSizes, ResultPort};
use super::countdown::run_down;
use super::results::{Orders, Word, send};
use super::tiles::resize;
use super::{SIZE, bank_counter, panel_columns_shape, panels_shape};
use crate::arch::MatmulArch;
use crate::hdl::{
    AxiStream, Block, Module, Signal, bit, bits_for, hardware_enum, index_bits, unsigned,
};

hardware_enum! {
    /// States of the drain.
    pub enum DrainState {
        /// No job, or its last beat has been handed over.
        Idle,
        /// Sending results.
        Drain,
        /// The job has failed: ending the packet.
        Close,
    }
}

/// Sends the row blocks of C, row after row.
///
/// In stages: a word is asked for, read from the accumulators, and cut into beats. Whatever is
/// before the beats moves on by a stage when they take a word, and else stands still.
#[derive(Debug, Clone, PartialEq)]
pub struct Drain {
    /// Module name.
    pub name: String,
    /// The architecture.
    pub arch: MatmulArch,
}

impl Block for Drain {
    fn module_name(&self) -> String {
        self.name.clone()
    }

    crate::hdl::untyped_ports!();

    fn build(&self, m: &Module, (): ()) {
        let arch = &self.arch;
        m.doc("Drain: reads finished row blocks and sends them as one packet on m_axis.");
        let start = m.input("start", bit()).comment("a job starts");
        let abandon = m
            .input("abandon", bit())
            .comment("the job has failed: end the packet");
        let clear = m.input("clear", bit()).comment("forget everything at once");
        let forget = m.input("forget", bit()).comment("`abandon` or `clear`");
        let rows_total = m.input("m", SIZE).comment("rows of C");
        let panels = m
            .input("panels", panels_shape(arch))
            .comment("words of a row of C");
        let last_columns = m
            .input("last_columns", panel_columns_shape(arch))
            .comment("columns in the last word of a row");
        let complete = m
            .input("block_complete", bit())
            .comment("a row block is complete");
        let words: ResultPort<'_> = m.source_port("words", PortSizes::of(arch).result);
        let stream: AxiStream<'_> = m.source_port("m_axis", AxiStream::of(arch.c.width));
        let state = m.fsm(DrainState::Idle).named("state");
        let moves = m
            .reg(bit())
            .named("moves")
            .reset(0)
            .comment("all words move on by a stage");

        m.section("position in C");
        let asks = m
            .reg(bit())
            .named("asks")
            .reset(0)
            .comment("there is a word to read");
        let issue = m
            .reg(bit())
            .named("issue")
            .reset(0)
            .comment("`asks` and `moves`; it may stand in the cycle after all is forgotten");
        let reads = (issue & asks).named("reads");
        let more_rows = m.reg(bit()).named("more_rows").reset(0);
        let position = position(m, arch, (*more_rows, *issue), rows_total, panels);
        let Position {
            row_end,
            row_done,
            last_row,
            ..
        } = position;
        let block_end = (row_end & position.last_of_block).named("block_end");
        let block_done = (reads & block_end).named("block_done");
        // Behind the last word, blocks of the next job may be complete already.
        let started = m.flag(start).named("start_1");
        let stays = *more_rows & !(row_done & last_row);
        more_rows.next((started | stays) & !forget);
        let bank = m.reg(bit()).named("bank").reset(0);
        bank.next((bank ^ block_done) & !forget);
        let pending = bank_counter("complete_banks", complete, block_done, forget);
        let another = !last_row & (pending.eq(2) | complete);
        let begins = more_rows & pending.ne(0);
        let next_asks = block_done.mux(another, *asks | begins).named("next_asks");
        asks.next(next_asks & !forget);

        m.section("words on their way");
        let last_beats = run_down(self.beats_of_last_word(last_columns), 2);
        let beats_shape = last_beats.shape();
        let last_beats = m.delay(last_beats).named("last_beats");
        let (values, full) = (1u64 << beats_shape.width, u64::from(arch.c.beats_per_group));
        let full = m.lit((values + full - 2) % values, beats_shape);
        let mut valid = reads;
        let mut facts = [
            ("beats", row_end.mux(last_beats, full)),
            ("last", row_end & last_row),
            ("ends_block", block_end),
        ];
        let stages: &[&str] = if arch.output_register {
            &["read", "held", "word"]
        } else {
            &["read", "word"]
        };
        for stage in stages {
            let there = m.reg(bit()).named(format!("{stage}_valid")).reset(0);
            valid = there.next(moves.mux(valid, *there) & !forget);
            facts = facts.map(|(name, fact)| {
                (
                    name,
                    m.capture(*moves, fact).named(format!("{stage}_{name}")),
                )
            });
        }
        let [beats, last, ends_block] = facts.map(|(_, fact)| fact);
        let word = Word {
            valid,
            beats,
            last,
            data: words.data,
        };
        // The bank is in use as long as its last word waits.
        let drained = valid & ends_block & moves & !forget;
        m.output("block_drained", m.flag(drained).named("block_drained"));
        words.enable.drive(*asks);
        words.moves.drive(*moves);
        words.bank.drive(*bank);
        words.address.drive(position.address);

        let orders = Orders {
            close: state.is(DrainState::Close),
            clear,
            forget,
        };
        let sent = send(m, arch, &word, moves, &orders, &stream);
        issue.next(sent.next_moves & next_asks);
        state.go(DrainState::Idle, start, DrainState::Drain);
        let done = m
            .flag(state.is(DrainState::Drain) & sent.last & !clear)
            .named("job_done");
        state.go(DrainState::Drain, clear | done, DrainState::Idle);
        state.go(DrainState::Drain, abandon, DrainState::Close);
        state.go(DrainState::Close, clear | sent.all, DrainState::Idle);
        m.output("idle", state.is(DrainState::Idle));
        m.output("job_done", done);
    }
}

impl Drain {
    /// Beats of a word that ends a row with `columns` columns: columns / results per beat, up.
    fn beats_of_last_word<'m>(&self, columns: Signal<'m>) -> Signal<'m> {
        let format = &self.arch.c;
        let per_beat = format.elements_per_beat;
        let width = columns.width().max(bits_for(per_beat.into())) + 1;
        let beats = (columns.zero_extend(width) + (per_beat - 1)) >> per_beat.trailing_zeros();
        resize(beats, bits_for(format.beats_per_group.into()))
    }
}

/// The word of C that is asked for.
struct Position<'m> {
    /// It ends its row.
    row_end: Signal<'m>,
    /// That word has been asked for.
    row_done: Signal<'m>,
    /// It is in the last row of C.
    last_row: Signal<'m>,
    /// It is in the last row of its row block.
    last_of_block: Signal<'m>,
    /// Its place in the bank.
    address: Signal<'m>,
}

/// Walks over the words of C: begins where there are no `more_rows`, goes on with `issue`. What
/// stands on the last of something comes from a register.
#[track_caller]
fn position<'m>(
    m: &'m Module,
    arch: &MatmulArch,
    (more_rows, issue): (Signal<'m>, Signal<'m>),
    rows_total: Signal<'m>,
    panels: Signal<'m>,
) -> Position<'m> {
    let rows = arch.rows;
    let begin = !more_rows;
    let panels = run_down(panels, 2);
    let panels_left = m
        .reg(panels.shape())
        .named("panels_left")
        .comment("words of the row from this one on, less 2");
    let row_end = panels_left.msb().named("row_end");
    let row_done = (issue & row_end).named("row_done");
    panels_left.walk(begin, panels, issue, row_end.mux(panels, panels_left - 1));

    let rows_total = run_down(rows_total, 3);
    let rows_left = m
        .reg(rows_total.shape())
        .named("rows_left")
        .comment("rows from this one on, less 3");
    rows_left.walk(begin, rows_total, row_done, rows_left - 1);
    let last_two = rows_left.msb().named("last_two_rows");
    // Before the first row: -2 says that there is only one.
    let only_row = (last_two & !rows_left.bit(0)).named("only_row");
    let last_row = m.reg(bit()).named("last_row");
    last_row.walk(begin, only_row, row_done, last_two);

    let row = m
        .reg(unsigned(index_bits(rows.into())))
        .named("row")
        .comment("row in the block");
    let last_of_block = if rows > 1 {
        let last = m.reg(bit()).named("last_row_of_block");
        let next = last_two | (!last & row.eq(rows - 2));
        last.walk(begin, only_row, row_done, next)
    } else {
        m.high()
    };
    let next_row = last_of_block.mux(m.zero(row.shape()), row + 1);
    let next_row = next_row.named("next_row");
    row.walk(begin, 0, row_done, next_row);
    let address_shape = unsigned(PortSizes::of(arch).accumulator_bits);
    let address = if arch.accumulators.panels > 1 {
        let address = m.reg(address_shape).named("address");
        let next_row = next_row.zero_extend(address_shape.width);
        address.walk(begin, 0, issue, row_end.mux(next_row, address + rows))
    } else {
        row.zero_extend(address_shape.width)
    };
    Position {
        row_end,
        row_done,
        last_row: *last_row,
        last_of_block,
        address,
    }
}
