//! Images in the scratchpad, whose vectors MATRIX and VECTOR read.

use super::fields::INSTRUCTION_BITS;
use super::nest::{Loop, Place};
use super::ports::wrapped;
use crate::hdl::{Module, Shape, Signal, Stream, bit, hardware, signed, unsigned};

/// Rows of an image, as signed numbers.
pub(super) const ROW: Shape = signed(14);
/// Bytes of a row of an image, as signed numbers.
pub(super) const BYTE: Shape = signed(18);

/// The fields of an instruction that go together with the pitch of its image.
pub(super) struct PitchFields<'m> {
    pub address: Signal<'m>,
    pub pitch: Signal<'m>,
    pub first_row: Signal<'m>,
    pub kernel_row_step: Signal<'m>,
    pub row_step: Signal<'m>,
}

/// An instruction, its products with the pitch of the image in registers.
pub(super) struct Prepared<'m, F> {
    /// There is one.
    pub valid: Signal<'m>,
    pub word: Signal<'m>,
    pub fields: F,
    /// Scratchpad address of byte 0 of its first row.
    pub first: Signal<'m>,
    pub kernel_row_pitch: Signal<'m>,
    pub row_pitch: Signal<'m>,
}

/// Takes an instruction and multiplies by the pitch of its image, with addresses of so many bits.
#[hardware]
#[track_caller]
pub(super) fn prepare<'m, F>(
    m: &'m Module,
    instruction: Stream<'m>,
    (taken, clear): (Signal<'m>, Signal<'m>),
    bits: u32,
    decode: impl Fn(Signal<'m>) -> (F, PitchFields<'m>),
) -> Prepared<'m, F> {
    assert_eq!(instruction.payload.width(), INSTRUCTION_BITS);
    let held = m.reg(bit()).reset(0);
    let takes = instruction.fires();
    instruction.ready.drive(!*held);
    held.next((takes | (*held & !taken)) & !clear);
    let word = m.capture(takes, instruction.payload);
    let prepared = m.flag(*held & !taken);
    let (fields, of_pitch) = decode(word);
    let pitch = of_pitch.pitch.zero_extend(17).as_signed();
    let product = |factor: Signal<'m>| wrapped(pitch * factor, bits);
    let rows = |count: Signal<'m>| product(count.zero_extend(6).as_signed());
    let first_row_offset = m.delay(product(of_pitch.first_row));
    let kernel_row_pitch = m.delay(rows(of_pitch.kernel_row_step));
    let row_pitch = m.delay(rows(of_pitch.row_step));
    Prepared {
        valid: prepared,
        word,
        fields,
        first: wrapped(of_pitch.address, bits) + first_row_offset,
        kernel_row_pitch,
        row_pitch,
    }
}

/// A loop along a row, so many bytes from a round to the next.
#[track_caller]
pub(super) fn along<'m>(count: Signal<'m>, step: Signal<'m>, bits: u32) -> Loop<'m> {
    Loop {
        count,
        rows: step.module().zero(ROW),
        bytes: wrapped(step, BYTE.width).as_signed(),
        addresses: wrapped(step.zero_extend(24), bits),
    }
}

/// A loop down the rows, so many rows, whose bytes are `pitch`, from a round to the next.
#[track_caller]
pub(super) fn down<'m>(count: Signal<'m>, step: Signal<'m>, pitch: Signal<'m>) -> Loop<'m> {
    Loop {
        count,
        rows: step.zero_extend(ROW.width).as_signed(),
        bytes: step.module().zero(BYTE),
        addresses: pitch,
    }
}

/// Which of so many bytes of a vector are inside of an image of this width and height, a cycle later.
#[hardware]
#[track_caller]
pub(super) fn inside<'m>(
    m: &'m Module,
    bytes: u32,
    place: Place<'m>,
    (width, height): (Signal<'m>, Signal<'m>),
) -> Signal<'m> {
    let bits = bytes.ilog2() + 1;
    let height = height.zero_extend(ROW.width).as_signed();
    let row_inside = m.delay(!place.row.msb() & place.row.lt(height));
    let wide = BYTE.width + 1;
    let byte = place.byte.sign_extend(wide);
    // From how many bytes on, and up to how many: clamped to those of a vector.
    let clamp = |count: Signal<'m>| {
        let over = !count.msb() & count.ge(m.lit(bytes, signed(wide)));
        let within = count.truncate(bits).as_unsigned();
        count.msb().mux(
            m.zero(unsigned(bits)),
            over.mux(m.lit(bytes, unsigned(bits)), within),
        )
    };
    let width = width.zero_extend(wide).as_signed();
    let before = m.delay(clamp(m.zero(signed(wide)) - byte));
    let until = m.delay(clamp(width - byte));
    let all = !m.zero(unsigned(bytes));
    ((all << before) & !(all << until)).gate(row_inside)
}
