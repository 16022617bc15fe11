//! `ferrogrid synth`.

use super::core;
use super::error::CliError;
use super::files::PendingFile;
use super::interrupt;
use super::output::print;
use super::progress::Progress;
use crate::arch::{self, MatmulArch};
use crate::blocks::MatmulCore;
use crate::config::PRESETS;
use crate::hdl::elaborate;
use crate::hdl::ir::Design;
use crate::report::{SynthReport, json};
use crate::synth::cache::Cache;
use crate::synth::{
    BOARDS, Board, Chip, Columns, Family, Flow, Frame, Kept, SynthError, TARGETS, Target,
};
use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Measure a core's area and clock: Yosys, nextpnr, and a bitstream for a board
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  ferrogrid synth --preset matmul-8x8 --target ecp5-85k --out-of-context array\n\n\
                  Without --out-of-context, shift registers stand at the ports of the core, so that \
                  it needs three pins; with --board\nthey are pins of the board, and the bitstream \
                  in DIR loads (it shows that the core fits, and computes nothing useful).\n\
                  The tools: `scripts/setup --fpga`. Nothing is placed for xilinx-7, xilinx-usp and cyclone-v."
)]
pub(super) struct Synth {
    /// The configuration: see `ferrogrid new`
    #[arg(required_unless_present = "preset")]
    file: Option<PathBuf>,
    /// A built-in configuration: see `ferrogrid presets`
    #[arg(long, conflicts_with = "file", value_name = "NAME")]
    preset: Option<String>,
    /// The chip [default: that of the board, else ecp5-85k]
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
    /// Place and route so often, each time from another start
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    seeds: u32,
    /// The clock to work for, in MHz [default: that of the board's oscillator, else 100]
    #[arg(long, value_name = "MHZ", value_parser = clap::value_parser!(u32).range(1..=1000))]
    clock: Option<u32>,
    /// Leave ports open, of the array alone or of the whole core; where the router cannot, and on a
    /// board, shift registers stand at them
    #[arg(long, value_name = "PART", num_args = 0..=1, default_missing_value = "array")]
    out_of_context: Option<Part>,
    /// Leave the multipliers to the router: else, in cores made for ECP5, the columns of the array
    /// stand side by side
    #[arg(long)]
    no_floorplan: bool,
    /// The longest time for one run of a tool, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 1800, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    time_limit: u64,
    /// Copy scripts, logs, reports, netlist and bitstream to this folder
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

/// Refuses to synthesize a core for chips that do not have its cells.
fn made_for(arch: &MatmulArch, target: &Target) -> miette::Result<()> {
    let fits = match arch.target {
        arch::Target::Portable => true,
        arch::Target::Ecp5 => target.family == Family::Ecp5,
        arch::Target::Ice40 => target.family == Family::Ice40,
        arch::Target::Xilinx => {
            matches!(target.family, Family::Xilinx7 | Family::UltraScalePlus)
        }
    };
    if fits {
        return Ok(());
    }
    Err(miette::miette!(
        help = "choose another chip with `--target`, or write `target = \"portable\"` into the \
                configuration",
        "{} is made for {}, which {} is not",
        arch.name,
        arch.target,
        target.title
    ))
}

impl Synth {
    pub fn run(self) -> miette::Result<()> {
        interrupt::catch();
        let arch = core::load(self.preset.as_deref(), self.file.as_deref())?;
        let board = self.board.as_deref().and_then(Board::named);
        let target = self.choose_target(board)?;
        made_for(&arch, target)?;
        let design = self.design(&arch)?;
        let flow = Flow {
            design: &design,
            columns: self.columns(&arch),
            target,
            frame: self.frame(target, board),
            board,
            speed: self.choose_speed(target, board)?,
            clock_mhz: self
                .clock
                .or(board.map(|board| board.oscillator))
                .unwrap_or(100),
            seeds: self.seeds,
            limit: Duration::from_secs(self.time_limit),
        };
        let mut progress = Progress::new(self.json);
        let mut watch = || match interrupt::requested() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        let outcome = flow
            .run(
                &Cache::open()?,
                &mut |stage| progress.working(stage),
                &mut watch,
            )
            .map_err(|error| with_advice(error, &arch, target))?;
        progress.done();
        interrupt::check()?;
        let report = SynthReport::new(&arch, &flow, &outcome);
        if let Some(folder) = &self.output {
            write(folder, &outcome.files, &report)?;
        }
        Ok(print(&if self.json {
            json(&report)
        } else {
            let written = self.output.iter().map(|path| path.display());
            let written = written.map(|path| format!("written: {path}\n"));
            report.text() + &written.collect::<String>()
        })?)
    }

