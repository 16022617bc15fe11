//! The end of an AXI4-Stream that sends.

use super::Known;
use super::run::{RunSignals, count, junk};
use super::stalls::{INDEX_BITS, StallInput, StallPattern};
use crate::hdl::{AxiStream, Block, Module, bit, bundle, hardware, index_bits, unsigned};

/// Bits of a word of a source's table `info`: from the lowest, the operations that must have
/// finished (16), the beats left in the packet with this one (31), TLAST.
pub const INFO_BITS: u32 = 48;

bundle! {
    /// What a source is told.
    pub struct SourceInput() {
        /// The run.
        run: RunSignals(),
        /// An operation puts the design into reset: the rest of a packet that was begun is skipped.
        drop: bit(),
        /// Operations that have finished.
        finished: unsigned(16),
        /// Beats to send.
        beats: unsigned(32),
        /// The run may end before all is sent.
        optional: bit(),
        /// When the source pauses.
        stall_last: unsigned(INDEX_BITS),
    }
}

bundle! {
    /// What a source sends and reports.
    pub struct SourceOutput(width: u32) {
        /// The stream.
        m: AxiStream(width),
        /// All is sent with this cycle.
        done: bit(),
        /// What became of it.
        report: SourceReport(),
    }
}

bundle! {
    /// What became of a source.
    pub struct SourceReport() {
        /// Beats taken.
        accepted: unsigned(32),
        /// The cycle in which the first was taken.
        first_cycle: unsigned(64),
        /// The cycle in which the last was taken.
        last_cycle: unsigned(64),
        /// Cycles in which a beat was offered and not taken.
        waited: unsigned(64),
        /// The beat that is next.
        position: unsigned(32),
        /// The next beat was offered before.
        offered: bit(),
    }
}

/// Sends the beats of its tables `data` and `info`.
///
/// A beat is offered once so many operations have finished as it wants, in a cycle that does not
/// pause, and stays until it is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamSource {
    /// For `s_axis_a_tdata` and so on: `s_axis_a`.
    pub prefix: String,
    /// Width of TDATA.
    pub width: u32,
    /// Beats that the tables hold.
    pub depth: u32,
}

#[hardware]
impl Block for StreamSource {
    fn module_name(&self) -> String {
        format!("ferrogrid_source_{}", self.prefix)
    }

    fn build<'m>(&self, m: &'m Module, io: SourceInput<'m>) -> SourceOutput<'m> {
        m.doc("Sends the beats of its tables.");
        let word = unsigned(32);
        let run = io.run;
        let stream = m.wires(AxiStream::of(self.width));
        let pattern = StallInput {
            start: run.start,
            last: io.stall_last,
        };
        let stall = StallPattern::insert(m, "stall", pattern);
        let live = !run.quiet & io.beats.ne(0);
        let name = format!("{}_tready", self.prefix);
        let ready = Known::insert(m, &name, stream.tready, live);

        let next_position = m.wire(word);
        let address = run.first.mux(m.zero(word), next_position);
        let address = address.truncate(index_bits(self.depth.into()));
        let data = m.memory(self.width, self.depth).named("data").public();
        let beat = data.read(address);
        let info = m.memory(INFO_BITS, self.depth).named("info").public();
        let beat_info = info.read(address);
        let wants = beat_info.slice(0, 16);
        let left = beat_info.slice(16, 31);

        let position = m.reg(word).reset(0);
        let offered = m.reg(bit()).reset(0);
        let due = position.ne(io.beats) & io.finished.ge(wants) & !stall;
        let valid = (*offered | due) & !run.quiet;
        let taken = valid & ready;
        let waits = valid & !ready;
        offered.next(waits);

        let begun = m.reg(bit()).reset(0);
        let dropped = io.drop & (*begun | *offered);
        begun.next(taken.mux(left.ne(1), *begun & !dropped));
        let skipped = dropped.mux(left, m.zero(unsigned(31)));
        let step = taken.mux(m.lit(1, unsigned(31)), skipped);
        next_position.drive(*position + step.zero_extend(32));
        position.next(next_position);

        let junk = junk(m, run.first, self.width);
        stream.tvalid.drive(valid);
        stream.tdata.drive(valid.mux(beat, junk));
        stream
            .tlast
            .drive(valid.mux(beat_info.bit(47), junk.bit(0)));
        let (accepted, _) = count(m, "accepted", taken, 32);
        let (waited, _) = count(m, "waited", waits, 64);
        let first_cycle = m.capture(taken & accepted.eq(0), run.cycle);
        let last_cycle = m.capture(taken, run.cycle);
        SourceOutput {
            m: stream,
            done: io.optional | next_position.eq(io.beats),
            report: SourceReport {
                accepted,
                first_cycle,
                last_cycle,
                waited,
                position: *position,
                offered: *offered,
            },
        }
    }
}
