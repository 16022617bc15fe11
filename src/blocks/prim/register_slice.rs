//! Register slices: valid and payload come from registers.

use super::shape_name;
use super::skid_buffer::cut_ready;
use crate::hdl::{Block, Module, Shape, Stream, bit, connect};

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

impl RegisterSlice {
    /// Puts a slice that cuts valid and payload into a stream.
    #[track_caller]
    pub fn insert<'m>(m: &'m Module, name: &str, stream: &Stream<'m>) -> Stream<'m> {
        Self::insert_cut(m, name, stream, Cut::Forward)
    }

    /// Puts a slice that cuts everything into a stream.
    #[track_caller]
    pub fn insert_both<'m>(m: &'m Module, name: &str, stream: &Stream<'m>) -> Stream<'m> {
        Self::insert_cut(m, name, stream, Cut::Both)
    }

    #[track_caller]
    fn insert_cut<'m>(m: &'m Module, name: &str, stream: &Stream<'m>, cut: Cut) -> Stream<'m> {
        let shape = stream.payload.shape();
        m.untyped_instance(name, &RegisterSlice { shape, cut })
            .sink("s", stream)
            .source("m", Stream::of(shape))
    }
}

impl Block for RegisterSlice {
    fn module_name(&self) -> String {
        let cut = match self.cut {
            Cut::Forward => "",
            Cut::Both => "_both",
        };
        format!("register_slice{cut}_{}", shape_name(self.shape))
    }

    crate::hdl::untyped_ports!();

    fn build(&self, m: &Module, (): ()) {
        m.doc(match self.cut {
            Cut::Forward => "Registers valid and payload of a stream; one payload per cycle.",
            Cut::Both => "Registers valid, payload and ready of a stream; one payload per cycle.",
        });
        let input: Stream<'_> = m.sink_port("s", Stream::of(self.shape));
        let output: Stream<'_> = m.source_port("m", Stream::of(self.shape));
        let sliced = match self.cut {
            Cut::Forward => cut_forward(m, &input),
            Cut::Both => cut_forward(m, &cut_ready(m, &input)),
        };
        connect(&sliced, &output);
    }
}

/// Registers of valid and payload behind `input`, whose ready it drives.
#[track_caller]
pub(super) fn cut_forward<'m>(m: &'m Module, input: &Stream<'m>) -> Stream<'m> {
    let ready = m.wire(bit()).named("slice_ready");
    let valid = m.reg(bit()).named("slice_valid").reset(0);
    let load = (!valid | ready).named("slice_load");
    valid.enable(load).next(input.valid);
    let payload = m
        .reg(input.payload.shape())
        .named("slice_payload")
        .enable(load)
        .next(input.payload);
    input.ready.drive(load);
    Stream {
        payload,
        valid: *valid,
        ready,
    }
}
