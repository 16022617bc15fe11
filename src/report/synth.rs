//! What synthesis, placement and routing say about a core.

use super::numbers::{grouped, percent};
use super::table::Table;
use crate::product::Product;
use crate::synth::tools::DATED;
use crate::synth::{
    BlockCells, CriticalPath, Flow, Frame, MemoryCells, Outcome, Resources, Routed,
};
use serde::Serialize;
use std::fmt::Write;

/// Area and timing of a core, or of its array alone.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SynthReport {
    /// Version of Ferrogrid.
    pub version: &'static str,
    /// Name of the core.
    pub core: String,
    /// The module that was synthesized: the core's top or its array.
    pub module: String,
    /// Name of the target.
    pub target: &'static str,
    /// The same for people.
    pub target_title: &'static str,
    /// Name of the board, if its package and pins were asked for.
    pub board: Option<&'static str>,
    /// Speed grade, where something was placed and the chip has several.
    pub speed: Option<u8>,
    /// What stands at the ports.
    pub frame: Frame,
    /// Yosys, with its version.
    pub yosys: String,
    /// nextpnr, with its version.
    pub router: Option<String>,
    /// Multipliers of the array.
    pub macs: u64,
    /// Cells by block: hierarchy kept, without a harness.
    pub blocks: Vec<BlockCells>,
    /// What each memory is made of.
    pub memories: Vec<MemoryCells>,
    /// Cells of all: flat, with the harness if there is one.
    pub whole: Resources,
    /// What an average multiply-accumulate takes of the array, or of the core: that of the first
    /// block.
    pub per_mac: PerMac,
    /// Cells whose places were given to the router.
    pub floorplanned: Floorplanned,
    /// The clock that was asked of the router, in MHz.
    pub clock_mhz: Option<u32>,
    /// Median of the seeds' highest clocks, in MHz.
    pub fmax_mhz: Option<f64>,
    /// 10^9 operations a second at that clock with every multiplier busy; a multiply-accumulate is
    /// two.
    pub gops: Option<f64>,
    /// Whether that clock is at least the one asked for; absent without a clock.
    pub met: Option<bool>,
    /// Every seed.
    pub seeds: Vec<Seed>,
    /// Paths of the bitstreams that are kept, a seed each.
    pub bitstreams: Vec<String>,
    /// What else is to be known about the run.
    pub notes: Vec<String>,
}

/// What came of a seed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Seed {
    /// The run of the router.
    #[serde(flatten)]
    pub run: Routed,
    /// Whether its clock is at least the one asked for; absent without a clock.
    pub met: Option<bool>,
}

/// Cells whose places were given to the router, by kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Floorplanned {
    /// Multipliers of the array.
    pub multipliers: usize,
    /// Block RAMs of the accumulators.
    pub block_rams: usize,
}

/// Resources divided by the multipliers of the array.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PerMac {
    /// Logic cells; see [`Resources::logic`].
    pub logic: f64,
    /// Registers.
    pub registers: f64,
    /// Multipliers or DSP slices of the chip.
    pub multipliers: f64,
}

