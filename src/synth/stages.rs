//! Runs the stages of a flow, and what comes of them.

use super::answers::{answer, read, read_timing};
use super::artifacts::{self, Artifact};
use super::cache::Cache;
use super::cells::{BlockCells, CellCounts};
use super::error::{Stage, SynthError};
use super::flow::Flow;
use super::frame::Frame;
use super::harness::harness;
use super::memories::{MemoryCells, memories};
use super::resources::Resources;
use super::routing::Routing;
use super::run::Watch;
use super::script::{HIERARCHY, NETLIST, VERILOG, WHOLE, helpers, script};
use super::synthesis::Synthesis;
use super::timing::Timing;
use super::tools::{FoundTool, Tool};
use crate::verilog;
use serde::Serialize;
use std::path::{Path, PathBuf};

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
    pub files: Vec<Artifact>,
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

impl Flow<'_> {
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
        let mut files = artifacts::of_synthesis(&synthesized)?;
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
                files.extend(artifacts::of_routing(&folder, seed)?);
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
