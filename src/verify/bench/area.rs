//! What a weight-stationary array takes on ECP5, per processing element.

use super::{BenchError, Bound, Figure, Options, Peer, Row};
use crate::arch::MatmulArch;
use crate::blocks::MatmulCore;
use crate::config::MatmulConfig;
use crate::hdl::elaborate;
use crate::synth::cache::Cache;
use crate::synth::{Flow, Target, count_file, unwatched};
use std::time::Duration;

const SIZE: u32 = 8;

/// LUT4 + 2 CCU2C + flip-flops that a processing element may take.
const MOST: f64 = 80.0;

/// The longest time for a run of Yosys.
const LIMIT: Duration = Duration::from_secs(1800);

/// Adds rows as they are measured: ours are there where the peer fails.
pub(super) fn measure(options: &Options, rows: &mut Vec<Row>) -> Result<(), BenchError> {
    let arch = MatmulArch::new(&MatmulConfig::new(SIZE, SIZE)).expect("defaults are valid");
    let design = elaborate(&*MatmulCore::array(&arch))?;
    let flow = Flow::to_count(&design, Target::named("ecp5-85k").expect("a target"));
    let outcome = flow.run(&Cache::open()?, &mut |_| (), &mut unwatched)?;
    let yosys: Vec<&str> = outcome.yosys.split_whitespace().take(2).collect();
    let whole = outcome.whole;
    let yosys = yosys.join(" ");
    let info = |array: &str, macs: u32, what: &str, count: u64, digits| {
        let what = format!("{array}, ECP5, {yosys}: {what}");
        let each = count as f64 / f64::from(macs);
        Row::info(Figure::Area, &what, each, "per MAC", digits)
    };
    let row = |what: &str, count, digits| info("8x8 array alone", SIZE * SIZE, what, count, digits);
    rows.extend([
        row("LUT4 + 2 CCU2C + FF", whole.logic + whole.registers, 1).bound(Bound::AtMost(MOST)),
        row("MULT18X18D", whole.multipliers, 0).bound(Bound::Exactly(1.0)),
        row("LUT4", whole.luts, 1),
        row("CCU2C", whole.carries, 1),
        row("FF", whole.registers, 1),
    ]);
    if let Some(Peer { file, elements }) = &options.peer {
        let cells = count_file(file, flow.target.family, LIMIT, &mut unwatched)?;
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        let peer = format!("peer {name}, {elements} PEs");
        let row = |what: &str, count, digits| info(&peer, *elements, what, count, digits);
        rows.push(row("LUT4 + 2 CCU2C + FF", cells.logic + cells.registers, 1));
        rows.push(row("MULT18X18D", cells.multipliers, 2));
    }
    Ok(())
}
