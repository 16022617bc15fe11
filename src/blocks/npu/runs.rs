//! The runs of a LOAD or STORE, one after the other.

use super::super::prim::BurstSplitter;
use super::fields::{SignalFields, signal_due};
use super::ports::{before, wrapped};
use crate::hdl::{Module, Signal, bit, concat, hardware, unsigned};

/// Sizes of the addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RunParams {
    /// Of the bus.
    pub splitter: BurstSplitter,
    /// Bits of an address of the scratchpad, or of any target of LOAD.
    pub address_bits: u32,
}

/// The fields of the instruction.
pub(super) struct RunOrder<'m> {
    pub region: Signal<'m>,
    pub offset: Signal<'m>,
    pub address: Signal<'m>,
    pub run: Signal<'m>,
    pub rows: Signal<'m>,
    pub row_stride: Signal<'m>,
    pub row_pitch: Signal<'m>,
    pub planes: Signal<'m>,
    pub plane_stride: Signal<'m>,
    pub plane_pitch: Signal<'m>,
    pub signal: SignalFields<'m>,
}

/// A run.
pub(super) struct Run<'m> {
    /// There is one.
    pub valid: Signal<'m>,
    /// There is one, if only one that is outside of its memory.
    pub shown: Signal<'m>,
    /// It is outside of its memory: it never goes on its way.
    pub out_of_range: Signal<'m>,
    /// It goes on its way in this cycle.
    pub asked: Signal<'m>,
    /// DRAM address of its first beat.
    pub beat_address: Signal<'m>,
    /// Its beats.
    pub beats: Signal<'m>,
    /// It has one only.
    pub is_beat: Signal<'m>,
    /// Where byte 0 of the first beat stands in the scratchpad.
    pub address: Signal<'m>,
    /// Bytes of the first beat in front of the run.
    pub skip: Signal<'m>,
    /// The last byte of the last beat that counts.
    pub last_byte: Signal<'m>,
    /// A signal follows the run.
    pub signals: Signal<'m>,
    /// Which.
    pub semaphore: Signal<'m>,
}

