//! AXI4 memory.

use super::Known;
use super::reorder::{Reorder, ReorderInput, Waiting};
use super::run::{RunSignals, count};
use crate::hdl::{
    Axi4, Block, Module, Signal, Stream, bit, bundle, concat, hardware, index_bits, join, unsigned,
};

/// Bursts of each direction that a memory has open at a time.
const OPEN: usize = 8;

bundle! {
    /// How a memory behaves in a run.
    pub struct MemorySettings() {
        /// Cycles from a read request to its first beat at least.
        latency: unsigned(16),
        /// Cycles from the last beat of a write to its answer at least.
        write_latency: unsigned(16),
        /// In how many of 256 cycles a channel pauses.
        stalls: unsigned(8),
        /// Bursts of different ids may overtake each other.
        overtake: bit(),
        /// The READY of each channel waits for its VALID.
        after_valid: bit(),
        /// What the random bits begin with; not 0.
        seed: unsigned(32),
        /// The address of the first word of the table.
        base: unsigned(64),
    }
}

bundle! {
    /// What a memory is told.
    pub struct MemoryInput(memory: &AxiMemory) {
        /// The run.
        run: RunSignals(),
        /// The bus.
        s: Axi4(memory.id_bits, memory.address_bits, memory.data_bits),
        /// How the memory behaves.
        settings: MemorySettings(),
    }
}

bundle! {
    /// What a memory has counted.
    pub struct MemoryReport() {
        /// Read bursts.
        read_bursts: unsigned(32),
        /// Bytes of read data that were taken.
        read_bytes: unsigned(64),
        /// Write bursts.
        write_bursts: unsigned(32),
        /// Bytes of write data, strobed or not.
        write_bytes: unsigned(64),
        /// Cycles in which a read address was offered and not taken.
        read_address_waits: unsigned(32),
        /// Cycles in which a write address was offered and not taken.
        write_address_waits: unsigned(32),
        /// Cycles in which write data were offered and not taken.
        write_data_waits: unsigned(32),
        /// Cycles in which read data were offered and not taken.
        read_data_waits: unsigned(32),
    }
}

bundle! {
    /// What a memory gives.
    pub struct MemoryOutput() {
        /// What it has counted.
        report: MemoryReport(),
    }
}

/// Answers bursts from its table `words`, after some time, with pauses and in an order that are as
/// random as the seed. An access is answered with the code that stands at its word in the table
/// `responses` (0 OKAY, 2 SLVERR, 3 DECERR), and with DECERR beyond the table. Writes with another
/// answer than OKAY leave the words as they are. What AXI4 asks of the design is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AxiMemory {
    /// For `m_axi_araddr` and so on: `m_axi`.
    pub prefix: String,
    /// Width of the ids.
    pub id_bits: u32,
    /// Width of the addresses.
    pub address_bits: u32,
    /// Width of the data.
    pub data_bits: u32,
    /// Words that the table holds, a power of 2.
    pub depth: u32,
}

impl AxiMemory {
    fn port(&self, name: &str) -> String {
        format!("{}_{name}", self.prefix)
    }

