//! A skid buffer: ready comes from a register.

use super::shape_name;
use crate::hdl::{Block, Module, Shape, Stream, bit, connect};

/// Cuts the ready path of a stream by a register.
///
/// Payloads pass in the same cycle while the consumer is ready. The payload that arrives in the
/// cycle in which the consumer stops is kept in a spare register, so that nothing is lost
/// although the producer learns of it a cycle later. One payload per cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SkidBuffer {
    /// Shape of a payload.
    pub shape: Shape,
}

impl SkidBuffer {
    /// Puts a skid buffer into a stream.
    #[track_caller]
    pub fn insert<'m>(m: &'m Module, name: &str, stream: &Stream<'m>) -> Stream<'m> {
        let shape = stream.payload.shape();
        m.untyped_instance(name, &SkidBuffer { shape })
            .sink("s", stream)
            .source("m", Stream::of(shape))
    }
}

impl Block for SkidBuffer {
    fn module_name(&self) -> String {
        format!("skid_buffer_{}", shape_name(self.shape))
    }

    crate::hdl::untyped_ports!();

    fn build(&self, m: &Module, (): ()) {
        m.doc("Cuts the ready path of a stream by a register; one payload per cycle.");
        let input: Stream<'_> = m.sink_port("s", Stream::of(self.shape));
        let output: Stream<'_> = m.source_port("m", Stream::of(self.shape));
        connect(&cut_ready(m, &input), &output);
    }
}

/// A spare register behind `input`, whose ready it drives.
#[track_caller]
pub(super) fn cut_ready<'m>(m: &'m Module, input: &Stream<'m>) -> Stream<'m> {
    let ready = m.wire(bit()).named("spare_ready");
    let full = m
        .reg(bit())
        .named("spare_full")
        .reset(0)
        .comment("A payload waits because the consumer stopped.");
    let spare = m
        .reg(input.payload.shape())
        .named("spare_payload")
        .enable(!full)
        .next(input.payload);
    let valid = (input.valid | full).named("any_valid");
    full.next(valid & !ready);
    input.ready.drive(!full);
    Stream {
        payload: full.mux(spare, input.payload),
        valid,
        ready,
    }
}
