//! Fields of instructions as signals.

use crate::hdl::{Signal, bundle, unsigned};
use crate::isa::npu::{Field, FieldKind, INSTRUCTION_BYTES, Synchronization};

/// Bits of an instruction.
pub const INSTRUCTION_BITS: u32 = 8 * INSTRUCTION_BYTES as u32;

/// A field of an instruction, called after both.
#[track_caller]
pub fn field<'m>(instruction: Signal<'m>, field: &Field) -> Signal<'m> {
    let of = instruction.name().unwrap_or("instruction".into());
    field_of(&of, instruction, field)
}

/// A field of an instruction, called after it and what the instruction is called.
#[track_caller]
pub fn field_of<'m>(of: &str, instruction: Signal<'m>, field: &Field) -> Signal<'m> {
    let bits = instruction.slice(field.lsb, field.kind.width());
    let value = match field.kind {
        FieldKind::Signed(_) => bits.as_signed(),
        FieldKind::Unsigned(_) | FieldKind::Flag => bits,
    };
    value.called(format!("{of}_{}", field.name))
}

bundle! {
    /// When an instruction signals, and what.
    pub struct SignalFields {
        /// It does.
        signals: unsigned(1),
        semaphore: unsigned(4),
        /// Steps from a signal to the next; 0: at the end alone.
        period: unsigned(8),
    }
}

/// When an instruction signals, and what.
#[track_caller]
pub fn signal_fields(instruction: Signal<'_>) -> SignalFields<'_> {
    let [.., signals, semaphore, period] = Synchronization::FIELDS;
    SignalFields {
        signals: field(instruction, &signals),
        semaphore: field(instruction, &semaphore),
        period: field(instruction, &period),
    }
}

/// Whether a signal follows a step: it is the last one, or the last of a period of which `left` are left.
#[track_caller]
pub fn signal_due<'m>(period: Signal<'m>, left: Signal<'m>, last: Signal<'m>) -> Signal<'m> {
    last | (period.any() & left.eq(1))
}
