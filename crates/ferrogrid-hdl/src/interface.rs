//! The interfaces that hardware speaks: streams, AXI and memory ports.

use super::bundle::{Layout, stream_layout};
use super::{Bundle, Shapes, Signal, bit, bundle, unsigned};

/// A stream of payloads: one is handed over in every cycle in which valid and ready are 1. Once
/// valid is 1, it and the payload stay until the handover.
///
/// The payload is a signal or a bundle; in a [`bundle!`], `Stream(unsigned(8))` is a stream of
/// bytes, and `Stream(Job(bits))` one of bundles `Job`.
#[derive(Clone, Copy, Debug)]
pub struct Stream<'m, P = Signal<'m>> {
    /// The data.
    pub payload: P,
    /// The payload counts.
    pub valid: Signal<'m>,
    /// The consumer takes the payload.
    pub ready: Signal<'m>,
}

/// What a [`Stream`] may carry: a shape, or the shapes of a bundle.
pub trait Payload: Into<Layout> {
    /// The payload as signals.
    type Of;
}

impl Payload for super::Shape {
    type Of = Signal<'static>;
}

impl<B> Payload for Shapes<B> {
    type Of = B;
}

impl Stream<'_> {
    /// The shapes of a stream of these payloads.
    #[track_caller]
    pub fn of<P: Payload>(payload: P) -> Shapes<Stream<'static, P::Of>> {
        Shapes::new(stream_layout(payload.into()))
    }
}

impl<'m, P: Bundle<'m>> Stream<'m, P> {
    /// One bit: a payload is handed over in this cycle.
    #[track_caller]
    pub fn fires(&self) -> Signal<'m> {
        self.valid & self.ready
    }
}

bundle! {
    /// AXI4-Stream with TDATA of `width` bits and TLAST.
    pub struct AxiStream(width: u32) {
        /// The data of a beat.
        tdata: unsigned(width),
        /// The beat ends a packet.
        tlast: bit(),
        /// The beat counts.
        tvalid: bit(),
        /// The consumer takes the beat.
        back tready: bit(),
    }
}

impl<'m> AxiStream<'m> {
    /// One bit: a beat is handed over in this cycle.
    #[track_caller]
    pub fn fires(&self) -> Signal<'m> {
        self.tvalid & self.tready
    }
}

bundle! {
    /// AXI4-Lite with 32-bit data, without protection bits; the producer is the manager.
    pub struct AxiLite(address_bits: u32) {
        /// Write address.
        awaddr: unsigned(address_bits),
        /// Write address valid.
        awvalid: bit(),
        /// Write address ready.
        back awready: bit(),
        /// Write data.
        wdata: unsigned(32),
        /// Write strobes, one a byte.
        wstrb: unsigned(4),
        /// Write data valid.
        wvalid: bit(),
        /// Write data ready.
        back wready: bit(),
        /// Write response: 0 is OKAY.
        back bresp: unsigned(2),
        /// Write response valid.
        back bvalid: bit(),
        /// Write response ready.
        bready: bit(),
        /// Read address.
        araddr: unsigned(address_bits),
        /// Read address valid.
        arvalid: bit(),
        /// Read address ready.
        back arready: bit(),
        /// Read data.
        back rdata: unsigned(32),
        /// Read response: 0 is OKAY.
        back rresp: unsigned(2),
        /// Read data valid.
        back rvalid: bit(),
        /// Read data ready.
        rready: bit(),
    }
}