impl SynthReport {
    /// The report of a flow; `notes` are what its caller has to say about it.
    pub fn new(
        product: &dyn Product,
        flow: &Flow,
        outcome: &Outcome,
        notes: &[String],
    ) -> SynthReport {
        let macs = product.multipliers();
        let first = outcome.blocks.first();
        let all = first.map_or(outcome.whole, |block| block.each);
        let per = |count: u64| count as f64 / macs as f64;
        let chip = flow.target.chip.as_ref();
        let fmax_mhz = outcome.median_mhz();
        let floorplan = flow.floorplan();
        let met = |fmax: Option<f64>| fmax.map(|fmax| fmax >= f64::from(flow.clock_mhz));
        let seeds = outcome.routed.iter().map(|run| Seed {
            run: run.clone(),
            met: met(run.timing.fmax_mhz),
        });
        SynthReport {
            version: env!("CARGO_PKG_VERSION"),
            core: product.name(),
            module: flow.design.top().name.clone(),
            target: flow.target.name,
            target_title: flow.target.title,
            board: flow.board.map(|board| board.name),
            speed: chip
                .filter(|chip| chip.speeds.contains(&flow.speed))
                .map(|_| flow.speed),
            frame: flow.frame,
            yosys: outcome.yosys.clone(),
            router: outcome.router.clone(),
            macs,
            blocks: outcome.blocks.clone(),
            memories: outcome.memories.clone(),
            whole: outcome.whole,
            per_mac: PerMac {
                logic: per(all.logic),
                registers: per(all.registers),
                multipliers: per(all.multipliers),
            },
            floorplanned: Floorplanned {
                multipliers: floorplan.multipliers.len(),
                block_rams: floorplan.block_rams.len(),
            },
            clock_mhz: chip.map(|_| flow.clock_mhz),
            fmax_mhz,
            gops: fmax_mhz.map(|mhz| 2.0 * macs as f64 * mhz / 1000.0),
            met: met(fmax_mhz),
            seeds: seeds.collect(),
            bitstreams: Vec::new(),
            notes: outcome
                .yosys_is_dated
                .then(|| DATED.to_owned())
                .into_iter()
                .chain(notes.iter().cloned())
                .collect(),
        }
    }

    /// As text for a terminal.
    pub fn text(&self) -> String {
        let mut text = self.head();
        write!(text, "\n{}", self.block_table()).expect("a String takes everything");
        let PerMac {
            logic,
            registers,
            multipliers,
        } = self.per_mac;
        text += &format!(
            "Blocks are counted with the hierarchy kept, all that is inside included; flat, with \
             optimization across blocks\n\
             and {}, the whole has {} logic cells and {} registers.\n\
             per MAC: {logic:.1} logic, {registers:.1} FF, {multipliers:.2} DSP\n",
            match self.frame {
                Frame::Harness => "with shift registers at all ports",
                Frame::OutOfContext => "with open ports",
            },
            grouped(self.whole.logic),
            grouped(self.whole.registers),
        );
        if !self.memories.is_empty() {
            text += &format!("\n{}", self.memory_table());
        }
        match self.seeds.first() {
            Some(_) => text += &self.timing(),
            None => text += "Nothing was placed: no router for this family is known here.\n",
        }
        for note in &self.notes {
            text += &format!("note: {note}\n");
        }
        text
    }

    fn head(&self) -> String {
        let mut chip = self.target_title.to_owned();
        if let Some(speed) = self.speed {
            chip += &format!(", speed grade {speed}");
        }
        if let Some(board) = self.board {
            chip += &format!(", board {board}");
        }
        let mut tools = self.yosys.clone();
        if let Some(router) = &self.router {
            tools += &format!("\n{router}");
        }
        format!("{} on {chip}\n{tools}\n", self.module)
    }

    fn block_table(&self) -> Table {
        let mut headings = vec![
            "block",
            "instances",
            "logic",
            "LUT",
            "carry",
            "RAM LUT",
            "FF",
            "DSP",
            "BRAM",
        ];
        // Few chips have them, and fewer cores.
        let with_large = self.blocks.iter().any(|block| block.each.large_rams > 0);
        if with_large {
            headings.push("large RAM");
        }
        let mut table = Table::new(&headings);
        for block in &self.blocks {
            let Resources {
                luts,
                carries,
                ram_luts,
                registers,
                multipliers,
                block_rams,
                large_rams,
                logic,
            } = block.each;
            let numbers = [
                block.instances,
                logic,
                luts,
                carries,
                ram_luts,
                registers,
                multipliers,
                block_rams,
            ];
            let numbers = numbers.into_iter().chain(with_large.then_some(large_rams));
            let name = format!("{}{}", "  ".repeat(block.depth), block.module);
            table = table.row([name].into_iter().chain(numbers.map(grouped)));
        }
        table.right(&Vec::from_iter(1..headings.len()))
    }

