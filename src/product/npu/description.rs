//! What people and programs read about a core that runs networks.

use crate::arch::NpuArch;
use crate::product::{Cell, Description};
use serde_json::Value;

/// All of it.
pub(super) fn description(arch: &NpuArch) -> Description {
    let NpuArch { rows, columns, .. } = arch;
    let title = format!("{rows} x {columns} core that runs networks, int8");
    Description {
        function: format!("quantized networks with {rows} x {columns} processing elements, int8"),
        title,
        interfaces: "Quantized networks: programs, weights and data in DRAM behind AXI4, control by \
                     AXI4-Lite registers",
        figures: figures(arch),
        limits: limits(arch),
        row: row(arch),
        json: json(arch),
    }
}

/// What a page about the core shows.
fn figures(arch: &NpuArch) -> Vec<(&'static str, String)> {
    let NpuArch { rows, columns, .. } = arch;
    vec![
        ("array", format!("{rows} x {columns} multipliers")),
        (
            "types",
            format!(
                "{} x {}, {}-bit accumulators",
                NpuArch::ACTIVATION,
                NpuArch::WEIGHT,
                NpuArch::ACCUMULATOR_BITS
            ),
        ),
        ("bus", format!("AXI4, {} bits", arch.bus_bits)),
        (
            "scratchpad",
            format!(
                "{}: 2 halves of {rows} banks of {} bytes",
                arch.scratchpad_size(),
                arch.scratchpad_bytes / 2 / rows
            ),
        ),
        (
            "weights",
            format!("{}: a ring of {} tiles", arch.ring_size(), arch.ring_tiles),
        ),
        (
            "accumulators",
            format!(
                "2 banks of {} vectors of {columns} sums",
                arch.accumulator_vectors
            ),
        ),
        (
            "post",
            format!(
                "{} channels a cycle, requantization {}",
                arch.lanes, arch.requantization
            ),
        ),
    ]
}

/// What programs must keep to.
fn limits(arch: &NpuArch) -> Vec<(String, u64)> {
    let row = |what: &str, most: u32| (what.to_owned(), most.into());
    vec![
        row("vectors of a bank", arch.accumulator_vectors),
        row("tiles in the ring", arch.ring_tiles),
        row("channels with parameters", arch.parameter_channels),
    ]
}

/// The core in a table of cores.
fn row(arch: &NpuArch) -> Vec<(&'static str, Cell)> {
    let NpuArch { rows, columns, .. } = arch;
    vec![
        ("array", Cell::Text(format!("{rows} x {columns}"))),
        ("bus", Cell::Number(arch.bus_bits.into())),
        ("scratchpad", Cell::Text(arch.scratchpad_size().to_string())),
        ("weights", Cell::Text(arch.ring_size().to_string())),
        ("lanes", Cell::Number(arch.lanes.into())),
        (
            "requantization",
            Cell::Text(arch.requantization.to_string()),
        ),
    ]
}

/// The core in a list for programs.
fn json(arch: &NpuArch) -> Vec<(&'static str, Value)> {
    vec![
        ("kind", "npu".into()),
        ("rows", arch.rows.into()),
        ("columns", arch.columns.into()),
        ("bus", arch.bus_bits.into()),
        ("scratchpad", arch.scratchpad_size().0.into()),
        ("weights", arch.ring_size().0.into()),
        ("accumulators", arch.accumulator_vectors.into()),
        ("parameters", arch.parameter_channels.into()),
        ("lanes", arch.lanes.into()),
        ("requantization", arch.requantization.name().into()),
    ]
}
