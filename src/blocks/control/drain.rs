//! Drain: from the accumulators to the result stream.

use super::super::ports::{PortSizes, ResultPort};
use super::results::{Orders, Word, countdown, countdown_shape, send};
use super::tiles::resize;
use super::{SIZE, bank_counter, panel_columns_shape, panels_shape};
use crate::arch::MatmulArch;
use crate::hdl::{
    AxiStream, Block, Module, Signal, bit, bits_for, index_bits, state_enum, unsigned,
};

state_enum! {
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
#[derive(Debug, Clone)]
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

    fn build(&self, m: &Module) {
        let arch = &self.arch;
        m.doc("Drain: reads finished row blocks and sends them as one packet on m_axis.");
        let start = m.input("start", bit()).comment("a job starts");
        let abandon = m
            .input("abandon", bit())
            .comment("the job has failed: end the packet");
        let clear = m.input("clear", bit()).comment("forget everything at once");
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
        let stream: AxiStream<'_> = m.source_port("m_axis", (arch.c.width,));
        let forget = (clear | abandon).named("forget");
        let orders = Orders {
            abandon,
            clear,
            forget,
        };
        let state = m.fsm("state", DrainState::Idle);
        let moves = m
            .reg("moves", bit())
            .reset(1)
            .comment("all words move on by a stage");

        m.section("position in C");
        let asks = m
            .reg("asks", bit())
            .reset(0)
            .comment("there is a word to read");
        let issue = (asks & moves).named("issue");
        let position = position(m, arch, (start, issue), rows_total, panels);
        let Position {
            row_end, last_row, ..
        } = position;
        let row_done = (issue & row_end).named("row_done");
        let block_end = (row_end & position.last_of_block).named("block_end");
        let block_done = (issue & block_end).named("block_done");
        // Behind the last word, blocks of the next job may be complete already.
        let rows_left = m.reg("more_rows", bit()).reset(0);
        rows_left.next((start | (rows_left & !(row_done & last_row))) & !forget);
        let bank = m.reg("bank", bit()).reset(0);
        bank.next((bank ^ block_done) & !forget);
        let pending = bank_counter("complete_banks", complete, block_done, forget);
        let another = !last_row & (pending.eq(2) | complete);
        let begins = rows_left & pending.ne(0);
        asks.next(block_done.mux(another, *asks | begins) & !forget);

        m.section("words on their way");
        let beats_shape = countdown_shape(arch.c.beats_per_group);
        let last_beats = countdown(self.beats_of_last_word(last_columns));
        let last_beats = m.capture("last_beats", start, last_beats);
        let values = 1u64 << beats_shape.width;
        let full = (u64::from(arch.c.beats_per_group) + values - 2) % values;
        let mut valid = *asks;
        let mut facts = [
            row_end.mux(last_beats, m.lit(full, beats_shape)),
            row_end & last_row,
            block_end,
        ];
        let stages: &[&str] = if arch.output_register {
            &["read", "held", "word"]
        } else {
            &["read", "word"]
        };
        for stage in stages {
            let waits = m.reg(format!("{stage}_valid"), bit()).reset(0);
            valid = waits.next(moves.mux(valid, *waits) & !forget);
            let names = ["beats", "last", "ends_block"].map(|fact| format!("{stage}_{fact}"));
            let [beats, last, ends_block] = facts;
            facts = [
                m.capture(&names[0], *moves, beats),
                m.capture(&names[1], *moves, last),
                m.capture(&names[2], *moves, ends_block),
            ];
        }
        let [beats, last, ends_block] = facts;
        let word = Word {
            valid,
            beats,
            last,
            data: words.data,
        };
        // The bank is in use as long as its last word waits.
        let drained = valid & ends_block & moves & !forget;
        m.output("block_drained", m.flag("block_drained", drained));
        words.enable.drive(*asks);
        words.moves.drive(*moves);
        words.bank.drive(*bank);
        words.address.drive(position.address);

        let sent = send(m, arch, &word, moves, &orders, &stream);
        state.go(DrainState::Idle, start, DrainState::Drain);
        state.go(DrainState::Drain, clear, DrainState::Idle);
        state.go(DrainState::Drain, sent.last, DrainState::Idle);
        state.go(DrainState::Drain, abandon, DrainState::Close);
        state.go(DrainState::Close, clear | sent.all, DrainState::Idle);
        m.output("idle", state.is(DrainState::Idle));
        let done = state.is(DrainState::Drain) & sent.last & !clear;
        m.output("job_done", m.flag("job_done", done));
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
    /// It is in the last row of C.
    last_row: Signal<'m>,
    /// It is in the last row of its row block.
    last_of_block: Signal<'m>,
    /// Its place in the bank.
    address: Signal<'m>,
}

/// Walks over the words of C. What stands on the last of something comes from a register.
#[track_caller]
fn position<'m>(
    m: &'m Module,
    arch: &MatmulArch,
    (start, issue): (Signal<'m>, Signal<'m>),
    rows_total: Signal<'m>,
    panels: Signal<'m>,
) -> Position<'m> {
    let rows = arch.rows;
    let (rows_total, panels) = (countdown(rows_total), countdown(panels));
    let panels_left = m
        .reg("panels_left", panels.shape())
        .comment("words of the row from this one on, less 2");
    let row_end = panels_left.msb().named("row_end");
    let row_done = issue & row_end;
    panels_left.walk(start, panels, issue, row_end.mux(panels, panels_left - 1));
    let rows_left = m
        .reg("rows_left", rows_total.shape())
        .comment("rows from this one on, less 2");
    let last_row = rows_left.msb().named("last_row");
    let next_rows_left = rows_left - 1;
    rows_left.walk(start, rows_total, row_done, next_rows_left);

    let row = m
        .reg("row", unsigned(index_bits(rows.into())))
        .comment("row in the block");
    let last_of_block = if rows > 1 {
        let last = m.reg("last_row_of_block", bit());
        let ends = !last & row.eq(rows - 2);
        let next = ends | next_rows_left.msb();
        last.walk(start, rows_total.msb(), row_done, next)
    } else {
        m.high()
    };
    let next_row = last_of_block.mux(m.zero(row.shape()), row + 1);
    row.walk(start, 0, row_done, next_row);
    let address_shape = unsigned(PortSizes::of(arch).result.0);
    let address = if arch.accumulators.panels > 1 {
        let address = m.reg("address", address_shape);
        let next_row = next_row.zero_extend(address_shape.width);
        address.walk(start, 0, issue, row_end.mux(next_row, address + rows))
    } else {
        row.zero_extend(address_shape.width)
    };
    Position {
        row_end,
        last_row,
        last_of_block,
        address,
    }
}