    /// A channel that the design drives: its valid, which must stay with its payload until it is
    /// taken, and its ready, where there is `room`.
    fn request<'m>(
        &self,
        m: &'m Module,
        channel: &str,
        (valid, room): (Signal<'m>, Signal<'m>),
        payload: Signal<'m>,
        (live, after_valid): (Signal<'m>, Signal<'m>),
    ) -> (Signal<'m>, Signal<'m>) {
        let name = |what: &str| format!("{channel}_{what}");
        let valid_port = self.port(&format!("{channel}valid"));
        let valid = Known::insert(m, &valid_port, valid, live) & live;
        let payload = Known::insert(m, &self.port(channel), payload, valid);
        let holding = m.reg(bit()).named(name("holding")).reset(0);
        let ready = room & (!after_valid | *holding);
        let waits = valid & !ready;
        holding.next(waits);
        let held = m.capture(waits, payload).named(name("held"));
        let message = format!("{valid_port} fell before it was taken");
        m.assert(&name("valid_stays"), !(*holding & live & !valid), &message);
        let changed = *holding & valid & payload.ne(held);
        let message = format!(
            "the payload of {} changed before it was taken",
            self.port(channel)
        );
        m.assert(&name("payload_stays"), !changed, &message);
        (valid, ready)
    }

    /// The rules for the address of a burst.
    fn check_burst<'m>(
        &self,
        m: &'m Module,
        channel: &str,
        taken: Signal<'m>,
        (address, len, size, burst): (Signal<'m>, Signal<'m>, Signal<'m>, Signal<'m>),
    ) {
        let port = self.port(channel);
        let rule = |name: &str, broken: Signal<'m>, message: String| {
            m.assert(&format!("{channel}_{name}"), !(taken & broken), &message);
        };
        let bytes = (len.zero_extend(16) + 1) << size;
        let offset = address.truncate(12.min(self.address_bits)).zero_extend(16);
        let aligned = offset & !((m.lit(1, unsigned(16)) << size) - 1);
        let crosses = (aligned + bytes).gt(4096) & burst.eq(1);
        rule(
            "stays_in_4k",
            crosses,
            format!("a burst of {port} crosses 4 KiB"),
        );
        let wide = size.gt(u64::from((self.data_bits / 8).trailing_zeros()));
        rule(
            "fits_the_bus",
            wide,
            format!("a beat of {port} is wider than the bus"),
        );
        rule(
            "increments",
            burst.ne(1),
            format!("a burst of {port} does not increment"),
        );
    }

    /// The word of an address, and whether there is none.
    fn word<'m>(&self, address: Signal<'m>, base: Signal<'m>) -> (Signal<'m>, Signal<'m>) {
        let offset = address.zero_extend(65) - base.zero_extend(65);
        let low = (self.data_bits / 8).trailing_zeros();
        let bits = index_bits(self.depth.into());
        let index = offset.slice(low, bits);
        let above = offset.slice(low + bits, 65 - low - bits).any();
        (index, above)
    }
}

/// Random bits: a Galois register with the polynomial of a maximal sequence.
fn random_bits<'m>(m: &'m Module, first: Signal<'m>, seed: Signal<'m>) -> Signal<'m> {
    let random = m.reg(unsigned(32)).named("random");
    let shifted = random.slice(1, 31).zero_extend(32);
    let taps = m.lit(0x8020_0003_u32, unsigned(32)).gate(random.bit(0));
    random.next(first.mux(seed, shifted ^ taps))
}

/// The address of the beat after this one.
fn next_beat<'m>(m: &'m Module, address: Signal<'m>, size: Signal<'m>) -> Signal<'m> {
    let bytes = m.lit(1, address.shape()) << size;
    (address + bytes) & !(bytes - 1)
}

#[hardware]
impl Block for AxiMemory {
    fn module_name(&self) -> String {
        format!("ferrogrid_memory_{}", self.prefix)
    }

