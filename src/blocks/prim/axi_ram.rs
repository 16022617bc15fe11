//! Subordinates of AXI4 that read and write a memory.

use crate::hdl::{
    Axi4Read, Axi4Write, Block, Module, Shapes, Signal, bit, bundle, hardware, unsigned,
};

/// The answer to a burst that is refused.
const SLVERR: u32 = 2;

/// The ports of a memory behind AXI4.
///
/// Bursts are answered in order; ready passes within the cycle. Those that do not increment, or
/// whose beats are narrower than the data, are answered with SLVERR and as many beats as they ask
/// for, and do not touch the memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AxiRam {
    /// Bits of an id.
    pub id_bits: u32,
    /// Bits of an address; the memory has all words that it can name.
    pub address_bits: u32,
    /// Bits of a beat and of a word: a power of two from 8 to 1024.
    pub data_bits: u32,
}

/// Reads a memory that gives the word at the address of the last cycle in which `enable` was 1.
/// A burst's first beat is there two cycles after its address; one beat follows in every cycle,
/// across bursts too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AxiRamReader(pub AxiRam);

/// Writes a memory in the cycle in which a beat is taken: the first in the cycle after its address,
/// then one in every cycle, across bursts too. The response comes a cycle after the last beat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AxiRamWriter(pub AxiRam);

bundle! {
    /// What an [`AxiRamReader`] takes.
    pub struct AxiRamReaderInputs(p: &AxiRam) {
        /// The manager.
        s: Axi4Read(p.id_bits, p.address_bits, p.data_bits),
    }
}

bundle! {
    /// The read port of a memory.
    pub struct AxiRamReaderOutputs(p: &AxiRam) {
        /// Takes the address.
        enable: bit(),
        /// Which word.
        address: unsigned(p.word_bits()),
        /// The word, from the next cycle on, kept while enable is 0.
        back data: unsigned(p.data_bits),
    }
}

bundle! {
    /// What an [`AxiRamWriter`] takes.
    pub struct AxiRamWriterInputs(p: &AxiRam) {
        /// The manager.
        s: Axi4Write(p.id_bits, p.address_bits, p.data_bits),
    }
}

bundle! {
    /// The write port of a memory.
    pub struct AxiRamWriterOutputs(p: &AxiRam) {
        /// Writes.
        enable: bit(),
        /// Which word.
        address: unsigned(p.word_bits()),
        /// What.
        data: unsigned(p.data_bits),
        /// Its bytes that are written, the lowest first.
        mask: unsigned(p.data_bits / 8),
    }
}

/// The burst that is being answered.
struct Current<'m> {
    active: Signal<'m>,
    id: Signal<'m>,
    /// The word of the next beat.
    word: Signal<'m>,
    refused: Signal<'m>,
}

impl AxiRam {
    /// Bits of a word's address.
    pub fn word_bits(&self) -> u32 {
        self.address_bits - self.beat_shift()
    }

    fn beat_shift(&self) -> u32 {
        (self.data_bits / 8).ilog2()
    }

    fn name(&self, kind: &str) -> String {
        format!(
            "axi_ram_{kind}_{}x{}_{}",
            self.address_bits, self.data_bits, self.id_bits
        )
    }

    /// Follows a burst from its address, where it `begins`, over its beats to where it `ends`.
    #[hardware]
    fn burst<'m>(
        &self,
        m: &'m Module,
        [id, address, size, kind]: [Signal<'m>; 4],
        [begins, beat, ends]: [Signal<'m>; 3],
    ) -> Current<'m> {
        let active = m.reg(bit()).reset(0);
        let word = m.reg(unsigned(self.word_bits()));
        let refused = size.ne(self.beat_shift()) | kind.ne(1);
        m.when(begins, || {
            active.set(true);
            word.set(address.slice(self.beat_shift(), self.word_bits()));
        })
        .otherwise(|| {
            m.when(ends, || active.set(false));
            m.when(beat, || word.set(word + 1));
        });
        let id = m.capture(begins, id);
        let is_refused = m.capture(begins, refused);
        Current {
            active: *active,
            id,
            word: *word,
            refused: is_refused,
        }
    }
}

#[hardware]
impl Block for AxiRamReader {
    fn module_name(&self) -> String {
        self.0.name("reader")
    }

    fn inputs(&self) -> Shapes<AxiRamReaderInputs<'static>> {
        AxiRamReaderInputs::of(&self.0)
    }

    fn build<'m>(&self, m: &'m Module, io: AxiRamReaderInputs<'m>) -> AxiRamReaderOutputs<'m> {
        m.doc("Reads a memory for AXI4: a beat in every cycle.");
        let s = io.s;
        let (begins, fetches) = (m.wire(bit()), m.wire(bit()));
        let left = m.reg(unsigned(8));
        let last = left.eq(0);
        let command = [s.arid, s.araddr, s.arsize, s.arburst];
        let current = self.0.burst(m, command, [begins, fetches, fetches & last]);
        begins.drive(s.arvalid & s.arready);
        m.when(begins, || left.set(s.arlen))
            .else_when(fetches, || left.set(left - 1));
        s.arready.drive(!current.active | (fetches & last));

        let shown = m.reg(bit()).reset(0);
        let moves = !shown | s.rready;
        fetches.drive(current.active & moves);
        m.when(moves, || shown.set(fetches));
        let data = m.wire(unsigned(self.0.data_bits));
        s.rvalid.drive(shown);
        let shown_id = m.capture(fetches, current.id);
        let shown_refused = m.capture(fetches, current.refused);
        let shown_last = m.capture(fetches, last);
        s.rid.drive(shown_id);
        s.rdata.drive(data);
        s.rresp
            .drive(m.lit(SLVERR, unsigned(2)).gate(shown_refused));
        s.rlast.drive(shown_last);
        AxiRamReaderOutputs {
            enable: fetches & !current.refused,
            address: current.word,
            data,
        }
    }
}

#[hardware]
impl Block for AxiRamWriter {
    fn module_name(&self) -> String {
        self.0.name("writer")
    }

    fn inputs(&self) -> Shapes<AxiRamWriterInputs<'static>> {
        AxiRamWriterInputs::of(&self.0)
    }

    fn build<'m>(&self, m: &'m Module, io: AxiRamWriterInputs<'m>) -> AxiRamWriterOutputs<'m> {
        m.doc("Writes a memory for AXI4: a beat in every cycle.");
        let s = io.s;
        m.unused(s.awlen); // WLAST says the same.
        let (begins, takes) = (m.wire(bit()), m.wire(bit()));
        let ends = takes & s.wlast;
        let command = [s.awid, s.awaddr, s.awsize, s.awburst];
        let current = self.0.burst(m, command, [begins, takes, ends]);
        begins.drive(s.awvalid & s.awready);
        let answered = m.reg(bit()).reset(0);
        let free = !answered | s.bready;
        s.wready.drive(current.active & free);
        takes.drive(s.wvalid & s.wready);
        s.awready.drive(!current.active | ends);

        m.when(free, || answered.set(ends));
        s.bvalid.drive(answered);
        let answered_id = m.capture(ends, current.id);
        let answered_refused = m.capture(ends, current.refused);
        s.bid.drive(answered_id);
        s.bresp
            .drive(m.lit(SLVERR, unsigned(2)).gate(answered_refused));
        AxiRamWriterOutputs {
            enable: takes & !current.refused,
            address: current.word,
            data: s.wdata,
            mask: s.wstrb,
        }
    }
}
