//! The end of an AXI4-Stream that receives.

use super::Known;
use super::run::{RunSignals, count};
use super::stalls::{INDEX_BITS, StallInput, StallPattern};
use crate::hdl::{AxiStream, Block, Module, bit, bundle, concat, hardware, index_bits, unsigned};

bundle! {
    /// What a sink takes and is told.
    pub struct SinkInput(sink: &StreamSink) {
        /// The run.
        run: RunSignals(),
        /// The stream.
        s: AxiStream(sink.width),
        /// Beats or packets to wait for.
        goal: unsigned(32),
        /// The goal is in packets.
        counts_packets: bit(),
        /// The sink takes part in the run.
        used: bit(),
        /// When the sink pauses.
        stall_last: unsigned(INDEX_BITS),
        /// TREADY waits for TVALID.
        after_valid: bit(),
    }
}

bundle! {
    /// What a sink reports.
    pub struct SinkOutput() {
        /// The goal is met with this cycle.
        done: bit(),
        /// Packets with this cycle.
        packet_count: unsigned(32),
        /// In the cycle before, the last words of the tables were written.
        full: bit(),
        /// What became of it.
        report: SinkReport(),
    }
}

bundle! {
    /// What became of a sink.
    pub struct SinkReport() {
        /// Beats taken.
        beats: unsigned(32),
        /// Cycles in which a beat was offered and not taken.
        waited: unsigned(64),
    }
}

/// Takes beats and writes them into its tables `data` and `marks`, round and round.
///
/// A word of `marks` is the cycle, with TLAST in bit 63. That a beat stays as it is until it is
/// taken is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamSink {
    /// For `m_axis_c_tdata` and so on: `m_axis_c`.
    pub prefix: String,
    /// Width of TDATA.
    pub width: u32,
    /// Beats that the tables hold, a power of 2.
    pub depth: u32,
}

#[hardware]
impl Block for StreamSink {
    fn module_name(&self) -> String {
        format!("ferrogrid_sink_{}", self.prefix)
    }

    fn build<'m>(&self, m: &'m Module, io: SinkInput<'m>) -> SinkOutput<'m> {
        m.doc("Takes beats and writes them into its tables.");
        m.unused(io.run.first);
        let pattern = StallInput {
            start: io.run.start,
            last: io.stall_last,
        };
        let stall = StallPattern::insert(m, "stall", pattern);
        let live = !io.run.quiet & io.used;
        let port = |name: &str| format!("{}_{name}", self.prefix);
        let valid = Known::insert(m, &port("tvalid"), io.s.tvalid, live) & live;
        let last = Known::insert(m, &port("tlast"), io.s.tlast, valid);
        let data = Known::insert(m, &port("tdata"), io.s.tdata, valid);

        let holding = m.reg(bit()).reset(0);
        let ready = live & !stall & (!io.after_valid | *holding);
        io.s.tready.drive(ready);
        let taken = valid & ready;
        let waits = valid & !ready;
        holding.next(waits);
        let held = m.capture(waits, data);
        let held_last = m.capture(waits, last);
        let fell = *holding & live & !valid;
        let message = format!("{} fell before the beat was taken", port("tvalid"));
        m.assert("valid_stays", !fell, &message);
        let changed = *holding & valid & (held.ne(data) | held_last.ne(last));
        let message = format!("the payload of {} changed before it was taken", self.prefix);
        m.assert("payload_stays", !changed, &message);

        let (beats, beats_now) = count(m, "beats", taken, 32);
        let (_, packets_now) = count(m, "packets", taken & last, 32);
        let (waited, _) = count(m, "waited", waits, 64);
        let address = beats.truncate(index_bits(self.depth.into()));
        let words = m.memory(self.width, self.depth).named("data").public();
        words.write(taken, address, data);
        let marks = m.memory(64, self.depth).named("marks").public();
        marks.write(taken, address, concat(&[last, io.run.cycle.truncate(63)]));
        let full = m.flag(taken & address.all());
        SinkOutput {
            done: io.counts_packets.mux(packets_now, beats_now).ge(io.goal),
            packet_count: packets_now,
            full,
            report: SinkReport { beats, waited },
        }
    }
}