bundle! {
    /// AXI4; the producer is the manager. Lock, cache, protection, QoS, region and user bits are
    /// left out: a subordinate may take their defaults.
    pub struct Axi4(id_bits: u32, address_bits: u32, data_bits: u32) {
        /// Write transaction.
        awid: unsigned(id_bits),
        /// Address of its first byte.
        awaddr: unsigned(address_bits),
        /// Its beats, less one.
        awlen: unsigned(8),
        /// Log2 of the bytes of a beat.
        awsize: unsigned(3),
        /// 0 fixed, 1 incrementing, 2 wrapping.
        awburst: unsigned(2),
        /// Write address valid.
        awvalid: bit(),
        /// Write address ready.
        back awready: bit(),
        /// Write data.
        wdata: unsigned(data_bits),
        /// Write strobes, one a byte.
        wstrb: unsigned(data_bits / 8),
        /// The last beat of the burst.
        wlast: bit(),
        /// Write data valid.
        wvalid: bit(),
        /// Write data ready.
        back wready: bit(),
        /// The transaction that is answered.
        back bid: unsigned(id_bits),
        /// Write response: 0 is OKAY.
        back bresp: unsigned(2),
        /// Write response valid.
        back bvalid: bit(),
        /// Write response ready.
        bready: bit(),
        /// Read transaction.
        arid: unsigned(id_bits),
        /// Address of its first byte.
        araddr: unsigned(address_bits),
        /// Its beats, less one.
        arlen: unsigned(8),
        /// Log2 of the bytes of a beat.
        arsize: unsigned(3),
        /// 0 fixed, 1 incrementing, 2 wrapping.
        arburst: unsigned(2),
        /// Read address valid.
        arvalid: bit(),
        /// Read address ready.
        back arready: bit(),
        /// The transaction that the data belong to.
        back rid: unsigned(id_bits),
        /// Read data.
        back rdata: unsigned(data_bits),
        /// Read response: 0 is OKAY.
        back rresp: unsigned(2),
        /// The last beat of the burst.
        back rlast: bit(),
        /// Read data valid.
        back rvalid: bit(),
        /// Read data ready.
        rready: bit(),
    }
}

bundle! {
    /// The read channels of [`Axi4`], for a manager that never writes.
    pub struct Axi4Read(id_bits: u32, address_bits: u32, data_bits: u32) {
        /// Read transaction.
        arid: unsigned(id_bits),
        /// Address of its first byte.
        araddr: unsigned(address_bits),
        /// Its beats, less one.
        arlen: unsigned(8),
        /// Log2 of the bytes of a beat.
        arsize: unsigned(3),
        /// 0 fixed, 1 incrementing, 2 wrapping.
        arburst: unsigned(2),
        /// Read address valid.
        arvalid: bit(),
        /// Read address ready.
        back arready: bit(),
        /// The transaction that the data belong to.
        back rid: unsigned(id_bits),
        /// Read data.
        back rdata: unsigned(data_bits),
        /// Read response: 0 is OKAY.
        back rresp: unsigned(2),
        /// The last beat of the burst.
        back rlast: bit(),
        /// Read data valid.
        back rvalid: bit(),
        /// Read data ready.
        rready: bit(),
    }
}

bundle! {
    /// The write channels of [`Axi4`], for a manager that never reads.
    pub struct Axi4Write(id_bits: u32, address_bits: u32, data_bits: u32) {
        /// Write transaction.
        awid: unsigned(id_bits),
        /// Address of its first byte.
        awaddr: unsigned(address_bits),
        /// Its beats, less one.
        awlen: unsigned(8),
        /// Log2 of the bytes of a beat.
        awsize: unsigned(3),
        /// 0 fixed, 1 incrementing, 2 wrapping.
        awburst: unsigned(2),
        /// Write address valid.
        awvalid: bit(),
        /// Write address ready.
        back awready: bit(),
        /// Write data.
        wdata: unsigned(data_bits),
        /// Write strobes, one a byte.
        wstrb: unsigned(data_bits / 8),
        /// The last beat of the burst.
        wlast: bit(),
        /// Write data valid.
        wvalid: bit(),
        /// Write data ready.
        back wready: bit(),
        /// The transaction that is answered.
        back bid: unsigned(id_bits),
        /// Write response: 0 is OKAY.
        back bresp: unsigned(2),
        /// Write response valid.
        back bvalid: bit(),
        /// Write response ready.
        bready: bit(),
    }
}

bundle! {
    /// A port of a memory with read latency 1; the producer is the one who asks.
    pub struct MemoryPort(address_bits: u32, width: u32, granules: u32) {
        /// Does something in this cycle.
        enable: bit(),
        /// Granules of the word to write, the lowest first; 0 reads.
        write: unsigned(granules),
        /// Which word.
        address: unsigned(address_bits),
        /// What is written.
        write_data: unsigned(width),
        /// The word read, one cycle later.
        back read_data: unsigned(width),
    }
}
