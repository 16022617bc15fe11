//! Drain: from the accumulators to the result stream.

use super::super::pe::shape;
use super::super::ports::{PortSizes, ResultPort};
use super::tiles::resize;
use super::{SIZE, bank_counter, panel_columns_shape, panels_shape};
use crate::arch::MatmulArch;
use crate::hdl::{
    AxiStream, Block, Module, Signal, bit, bits_for, concat, first_match, index_bits, state_enum,
    unsigned,
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
/// In stages: a word is read from the accumulators, waits at the memory's output, or in the register
/// behind it if there is one, and is cut into beats.
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
        let rows = arch.rows;
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
        let state = m.fsm("state", DrainState::Idle);

        m.section("position in C");
        let issue = m.wire("issue", bit()).comment("read the next word");
        let rows_left = m.reg("rows_left", SIZE).comment("rows from this one on");
        let panels_left = m
            .reg("panels_left", panels.shape())
            .comment("words of the row from this one on");
        let row = m
            .reg("row", unsigned(index_bits(rows.into())))
            .comment("row in the block");
        let last_row = rows_left.eq(1).named("last_row");
        let last_of_block = (row.eq(rows - 1) | last_row).named("last_row_of_block");
        let row_end = panels_left.eq(1).named("row_end");
        let row_done = (issue & row_end).named("row_done");
        let block_done = (row_done & last_of_block).named("block_done");
        let next_panels = row_end.mux(panels, panels_left - 1);
        panels_left.walk(start, panels, issue, next_panels);
        rows_left.walk(start, rows_total, row_done, rows_left - 1);
        let next_row = last_of_block.mux(m.zero(row.shape()), row + 1);
        row.walk(start, 0, row_done, next_row);
        // Behind the last word, blocks of the next job may be complete already.
        let words_left = m.reg("words_left", bit()).reset(0);
        words_left.next(start | (words_left & !(row_done & last_row)));
        let bank = m.reg("bank", bit()).reset(0);
        bank.next(forget.mux(m.low(), bank ^ block_done));

        let address_shape = words.address.shape();
        let panel_offset = if arch.accumulators.panels > 1 {
            let offset = m.reg("panel_offset", address_shape);
            let zero = m.zero(address_shape);
            let next = row_end.mux(zero, offset + rows);
            offset.walk(start, 0, issue, next)
        } else {
            m.zero(address_shape)
        };
        let pending = bank_counter("complete_banks", complete, block_done, forget);
        let beats_shape = unsigned(bits_for(arch.c.beats_per_group.into()));
        let last_beats = m.capture("last_beats", start, self.beats_of_last_word(last_columns));
        let beats = row_end.mux(last_beats, m.lit(arch.c.beats_per_group, beats_shape));

        m.section("pipeline");
        let waiting = m.reg("word_waits", bit()).reset(0);
        let pack = m
            .wire("pack", bit())
            .comment("cut the waiting word into beats");
        let ready = state.is(DrainState::Drain) & words_left & pending.ne(0);
        let next = [beats, row_end & last_row, row_end & last_of_block];
        let room = !waiting | pack;
        let (arrives, next) = if arch.output_register {
            let read = m.reg("word_read", bit()).reset(0);
            let moves = (read & room).named("word_moves");
            issue.drive(ready & (!read | moves));
            read.next((issue | (read & !moves)) & !forget);
            m.output("hold", waiting & !pack);
            (moves, word_facts(m, "read", issue, next))
        } else {
            issue.drive(ready & room);
            (issue, next)
        };
        waiting.next((arrives | (waiting & !pack)) & !forget);
        // The bank is in use as long as its last word waits.
        let [waiting_beats, waiting_last, waiting_ends_block] =
            word_facts(m, "word", arrives, next);

        let beats_left = m.reg("beats_left", beats_shape).reset(0);
        let last_word = m.reg("last_word", bit()).reset(0);
        let data = m.reg("data", unsigned(arch.c.beats_per_group * arch.c.width));
        let closing = m
            .reg("closing", bit())
            .reset(0)
            .comment("the beat is the one that ends the packet of a failed job");
        let valid = beats_left.ne(0).named("valid");
        let last_beat = beats_left.eq(1).named("last_beat_of_word");
        let last = (last_word & last_beat).named("last");
        let fires = (valid & stream.tready).named("fires");
        pack.drive(waiting & (!valid | (fires & last_beat)));
        stream
            .tdata
            .drive(data.truncate(arch.c.width).gate(!closing));
        stream.tvalid.drive(valid);
        stream.tlast.drive(last);

        m.section("end of the packet");
        let open = m.reg("packet_open", bit()).reset(0);
        open.next(fires.mux(!last, *open) & !start & !clear);
        let ends = state.is(DrainState::Close) & !valid;
        let close = (ends & open).named("close");
        state.go(DrainState::Idle, start, DrainState::Drain);
        state.go(DrainState::Drain, clear, DrainState::Idle);
        state.go(DrainState::Drain, fires & last, DrainState::Idle);
        state.go(DrainState::Drain, abandon, DrainState::Close);
        state.go(DrainState::Close, clear, DrainState::Idle);
        state.go(DrainState::Close, ends & !open, DrainState::Idle);

        // A beat that is offered stays until it is taken, also when the job fails.
        let one = m.lit(1, beats_shape);
        let none = m.zero(beats_shape);
        let offered = (valid & !fires).mux(one, none);
        let counted = first_match(
            &[
                (clear, none),
                (abandon, offered),
                (close, one),
                (pack, waiting_beats),
                (fires, beats_left - 1),
            ],
            beats_left,
        );
        beats_left.next(counted);
        let keeps_last = first_match(
            &[(abandon, last), (close, m.high()), (pack, waiting_last)],
            last_word,
        );
        last_word.next(keeps_last);
        let shifted = if arch.c.beats_per_group > 1 {
            *data >> arch.c.width
        } else {
            *data
        };
        // The word comes straight from a memory: as little as can be stands before the register.
        data.enable(pack | fires)
            .next(pack.mux(self.padded(m, words.data), shifted));
        closing.next((close | (closing & !fires)) & !start & !clear);

        m.cover("word_waits_for_the_host", waiting & !pack);
        m.cover("packet_closed_after_an_error", close);
        m.output("idle", state.is(DrainState::Idle));
        // In the first cycle of idle.
        let job_done = m.flag("job_done", state.is(DrainState::Drain) & fires & last);
        m.output("job_done", job_done);
        m.output("block_drained", pack & waiting_ends_block);
        words.enable.drive(issue);
        words.bank.drive(bank);
        words
            .address
            .drive(panel_offset + row.zero_extend(address_shape.width));
    }
}

