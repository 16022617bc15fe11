//! Error codes as a type of signals, and the errors of the streams.

use super::ports::PacketErrors;
use crate::hdl::{HardwareEnum, Module, Signal, bit, first_match, hardware};
use crate::isa::JobError;

impl HardwareEnum for JobError {
    const NAME: &'static str = "JobError";
    const VARIANTS: &'static [&'static str] = &[
        "None",
        "Size",
        "ATruncated",
        "AOverlong",
        "BTruncated",
        "BOverlong",
    ];
    const ENCODINGS: &'static [u64] = &[0, 1, 2, 3, 4, 5];

    fn encoding(self) -> u64 {
        self as u64
    }
}

/// What is wrong with the streams of the job in the loaders.
pub(super) struct StreamErrors<'m> {
    /// Something is. Known when the loaders are seen idle, or before.
    pub any: Signal<'m>,
    /// What came first.
    pub code: Signal<'m>,
}

/// Registers that keep the first error of the streams until `forget`.
#[hardware]
#[track_caller]
pub(super) fn stream_errors<'m>(
    m: &'m Module,
    a: &PacketErrors<'m>,
    b: &PacketErrors<'m>,
    forget: Signal<'m>,
) -> StreamErrors<'m> {
    let any_stream_error = m.reg(bit()).reset(0);
    let wrong_packet = a.truncated | a.overlong | b.truncated | b.overlong;
    any_stream_error.next((any_stream_error | wrong_packet) & !forget);
    let code = |error: JobError| m.value(error).signal();
    let first = first_match(
        &[
            (a.truncated, code(JobError::ATruncated)),
            (a.overlong, code(JobError::AOverlong)),
            (b.truncated, code(JobError::BTruncated)),
        ],
        code(JobError::BOverlong),
    );
    let stream_error = m.capture(!any_stream_error, first);
    StreamErrors {
        any: *any_stream_error,
        code: stream_error,
    }
}
