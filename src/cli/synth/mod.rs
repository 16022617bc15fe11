//! `ferrogrid synth`.

mod advice;
mod choice;
mod folder;

use super::core;
use super::error::CliError;
use super::interrupt;
use super::output::print;
use super::progress::Progress;
use crate::product;
use crate::report::{SynthReport, json};
use crate::synth::cache::Cache;
use crate::synth::{BOARDS, Columns, Flow, SynthError, TARGETS};
use choice::Choice;

use clap::builder::PossibleValuesParser;
use clap::{ArgGroup, Args, ValueEnum};
use folder::Folder;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Duration;

/// Measure a core's area and clock: Yosys, nextpnr, and a bitstream for a board
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("configuration").required(true),
    after_help = "Example:\n  ferrogrid synth --preset matmul-8x8 --target ecp5-85k --out-of-context array\n\n\
                  Without --out-of-context, shift registers stand at the ports of the core, so that \
                  it needs three pins; with --board they are pins of the board, and the bitstream \
                  in DIR loads (it shows that the core fits, and computes nothing useful).\n\
                  Nothing is placed for xilinx-7, xilinx-usp and cyclone-v: cells are counted, always \
                  with open ports, and --out-of-context core changes nothing.\n\
                  The tools: `scripts/setup --fpga`."
)]
pub(super) struct Synth {
    /// The configuration: see `ferrogrid new`
    #[arg(group = "configuration")]
    file: Option<PathBuf>,
    /// A built-in configuration: see `ferrogrid presets`
    #[arg(long, group = "configuration", value_name = "NAME")]
    preset: Option<String>,
    /// The chip [default: that of the board, else by `target` of the configuration: ice40-up5k for
    /// ice40, xilinx-7 for xilinx, xilinx-usp for ultrascale_plus, ecp5-85k for ecp5, portable]
    #[arg(
        long,
        value_parser = PossibleValuesParser::new(TARGETS.iter().map(|target| target.name))
    )]
    target: Option<String>,
    /// A board: its chip, package and pins
    #[arg(
        long,
        value_parser = PossibleValuesParser::new(BOARDS.iter().map(|board| board.name))
    )]
    board: Option<String>,
    /// Speed grade of the chip [default: the board's, else the slowest]
    #[arg(long, value_name = "GRADE")]
    speed: Option<u8>,
    /// Place and route so often, each time from another start; of an even number the median is the
    /// lower of the middle two [default: 1]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=100))]
    seeds: Option<u32>,
    /// The clock to work for, in MHz; one that is missed is reported, and is no failure (exit code 0;
    /// `met` in JSON) [default: that of the board's oscillator, else 100]
    #[arg(long, value_name = "MHZ", value_parser = clap::value_parser!(u32).range(1..=1000))]
    clock: Option<u32>,
    /// Leave ports open, of the array alone or of the whole core; where the router cannot, and on a
    /// board, shift registers stand at those of the array, and the core is refused
    #[arg(long, value_name = "PART", num_args = 0..=1, default_missing_value = "array")]
    out_of_context: Option<Part>,
    /// Leave the multipliers and block RAMs of a core made for ECP5 to the router: else the columns
    /// of the array stand side by side, and beside them the block RAMs of their sums
    #[arg(long)]
    no_floorplan: bool,
    /// The longest time for one run of a tool, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 1800, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    time_limit: u64,
    /// Copy scripts, logs, reports, netlist and bitstream to this folder, in place of an earlier run
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Print as JSON, and no progress
    #[arg(long)]
    json: bool,
}

/// What is synthesized.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// The array alone
    Array,
    /// The whole core
    Core,
}

impl From<Part> for product::Part {
    fn from(part: Part) -> product::Part {
        match part {
            Part::Array => product::Part::Array,
            Part::Core => product::Part::Core,
        }
    }
}

impl Synth {
    pub fn run(self) -> miette::Result<()> {
        interrupt::catch();
        let product = core::load(self.preset.as_deref(), self.file.as_deref())?;
        let product = product.as_ref();
        let choice = Choice::new(&self, product)?;
        let folder = self.output.as_deref().map(Folder::prepare).transpose()?;
        let part = self.out_of_context.map_or(product::Part::Core, Into::into);
        let design = core::design(product, part)?;
        let flow = Flow {
            design: &design,
            columns: match self.no_floorplan {
                true => Columns::default(),
                false => product.columns(part),
            },
            target: choice.target,
            frame: choice.frame,
            board: choice.board,
            speed: choice.speed,
            clock_mhz: choice.clock_mhz,
            timing_weight: product.timing_weight(),
            seeds: choice.seeds,
            limit: Duration::from_secs(self.time_limit),
        };
        // What it holds is there until all files are copied.
        let cache = Cache::open()?;
        let mut progress = Progress::of_stages(self.json);
        let mut watch = || match interrupt::requested() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        let outcome = flow
            .run(&cache, &mut |stage| progress.working(stage), &mut watch)
            .map_err(|error| match error {
                // Ctrl-C is no error of a tool.
                SynthError::Cancelled(_) => CliError::Interrupted.into(),
                error => advice::too_large(error, product, part, &choice),
            })?;
        progress.done();
        interrupt::check()?;
        let mut notes = choice.notes;
        if self.output.is_some() && flow.pins_are_chosen() {
            notes.push(
                "the pins of the bitstream are those that the router chose, not those of a board"
                    .into(),
            );
        }
        notes.extend(
            choice
                .board
                .and_then(|board| advice::part_too_small(board, &outcome)),
        );
        let mut report = SynthReport::new(product, &flow, &outcome, &notes);
        if let Some(folder) = &self.output {
            let bitstreams = outcome.files.iter().filter(|file| file.is_bitstream());
            let paths = bitstreams.map(|file| folder.join(&file.name).display().to_string());
            report.bitstreams = paths.collect();
        }
        let written = folder.map(|folder| folder.write(&outcome.files, &report));
        if matches!(written, Some(Err(_))) {
            report.bitstreams.clear();
        }
        // Where the files cannot be written, the report of the long work is there all the same.
        print(&match (self.json, &self.output, &written) {
            (true, ..) => json(&report),
            (false, Some(path), Some(Ok(()))) => {
                let mut text = format!("{}written: {}\n", report.text(), path.display());
                for bitstream in &report.bitstreams {
                    text += &format!("bitstream: {bitstream}\n");
                }
                text
            }
            _ => report.text(),
        })?;
        Ok(written.unwrap_or(Ok(()))?)
    }
}
