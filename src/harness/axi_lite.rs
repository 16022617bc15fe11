//! AXI4-Lite master.

use super::Known;
use super::run::{RunSignals, junk};
use super::stalls::{INDEX_BITS, StallInput, StallPattern};
use crate::hdl::{AxiLite, Block, Module, Signal, bit, bundle, concat, hardware, unsigned};

bundle! {
    /// An access.
    pub struct Access() {
        /// A write.
        write: bit(),
        /// A read that is not repeated, or one that is.
        read: bit(),
        /// The read is repeated until some bits are as wanted.
        poll: bit(),
        /// The byte address.
        address: unsigned(32),
        /// What is written, or the bits that matter to a poll.
        data: unsigned(32),
        /// The strobes of a write in the lowest bits, or what a poll waits for.
        value: unsigned(32),
    }
}

bundle! {
    /// The last bits of the stall patterns.
    pub struct ChannelStalls() {
        /// Of the write address.
        aw: unsigned(INDEX_BITS),
        /// Of the write data.
        w: unsigned(INDEX_BITS),
        /// Of the write response.
        b: unsigned(INDEX_BITS),
        /// Of the read address.
        ar: unsigned(INDEX_BITS),
        /// Of the read data.
        r: unsigned(INDEX_BITS),
    }
}

bundle! {
    /// What a master is told.
    pub struct MasterInput() {
        /// The run.
        run: RunSignals(),
        /// What is to be done.
        access: Access(),
        /// The master takes part in the run.
        used: bit(),
        /// When the channels pause.
        stall_last: ChannelStalls(),
        /// BREADY waits for BVALID.
        b_after_valid: bit(),
        /// RREADY waits for RVALID.
        r_after_valid: bit(),
    }
}

bundle! {
    /// What a master drives and reports.
    pub struct MasterOutput(address_bits: u32) {
        /// The bus.
        m: AxiLite(address_bits),
        /// The access ends with this cycle.
        finished: bit(),
        /// The word that was read.
        data: unsigned(32),
        /// BRESP or RRESP.
        response: unsigned(2),
        /// What became of polls.
        report: MasterReport(),
    }
}

bundle! {
    /// What a poll has seen so far.
    pub struct MasterReport() {
        /// The last word read.
        polled: unsigned(32),
        /// There is one, and the poll goes on.
        has_polled: bit(),
    }
}

/// Does one access at a time, address and data offered together; the channels pause each by a
/// pattern of its own. That responses and read data come when they are asked for, and stay, is
/// checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AxiLiteMaster {
    /// For `s_axil_awaddr` and so on: `s_axil`.
    pub prefix: String,
    /// Width of the addresses.
    pub address_bits: u32,
}

/// When something counts: the master takes part, and its operation ends.
#[derive(Clone, Copy)]
struct When<'m> {
    live: Signal<'m>,
    ends: Signal<'m>,
}

/// An answer of the design and how it is taken.
struct Answer<'m> {
    valid: Signal<'m>,
    payload: Signal<'m>,
    asked: Signal<'m>,
    ready: Signal<'m>,
}

impl AxiLiteMaster {
    fn known<'m>(
        &self,
        m: &'m Module,
        name: &str,
        value: Signal<'m>,
        check: Signal<'m>,
    ) -> Signal<'m> {
        Known::insert(m, &format!("{}_{name}", self.prefix), value, check)
    }

    /// A channel that the master drives: its valid, and whether its handshake is over.
    fn offer<'m>(
        &self,
        m: &'m Module,
        channel: &str,
        due: Signal<'m>,
        (ready, stall): (Signal<'m>, Signal<'m>),
        when: When<'m>,
    ) -> (Signal<'m>, Signal<'m>) {
        let name = |what: &str| format!("{channel}_{what}");
        let ready = self.known(m, &format!("{channel}ready"), ready, when.live);
        let offered = m.reg(bit()).named(name("offered")).reset(0);
        let over = m.reg(bit()).named(name("over")).reset(0);
        let valid = (due & !*over & (*offered | !stall)).named(name("valid"));
        offered.next(valid & !ready);
        over.next((*over | (valid & ready)) & !when.ends);
        (valid, *over)
    }

    /// Checks an answer of the design: asked for, and kept until it is taken.
    fn check<'m>(
        &self,
        m: &'m Module,
        channel: &str,
        answer: &Answer<'m>,
        (payload, access): (&str, &str),
        live: Signal<'m>,
    ) {
        let waits = answer.valid & answer.asked & !answer.ready;
        let holding = m.flag(waits).named(format!("{channel}_holding"));
        let held = m.capture(waits, answer.payload);
        let held = held.named(format!("{channel}_held"));
        let rule = |name: &str, broken: Signal<'m>, message: String| {
            let message = format!("{}_{message}", self.prefix);
            m.assert(&format!("{channel}_{name}"), !broken, &message);
        };
        let fell = format!("{channel}valid fell before {channel}ready");
        rule("valid_stays", holding & !answer.valid, fell);
        let changed = format!("{payload} changed before {channel}ready");
        let differs = answer.payload.ne(held);
        rule("payload_stays", holding & answer.valid & differs, changed);
        let unasked = format!("{channel}valid without an accepted {access}");
        rule("asked", answer.valid & live & !answer.asked, unasked);
    }
}

