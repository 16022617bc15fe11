//! The whole flow, stage by stage, through the cache.

use super::board::Board;
use super::cache::Cache;
use super::cells::{BlockCells, CellCounts};
use super::error::{Stage, SynthError};
use super::floorplan::{Columns, Floorplan, floorplan};
use super::harness::{HARNESS, INSTANCE, harness};
use super::kept::{self, Kept};
use super::memories::{MemoryCells, memories};
use super::resources::Resources;
use super::router::{TIMING, needs_no_pins};
use super::routing::Routing;
use super::run::Watch;
use super::script::{HIERARCHY, NETLIST, VERILOG, WHOLE, helpers, script};
use super::synthesis::Synthesis;
use super::target::Target;
use super::timing::{self, Timing};
use super::tools::{FoundTool, Tool};
use crate::hdl::ir::Design;
use crate::verilog;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What stands at the ports of the design.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Frame {
    /// Nothing: the router leaves the ports open. Paths that begin or end at a port have no part
    /// in Fmax.
    OutOfContext,
    /// Shift registers; see [`harness`](super::harness).
    Harness,
}

/// What is to be done.
#[derive(Debug)]
pub struct Flow<'a> {
    /// The design; it has one clock.
    pub design: &'a Design,
    /// The multipliers of its array and the memories of its sums, which are placed as the array is
    /// where the router can be told so; none to leave them to the router.
    pub columns: Columns,
    /// For this chip or family.
    pub target: &'static Target,
    /// With this at its ports.
    pub frame: Frame,
    /// On this board: its package, and, with a harness, its pins and a bitstream. Without one, ECP5
    /// gets a bitstream with pins that the router chooses.
    pub board: Option<&'static Board>,
    /// Speed grade, where the chip has several; see [`Chip::speeds`](super::Chip::speeds).
    pub speed: u8,
    /// The clock that the router works for, in MHz.
    pub clock_mhz: u32,
    /// The seeds of the router, one run each; 0 to count cells only.
    pub seeds: u32,
    /// The longest time that one run of a tool may take.
    pub limit: Duration,
}

/// A run of the router.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Routed {
    /// Its seed.
    pub seed: u32,
    /// What came of it.
    #[serde(flatten)]
    pub timing: Timing,
}

/// What came of a flow.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// First line of what Yosys says of itself.
    pub yosys: String,
    /// This Yosys is [dated](FoundTool::is_dated).
    pub yosys_is_dated: bool,
    /// The same of nextpnr, if it had part in this.
    pub router: Option<String>,
    /// Cells by block, with the hierarchy kept; without the harness.
    pub blocks: Vec<BlockCells>,
    /// Every memory of the design and what it is made of, with the hierarchy kept.
    pub memories: Vec<MemoryCells>,
    /// Cells of all, flat, with the harness if there is one.
    pub whole: Resources,
    /// Runs of the router, by seed; none where nothing is placed.
    pub routed: Vec<Routed>,
    /// Scripts, logs, reports, netlist and bitstream.
    pub files: Vec<Kept>,
}

impl Outcome {
    /// The median of the seeds' highest frequencies in MHz: the lower of the middle two.
    pub fn median_mhz(&self) -> Option<f64> {
        let mut all: Vec<f64> = self
            .routed
            .iter()
            .filter_map(|routed| routed.timing.fmax_mhz)
            .collect();
        all.sort_by(f64::total_cmp);
        all.get(all.len().saturating_sub(1) / 2).copied()
    }

    /// The run whose frequency is the median.
    pub fn median_run(&self) -> Option<&Routed> {
        let median = self.median_mhz();
        let mut runs = self.routed.iter();
        runs.find(|routed| routed.timing.fmax_mhz == median)
    }
}

/// What Yosys found.
struct Counts {
    blocks: Vec<BlockCells>,
    whole: Resources,
    memories: Vec<MemoryCells>,
}

