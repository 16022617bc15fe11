//! `ferrogrid bench`.

use super::error::CliError;
use super::output::print;
use super::progress::Progress;
use crate::report::json;
use crate::verify::bench::{self, Figure, Options, Verdict};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

/// Measure generation, utilization, simulation speed and area
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  ferrogrid bench --figure utilization --json\n  ferrogrid bench --synth\n\n\
                  --synth adds the figure `routed`: Yosys and nextpnr place and route an 8x8 core on an ECP5, \
                  15 times in all,\nwith the cache left aside. It takes half an hour to an hour and a half, and wants \
                  `scripts/setup --fpga`."
)]
pub(super) struct Bench {
    /// Measure only this; may be given several times
    #[arg(
        long = "figure",
        value_name = "FIGURE",
        value_parser = PossibleValuesParser::new(Figure::ALL.map(Figure::name))
            .try_map(|name| name.parse::<Figure>())
    )]
    figures: Vec<Figure>,
    /// Measure placed and routed cores too: half an hour and more
    #[arg(long)]
    synth: bool,
    /// Shorter runs: times are rougher
    #[arg(long)]
    quick: bool,
    /// Print as JSON, and no progress
    #[arg(long)]
    json: bool,
}

impl Bench {
    pub fn run(self) -> miette::Result<()> {
        let mut options = Options {
            quick: self.quick,
            ..Options::default()
        };
        if !self.figures.is_empty() {
            options.figures = self.figures;
        }
        if self.synth && !options.figures.contains(&Figure::Routed) {
            options.figures.push(Figure::Routed);
        }
        let mut progress = Progress::new(self.json);
        let report = bench::run(&options, &mut |what| progress.working(what))?;
        progress.done();
        print(&if self.json {
            json(&report)
        } else {
            report.table()
        })?;
        if report.passed() {
            return Ok(());
        }
        let missed = |row: &&bench::Row| row.verdict == Verdict::Fail;
        let missed = report.rows.iter().filter(missed).count();
        Err(CliError::Figures { missed }.into())
    }
}