    fn memory_table(&self) -> Table {
        let mut table = Table::new(&["memory", "bits", "made of"]);
        for memory in &self.memories {
            let cells = memory.cells.iter();
            let cells = cells.map(|(kind, count)| format!("{} {kind}", grouped(*count)));
            table = table.row([
                format!("{}.{}", memory.module, memory.memory),
                grouped(memory.bits),
                cells.collect::<Vec<_>>().join(", "),
            ]);
        }
        table.right(&[1])
    }

    fn timing(&self) -> String {
        let mut text = String::new();
        if let Some(usage) = self.seeds.first().map(|seed| &seed.run.timing.utilization) {
            let mut table = Table::new(&["placed", "used", "of", ""]);
            for (kind, usage) in usage {
                let share = percent(usage.used, usage.available);
                table = table.row([
                    kind.clone(),
                    grouped(usage.used),
                    grouped(usage.available),
                    share,
                ]);
            }
            text += &format!("\n{}", table.right(&[1, 2, 3]));
        }
        text += &self.floorplanned.text();
        text += "\n";
        let mut table = Table::new(&["seed", "Fmax", "critical path"]);
        for Seed { run, .. } in &self.seeds {
            let Routed { seed, timing } = run;
            let fmax = timing
                .fmax_mhz
                .map_or_else(|| "-".to_owned(), |fmax| format!("{fmax:.1} MHz"));
            let path = timing.critical.as_ref().map(path_text);
            table = table.row([seed.to_string(), fmax, path.unwrap_or_default()]);
        }
        text += &table.right(&[0, 1]).to_string();
        if let (Some(fmax), Some(gops), Some(clock)) = (self.fmax_mhz, self.gops, self.clock_mhz) {
            let met = match self.met {
                Some(true) => "reached",
                _ => "NOT reached",
            };
            text += &format!(
                "median {fmax:.1} MHz, {gops:.1} GOPS with every multiplier busy; the {clock} MHz \
                 asked for are {met}\n"
            );
        }
        if let Some(path) = self.median_path() {
            text += &format!(
                "critical path of the median: {}\n",
                path.through.join(" -> ")
            );
        }
        text
    }

    fn median_path(&self) -> Option<&CriticalPath> {
        let mut runs = self.seeds.iter().map(|seed| &seed.run);
        let run = runs.find(|routed| routed.timing.fmax_mhz == self.fmax_mhz)?;
        run.timing.critical.as_ref()
    }
}

impl Floorplanned {
    /// A line, or nothing where the router placed everything.
    fn text(self) -> String {
        let Floorplanned {
            multipliers,
            block_rams,
        } = self;
        let beside = match block_rams {
            0 => String::new(),
            _ => format!(", {block_rams} block RAMs of their sums beside them"),
        };
        match multipliers {
            0 => String::new(),
            _ => {
                format!("Places were given: {multipliers} multipliers, column by column{beside}.\n")
            }
        }
    }
}

