//! Area and clock of a placed and routed core: `matmul-8x8` on an ECP5-85F, and its array alone.

use super::{BenchError, Bound, Figure, Row};
use crate::arch::{self, MatmulArch};
use crate::blocks::MatmulCore;
use crate::hdl::elaborate;
use crate::hdl::ir::Design;
use crate::synth::cache::Cache;
use crate::synth::{BlockCells, Columns, Flow, Frame, Outcome, Resources, Target, unwatched};
use std::time::{Duration, Instant};

/// Runs of the router, whose median is judged.
const SEEDS: u32 = 5;

/// Bits of a DP16KD.
const BLOCK_RAM_BITS: u64 = 18 * 1024;

/// LUTs and flip-flops per multiply-accumulate of a public peer, axis-systolic-array
/// (<https://github.com/abarajithan11/axis-systolic-array>): its array of 8x8, int8 with 32-bit
/// accumulators, output-stationary, through `synth_ecp5` of Yosys 0.70. Quoted,
/// from an earlier count of its sources in the same way; not measured here.
const PEER: f64 = 200.0;

/// The architecture that is measured: the one place that says how the preset is fitted to ECP5.
fn architecture() -> MatmulArch {
    arch::from_preset("matmul-8x8-ecp5").expect("the preset is valid")
}

/// A design at one speed grade of the chip.
struct Case<'a> {
    what: &'static str,
    design: &'a Design,
    columns: &'a Columns,
    frame: Frame,
    speed: u8,
    clock_mhz: u32,
}

impl Case<'_> {
    fn run(
        &self,
        seeds: u32,
        cache: &Cache,
        progress: &mut dyn FnMut(&str),
    ) -> Result<Outcome, BenchError> {
        let flow = Flow {
            design: self.design,
            columns: self.columns.clone(),
            target: Target::named("ecp5-85k").expect("a target"),
            frame: self.frame,
            board: None,
            speed: self.speed,
            clock_mhz: self.clock_mhz,
            seeds,
            limit: Duration::from_secs(3600),
        };
        let what = format!("{}, speed grade {}", self.what, self.speed);
        let mut stage = |stage: &str| progress(&format!("  {what}: {stage}"));
        Ok(flow.run(cache, &mut stage, &mut unwatched)?)
    }

    fn row(&self, what: &str, value: f64, unit: &'static str, digits: usize) -> Row {
        let what = format!("{}, ECP5-85F: {what}", self.what);
        Row::info(Figure::Routed, &what, value, unit, digits)
    }

    /// The median of the seeds' clocks, which fails when there is none.
    fn clock(&self, outcome: &Outcome, least: f64) -> Row {
        let what = format!("speed grade {}, median of {SEEDS} seeds", self.speed);
        let mhz = outcome.median_mhz().unwrap_or(0.0);
        self.row(&what, mhz, "MHz", 1).bound(Bound::AtLeast(least))
    }
}

pub(super) fn measure(progress: &mut dyn FnMut(&str)) -> Result<Vec<Row>, BenchError> {
    // Nothing is taken from earlier runs: the time of the flow is measured too.
    let folder = tempfile::Builder::new().prefix("ferrogrid-").tempdir()?;
    let cache = Cache::at(folder.path())?;
    let arch = architecture();
    let mut rows = array(&arch, &cache, progress)?;
    rows.extend(core(&arch, &cache, progress)?);
    Ok(rows)
}

fn array(
    arch: &MatmulArch,
    cache: &Cache,
    progress: &mut dyn FnMut(&str),
) -> Result<Vec<Row>, BenchError> {
    let array = MatmulCore::array(arch);
    let design = elaborate(&array)?;
    let case = Case {
        what: "8x8 array alone",
        design: &design,
        columns: &array.multipliers(),
        frame: Frame::OutOfContext,
        speed: 8,
        clock_mhz: 250,
    };
    let outcome = case.run(SEEDS, cache, progress)?;
    let element = largest_element(&outcome.blocks);
    let whole = outcome.whole;
    let macs = f64::from(arch.rows * arch.columns);
    let each = |what: &str, count: u64, most: f64| {
        case.row(what, count as f64, "per PE", 0)
            .bound(Bound::AtMost(most))
    };
    Ok(vec![
        case.clock(&outcome, 250.0),
        each("LUT4-equivalents", element.logic, 22.0),
        each("FF", element.registers, 45.0),
        case.row("MULT18X18D", whole.multipliers as f64 / macs, "per MAC", 2)
            .bound(Bound::Exactly(1.0)),
        case.row("LUT + FF", lut_and_ff(&whole) / macs, "per MAC", 1)
            .bound(Bound::AtMost(PEER)),
        Row::info(
            Figure::Routed,
            "quoted: axis-systolic-array (GitHub, abarajithan11) 8x8 alone, Yosys 0.70: LUT + FF",
            PEER,
            "per MAC",
            1,
        ),
    ])
}

