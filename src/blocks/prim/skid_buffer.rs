//! A skid buffer: ready comes from a register.

use super::{StreamInputs, StreamOutputs, shape_name};
use crate::hdl::{Block, Module, Shape, Shapes, Stream, bit, hardware};

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

#[hardware]
impl Block for SkidBuffer {
    fn module_name(&self) -> String {
        format!("skid_buffer_{}", shape_name(self.shape))
    }

    fn inputs(&self) -> Shapes<StreamInputs<'static>> {
        StreamInputs::of(self.shape)
    }

    fn build<'m>(&self, m: &'m Module, io: StreamInputs<'m>) -> StreamOutputs<'m> {
        m.doc("Cuts the ready path of a stream by a register; one payload per cycle.");
        StreamOutputs {
            m: cut_ready(&io.s),
        }
    }
}

/// A spare register behind `input`, whose ready it drives.
#[track_caller]
#[hardware]
pub(super) fn cut_ready<'m>(input: &Stream<'m>) -> Stream<'m> {
    let m = input.valid.module();
    let spare_ready = m.wire(bit());
    /// A payload waits because the consumer stopped.
    let spare_full = m.reg(bit()).reset(0);
    let spare_payload = m.capture(!spare_full, input.payload);
    let any_valid = input.valid | *spare_full;
    spare_full.next(any_valid & !spare_ready);
    input.ready.drive(!spare_full);
    Stream {
        payload: spare_full.mux(spare_payload, input.payload),
        valid: any_valid,
        ready: spare_ready,
    }
}
