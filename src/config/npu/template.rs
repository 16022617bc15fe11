//! The text that `ferrogrid new --kind npu` starts a user with.

use super::NpuConfig;
use crate::config::Kind;
use crate::config::template::{key, quoted};

/// See [`Config::template`](crate::config::Config::template).
pub(in crate::config) fn template(config: &NpuConfig) -> String {
    let NpuConfig {
        common,
        array,
        bus,
        memory,
        post,
        control,
    } = config;
    let lines = [
        "# A core that runs quantized networks: programs, weights and data in DRAM behind AXI4.".into(),
        "# A key behind a `#` is left at its default; the value there shows the form.".into(),
        "".into(),
        "# Names the core, its files and its modules. Default: kind, size, target.".into(),
        key("name", common.name.as_ref().map(quoted), "\"npu-16x16\""),
        format!("kind = {}", quoted(Kind::Npu)),
        "# portable: for every chip. ecp5, xilinx (7-series), ultrascale_plus, ice40: with multipliers".into(),
        "# of these chips; the same results.".into(),
        format!("target = {}", quoted(common.target)),
        "".into(),
        "[array]".into(),
        "# Processing elements: 4, 8, 16, 32 or 64 each way. One int8 multiplier in each.".into(),
        format!("rows = {}", array.rows),
        format!("columns = {}", array.columns),
        "# A pipeline register behind each multiplier: higher clock, one more cycle from operands to".into(),
        "# sums. Multipliers of chips that have this register inside use it.".into(),
        format!("product_register = {}", array.product_register),
        "".into(),
        "[bus]".into(),
        "# Bits per beat of the AXI4 port: 32 to 512, at most 8 a row and 8 a column.".into(),
        "# Default: as many as that.".into(),
        key("width", bus.width, "128"),
        "".into(),
        "[memory]".into(),
        "# Activations, in two halves: a power of two from 4 KiB to 4 MiB. Default: 128 KiB.".into(),
        key("scratchpad", memory.scratchpad.map(quoted), "\"128 KiB\""),
        "# Ring of weights: 4 tiles of rows x columns bytes or more, a power of two of them.".into(),
        "# Default: 64 KiB.".into(),
        key("weights", memory.weights.map(quoted), "\"64 KiB\""),
        "# Vectors of each of two accumulator banks: `columns` sums of 32 bits each. Default: 128.".into(),
        key("accumulators", memory.accumulators, "128"),
        "# Channels whose bias, multiplier and shift are held. Default: 1024.".into(),
        key("parameters", memory.parameters, "1024"),
        "".into(),
        "[post]".into(),
        "# Channels requantized in a cycle: a power of two, at least a fourth of the bytes of a beat".into(),
        "# and at most the rows and columns. Default: half of the rows or columns.".into(),
        key("lanes", post.lanes, "8"),
        "# How sums become bytes: fixed (as TFLite), float (as ONNX Runtime), or both.".into(),
        format!("requantization = {}", quoted(post.requantization)),
        "".into(),
        "[control]".into(),
        "# distributed: each unit has a queue of its own, and all work at the same time. central: an".into(),
        "# instruction begins when all before it have ended; the same programs, the same results.".into(),
        format!("order = {}", quoted(control.order)),
        "# Bursts of reads, and of writes, under way at a time: 1 to 32.".into(),
        format!("outstanding = {}", control.outstanding),
        "# Instructions that wait in front of each unit: 1 to 16.".into(),
        format!("queue_depth = {}", control.queue_depth),
        "".into(),
    ];
    lines.join("\n")
}