    fn choose_target(&self, board: Option<&'static Board>) -> miette::Result<&'static Target> {
        let of_board = board.map_or("ecp5-85k", |board| board.target);
        let name = self.target.as_deref().unwrap_or(of_board);
        // clap has checked the names; boards are checked by a test.
        let target = Target::named(name).unwrap_or(&TARGETS[0]);
        let Some(board) = board else {
            return Ok(target);
        };
        let chip = Target::named(of_board).unwrap_or(target);
        if target.family != chip.family {
            return Err(miette::miette!(
                help = "leave out one of `--target` and `--board`",
                "the board {} has no {}",
                board.title,
                target.title
            ));
        }
        Ok(target)
    }

    fn choose_speed(&self, target: &Target, board: Option<&Board>) -> miette::Result<u8> {
        let speeds = target.chip.as_ref().map_or(&[][..], |chip| chip.speeds);
        let of_board = board.map(|board| board.speed);
        let default = of_board.or(speeds.first().copied()).unwrap_or(0);
        match self.speed {
            Some(speed) if !speeds.contains(&speed) => Err(if speeds.is_empty() {
                miette::miette!(
                    help = "leave out `--speed`",
                    "{} has no speed grades here",
                    target.title
                )
            } else {
                miette::miette!(
                    help = format!("choose one of {speeds:?}"),
                    "{} is not made in speed grade {speed}",
                    target.title
                )
            }),
            speed => Ok(speed.unwrap_or(default)),
        }
    }

    fn design(&self, arch: &MatmulArch) -> miette::Result<Design> {
        if self.out_of_context != Some(Part::Array) {
            return core::design(arch);
        }
        elaborate(&MatmulCore::array(arch)).map_err(|error| {
            miette::miette!(
                help = "this is a bug of Ferrogrid: please report it with the configuration",
                "the array of {} does not close: {error}",
                arch.name
            )
        })
    }

    /// The multipliers of the array, to be placed as it is.
    fn columns(&self, arch: &MatmulArch) -> Columns {
        match self.out_of_context {
            _ if self.no_floorplan => Columns::new(),
            Some(Part::Array) => MatmulCore::array(arch).multipliers(),
            _ => MatmulCore::multipliers(arch),
        }
    }

    /// A board has pins, and so something must stand at them.
    fn frame(&self, target: &Target, board: Option<&Board>) -> Frame {
        let asked = match (self.out_of_context, board) {
            (Some(_), None) => Frame::OutOfContext,
            _ => Frame::Harness,
        };
        Flow::frame_for(target, asked)
    }
}

/// Says what would fit where a chip was too small; and Ctrl-C is no error of a tool.
fn with_advice(error: SynthError, arch: &MatmulArch, target: &Target) -> miette::Report {
    let (log, chip) = match (&error, &target.chip) {
        (SynthError::Cancelled(_), _) => return CliError::Interrupted.into(),
        (SynthError::TooLarge { log, .. }, Some(chip)) => (log, chip),
        _ => return error.into(),
    };
    let fitting = presets_for(chip);
    let presets = if fitting.is_empty() {
        "no preset fits it; a smaller core may: `ferrogrid new core.toml --rows 2 --columns 2`, \
         with smaller buffers"
            .to_owned()
    } else {
        format!("these presets should fit it: {}", fitting.join(", "))
    };
    let chips = chips_for(arch);
    let chips = if chips.is_empty() {
        "no chip here has what this core needs".to_owned()
    } else {
        format!(
            "this core should fit these chips (`--target`): {}",
            chips.join(", ")
        )
    };
    let help = format!(
        "by multipliers and block RAM:\n{presets}\n{chips}\nall that it said: {}",
        log.display()
    );
    miette::miette!(help = help, "{error}")
}

/// Whether a chip has a core's multipliers, and memory for its buffers.
fn fits(arch: &MatmulArch, chip: &Chip) -> bool {
    arch.rows * arch.columns <= chip.multipliers && arch.buffer_bits() <= chip.memory_bits
}

/// Presets that a chip has room for.
fn presets_for(chip: &Chip) -> Vec<&'static str> {
    let presets = PRESETS.iter().map(|preset| preset.name);
    presets
        .filter(|name| arch::from_preset(name).is_ok_and(|arch| fits(&arch, chip)))
        .collect()
}

/// Chips with room for a core.
fn chips_for(arch: &MatmulArch) -> Vec<&'static str> {
    let has_room = |target: &&Target| target.chip.as_ref().is_some_and(|chip| fits(arch, chip));
    let targets = TARGETS.iter().filter(has_room);
    targets.map(|target| target.name).collect()
}

/// Copies what tools made, and the report, into a folder; other files in it stay.
fn write(folder: &Path, files: &[Kept], report: &SynthReport) -> Result<(), CliError> {
    fs::create_dir_all(folder).map_err(|error| CliError::Write {
        path: folder.to_owned(),
        reason: error.to_string(),
    })?;
    let copy = |name: &str, make: &dyn Fn(&Path) -> std::io::Result<()>| {
        let pending = PendingFile::new(&folder.join(name))?;
        make(pending.path()).map_err(|error| pending.error(&error))?;
        pending.keep()
    };
    for Kept { name, path } in files {
        copy(name, &|to| fs::copy(path, to).map(drop))?;
    }
    copy("report.txt", &|to| fs::write(to, report.text()))?;
    copy("report.json", &|to| fs::write(to, json(report)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_are_held_to_multipliers_and_memory() {
        let presets = |target| {
            let target = Target::named(target).expect("a target");
            presets_for(target.chip.as_ref().expect("a chip"))
        };
        assert!(presets("ecp5-85k").contains(&"matmul-8x8"));
        assert!(!presets("ecp5-85k").contains(&"matmul-16x16"));
        assert!(presets("ecp5-25k").contains(&"matmul-4x4"));
        assert!(!presets("ecp5-25k").contains(&"matmul-8x8"));
        assert!(presets("ice40-hx8k").is_empty());
        let arch = arch::from_preset("matmul-8x8").expect("a preset");
        assert_eq!(chips_for(&arch), ["ecp5-45k", "ecp5-85k", "ecp5-5g-85k"]);
    }
}