/// What is known of a word, caught where it `arrives`: its beats, whether it ends C, and whether it
/// ends a row block.
#[track_caller]
fn word_facts<'m>(
    m: &'m Module,
    name: &str,
    arrives: Signal<'m>,
    facts: [Signal<'m>; 3],
) -> [Signal<'m>; 3] {
    let names = ["beats", "last", "ends_block"].map(|fact| format!("{name}_{fact}"));
    let [beats, last, ends_block] = facts;
    [
        m.capture(&names[0], arrives, beats),
        m.capture(&names[1], arrives, last),
        m.capture(&names[2], arrives, ends_block),
    ]
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

    /// The word as the beats of a group: lanes sign-extended to results, zeros behind the last.
    fn padded<'m>(&self, m: &'m Module, word: Signal<'m>) -> Signal<'m> {
        let arch = &self.arch;
        let (lane, result) = (shape(arch.accumulator), shape(arch.result));
        let mut lanes: Vec<_> = word
            .split(lane.width)
            .into_iter()
            .map(|value| value.as_signed().sign_extend(result.width).as_unsigned())
            .collect();
        let padding = arch.c.group_padding() * result.width;
        if padding > 0 {
            lanes.push(m.zero(unsigned(padding)));
        }
        lanes.reverse();
        concat(&lanes)
    }
}
