//! AXI4-Stream as a stream of beats and back.
//!
//! A beat is {TLAST, TDATA}: TLAST is the highest bit. Every cell of streams works on beats:
//!
//! ```
//! use ferrogrid::blocks::prim::{Fifo, StreamInputs, beats_of_stream, stream_of_beats};
//! use ferrogrid::hdl::{self, AxiStream, connect};
//!
//! hdl::design("buffered", |m| {
//!     let input: AxiStream<'_> = m.sink_port("s_axis", AxiStream::of(32));
//!     let output: AxiStream<'_> = m.source_port("m_axis", AxiStream::of(32));
//!     let s = stream_of_beats(m, "input", &input);
//!     let fifo = m.instance(&Fifo::new(s.payload.shape(), 16), StreamInputs { s });
//!     connect(&beats_of_stream(m, "buffered", &fifo.m), &output);
//! })?;
//! # Ok::<(), hdl::DesignError>(())
//! ```

use crate::hdl::{AxiStream, Module, Signal, Stream, bit, concat};

/// The beats of an AXI4-Stream as a stream of {TLAST, TDATA}. `name` names a wire.
#[track_caller]
pub fn stream_of_beats<'m>(m: &'m Module, name: &str, axi: &AxiStream<'m>) -> Stream<'m> {
    let ready = m.wire(bit()).named(format!("{name}_beat_ready"));
    axi.tready.drive(ready);
    Stream {
        payload: concat(&[axi.tlast, axi.tdata]),
        valid: axi.tvalid,
        ready,
    }
}

/// A stream of {TLAST, TDATA} as an AXI4-Stream. `name` names a wire.
///
/// # Panics
/// When a payload has less than two bits.
#[track_caller]
pub fn beats_of_stream<'m>(m: &'m Module, name: &str, stream: &Stream<'m>) -> AxiStream<'m> {
    let tready = m.wire(bit()).named(format!("{name}_tready"));
    stream.ready.drive(tready);
    let (tlast, tdata) = split_beat(stream.payload);
    AxiStream {
        tdata,
        tlast,
        tvalid: stream.valid,
        tready,
    }
}

/// TLAST and TDATA of a beat.
///
/// # Panics
/// When the beat has less than two bits.
#[track_caller]
pub fn split_beat(beat: Signal<'_>) -> (Signal<'_>, Signal<'_>) {
    (beat.msb(), beat.slice(0, beat.width() - 1))
}
