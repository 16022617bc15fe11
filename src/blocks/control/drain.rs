//! Drain: from the accumulators to the result stream.

use super::super::ports::ResultPort;
use super::countdown::run_down;
use super::ports::{DrainJob, Orders};
use super::position::{PositionInputs, position};
use super::results::{SendInputs, Word, send};
use super::tiles::resize;
use super::{JobShapes, bank_counter};
use crate::arch::{AccumulatorBuffer, StreamFormat};
use crate::hdl::{
    AxiStream, Block, Module, Reg, Signal, bit, bits_for, bundle, hardware, hardware_enum,
    index_bits,
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

bundle! {
    /// Inputs of [`Drain`].
    pub struct DrainInputs(drain: &Drain) {
        /// What job control tells.
        orders: Orders(),
        /// The job to drain.
        job: DrainJob(drain.shapes),
        /// A row block is complete.
        block_complete: bit(),
    }
}

bundle! {
    /// Outputs of [`Drain`].
    pub struct DrainOutputs(address_bits: u32, word_bits: u32, width: u32) {
        /// Reads the accumulators.
        words: ResultPort(address_bits, word_bits),
        /// The packet of C.
        m_axis: AxiStream(width),
        /// An accumulator bank is free again.
        block_drained: bit(),
        /// No results are on their way.
        idle: bit(),
        /// The last beat of C has left.
        job_done: bit(),
    }
}

/// Sends the row blocks of C, row after row.
///
/// In stages: a word is asked for, read from the accumulators, and cut into beats. Whatever is
/// before the beats goes on by a stage when they take a word, and else stands still.
#[derive(Debug, Clone, PartialEq)]
pub struct Drain {
    /// Module name.
    pub name: String,
    /// Rows of a row block.
    pub rows: u32,
    /// Where the words come from.
    pub buffer: AccumulatorBuffer,
    /// The words come a stage later, through a register behind the memory.
    pub output_register: bool,
    /// Bits of a sum, and of a result.
    pub lane_bits: [u32; 2],
    /// The stream of results.
    pub format: StreamFormat,
    /// Shapes of the sizes of a job.
    pub shapes: JobShapes,
}

#[hardware]
impl Block for Drain {
    fn build<'m>(&self, m: &'m Module, io: DrainInputs<'m>) -> DrainOutputs<'m> {
        use DrainState::{Close, Drain, Idle};
        m.doc("Drain: reads finished row blocks and sends them as one packet on m_axis.");
        let address_bits = index_bits(self.buffer.bank_depth.into());
        let words = m.wires(ResultPort::of(address_bits, self.buffer.word_bits));
        let (job, orders) = (io.job, io.orders);
        let forget = orders.forget;
        let state = m.fsm(Idle);
        let advance = m.reg(bit()).reset(0).comment("all words go on by a stage");

        m.section("position in C");
        let asks = m.reg(bit()).reset(0).comment("there is a word to read");
        /// `asks` and `advance`; it may stand in the cycle after all is forgotten
        let issue = m.reg(bit()).reset(0);
        let reads = issue & *asks;
        let more_rows = m.reg(bit()).reset(0);
        let inputs = PositionInputs {
            restart: !more_rows,
            issue: *issue,
            rows: job.m,
            panels: job.panels,
        };
        let place = position(m, self.rows, self.buffer.panels, address_bits, &inputs);
        let block_end = place.row_end & place.last_of_block;
        let block_done = reads & block_end;
        // Behind the last word, blocks of the next job may be complete already.
        let started = m.flag(job.start).named("start_1");
        let goes_on = *more_rows & !(place.row_done & place.last_row);
        more_rows.next((started | goes_on) & !forget);
        let bank = m.reg(bit()).reset(0);
        bank.next((bank ^ block_done) & !forget);
        let pending = bank_counter("complete_banks", io.block_complete, block_done, forget);
        let another = !place.last_row & (pending.eq(2) | io.block_complete);
        let begins = more_rows & pending.ne(0);
        let next_asks = block_done.mux(another, *asks | begins).named("next_asks");
        asks.next(next_asks & !forget);

        m.section("words on their way");
        let asked = Asked {
            valid: reads,
            row_end: place.row_end,
            last: place.row_end & place.last_row,
            block_end,
        };
        let (word, ends_block) = self.word(m, &io, advance, &asked, words.data);
        // The bank is in use as long as its last word waits.
        let block_drained = m.flag(word.valid & ends_block & *advance & !forget);
        let inputs = SendInputs {
            word,
            close: state.is(Close),
            clear: orders.clear,
            forget,
        };
        let m_axis = m.wires(AxiStream::of(self.format.width));
        let sent = send(m, &self.format, self.lane_bits, advance, &inputs, &m_axis);
        issue.next(sent.next_advance & next_asks);
        let job_done = m.flag(state.is(Drain) & sent.last & !orders.clear);
        m.switch(state)
            .case(Idle, || m.when(job.start, || state.set(Drain)))
            .case(Drain, || {
                m.when(orders.clear | job_done, || state.set(Idle))
                    .else_when(orders.abandon, || state.set(Close))
            })
            .case(Close, || {
                m.when(orders.clear | sent.all, || state.set(Idle))
            });
        words.enable.drive(*asks);
        words.advance.drive(*advance);
        words.bank.drive(*bank);
        words.address.drive(place.address);
        DrainOutputs {
            words,
            m_axis,
            block_drained,
            idle: state.is(Idle),
            job_done,
        }
    }
}

/// The word that is asked for.
struct Asked<'m> {
    /// There is one.
    valid: Signal<'m>,
    /// It ends its row.
    row_end: Signal<'m>,
    /// It ends C.
    last: Signal<'m>,
    /// It ends its row block.
    block_end: Signal<'m>,
}