/// Walks the runs of an instruction: takes it where it is `valid` and drives `free`, and shows a run
/// until there is `room` for it. One of which address and bytes are outside of its memory stays. `clear` forgets
/// the instruction.
#[hardware]
#[track_caller]
pub(super) fn runs<'m>(
    m: &'m Module,
    p: &RunParams,
    bases: &[Signal<'m>],
    order: RunOrder<'m>,
    (valid, free): (Signal<'m>, Signal<'m>),
    (room, is_outside): (
        Signal<'m>,
        impl Fn(Signal<'m>, [Signal<'m>; 2]) -> Signal<'m>,
    ),
    clear: Signal<'m>,
) -> Run<'m> {
    let bits = p.splitter.address_bits;
    let byte_bits = p.splitter.beat_bytes.ilog2();
    let active = m.reg(bit()).reset(0);
    let takes = (valid & !active).named("takes");
    free.drive(!active);

    let run = m.capture(takes, order.run);
    let row_stride = m.capture(takes, order.row_stride);
    let row_pitch = m.capture(takes, order.row_pitch);
    let plane_stride = m.capture(takes, order.plane_stride);
    let plane_pitch = m.capture(takes, order.plane_pitch);
    let rows = m.capture(takes, order.rows);
    let signals = m.capture(takes, order.signal.signals);
    let semaphore = m.capture(takes, order.signal.semaphore);
    let period = m.capture(takes, order.signal.period);

    let rows_left = m.reg(rows.shape());
    let planes_left = m.reg(order.planes.shape());
    /// runs until the next signal
    let until_signal = m.reg(period.shape());
    let byte_address = m.reg(unsigned(bits));
    let plane_byte_address = m.reg(unsigned(bits));
    // Wide enough for the first address beyond the largest scratchpad.
    let wide = unsigned(order.address.width() + 1);
    let address = m.reg(wide);
    let plane_address = m.reg(wide);
    let shown = m.reg(bit()).reset(0);
    let last_of_run = m.capture(takes, order.run - 1).named("last_of_run");
    // A run goes on its way when it has been looked at, in the cycle before.
    let checked = m.reg(bit()).reset(0);
    let first_address = order.address.zero_extend(wide.width);
    let is_outside = m.delay(is_outside(*address, [run, last_of_run]));
    let out_of_range = (is_outside & *checked).named("outside");
    let valid = *checked & !is_outside;
    let asked = (valid & room).named("asked");
    checked.next(*shown & !asked & !clear);
    let last_row = rows_left.eq(1);
    let last = last_row & planes_left.eq(1);
    let signal_due = signal_due(period, *until_signal, last);

    let start = order.region.select(bases) + order.offset.zero_extend(bits);
    m.when(takes, || {
        active.set(true);
        shown.set(true);
        rows_left.set(order.rows);
        planes_left.set(order.planes);
        until_signal.set(order.signal.period);
        byte_address.set(start);
        plane_byte_address.set(start);
        address.set(first_address);
        plane_address.set(first_address);
    })
    .else_when(asked, || {
        let next_row = byte_address + row_stride.zero_extend(bits);
        let next_plane = plane_byte_address + plane_stride.zero_extend(bits);
        let here = |pitch: Signal<'m>| wrapped(pitch, wide.width);
        let next_row_address = address + here(row_pitch);
        let next_plane_address = plane_address + here(plane_pitch);
        until_signal.set(signal_due.mux(period, until_signal - 1));
        m.when(last_row, || {
            rows_left.set(rows);
            planes_left.set(planes_left - 1);
            byte_address.set(next_plane);
            plane_byte_address.set(next_plane);
            address.set(next_plane_address);
            plane_address.set(next_plane_address);
        })
        .otherwise(|| {
            rows_left.set(rows_left - 1);
            byte_address.set(next_row);
            address.set(next_row_address);
        });
        m.when(last, || {
            active.set(false);
            shown.set(false);
        });
    });

    m.when(clear, || {
        active.set(false);
        shown.set(false);
    });

    let skip = byte_address.truncate(byte_bits);
    let count = p.splitter.count_bits;
    let end = last_of_run.zero_extend(count) + skip.zero_extend(count);
    let beat = byte_address.slice(byte_bits, bits - byte_bits);
    Run {
        valid,
        shown: *shown,
        out_of_range,
        asked,
        beat_address: concat(&[beat, m.zero(unsigned(byte_bits))]),
        beats: end.slice(byte_bits, count - byte_bits).zero_extend(count) + 1,
        is_beat: end.slice(byte_bits, count - byte_bits).eq(0),
        address: before(address.truncate(p.address_bits), skip),
        skip,
        last_byte: end.truncate(byte_bits),
        signals: signals & signal_due,
        semaphore,
    }
}

/// Whether a run is not in one half of a scratchpad with addresses of so many bits. Its last byte is so many behind
/// its first.
#[track_caller]
pub(super) fn outside_of_halves<'m>(
    bits: u32,
    address: Signal<'m>,
    last_of_run: Signal<'m>,
) -> Signal<'m> {
    let width = address.width();
    let beyond = address.slice(bits, width - bits);
    let in_half = address.truncate(bits - 1).zero_extend(width);
    let last = in_half + last_of_run.zero_extend(width);
    beyond.any() | last.slice(bits - 1, width - bits + 1).any()
}

/// A bit for each byte of a beat that belongs to a run: in its first beat from `skip` on, in its last up
/// to `last_byte`.
#[track_caller]
pub(super) fn bytes_of_run<'m>(
    (first, skip): (Signal<'m>, Signal<'m>),
    (last, last_byte): (Signal<'m>, Signal<'m>),
    beat_bytes: u32,
) -> Signal<'m> {
    let all = !first.module().zero(unsigned(beat_bytes));
    let from = skip.gate(first);
    let behind = last.mux(!last_byte, last_byte.module().zero(last_byte.shape()));
    (all << from) & (all >> behind)
}
