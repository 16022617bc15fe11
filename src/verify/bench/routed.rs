//! Area and clock of placed and routed cores on an LFE5U-85F: `matmul-8x8-ecp5` and its array alone, and the cores
//! that run networks, `nano` and `small`.

use super::{BenchError, Bound, Figure, Row};
use crate::arch::{self, MatmulArch, NpuArch};
use crate::blocks::MatmulCore;
use crate::blocks::npu::NpuCore;
use crate::hdl::elaborate;
use crate::hdl::ir::Design;
use crate::product::{Part, Product};
use crate::synth::cache::Cache;
use crate::synth::{
    BlockCells, Board, Columns, Flow, Frame, MemoryCells, Outcome, Resources, Target, unwatched,
};
use std::time::{Duration, Instant};

/// Runs of the router for `matmul-8x8-ecp5`, whose median is judged.
const SEEDS: u32 = 5;

/// Cores that run networks: the speed grades at which each is routed, once, and the clocks in MHz that it must reach.
const NETWORKS: [(&str, &[(u8, u32)]); 2] = [("nano", &[(6, 80)]), ("small", &[(6, 80), (8, 110)])];

/// The clock in MHz that is asked of the array at speed grade 8. The core around it must reach it as
/// well: then the array, and not its surroundings, sets the clock that can be promised.
const ARRAY_MHZ: u32 = 250;

/// The board for which a bitstream is made, and its chip's part and target.
const BOARD: &str = "ulx3s";
const PART: &str = "LFE5U-85F";
const TARGET: &str = "ecp5-85k";

/// LUTs and flip-flops per multiply-accumulate of a public peer, axis-systolic-array
/// (<https://github.com/abarajithan11/axis-systolic-array>): its array of 8x8, int8 with 32-bit
/// accumulators, output-stationary, through `synth_ecp5` of Yosys 0.70. Quoted,
/// from an earlier count of its sources in the same way; not measured here.
const PEER: f64 = 200.0;

/// The architecture that is measured.
fn architecture() -> MatmulArch {
    arch::from_preset("matmul-8x8-ecp5").expect("the preset is valid")
}

/// What is placed as the array of a core is.
fn columns(arch: &MatmulArch) -> Columns {
    Columns {
        multipliers: MatmulCore::multipliers(arch),
        block_rams: MatmulCore::accumulator_rams(arch),
    }
}

/// A design at one speed grade of the chip.
struct Case<'a> {
    what: &'static str,
    design: &'a Design,
    columns: &'a Columns,
    frame: Frame,
    board: Option<&'static Board>,
    speed: u8,
    clock_mhz: u32,
    timing_weight: u32,
    seeds: u32,
}

impl Case<'_> {
    fn run(&self, cache: &Cache, progress: &mut dyn FnMut(&str)) -> Result<Outcome, BenchError> {
        let flow = Flow {
            design: self.design,
            columns: self.columns.clone(),
            target: Target::named(TARGET).expect("a target"),
            frame: self.frame,
            board: self.board,
            speed: self.speed,
            clock_mhz: self.clock_mhz,
            timing_weight: self.timing_weight,
            seeds: self.seeds,
            limit: Duration::from_secs(3600),
        };
        let what = format!("{}, speed grade {}", self.what, self.speed);
        let mut stage = |stage: &str| progress(&format!("  {what}: {stage}"));
        Ok(flow.run(cache, &mut stage, &mut unwatched)?)
    }

    fn row(&self, what: &str, value: f64, unit: &'static str, digits: usize) -> Row {
        let what = format!("{}, {PART}: {what}", self.what);
        Row::info(Figure::Routed, &what, value, unit, digits)
    }

    /// The median of the seeds' clocks, which must be what was asked of the router.
    fn clock(&self, outcome: &Outcome) -> Result<Row, BenchError> {
        let mut runs = outcome.routed.iter();
        if let Some(run) = runs.find(|run| run.timing.fmax_mhz.is_none()) {
            return Err(BenchError::NoClock {
                what: format!("{}, speed grade {}", self.what, self.speed),
                seed: run.seed,
            });
        }
        let seeds = match self.seeds {
            1 => "one seed".into(),
            seeds => format!("median of {seeds} seeds"),
        };
        let what = format!("speed grade {}, {seeds}", self.speed);
        let mhz = outcome.median_mhz().unwrap_or(0.0);
        let least = Bound::AtLeast(f64::from(self.clock_mhz));
        Ok(self.row(&what, mhz, "MHz", 1).bound(least))
    }
}

/// Adds rows as they are measured: they are there where what comes after fails.
pub(super) fn measure(
    rows: &mut Vec<Row>,
    progress: &mut dyn FnMut(&str),
) -> Result<(), BenchError> {
    // Nothing is taken from earlier runs: the time of the flow is measured too.
    let folder = tempfile::Builder::new().prefix("ferrogrid-").tempdir()?;
    let cache = Cache::at(folder.path())?;
    let arch = architecture();
    array(&arch, &cache, rows, progress)?;
    let minutes = minutes_to_bitstream(&cache, progress)?;
    core(&arch, minutes, &cache, rows, progress)?;
    for (preset, grades) in NETWORKS {
        network_core(preset, grades, &cache, rows, progress)?;
    }
    Ok(())
}

