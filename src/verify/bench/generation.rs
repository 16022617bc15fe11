//! How long generating a core takes, and how much text it gives.

use super::clock::{median, seconds};
use super::{BenchError, Bound, Figure, Options, Row};
use crate::arch::{self, NpuArch};
use crate::blocks::MatmulCore;
use crate::blocks::npu::NpuCore;
use crate::hdl::ir::Design;
use crate::hdl::{DesignError, elaborate};
use crate::verilog::{self, VerilogFile};

/// The design of a preset.
type Elaborated = fn(&str) -> Result<Design, DesignError>;

/// Preset, its design, and the seconds and lines that it may take: of a whole NPU no lines are asked.
const CASES: [(&str, Elaborated, f64, Option<f64>); 4] = [
    ("matmul-16x16", matmul, 0.2, Some(3_000.0)),
    ("matmul-64x64", matmul, 1.0, Some(8_000.0)),
    ("edge", npu, 0.3, None),
    (
        "edge without VECTOR",
        npu_without_vector,
        0.3,
        Some(8_000.0),
    ),
];

/// # Panics
/// When there is no such preset.
fn matmul(preset: &str) -> Result<Design, DesignError> {
    let arch = arch::from_preset(preset).expect("the benchmark names presets that exist");
    elaborate(&MatmulCore::new(&arch))
}

/// # Panics
/// When there is no such preset.
fn npu(preset: &str) -> Result<Design, DesignError> {
    let arch = arch::npu_from_preset(preset).expect("the benchmark names presets that exist");
    elaborate(&NpuCore::new(&arch))
}

/// The NPU of the preset in front of the first blank, without VECTOR.
///
/// # Panics
/// When there is no such preset.
fn npu_without_vector(name: &str) -> Result<Design, DesignError> {
    let preset = name.split(' ').next().unwrap_or(name);
    let arch = arch::npu_from_preset(preset).expect("the benchmark names presets that exist");
    elaborate(&NpuCore::new(&NpuArch {
        vector_taps: 0,
        ..arch
    }))
}

/// A preset, its lines of Verilog, and the most that it may have.
pub type GeneratedLines = (&'static str, usize, Option<usize>);

/// Lines of Verilog of a preset, all files together, and the most that it may have, if any is asked.
///
/// # Errors
/// When the generator failed.
pub fn generated_lines() -> Result<Vec<GeneratedLines>, BenchError> {
    let lines = |(preset, design, _, most): (_, Elaborated, f64, Option<f64>)| {
        Ok((
            preset,
            count_lines(&verilog::emit(&design(preset)?)),
            most.map(|most| most as usize),
        ))
    };
    CASES.into_iter().map(lines).collect()
}

fn count_lines(files: &[VerilogFile]) -> usize {
    files.iter().map(|file| file.text.lines().count()).sum()
}

pub(super) fn measure(options: &Options, rows: &mut Vec<Row>) -> Result<(), BenchError> {
    for (preset, design, most_seconds, most_lines) in CASES {
        let mut times = Vec::new();
        let mut lines = 0;
        for _ in 0..options.pick(9, 3) {
            // The whole way from the text of the preset to Verilog.
            let (time, files) = seconds(|| design(preset).map(|design| verilog::emit(&design)));
            times.push(time);
            lines = count_lines(&files?);
        }
        let row = |what: &str, value, unit, digits| {
            let what = format!("{preset}: {what}");
            Row::info(Figure::Generation, &what, value, unit, digits)
        };
        rows.push(row("TOML to Verilog", median(times), "s", 3).bound(Bound::Below(most_seconds)));
        let row = row("Verilog", lines as f64, "lines", 0);
        rows.push(match most_lines {
            Some(most) => row.bound(Bound::AtMost(most)),
            None => row,
        });
    }
    Ok(())
}
