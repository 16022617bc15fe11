//! What a weight-stationary array takes on ECP5, per processing element.

use super::{BenchError, Bound, Figure, Row};
use crate::arch::MatmulArch;
use crate::blocks::MatmulCore;
use crate::config::Config;
use crate::hdl::elaborate;
use crate::synth::cache::Cache;
use crate::synth::{Flow, Frame, Target, unwatched};
use std::time::Duration;

const SIZE: u32 = 8;

/// LUT4 + 2 CCU2C + flip-flops that a processing element may take.
const MOST: f64 = 80.0;

pub(super) fn measure() -> Result<Vec<Row>, BenchError> {
    let arch = MatmulArch::new(&Config::matmul(SIZE, SIZE)).expect("defaults are valid");
    let design = elaborate(&MatmulCore::array(&arch))?;
    let flow = Flow {
        design: &design,
        columns: Vec::new(),
        target: Target::named("ecp5-85k").expect("a target"),
        frame: Frame::OutOfContext,
        board: None,
        speed: 6,
        clock_mhz: 100,
        seeds: 0,
        limit: Duration::from_secs(1800),
    };
    let outcome = flow.run(&Cache::open()?, &mut |_| (), &mut unwatched)?;
    let yosys: Vec<&str> = outcome.yosys.split_whitespace().take(2).collect();
    let whole = outcome.whole;
    let macs = f64::from(SIZE * SIZE);
    let row = |what: &str, count: u64, digits| {
        let what = format!("8x8 array alone, ECP5, {}: {what}", yosys.join(" "));
        Row::info(Figure::Area, &what, count as f64 / macs, "per MAC", digits)
    };
    Ok(vec![
        row("LUT4 + 2 CCU2C + FF", whole.logic + whole.registers, 1).bound(Bound::AtMost(MOST)),
        row("MULT18X18D", whole.multipliers, 0).bound(Bound::Exactly(1.0)),
        row("LUT4", whole.luts, 1),
        row("CCU2C", whole.carries, 1),
        row("FF", whole.registers, 1),
    ])
}