fn network_core(
    preset: &'static str,
    grades: &[(u8, u32)],
    cache: &Cache,
    rows: &mut Vec<Row>,
    progress: &mut dyn FnMut(&str),
) -> Result<(), BenchError> {
    let arch = NpuArch {
        target: arch::Target::Ecp5,
        ..arch::npu_from_preset(preset).expect("the preset is valid")
    };
    let columns = arch.columns(Part::Core);
    let design = elaborate(&NpuCore::new(&arch))?;
    for (grade, (speed, clock_mhz)) in grades.iter().enumerate() {
        let case = Case {
            what: preset,
            design: &design,
            columns: &columns,
            frame: Frame::Harness,
            board: None,
            speed: *speed,
            clock_mhz: *clock_mhz,
            timing_weight: arch.timing_weight(),
            seeds: 1,
        };
        let outcome = case.run(cache, progress)?;
        rows.push(case.clock(&outcome)?);
        // The cells are the same at every grade.
        if grade > 0 {
            continue;
        }
        let core = outcome.blocks.first().map(|block| block.each);
        let core = core.unwrap_or_default();
        let counts = [
            ("LUT4-equivalents", core.logic),
            ("FF", core.registers),
            ("MULT18X18D", core.multipliers),
            ("DP16KD", core.block_rams),
        ];
        rows.extend(counts.map(|(what, count)| case.row(what, count as f64, "", 0)));
    }
    Ok(())
}

/// Minutes from the text of the configuration to a bitstream for the board, once.
fn minutes_to_bitstream(cache: &Cache, progress: &mut dyn FnMut(&str)) -> Result<f64, BenchError> {
    let begun = Instant::now();
    let arch = architecture();
    let design = elaborate(&MatmulCore::new(&arch))?;
    let case = Case {
        what: "matmul-8x8-ecp5 with the pins of a board",
        design: &design,
        columns: &columns(&arch),
        frame: Frame::Harness,
        board: Board::named(BOARD),
        speed: 6,
        clock_mhz: 100,
        timing_weight: arch.timing_weight(),
        seeds: 1,
    };
    let outcome = case.run(cache, progress)?;
    let minutes = begun.elapsed().as_secs_f64() / 60.0;
    let bitstream = (outcome.files.iter()).find(|file| file.name.ends_with(".bit"));
    match bitstream.map(|file| file.path.metadata()).transpose()? {
        Some(data) if data.len() > 0 => Ok(minutes),
        _ => Err(BenchError::Wrong {
            what: "the packer".into(),
            how: format!("no bitstream for {BOARD}"),
        }),
    }
}

fn array(
    arch: &MatmulArch,
    cache: &Cache,
    rows: &mut Vec<Row>,
    progress: &mut dyn FnMut(&str),
) -> Result<(), BenchError> {
    let design = elaborate(&*MatmulCore::array(arch))?;
    let case = Case {
        what: "8x8 array alone",
        design: &design,
        columns: &Columns {
            multipliers: MatmulCore::array_params(arch).multipliers(),
            ..Columns::default()
        },
        frame: Frame::OutOfContext,
        board: None,
        speed: 8,
        clock_mhz: ARRAY_MHZ,
        timing_weight: arch.timing_weight(),
        seeds: SEEDS,
    };
    let outcome = case.run(cache, progress)?;
    let element = largest_element(&outcome.blocks);
    let whole = outcome.whole;
    let macs = f64::from(arch.rows * arch.columns);
    let each = |what: &str, count: u64, most: f64| {
        case.row(what, count as f64, "per PE", 0)
            .bound(Bound::AtMost(most))
    };
    let clock = case.clock(&outcome).map(|row| rows.push(row));
    rows.extend([
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
    ]);
    clock
}