#[hardware]
impl Block for AxiLiteMaster {
    fn module_name(&self) -> String {
        format!("ferrogrid_master_{}", self.prefix)
    }

    fn build<'m>(&self, m: &'m Module, io: MasterInput<'m>) -> MasterOutput<'m> {
        m.doc("Does one access at a time.");
        m.unused(io.run.cycle);
        let MasterInput { run, access, .. } = io;
        let bus = m.wires(AxiLite::of(self.address_bits));
        let live = !run.quiet & io.used;
        let start = run.start;
        let stalls = |channel: &str, last| {
            StallPattern::insert(m, &format!("{channel}_stall"), StallInput { start, last })
        };
        let junk = junk(m, run.first, 32);
        let show = |port: Signal<'m>, valid: Signal<'m>, value: Signal<'m>| {
            let shown = valid.mux(value, junk);
            port.drive(match port.width() {
                33.. => shown.zero_extend(port.width()),
                32 => shown,
                width => shown.truncate(width),
            });
        };

        m.section("write");
        let write_ends = m.wire(bit());
        let when = When {
            live,
            ends: write_ends,
        };
        let channel = (bus.awready, stalls("aw", io.stall_last.aw));
        let (valid, address_over) = self.offer(m, "aw", access.write, channel, when);
        bus.awvalid.drive(valid);
        show(bus.awaddr, valid, access.address);
        let channel = (bus.wready, stalls("w", io.stall_last.w));
        let (valid, data_over) = self.offer(m, "w", access.write, channel, when);
        bus.wvalid.drive(valid);
        show(bus.wdata, valid, access.data);
        show(bus.wstrb, valid, access.value);
        let valid = self.known(m, "bvalid", bus.bvalid, live);
        let seen = m.flag(valid).named("b_seen");
        let stall = stalls("b", io.stall_last.b) | (io.b_after_valid & !seen);
        let b_ready = access.write & !stall;
        bus.bready.drive(b_ready);
        let bresp = self.known(m, "bresp", bus.bresp, live & valid);
        let answer = Answer {
            valid,
            payload: bresp,
            asked: access.write & address_over & data_over,
            ready: b_ready,
        };
        self.check(m, "b", &answer, ("bresp", "write"), live);
        write_ends.drive(answer.valid & answer.asked & answer.ready);

        m.section("read");
        let read_ends = m.wire(bit());
        let when = When {
            live,
            ends: read_ends,
        };
        let channel = (bus.arready, stalls("ar", io.stall_last.ar));
        let (valid, address_over) = self.offer(m, "ar", access.read, channel, when);
        bus.arvalid.drive(valid);
        show(bus.araddr, valid, access.address);
        let valid = self.known(m, "rvalid", bus.rvalid, live);
        let seen = m.flag(valid).named("r_seen");
        let stall = stalls("r", io.stall_last.r) | (io.r_after_valid & !seen);
        let r_ready = access.read & !stall;
        bus.rready.drive(r_ready);
        let rdata = self.known(m, "rdata", bus.rdata, live & valid);
        let rresp = self.known(m, "rresp", bus.rresp, live & valid);
        let answer = Answer {
            valid,
            payload: concat(&[rdata, rresp]),
            asked: access.read & address_over,
            ready: r_ready,
        };
        self.check(m, "r", &answer, ("rdata or rresp", "read"), live);
        read_ends.drive(answer.valid & answer.asked & answer.ready);

        m.section("result");
        let again = access.poll & (rdata & access.data).ne(access.value);
        let finished = write_ends | (read_ends & !again);
        let repeats = read_ends & again;
        let polled = m.capture(repeats, rdata);
        let has_polled = m.reg(bit()).reset(0);
        has_polled.next((*has_polled | repeats) & !finished);
        MasterOutput {
            m: bus,
            finished,
            data: access.write.mux(m.zero(unsigned(32)), rdata),
            response: access.write.mux(bresp, rresp),
            report: MasterReport {
                polled,
                has_polled: *has_polled,
            },
        }
    }
}
