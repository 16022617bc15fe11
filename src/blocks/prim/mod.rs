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
//! | [`AxiReadArbiter`], [`AxiWriteArbiter`] | one AXI4 port of several managers' ports |
//! | [`AxiRamReader`], [`AxiRamWriter`] | AXI4 in front of a memory, a beat in every cycle |
//! | [`AxiReadTransfers`], [`AxiWriteTransfers`] | transfers of any length as AXI4 bursts, one answer each |
//! | [`synchronize`], [`ResetSynchronizer`] | bring a bit, or a reset, to a clock |
//! | [`cross_clocks`] | a FIFO from one clock's domain to another's |
//! | [`AxiLiteRegisters`] | a register map behind AXI4-Lite |
//!
//! Cells of streams consume at the ports `s_*` and produce at `m_*`. Cells are elaborated for every
//! payload shape alone, so their module names carry it: `fifo_8x16`, or `fifo_s8x16` for a signed
//! payload.

mod axi_arbiter;
mod axi_lite_registers;
mod axi_ram;
mod axi_stream;
mod axi_transfers;
mod burst_splitter;
mod counter;
mod crossing;
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

pub use axi_arbiter::{
    AxiMerge, AxiReadArbiter, AxiReadArbiterInputs, AxiReadArbiterOutputs, AxiWriteArbiter,
    AxiWriteArbiterInputs, AxiWriteArbiterOutputs,
};
pub use axi_lite_registers::{AxiLiteRegisters, AxiLiteRegistersInputs};
pub use axi_ram::{
    AxiRam, AxiRamReader, AxiRamReaderInputs, AxiRamReaderOutputs, AxiRamWriter,
    AxiRamWriterInputs, AxiRamWriterOutputs,
};
pub use axi_stream::{beats_of_stream, split_beat, stream_of_beats};
pub use axi_transfers::{
    AxiReadTransfers, AxiReadTransfersInputs, AxiReadTransfersOutputs, AxiWriteTransfers,
    AxiWriteTransfersInputs, AxiWriteTransfersOutputs, ReadBeat, WriteBeat,
};
pub use burst_splitter::{
    Burst, BurstSplitter, BurstSplitterInputs, BurstSplitterOutputs, Transfer,
};
pub use counter::{Counter, CounterInputs, CounterOutputs};
pub use crossing::cross_clocks;
pub use fifo::{Fifo, FifoOutputs, Storage};
pub use ram::{RamInputs, RamOutputs, RamRead, RamWrite, SimpleDualPortRam};
pub use register_slice::{Cut, RegisterSlice};
pub use shift_line::{ShiftLine, ShiftLineInputs, ShiftLineOutputs};
pub use skid_buffer::SkidBuffer;
pub use stream_arbiter::{Policy, StreamArbiter, StreamArbiterInputs, StreamArbiterOutputs};
pub use stream_width::{StreamNarrow, StreamWiden};
pub use synchronizer::{ResetSynchronizer, ResetSynchronizerOutputs, synchronize};

use crate::hdl::{Shape, Stream, bundle};

bundle! {
    /// What a cell in a stream takes.
    pub struct StreamInputs(shape: Shape) {
        /// The stream in front of it.
        s: Stream(shape),
    }
}

bundle! {
    /// What a cell in a stream gives.
    pub struct StreamOutputs(shape: Shape) {
        /// The stream behind it.
        m: Stream(shape),
    }
}

/// A payload's shape within a module name: `8`, or `s8` when signed.
fn shape_name(shape: Shape) -> String {
    let sign = if shape.signed { "s" } else { "" };
    format!("{sign}{}", shape.width)
}
