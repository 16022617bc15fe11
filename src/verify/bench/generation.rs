//! How long generating a core takes, and how much text it gives.

use super::clock::{median, seconds};
use super::{BenchError, Bound, Figure, Options, Row};
use crate::arch;
use crate::blocks::MatmulCore;
use crate::hdl::elaborate;
use crate::verilog::{self, VerilogFile};

/// Preset, and the seconds and lines that it may take.
const CASES: [(&str, f64, f64); 2] = [
    ("matmul-16x16", 0.2, 3_000.0),
    ("matmul-64x64", 1.0, 8_000.0),
];

/// The whole way from the text of a preset to Verilog.
///
/// # Panics
/// When there is no such preset.
fn generate(preset: &str) -> Result<Vec<VerilogFile>, BenchError> {
    let arch = arch::from_preset(preset).expect("the benchmark names presets that exist");
    Ok(verilog::emit(&elaborate(&MatmulCore::new(&arch))?))
}

/// Lines of Verilog of a preset, all files together, and the most that it may have.
///
/// # Errors
/// When the generator failed.
pub fn generated_lines() -> Result<Vec<(&'static str, usize, usize)>, BenchError> {
    let lines = |(preset, _, most): (&'static str, f64, f64)| {
        Ok((preset, count_lines(&generate(preset)?), most as usize))
    };
    CASES.into_iter().map(lines).collect()
}

fn count_lines(files: &[VerilogFile]) -> usize {
    files.iter().map(|file| file.text.lines().count()).sum()
}

pub(super) fn measure(options: &Options, rows: &mut Vec<Row>) -> Result<(), BenchError> {
    for (preset, most_seconds, most_lines) in CASES {
        let mut times = Vec::new();
        let mut lines = 0;
        for _ in 0..options.pick(9, 3) {
            let (time, files) = seconds(|| generate(preset));
            times.push(time);
            lines = count_lines(&files?);
        }
        let row = |what: &str, value, unit, digits| {
            let what = format!("{preset}: {what}");
            Row::info(Figure::Generation, &what, value, unit, digits)
        };
        rows.push(row("TOML to Verilog", median(times), "s", 3).bound(Bound::Below(most_seconds)));
        rows.push(row("Verilog", lines as f64, "lines", 0).bound(Bound::AtMost(most_lines)));
    }
    Ok(())
}
