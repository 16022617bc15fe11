//! Drain: from the accumulators to the result stream.

use super::super::pe::shape;
use super::super::ports::{PortSizes, ResultPort};
use super::{SIZE, bank_counter};
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
/// Three stages: a word is read from the accumulators, waits in the memory's output register, and
/// is cut into beats.
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
        let (rows, columns) = (arch.rows, arch.columns);
        m.doc("Drain: reads finished row blocks and sends them as one packet on m_axis.");
        let start = m.input("start", bit()).comment("a job starts");
        let abandon = m
            .input("abandon", bit())
            .comment("the job has failed: end the packet");
        let clear = m.input("clear", bit()).comment("forget everything at once");
        let rows_total = m.input("m", SIZE).comment("rows of C");
        let row_elements = m.input("n", SIZE).comment("columns of C");
        let complete = m
            .input("block_complete", bit())
            .comment("a row block is complete");
        let words: ResultPort<'_> = m.source_port("words", PortSizes::of(arch).result);
        let stream: AxiStream<'_> = m.source_port("m_axis", (arch.c.width,));
        let restart = (start | clear | abandon).named("restart");
        let state = m.fsm("state", DrainState::Idle);

        m.section("position in C");
        let issue = m.wire("issue", bit()).comment("read the next word");
        let rows_left = m.reg("rows_left", SIZE).comment("rows from this one on");
        let columns_left = m
            .reg("columns_left", SIZE)
            .comment("columns from this panel on");
        let row = m
            .reg("row", unsigned(index_bits(rows.into())))
            .comment("row in the block");
        let last_row = rows_left.eq(1).named("last_row");
        let last_of_block = (row.eq(rows - 1) | last_row).named("last_row_of_block");
        let row_end = columns_left.le(columns).named("row_end");
        let row_done = (issue & row_end).named("row_done");
        let block_done = (row_done & last_of_block).named("block_done");
        let next_columns = row_end.mux(row_elements, columns_left - columns);
        columns_left.walk(start, row_elements, issue, next_columns);
        rows_left.walk(start, rows_total, row_done, rows_left - 1);
        let next_row = last_of_block.mux(m.zero(row.shape()), row + 1);
        row.walk(start, 0, row_done, next_row);
        let bank = m.reg("bank", bit()).reset(0);
        bank.next(restart.mux(m.low(), bank ^ block_done));

        let address_shape = words.address.shape();
        let panel_offset = if arch.accumulators.panels > 1 {
            let offset = m.reg("panel_offset", address_shape);
            let zero = m.zero(address_shape);
            let next = row_end.mux(zero, offset + rows);
            offset.walk(start, 0, issue, next)
        } else {
            m.zero(address_shape)
        };
        let pending = bank_counter("complete_banks", complete, block_done, restart);
        let beats_shape = unsigned(bits_for(arch.c.beats_per_group.into()));
        let beats = self
            .beats_of_word(m, *columns_left, row_end)
            .truncate(beats_shape.width);

        m.section("pipeline");
        let waiting = m.reg("word_waits", bit()).reset(0);
        let pack = m
            .wire("pack", bit())
            .comment("cut the waiting word into beats");
        issue.drive(state.is(DrainState::Drain) & pending.ne(0) & (!waiting | pack) & !restart);
        waiting.next((issue | (waiting & !pack)) & !restart);
        let waiting_beats = m.reg("word_beats", beats_shape).enable(issue).next(beats);
        let waiting_last = m
            .reg("word_last", bit())
            .enable(issue)
            .next(row_end & last_row);
        // The bank is in use as long as its last word waits in the memory's output register.
        let waiting_ends_block = m
            .reg("word_ends_block", bit())
            .enable(issue)
            .next(row_end & last_of_block);

        let beats_left = m.reg("beats_left", beats_shape).reset(0);
        let last_word = m.reg("last_word", bit()).reset(0);
        let data = m.reg("data", unsigned(arch.c.beats_per_group * arch.c.width));
        let valid = beats_left.ne(0).named("valid");
        let last_beat = beats_left.eq(1).named("last_beat_of_word");
        let last = (last_word & last_beat).named("last");
        let fires = (valid & stream.tready).named("fires");
        pack.drive(waiting & (!valid | (fires & last_beat)));
        stream.tdata.drive(data.truncate(arch.c.width));
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
                (pack & !restart, waiting_beats),
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
        let next_data = first_match(
            &[
                (close, m.zero(data.shape())),
                (pack, self.padded(m, words.data)),
                (fires, shifted),
            ],
            data,
        );
        data.next(next_data);

        m.cover("word_waits_for_the_host", waiting & !pack);
        m.cover("packet_closed_after_an_error", close);
        m.output("idle", state.is(DrainState::Idle));
        m.output("job_done", state.is(DrainState::Drain) & fires & last);
        m.output("block_drained", pack & waiting_ends_block);
        words.enable.drive(issue);
        words.bank.drive(bank);
        words
            .address
            .drive(panel_offset + row.zero_extend(address_shape.width));
    }
}

impl Drain {
    /// Beats of the word that begins with `left` columns to go.
    fn beats_of_word<'m>(
        &self,
        m: &'m Module,
        left: Signal<'m>,
        row_end: Signal<'m>,
    ) -> Signal<'m> {
        let format = &self.arch.c;
        let full = m.lit(format.beats_per_group, SIZE);
        let per_beat = format.elements_per_beat;
        let short = (left + (per_beat - 1)) >> per_beat.trailing_zeros();
        row_end.mux(short, full)
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