fn core(
    arch: &MatmulArch,
    cache: &Cache,
    progress: &mut dyn FnMut(&str),
) -> Result<Vec<Row>, BenchError> {
    let begun = Instant::now();
    let design = elaborate(&MatmulCore::new(arch))?;
    let slow = Case {
        what: "matmul-8x8-ecp5",
        design: &design,
        columns: &MatmulCore::multipliers(arch),
        frame: Frame::Harness,
        speed: 6,
        clock_mhz: 100,
    };
    slow.run(1, cache, progress)?;
    let minutes = begun.elapsed().as_secs_f64() / 60.0;
    let fast = Case {
        speed: 8,
        clock_mhz: 140,
        ..slow
    };
    let outcomes = [
        slow.run(SEEDS, cache, progress)?,
        fast.run(SEEDS, cache, progress)?,
    ];
    // Counted without the shift registers around it.
    let core = outcomes[0].blocks.first().map(|block| block.each);
    let core = core.unwrap_or_default();
    let macs = f64::from(arch.rows * arch.columns);
    let needed = arch.buffer_bits().div_ceil(BLOCK_RAM_BITS);
    let rows = vec![
        slow.clock(&outcomes[0], 100.0),
        fast.clock(&outcomes[1], 140.0),
        slow.row("LUT4-equivalents", core.logic as f64, "", 0)
            .bound(Bound::AtMost(7_000.0)),
        slow.row("LUTs used as memory", core.ram_luts as f64, "", 0)
            .bound(Bound::Exactly(0.0)),
        slow.row(
            "DP16KD for the bits of its buffers",
            core.block_rams as f64,
            "",
            0,
        )
        .bound(Bound::AtLeast(needed as f64)),
        slow.row("LUT + FF", lut_and_ff(&core) / macs, "per MAC", 1),
        slow.row(
            "TOML to routed, one seed, nothing cached",
            minutes,
            "min",
            1,
        )
        .bound(Bound::Below(10.0)),
    ];
    Ok(rows)
}

/// The peer's way to count: what takes the place of LUTs, and flip-flops.
fn lut_and_ff(cells: &Resources) -> f64 {
    (cells.logic + cells.registers) as f64
}

/// What a processing element takes with all inside it; the most of each kind of cell where there
/// are several kinds of elements.
fn largest_element(blocks: &[BlockCells]) -> Resources {
    let elements = blocks.iter().filter(|block| block.module.contains("_pe"));
    elements.fold(Resources::default(), |most, block| Resources {
        logic: most.logic.max(block.each.logic),
        registers: most.registers.max(block.each.registers),
        ..most
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_processing_element_is_judged() {
        let block = |module: &str, logic, registers| BlockCells {
            depth: 1,
            module: module.into(),
            instances: 8,
            each: Resources {
                logic,
                registers,
                ..Resources::default()
            },
        };
        let blocks = [
            block("matmul_8x8_array", 900, 4000),
            block("matmul_8x8_pe_first", 18, 44),
            block("matmul_8x8_pe", 20, 43),
        ];
        let most = largest_element(&blocks);
        assert_eq!((most.logic, most.registers), (20, 44));
    }

    #[test]
    fn luts_of_carries_and_memory_count_as_luts() {
        let cells = Resources {
            luts: 10,
            carries: 5,
            logic: 20,
            registers: 30,
            ..Resources::default()
        };
        assert_eq!(lut_and_ff(&cells), 50.0);
    }
}