fn core(
    arch: &MatmulArch,
    minutes: f64,
    cache: &Cache,
    rows: &mut Vec<Row>,
    progress: &mut dyn FnMut(&str),
) -> Result<(), BenchError> {
    let design = elaborate(&MatmulCore::new(arch))?;
    let slow = Case {
        what: "matmul-8x8-ecp5",
        design: &design,
        columns: &columns(arch),
        frame: Frame::Harness,
        board: None,
        speed: 6,
        clock_mhz: 100,
        timing_weight: arch.timing_weight(),
        seeds: SEEDS,
    };
    let fast = Case {
        speed: 8,
        clock_mhz: ARRAY_MHZ,
        ..slow
    };
    let outcome = slow.run(cache, progress)?;
    // Counted without the shift registers around it.
    let core = outcome.blocks.first().map(|block| block.each);
    let core = core.unwrap_or_default();
    let macs = f64::from(arch.rows * arch.columns);
    let clock = slow.clock(&outcome).map(|row| rows.push(row));
    let behind_clock = rows.len();
    rows.extend([
        slow.row("LUT4-equivalents", core.logic as f64, "", 0)
            .bound(Bound::AtMost(7_000.0)),
        slow.row("LUTs used as memory", core.ram_luts as f64, "", 0)
            .bound(Bound::Exactly(0.0)),
        in_block_ram(&slow, &outcome.memories),
        slow.row("DP16KD", core.block_rams as f64, "", 0),
        slow.row("LUT + FF", lut_and_ff(&core) / macs, "per MAC", 1),
        slow.row(
            "TOML to bitstream of the ULX3S, one seed, nothing cached",
            minutes,
            "min",
            1,
        )
        .bound(Bound::Below(10.0)),
    ]);
    clock?;
    let faster = fast.run(cache, progress)?;
    rows.insert(behind_clock, fast.clock(&faster)?);
    Ok(())
}

/// How many of the buffers are made of block RAM alone; all must be, by their names.
fn in_block_ram(case: &Case, memories: &[MemoryCells]) -> Row {
    let found = memories.iter().filter(|memory| memory.in_block_ram).count();
    let all = memories.len();
    let names: Vec<&str> = memories
        .iter()
        .map(|memory| memory.memory.as_str())
        .collect();
    // A core without buffers has lost them.
    case.row(
        &format!("buffers in block RAM, of {}", names.join(", ")),
        found as f64,
        "",
        0,
    )
    .bound(Bound::Exactly(all.max(1) as f64))
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
    use super::super::Verdict;
    use super::*;
    use crate::synth::{Routed, Timing};

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

    fn case<'a>(design: &'a Design, columns: &'a Columns) -> Case<'a> {
        Case {
            what: "core",
            design,
            columns,
            frame: Frame::Harness,
            board: Board::named(BOARD),
            speed: 6,
            clock_mhz: 100,
            timing_weight: 30,
            seeds: SEEDS,
        }
    }

    /// A median of fewer seeds than it says is none.
    #[test]
    fn every_seed_must_have_a_clock_and_the_median_the_one_asked_for() {
        let design = elaborate(&*MatmulCore::array(&architecture())).expect("a design");
        let columns = Columns::default();
        let case = case(&design, &columns);
        let clock = |clocks: &[Option<f64>]| {
            let run = |(seed, &fmax_mhz)| Routed {
                seed,
                timing: Timing {
                    fmax_mhz,
                    critical: None,
                    utilization: Default::default(),
                },
            };
            case.clock(&Outcome {
                yosys: String::new(),
                yosys_is_dated: false,
                router: None,
                blocks: Vec::new(),
                memories: Vec::new(),
                whole: Resources::default(),
                routed: (1..).zip(clocks).map(run).collect(),
                files: Vec::new(),
            })
        };
        let verdict = |clocks: &[Option<f64>]| clock(clocks).expect("a row").verdict;
        let judged =
            [[90.0, 100.0, 120.0], [90.0, 99.9, 120.0]].map(|clocks| verdict(&clocks.map(Some)));
        assert_eq!(judged, [Verdict::Pass, Verdict::Fail]);
        assert_eq!(verdict(&[]), Verdict::Fail);
        let error = clock(&[Some(120.0), None, Some(130.0)]).expect_err("a seed without");
        assert_eq!(
            error.to_string(),
            "nextpnr told no clock of core, speed grade 6 with seed 2"
        );
    }

    #[test]
    fn every_buffer_must_be_in_block_ram() {
        let arch = architecture();
        let design = elaborate(&MatmulCore::new(&arch)).expect("a design");
        let columns = Columns::default();
        let case = case(&design, &columns);
        let memory = |name: &str, in_block_ram| MemoryCells {
            module: "core_datapath".into(),
            memory: name.into(),
            bits: 100,
            cells: Default::default(),
            in_block_ram,
        };
        let (a, b) = (memory("a_buffer", true), memory("b_buffer", true));
        let slow = memory("b_buffer", false);
        let row = in_block_ram(&case, &[a.clone(), b]);
        assert_eq!(row.verdict, Verdict::Pass);
        let what = "core, LFE5U-85F: buffers in block RAM, of a_buffer, b_buffer";
        assert_eq!(row.what, what);
        assert_eq!(in_block_ram(&case, &[a, slow]).verdict, Verdict::Fail);
        assert_eq!(in_block_ram(&case, &[]).verdict, Verdict::Fail);
    }

    #[test]
    fn the_board_is_of_the_chip_that_is_measured() {
        let board = Board::named(BOARD).expect("a board");
        assert_eq!((board.target, board.speed), (TARGET, 6));
        let target = Target::named(TARGET).expect("a target");
        assert!(target.title.ends_with(PART), "{}", target.title);
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