/// `a to b, 3.1 ns logic, 4.2 ns routing`.
fn path_text(path: &CriticalPath) -> String {
    format!(
        "{} to {}: {:.1} ns logic, {:.1} ns routing",
        path.from, path.to, path.logic_ns, path.routing_ns
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch;
    use crate::blocks::MatmulCore;
    use crate::hdl::elaborate;
    use crate::synth::{Columns, Target, Timing, Usage};
    use std::time::Duration;

    fn cells(logic: u64, registers: u64) -> Resources {
        Resources {
            luts: logic,
            registers,
            logic,
            ..Resources::default()
        }
    }

    fn run(seed: u32, fmax: f64) -> Routed {
        let critical = CriticalPath {
            from: "load_b.left".into(),
            to: "drain.bank".into(),
            through: ["load_b", "job", "drain"].map(str::to_owned).into(),
            logic_ns: 3.25,
            routing_ns: 6.75,
        };
        let usage = Usage {
            used: 1500,
            available: 83_640,
        };
        Routed {
            seed,
            timing: Timing {
                fmax_mhz: Some(fmax),
                critical: Some(critical),
                utilization: [("TRELLIS_COMB".to_owned(), usage)].into(),
            },
        }
    }

    #[test]
    fn a_core_that_misses_its_clock() {
        let arch = arch::from_preset("matmul-4x4").unwrap();
        let design = elaborate(&*MatmulCore::array(&arch)).unwrap();
        let block = |depth, module: &str, instances, each| BlockCells {
            depth,
            module: module.into(),
            instances,
            each,
        };
        let outcome = Outcome {
            yosys: "Yosys 0.23".into(),
            yosys_is_dated: true,
            router: Some("nextpnr 0.11".into()),
            blocks: vec![
                block(0, "matmul_4x4_array", 1, cells(1600, 800)),
                block(1, "matmul_4x4_row", 4, cells(400, 200)),
            ],
            memories: vec![MemoryCells {
                module: "matmul_4x4_datapath".into(),
                memory: "a_buffer".into(),
                bits: 32_768,
                cells: [("DP16KD".to_owned(), 2)].into(),
                in_block_ram: true,
            }],
            whole: cells(1500, 790),
            routed: vec![run(1, 99.0), run(2, 120.0), run(3, 90.0)],
            files: Vec::new(),
        };
        let flow = Flow {
            design: &design,
            columns: Columns::default(),
            target: Target::named("ecp5-85k").unwrap(),
            frame: Frame::OutOfContext,
            board: None,
            speed: 6,
            clock_mhz: 100,
            timing_weight: 30,
            seeds: 3,
            limit: Duration::from_secs(1),
        };
        let notes = ["the pins have no part in this".to_owned()];
        let report = SynthReport::new(&arch, &flow, &outcome, &notes);
        assert_eq!(report.fmax_mhz, Some(99.0), "the median");
        let met = report.seeds.iter().map(|seed| seed.met);
        assert_eq!(Vec::from_iter(met), [false, true, false].map(Some));
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(
            (&json["met"], &json["seeds"][1]["met"]),
            (&false.into(), &true.into())
        );
        assert_eq!(json["seeds"][1]["fmax_mhz"], 120.0);
        insta::assert_snapshot!(report.text());
    }

    /// Both kinds of cells are counted apart, and only what was placed is spoken of.
    #[test]
    fn places_that_were_given() {
        let arch = arch::from_preset("matmul-8x8-ecp5").unwrap();
        let design = elaborate(&*MatmulCore::array(&arch)).unwrap();
        let outcome = Outcome {
            yosys: "Yosys 0.70".into(),
            yosys_is_dated: false,
            router: Some("nextpnr 0.11".into()),
            blocks: Vec::new(),
            memories: Vec::new(),
            whole: cells(1500, 790),
            routed: vec![run(1, 99.0)],
            files: Vec::new(),
        };
        let report = |columns| {
            let flow = Flow {
                columns,
                ..Flow::to_count(&design, Target::named("ecp5-85k").unwrap())
            };
            let report = SynthReport::new(&arch, &flow, &outcome, &[]);
            let text = report.text();
            let line = text.lines().find(|line| line.starts_with("Places"));
            let json = serde_json::to_value(&report).unwrap();
            let counts = ["multipliers", "block_rams"]
                .map(|kind| json["floorplanned"][kind].as_u64().expect("a number"));
            (line.map(str::to_owned), counts)
        };
        let multipliers = MatmulCore::multipliers(&arch);
        let columns = |block_rams| Columns {
            multipliers: multipliers.clone(),
            block_rams,
        };
        let alone = "Places were given: 64 multipliers, column by column";
        let both = format!("{alone}, 16 block RAMs of their sums beside them.");
        let block_rams = MatmulCore::accumulator_rams(&arch);
        assert_eq!(report(columns(block_rams)), (Some(both), [64, 16]));
        // More than a row of the chip has.
        let many = (0..53).map(|i| format!("ram_{i}")).collect();
        for block_rams in [Vec::new(), vec![many]] {
            let alone = format!("{alone}.");
            assert_eq!(report(columns(block_rams)), (Some(alone), [64, 0]));
        }
        assert_eq!(report(Columns::default()), (None, [0, 0]));
    }
}
