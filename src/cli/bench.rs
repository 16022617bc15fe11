//! `ferrogrid bench`.

use super::error::CliError;
use super::output::print;
use super::progress::Progress;
use crate::report::json;
use crate::verify::bench::{self, Figure, Options, Peer, Verdict};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use miette::miette;
use std::path::PathBuf;

/// Measure generation, utilization, simulation speed and area
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  ferrogrid bench --figure utilization --json\n  ferrogrid bench --synth\n\n\
                  --synth adds the figure `routed`: Yosys and nextpnr place and route an 8x8 core on an ECP5, \
                  16 times in all, with the cache left aside. It takes a quarter of an hour to an hour and a half, and wants \
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
    /// Measure placed and routed cores too: a quarter of an hour and more
    #[arg(long)]
    synth: bool,
    /// Measure the area of someone else's array beside ours, for the figure `area`: the Verilog file
    /// of its top module, which is called as the file; the Verilog beside it is read too
    #[arg(long, value_name = "FILE")]
    peer: Option<PathBuf>,
    /// The processing elements of that array, by which its cells are divided: 64 are 8 x 8
    #[arg(long, value_name = "COUNT", requires = "peer", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..))]
    peer_pes: u32,
    /// The folder of the networks of MLPerf Tiny, for the figure `networks`: ic_resnet8_int8.tflite,
    /// kws_dscnn_int8.tflite, vww_mbv1_025_int8.tflite and ad_autoencoder_int8.tflite
    #[arg(long, value_name = "FOLDER")]
    models: Option<PathBuf>,
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
            peer: self.peer.map(|file| Peer {
                file,
                elements: self.peer_pes,
            }),
            models: self.models,
            ..Options::default()
        };
        if !self.figures.is_empty() {
            options.figures = self.figures;
        }
        if self.synth && !options.figures.contains(&Figure::Routed) {
            options.figures.push(Figure::Routed);
        }
        if options.peer.is_some() && !options.figures.contains(&Figure::Area) {
            return Err(miette!(
                help = "add `--figure area`, or leave out `--peer`",
                "`--peer` means nothing without the figure `area`: its area is measured"
            ));
        }
        let mut progress = Progress::of_stages(self.json);
        let report = bench::run(&options, &mut |what| progress.working(what));
        progress.done();
        print(&if self.json {
            json(&report)
        } else {
            report.table()
        })?;
        if report.passed() {
            return Ok(());
        }
        let count = |verdict| {
            let rows = report.rows.iter();
            rows.filter(|row| row.verdict == verdict).count()
        };
        let missed = count(Verdict::Fail);
        match count(Verdict::Error) {
            0 => Err(CliError::Figures { missed }.into()),
            failed => {
                let also = match missed {
                    0 => String::new(),
                    _ => format!("; {missed} of the values miss what is required of them"),
                };
                Err(miette!(
                    help = "the report says what is wrong with each",
                    "{failed} of the figures could not be measured{also}"
                ))
            }
        }
    }
}
