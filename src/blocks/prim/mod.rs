//! Cells: small blocks that the rest of the hardware is made of.
//!
//! | cell | what it does |
//! |---|---|
//! | [`Fifo`] | holds up to `depth` payloads of a stream, in order |
//! | [`RegisterSlice`] | cuts the paths of a stream by registers, without losing throughput |
//! | [`SkidBuffer`] | cuts the ready path of a stream by a register |
//! | [`Counter`] | counts to a last value given at run time, then wraps |
//! | [`ShiftLine`] | a value some cycles later |
//! | [`SimpleDualPortRam`] | a memory with a write port and a read port |
//! | [`stream_of_beats`], [`beats_of_stream`] | AXI4-Stream as a stream of {TLAST, TDATA} and back |
//! | [`StreamArbiter`] | merges streams, round robin or the first one first |
//! | [`StreamWiden`], [`StreamNarrow`] | join words of a stream to wide ones, or cut them |
//! | [`BurstSplitter`] | cuts transfers into AXI4 bursts within 4 KiB, a few outstanding |
//! | [`synchronize`], [`ResetSynchronizer`] | bring a bit, or a reset, to a clock |
//! | [`AxiLiteRegisters`] | a register map behind AXI4-Lite |
//!
//! Cells of streams consume at the ports `s_*` and produce at `m_*`. Each has an `insert` that
//! makes an instance and connects it. Cells are elaborated for every payload shape alone, so
//! their module names carry it: `fifo_8x16`, or `fifo_s8x16` for a signed payload.

mod axi_lite_registers;
mod axi_stream;
mod burst_splitter;
mod counter;
mod fifo;
mod ram;
mod register_slice;
mod shift_line;
mod skid_buffer;
mod stream_arbiter;
mod stream_width;
mod synchronizer;
#[cfg(test)]
mod tests;

pub use axi_lite_registers::{AxiLiteRegisters, AxiLiteRegistersInputs};
pub use axi_stream::{beats_of_stream, split_beat, stream_of_beats};
pub use burst_splitter::{
    Burst, BurstSplitter, BurstSplitterInputs, BurstSplitterOutputs, Transfer,
};
pub use counter::{Count, Counter};
pub use fifo::{Fifo, FifoOutputs, Storage};
pub use ram::{RamRead, RamWrite, SimpleDualPortRam};
pub use register_slice::{Cut, RegisterSlice};
pub use shift_line::{ShiftLine, ShiftLineInputs, ShiftLineOutputs};
pub use skid_buffer::SkidBuffer;
pub use stream_arbiter::{Policy, StreamArbiter, StreamArbiterInputs, StreamArbiterOutputs};
pub use stream_width::{StreamNarrow, StreamWiden, WidthInputs, WidthOutputs};
pub use synchronizer::{ResetSynchronizer, ResetSynchronizerOutputs, synchronize};

use crate::hdl::Shape;

/// A payload's shape within a module name: `8`, or `s8` when signed.
fn shape_name(shape: Shape) -> String {
    let sign = if shape.signed { "s" } else { "" };
    format!("{sign}{}", shape.width)
}