    fn build<'m>(&self, m: &'m Module, io: MemoryInput<'m>) -> MemoryOutput<'m> {
        m.doc("Answers bursts from a table, late and in any order.");
        let MemoryInput { run, s, settings } = io;
        m.unused(run.start);
        m.unused(run.cycle);
        let live = !run.quiet;
        let when = (live, settings.after_valid);
        let random = random_bits(m, run.first, settings.seed);
        let goes = |lsb: u32| random.slice(lsb, 8).ge(settings.stalls) & live;
        let address = unsigned(self.address_bits);
        let words = m.memory(self.data_bits, self.depth).named("words").public();
        let words = words.granularity(8);
        let responses = m.memory(2, self.depth).named("responses").public();
        let decode_error = m.lit(3, unsigned(2));

        m.section("read addresses");
        let reads = Reorder {
            slots: OPEN,
            id_bits: self.id_bits,
            bits: self.address_bits + 11,
        };
        let read_queue = m.wires(Stream::of(Waiting::of(self.id_bits, reads.bits)));
        let what = concat(&[s.arlen, s.arsize, s.araddr]);
        let payload = concat(&[what, s.arid, s.arburst]);
        let room = read_queue.ready & goes(0);
        let (ar_valid, ar_ready) = self.request(m, "ar", (s.arvalid, room), payload, when);
        s.arready.drive(ar_ready);
        let ar_taken = ar_valid & ar_ready;
        self.check_burst(m, "ar", ar_taken, (s.araddr, s.arlen, s.arsize, s.arburst));
        read_queue.valid.drive(ar_taken);
        read_queue.payload.id.drive(s.arid);
        read_queue.payload.what.drive(what);
        let reads = m.instance(
            &reads,
            ReorderInput {
                s: read_queue,
                latency: settings.latency,
                overtake: settings.overtake,
                random: random.slice(3, 8),
                clear: run.quiet,
            },
        );

        m.section("read data");
        let read_active = m.reg(bit()).reset(0);
        let read_address = m.reg(address);
        let read_size = m.reg(unsigned(3));
        let read_left = m.reg(unsigned(8));
        let read_id = m.reg(unsigned(self.id_bits));
        let r_valid = m.reg(bit()).reset(0);
        let moves = !*r_valid | s.rready;
        let fetches = *read_active & moves & goes(9);
        let read_ends = fetches & read_left.eq(0);
        let read_free = (!*read_active | read_ends) & live;
        reads.m.ready.drive(read_free);
        let read_begins = reads.m.valid & read_free;
        read_active.next((read_begins | (*read_active & !read_ends)) & live);
        let next = reads.m.payload.what;
        m.when(read_begins, || {
            read_id.set(reads.m.payload.id);
            read_address.set(next.truncate(self.address_bits));
            read_size.set(next.slice(self.address_bits, 3));
            read_left.set(next.slice(self.address_bits + 3, 8));
        })
        .else_when(fetches, || {
            read_address.set(next_beat(m, *read_address, *read_size));
            read_left.set(read_left - 1);
        });
        let (read_index, read_beyond) = self.word(*read_address, settings.base);
        let r_data = words.read_enabled(fetches, read_index);
        let r_code = responses.read_enabled(fetches, read_index);
        let r_beyond = m.capture(fetches, read_beyond);
        let r_last = m.capture(fetches, read_left.eq(0));
        let r_id = m.capture(fetches, *read_id);
        r_valid.next((fetches | (*r_valid & !s.rready)) & live);
        s.rvalid.drive(*r_valid);
        s.rid.drive(r_id);
        s.rdata.drive(r_data);
        s.rresp.drive(r_beyond.mux(decode_error, r_code));
        s.rlast.drive(r_last);

        m.section("writes");
        let answers = Reorder {
            slots: OPEN,
            id_bits: self.id_bits,
            bits: 2,
        };
        let answer_queue = m.wires(Stream::of(Waiting::of(self.id_bits, 2)));
        let write_active = m.reg(bit()).reset(0);
        let write_address = m.reg(address);
        let write_size = m.reg(unsigned(3));
        let write_left = m.reg(unsigned(8));
        let write_id = m.reg(unsigned(self.id_bits));
        let worst = m.reg(unsigned(2));
        let payload = concat(&[s.awlen, s.awsize, s.awaddr]);
        let payload = concat(&[payload, s.awid, s.awburst]);
        let room = !*write_active & goes(5);
        let (aw_valid, aw_ready) = self.request(m, "aw", (s.awvalid, room), payload, when);
        s.awready.drive(aw_ready);
        let aw_taken = aw_valid & aw_ready;
        self.check_burst(m, "aw", aw_taken, (s.awaddr, s.awlen, s.awsize, s.awburst));
        // Bytes that are not written may be anything, and change. Others may be unknown where the design stores
        // what nothing wrote: as much is held in four states as in two.
        let data = Known::part_of(m, &self.port("wdata"), s.wdata).known;
        let bytes = data.split(8).into_iter().zip(s.wstrb.split(1));
        let written = join(&Vec::from_iter(
            bytes.map(|(byte, strobe)| byte.gate(strobe)),
        ));
        let payload = concat(&[written, s.wstrb, s.wlast]);
        let room = *write_active & answer_queue.ready & goes(14);
        let (w_valid, w_ready) = self.request(m, "w", (s.wvalid, room), payload, when);
        s.wready.drive(w_ready);
        let w_taken = w_valid & w_ready;
        let last = write_left.eq(0);
        let message = format!("{} stands at the wrong beat", self.port("wlast"));
        m.assert("wlast_is_right", !w_taken | s.wlast.eq(last), &message);
        let write_ends = w_taken & last;
        write_active.next((aw_taken | (*write_active & !write_ends)) & live);
        let following = next_beat(m, *write_address, *write_size);
        let next_address = aw_taken.mux(s.awaddr, w_taken.mux(following, *write_address));
        write_address.next(next_address);
        let (next_index, _) = self.word(next_address, settings.base);
        let (write_index, write_beyond) = self.word(*write_address, settings.base);
        let code = responses.read(next_index).named("write_code");
        let write_response = write_beyond.mux(decode_error, code);
        let worse = write_response.gt(*worst).mux(write_response, *worst);
        m.when(aw_taken, || {
            write_id.set(s.awid);
            write_size.set(s.awsize);
            write_left.set(s.awlen);
            worst.set(m.zero(unsigned(2)));
        })
        .else_when(w_taken, || {
            write_left.set(write_left - 1);
            worst.set(worse);
        });
        let stores = w_taken & write_response.eq(0);
        words.write_masked(stores, write_index, s.wdata, s.wstrb);
        answer_queue.valid.drive(write_ends);
        answer_queue.payload.id.drive(*write_id);
        answer_queue.payload.what.drive(worse);
        let answers = m.instance(
            &answers,
            ReorderInput {
                s: answer_queue,
                latency: settings.write_latency,
                overtake: settings.overtake,
                random: random.slice(11, 8),
                clear: run.quiet,
            },
        );
        let b_valid = m.reg(bit()).reset(0);
        let b_free = (!*b_valid | s.bready) & goes(18);
        answers.m.ready.drive(b_free);
        let answered = answers.m.valid & b_free;
        b_valid.next((answered | (*b_valid & !s.bready)) & live);
        s.bvalid.drive(*b_valid);
        s.bid
            .drive(m.capture(answered, answers.m.payload.id).named("b_id"));
        let b_response = m.capture(answered, answers.m.payload.what);
        s.bresp.drive(b_response);

        m.section("what is counted");
        let r_taken = *r_valid & s.rready & live;
        let bytes = |name: &str, taken: Signal<'m>, size: Signal<'m>| {
            let total = m.reg(unsigned(64)).named(name).reset(0);
            let more = (m.lit(1, unsigned(64)) << size).gate(taken);
            total.next(*total + more)
        };
        let r_size = m.capture(fetches, *read_size);
        let waits = |name: &str, waits: Signal<'m>| count(m, name, waits, 32).0;
        MemoryOutput {
            report: MemoryReport {
                read_bursts: waits("read_bursts", ar_taken),
                read_bytes: bytes("read_bytes", r_taken, r_size),
                write_bursts: waits("write_bursts", aw_taken),
                write_bytes: bytes("write_bytes", w_taken, *write_size),
                read_address_waits: waits("read_address_waits", ar_valid & !ar_ready),
                write_address_waits: waits("write_address_waits", aw_valid & !aw_ready),
                write_data_waits: waits("write_data_waits", w_valid & !w_ready),
                read_data_waits: waits("read_data_waits", *r_valid & !s.rready & live),
            },
        }
    }
}
