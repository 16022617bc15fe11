//! One run of the router, and of the packer of bitstreams.

use super::answers::{hash, read_timing};
use super::board::Board;
use super::cache::Cache;
use super::constraints::{Format, pins};
use super::error::{Stage, SynthError};
use super::flow::Flow;
use super::router::{Request, packer_arguments, pins_file, says_too_large};
use super::run::{Run, Watch};
use super::script::NETLIST;
use super::target::Chip;
use super::tools::FoundTool;
use std::fs;
use std::path::{Path, PathBuf};

pub(super) const ROUTER_LOG: &str = "nextpnr.log";
pub(super) const PACKER_LOG: &str = "pack.log";

/// What is routed, with which seed.
pub(super) struct Routing<'a> {
    pub flow: &'a Flow<'a>,
    pub chip: &'static Chip,
    pub router: &'a FoundTool,
    /// Absent where no bitstream is made.
    pub packer: Option<&'a FoundTool>,
    pub netlist: &'a Path,
    pub netlist_key: &'a str,
    pub seed: u32,
}

impl Routing<'_> {
    /// The folder with what came of it.
    pub fn folder(&self, cache: &Cache, watch: &mut Watch) -> Result<PathBuf, SynthError> {
        let flow = self.flow;
        let pins = self.pins_board().map(|board| {
            let format = Format::of_pins(flow.target.family);
            (pins_file(format), pins(board, format, flow.clock_mhz))
        });
        let arguments = self.arguments(pins.as_ref().map(|(name, _)| name.as_str()));
        let pins_text = pins.as_ref().map_or("", |(_, text)| text);
        let packer_banner = self.packer.map_or("", |packer| &packer.banner);
        let key = hash(&[
            self.netlist_key,
            &arguments.join(" "),
            pins_text,
            &self.router.banner,
            packer_banner,
        ]);
        cache.get_or_make(&format!("{key}.routed"), |scratch| {
            let folder = scratch.join("routed");
            fs::create_dir(&folder).map_err(SynthError::files("create", &folder))?;
            let netlist = folder.join(NETLIST);
            fs::copy(self.netlist, &netlist).map_err(SynthError::files("write", &netlist))?;
            if let Some((name, text)) = &pins {
                let path = folder.join(name);
                fs::write(&path, text).map_err(SynthError::files("write", &path))?;
            }
            let run = Run {
                stage: Stage::Routing,
                tool: self.router,
                floorplan: !flow.floorplan().is_empty(),
                limit: flow.limit,
                cache,
                key: &key,
            };
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            run.run(&folder, ROUTER_LOG, &arguments, watch)
                .map_err(|error| self.too_large(error))?;
            // What cannot be read is not kept.
            read_timing(&folder)?;
            // It is kept once, with the synthesis.
            fs::remove_file(&netlist).map_err(SynthError::files("remove", &netlist))?;
            if let Some(packer) = self.packer {
                let run = Run {
                    stage: Stage::Bitstream,
                    tool: packer,
                    floorplan: false,
                    limit: flow.limit,
                    cache,
                    key: &key,
                };
                let arguments = packer_arguments(packer.tool);
                run.run(&folder, PACKER_LOG, &arguments, watch)?;
            }
            Ok(folder)
        })
    }

    /// The board whose pins are connected: also where the router wants some, whichever they are.
    fn pins_board(&self) -> Option<&'static Board> {
        let board = self.flow.bitstream_board();
        board.or_else(|| Board::named(self.chip.pins_of?))
    }

    fn arguments(&self, pins: Option<&str>) -> Vec<String> {
        let Routing { flow, chip, .. } = self;
        let request = Request {
            chip,
            package: flow.board.map_or(chip.package, |board| board.package),
            speed: flow.speed,
            frame: flow.frame,
            pins,
            seed: self.seed,
            clock_mhz: flow.clock_mhz,
            timing_weight: flow.timing_weight,
        };
        request.arguments()
    }

    /// The same error, or that the chip is too small if this is what it means.
    fn too_large(&self, error: SynthError) -> SynthError {
        match error {
            SynthError::Failed {
                tool, message, log, ..
            } if says_too_large(&message) => SynthError::TooLarge {
                chip: self.flow.target.title,
                tool,
                message,
                log,
            },
            error => error,
        }
    }
}
