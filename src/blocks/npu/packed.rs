//! Vectors over several kernel rows.

use super::bank_row::READ_LATENCY;
use super::image::{BYTE, ROW, inside};
use super::nest::Place;
use super::ports::{VectorRows, wrapped};
use crate::hdl::{Module, Signal, hardware, join, unsigned};

/// How a pass goes from the row of a vector's first bytes to those behind.
#[derive(Clone, Copy)]
pub(super) struct PackedFields<'m> {
    /// Its vectors reach over several rows.
    pub packed: Signal<'m>,
    /// Bytes of the first row.
    pub first: Signal<'m>,
    /// Bytes of the rows behind.
    pub bytes: Signal<'m>,
    /// Rows of the image from a row to the next.
    pub step: Signal<'m>,
    /// Bytes of the scratchpad from a row to the next.
    pub pitch: Signal<'m>,
}

/// Whether the bytes of a vector of so many would meet in a bank: not so where a row is whole words further than the
/// bytes of the one before.
#[track_caller]
pub(super) fn collide<'m>(of: PackedFields<'m>, bytes: u32) -> Signal<'m> {
    let bits = bytes.ilog2();
    of.packed & of.pitch.truncate(bits).ne(of.bytes.truncate(bits))
}

/// In which rows the bytes of the vectors of a pass are, whose fields are there before it `starts`.
#[hardware]
#[track_caller]
pub(super) fn vector_rows<'m>(
    m: &'m Module,
    starts: Signal<'m>,
    of: PackedFields<'m>,
    (rows, bytes, word_bits): (u32, u32, u32),
) -> VectorRows<'m> {
    let bits = bytes.ilog2() + 1;
    let all = !m.zero(unsigned(bytes));
    let wide = of.bytes.width() + 2;
    let mut first = of.first.zero_extend(wide);
    let masks = (1..rows).map(|_| {
        let is_beyond = first.ge(bytes);
        let beyond = m.lit(bytes, unsigned(bits));
        let mask = all << is_beyond.mux(beyond, first.truncate(bits));
        first = first + of.bytes.zero_extend(wide);
        mask.gate(of.packed)
    });
    let behind = join(&masks.collect::<Vec<_>>());
    let further = of.pitch - wrapped(of.bytes, of.pitch.width());
    VectorRows {
        behind: m.capture(starts, behind).named("rows_behind"),
        step: m
            .capture(starts, further.slice(bytes.ilog2(), word_bits))
            .named("rows_step"),
    }
}

/// Which bytes of a vector, in these rows, are inside of an image of this width and height, when they are read.
#[hardware]
#[track_caller]
pub(super) fn inside_of_rows<'m>(
    m: &'m Module,
    place: Place<'m>,
    (width, height): (Signal<'m>, Signal<'m>),
    of: PackedFields<'m>,
    (behind, bytes): (Signal<'m>, u32),
) -> Signal<'m> {
    let size = (
        m.delay(width).named("width_1"),
        m.delay(height).named("height_1"),
    );
    let behind = m.delay_by("behind", behind, 2).split(bytes);
    let mut place = place;
    let rows = (0..=behind.len()).map(|row| {
        let here = Place {
            row: m.delay(place.row).named(format!("row_{row}")),
            byte: m.delay(place.byte).named(format!("byte_{row}")),
            ..place
        };
        place.row = place.row + of.step.zero_extend(ROW.width).as_signed();
        place.byte = place.byte - of.bytes.zero_extend(BYTE.width).as_signed();
        let mut inside = inside(m, bytes, here, size);
        if row > 0 {
            inside = inside & behind[row - 1];
        }
        match behind.get(row) {
            Some(behind) => inside & !*behind,
            None => inside,
        }
    });
    let inside = rows.reduce(|all, row| all | row).expect("a row");
    m.delay_by("of_image", inside, READ_LATENCY - 2)
}