#[hardware]
impl Drain {
    /// What is known of a word, kept beside it until it is cut into beats; and that it ends its
    /// block.
    #[track_caller]
    fn word<'m>(
        &self,
        m: &'m Module,
        io: &DrainInputs<'m>,
        advance: Reg<'m>,
        asked: &Asked<'m>,
        data: Signal<'m>,
    ) -> (Word<'m>, Signal<'m>) {
        let beats_behind = run_down(self.beats_of_last_word(io.job.last_columns), 2);
        let shape = beats_behind.shape();
        let last_beats = m.delay(beats_behind).named("last_beats");
        let (values, full) = (1u64 << shape.width, u64::from(self.format.beats_per_group));
        let full = m.lit((values + full - 2) % values, shape);
        let mut valid = asked.valid;
        let mut facts = [
            ("beats", asked.row_end.mux(last_beats, full)),
            ("last", asked.last),
            ("ends_block", asked.block_end),
        ];
        let stages: &[&str] = match self.output_register {
            true => &["read", "held", "word"],
            false => &["read", "word"],
        };
        for stage in stages {
            let there = m.reg(bit()).named(format!("{stage}_valid")).reset(0);
            valid = there.next(advance.mux(valid, *there) & !io.orders.forget);
            facts = facts.map(|(name, fact)| {
                let fact = m.capture(advance, fact).named(format!("{stage}_{name}"));
                (name, fact)
            });
        }
        let [beats, last, ends_block] = facts.map(|(_, fact)| fact);
        let word = Word {
            valid,
            beats,
            last,
            data,
        };
        (word, ends_block)
    }

    /// Beats of a word that ends a row with `columns` columns: columns / results per beat, up.
    fn beats_of_last_word<'m>(&self, columns: Signal<'m>) -> Signal<'m> {
        let per_beat = self.format.elements_per_beat;
        let width = columns.width().max(bits_for(per_beat.into())) + 1;
        let beats = (columns.zero_extend(width) + (per_beat - 1)) >> per_beat.trailing_zeros();
        resize(beats, bits_for(self.format.beats_per_group.into()))
    }
}
