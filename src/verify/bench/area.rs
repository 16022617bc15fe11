//! What a weight-stationary array takes on ECP5, per processing element.

use super::{BenchError, Bound, Figure, Row};
use crate::arch::MatmulArch;
use crate::blocks::MatmulCore;
use crate::config::Config;
use crate::hdl::elaborate;
use crate::synth::ecp5::{self, Ecp5Cells};
use crate::verilog;

const SIZE: u32 = 8;

/// LUT4 + 2 CCU2C + flip-flops that a processing element may take.
const MOST: f64 = 80.0;

/// The cells of an 8x8 int8 weight-stationary array alone, and its number of processing elements.
///
/// # Errors
/// When Yosys is missing or fails.
pub fn array_area() -> Result<(Ecp5Cells, u64), BenchError> {
    let arch = MatmulArch::new(&Config::matmul(SIZE, SIZE)).expect("defaults are valid");
    let design = elaborate(&MatmulCore::array(&arch))?;
    let cells = ecp5::synthesize(&verilog::emit(&design), &design.top().name)?;
    Ok((cells, u64::from(SIZE * SIZE)))
}

pub(super) fn measure() -> Result<Vec<Row>, BenchError> {
    let (cells, macs) = array_area()?;
    let yosys = match cells.yosys.version {
        Some(version) => format!("Yosys {}.{}", version.major, version.minor),
        None => "Yosys".to_owned(),
    };
    let row = |what: &str, count: u64, digits| {
        let what = format!("8x8 array alone, ECP5, {yosys}: {what}");
        Row::info(
            Figure::Area,
            &what,
            count as f64 / macs as f64,
            "per MAC",
            digits,
        )
    };
    Ok(vec![
        row("LUT4 + 2 CCU2C + FF", cells.logic(), 1).bound(Bound::AtMost(MOST)),
        row("MULT18X18D", cells.multipliers(), 0).bound(Bound::Exactly(1.0)),
        row("LUT4", cells.count("LUT4"), 1),
        row("CCU2C", cells.count("CCU2C"), 1),
        row("FF", cells.count("TRELLIS_FF"), 1),
    ])
}