impl<'a> Flow<'a> {
    /// The flow that counts the cells of a design with open ports, and places nothing.
    pub fn to_count(design: &'a Design, target: &'static Target) -> Flow<'a> {
        Flow {
            design,
            columns: Columns::default(),
            target,
            frame: Frame::OutOfContext,
            board: None,
            speed: 0,
            clock_mhz: 100,
            seeds: 0,
            limit: Duration::from_secs(1800),
        }
    }

    /// What can stand at the ports of a design for this target: `asked`, or shift registers where
    /// the router takes no open ports.
    pub fn frame_for(target: &Target, asked: Frame) -> Frame {
        match &target.chip {
            Some(chip) if !needs_no_pins(chip.router) => Frame::Harness,
            Some(_) => asked,
            None => Frame::OutOfContext,
        }
    }

    /// Runs all stages that the cache does not have. `progress` is told of each stage that begins.
    ///
    /// # Errors
    /// When a tool is missing, fails, or takes too long, or the watch cancels.
    pub fn run(
        &self,
        cache: &Cache,
        progress: &mut dyn FnMut(&str),
        watch: &mut Watch,
    ) -> Result<Outcome, SynthError> {
        let yosys = Tool::synthesizer()?;
        let chip = self.target.chip.as_ref().filter(|_| self.seeds > 0);
        // What is missing is said before the long work.
        let router = chip.map(|chip| chip.router.find()).transpose()?;
        let packer = chip.filter(|_| self.makes_bitstream());
        let packer = packer.map(|chip| chip.packer.find()).transpose()?;

        let (synthesized, key) = self.synthesize(cache, &yosys, progress, watch)?;
        cache.hold(&synthesized);
        let Counts {
            blocks,
            whole,
            memories,
        } = self.count(&synthesized)?;
        let mut files = kept::of_synthesis(&synthesized)?;
        let mut routed = Vec::new();
        if let (Some(chip), Some(router)) = (chip, &router) {
            for seed in 1..=self.seeds {
                let routing = Routing {
                    flow: self,
                    chip,
                    router,
                    packer: packer.as_ref(),
                    netlist: &synthesized.join(NETLIST),
                    netlist_key: &key,
                    seed,
                };
                progress(&format!(
                    "{}: placing and routing, seed {seed} of {}",
                    self.target.title, self.seeds
                ));
                let folder = routing.folder(cache, watch)?;
                cache.hold(&folder);
                let timing = read_timing(&folder)?;
                routed.push(Routed { seed, timing });
                files.extend(kept::of_routing(&folder, seed)?);
            }
        }
        Ok(Outcome {
            yosys_is_dated: yosys.is_dated(),
            yosys: yosys.banner,
            router: router.map(|router| router.banner),
            blocks,
            memories,
            whole,
            routed,
            files,
        })
    }

    /// Whether the router chooses the pins of a bitstream: without a board, where it does so.
    pub fn pins_are_chosen(&self) -> bool {
        let chip = self.target.chip.as_ref();
        let chooses = chip.is_some_and(|chip| needs_no_pins(chip.router));
        self.frame == Frame::Harness && self.board.is_none() && chooses
    }

    fn makes_bitstream(&self) -> bool {
        self.bitstream_board().is_some() || self.pins_are_chosen()
    }

    /// The board that gets a bitstream.
    pub(super) fn bitstream_board(&self) -> Option<&'static Board> {
        self.board.filter(|_| self.frame == Frame::Harness)
    }

    /// The top that the tools see.
    fn top(&self) -> &str {
        match self.frame {
            Frame::OutOfContext => &self.design.top().name,
            Frame::Harness => HARNESS,
        }
    }

    /// Where cells stand, by their paths from the top that the tools see.
    pub fn floorplan(&self) -> Floorplan {
        let sites = self
            .target
            .chip
            .as_ref()
            .and_then(|chip| chip.sites.as_ref());
        let mut plan =
            sites.map_or_else(Floorplan::default, |sites| floorplan(&self.columns, sites));
        if self.frame == Frame::Harness {
            for place in plan.multipliers.iter_mut().chain(&mut plan.block_rams) {
                place.cell.insert_str(0, &format!("{INSTANCE}."));
            }
        }
        plan
    }

    /// The folder with the netlist, and its key.
    fn synthesize(
        &self,
        cache: &Cache,
        yosys: &FoundTool,
        progress: &mut dyn FnMut(&str),
        watch: &mut Watch,
    ) -> Result<(PathBuf, String), SynthError> {
        let mut text = verilog::concat(self.design);
        if self.frame == Frame::Harness {
            text.push('\n');
            text.push_str(&harness(self.design));
        }
        let own_cells = verilog::cell_models(self.design).is_some();
        let script = script(
            self.target.family,
            self.target.has_multipliers() && !own_cells,
            self.top(),
            &self.design.top().name,
            &self.floorplan(),
        );
        let mut files = vec![(VERILOG, text.as_str())];
        files.extend(helpers(self.target.family));
        let synthesis = Synthesis {
            yosys,
            script: &script,
            files,
            limit: self.limit,
        };
        progress(&format!("{}: synthesis", self.target.title));
        let folder = synthesis.folder(cache, watch, |folder| self.count(folder).map(drop))?;
        Ok((folder, synthesis.key()))
    }

    fn count(&self, folder: &Path) -> Result<Counts, SynthError> {
        let family = self.target.family;
        let hierarchy = read(&folder.join(HIERARCHY))?;
        let in_hierarchy = answer(Stage::Synthesis, HIERARCHY);
        let blocks = CellCounts::of_netlist(family, &hierarchy).map_err(in_hierarchy)?;
        let in_hierarchy = answer(Stage::Synthesis, HIERARCHY);
        let memories = memories(self.design, family, &hierarchy).map_err(in_hierarchy)?;
        let whole = CellCounts::of_stat(family, &read(&folder.join(WHOLE))?);
        let whole = whole.map_err(answer(Stage::Synthesis, WHOLE))?;
        Ok(Counts {
            blocks: blocks.blocks(&self.design.top().name),
            whole: whole.total(self.top()),
            memories,
        })
    }
}

pub(super) fn read(path: &Path) -> Result<String, SynthError> {
    fs::read_to_string(path).map_err(SynthError::files("read", path))
}

/// What the router says in its folder.
pub(super) fn read_timing(folder: &Path) -> Result<Timing, SynthError> {
    timing::parse(&read(&folder.join(TIMING))?).map_err(answer(Stage::Routing, TIMING))
}

/// For `map_err`: an answer that cannot be understood.
pub(super) fn answer(
    stage: Stage,
    file: &'static str,
) -> impl FnOnce(serde_json::Error) -> SynthError {
    move |error| SynthError::Answer {
        stage,
        file,
        reason: error.to_string(),
    }
}

/// SHA-256 of texts, in hexadecimal digits; which text ends where matters.
pub(super) fn hash(texts: &[&str]) -> String {
    let mut sha = Sha256::new();
    for text in texts {
        sha.update((text.len() as u64).to_le_bytes());
        sha.update(text);
    }
    let mut digits = String::new();
    for byte in sha.finalize() {
        write!(digits, "{byte:02x}").expect("a String takes everything");
    }
    digits
}
