//! Register slices: valid and payload come from registers.

use super::skid_buffer::cut_ready;
use super::{StreamInputs, StreamOutputs, shape_name};
use crate::hdl::{Block, Module, Shape, Shapes, Stream, bit, hardware};

/// Which paths of a stream a [`RegisterSlice`] cuts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Valid and payload come from registers; ready passes in the same cycle.
    Forward,
    /// Valid, payload and ready come from registers, at the cost of a second payload register.
    Both,
}

/// Puts registers into a stream: a payload leaves one cycle later at the earliest, and one
/// payload passes per cycle.
///
/// To cut ready alone, see [`SkidBuffer`](super::SkidBuffer).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegisterSlice {
    /// Shape of a payload.
    pub shape: Shape,
    /// Which paths are cut.
    pub cut: Cut,
}

#[hardware]
impl Block for RegisterSlice {
    fn module_name(&self) -> String {
        let cut = match self.cut {
            Cut::Forward => "",
            Cut::Both => "_both",
        };
        format!("register_slice{cut}_{}", shape_name(self.shape))
    }

    fn inputs(&self) -> Shapes<StreamInputs<'static>> {
        StreamInputs::of(self.shape)
    }

    fn build<'m>(&self, m: &'m Module, io: StreamInputs<'m>) -> StreamOutputs<'m> {
        m.doc(match self.cut {
            Cut::Forward => "Registers valid and payload of a stream; one payload per cycle.",
            Cut::Both => "Registers valid, payload and ready of a stream; one payload per cycle.",
        });
        let m = match self.cut {
            Cut::Forward => cut_forward(&io.s),
            Cut::Both => cut_forward(&cut_ready(&io.s)),
        };
        StreamOutputs { m }
    }
}

/// Registers of valid and payload behind `input`, whose ready it drives.
#[track_caller]
#[hardware]
pub(super) fn cut_forward<'m>(input: &Stream<'m>) -> Stream<'m> {
    let m = input.valid.module();
    let slice_ready = m.wire(bit());
    let slice_valid = m.reg(bit()).reset(0);
    let slice_load = !slice_valid | slice_ready;
    m.when(slice_load, || slice_valid.set(input.valid));
    let slice_payload = m.capture(slice_load, input.payload);
    input.ready.drive(slice_load);
    Stream {
        payload: slice_payload,
        valid: *slice_valid,
        ready: slice_ready,
    }
}
