//! `ferrogrid power`.

use super::core;
use super::output::print;
use super::progress::Progress;
use crate::arch::{ArchError, Dataflow, MatmulArch, NpuArch};
use crate::config::Config;
use crate::model::energy::{self, ArrayEvents};
use crate::product::Part;
use crate::report::{Clock, PowerReport, json};
use crate::synth::power::{ArrayWork, Numbers, gate_power};
use crate::synth::unwatched;
use clap::{ArgGroup, Args, ValueEnum};
use miette::miette;
use std::path::PathBuf;

/// Measure the power, area and clock of a core's array in gates of a 180 nm library
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("configuration").required(true),
    after_help = "Example:\n  ferrogrid power --preset matmul-4x4 --zeros 50\n\n\
                  Yosys makes gates of the array, Icarus runs them with operands, and OpenSTA says what their changes \
                  take. The tools and the library (osu018): `scripts/setup --fpga`."
)]
pub(super) struct Power {
    /// A built-in configuration: see `ferrogrid presets`
    #[arg(long, group = "configuration", value_name = "NAME")]
    preset: Option<String>,
    /// A configuration file: see `ferrogrid new`
    #[arg(long, group = "configuration", value_name = "FILE")]
    config: Option<PathBuf>,
    /// What the array does
    #[arg(long, value_enum, default_value_t = Work::Busy)]
    work: Work,
    /// Of a hundred activations so many are 0, the others are random
    #[arg(long, value_name = "PERCENT", default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=100))]
    zeros: u64,
    /// Chooses the operands
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// So many cycles are measured
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    cycles: u64,
    /// The clock
    #[arg(long, value_name = "FREQUENCY", default_value = "100MHz")]
    clock: Clock,
    /// Print the figures as JSON, and no progress
    #[arg(long)]
    json: bool,
}

/// What an array does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Work {
    /// Tile after tile
    Busy,
    /// It waits, and its clock runs
    Idle,
}

impl Power {
    pub fn run(self) -> miette::Result<()> {
        let product = core::load(self.preset.as_deref(), self.config.as_deref())?;
        let config = product.config();
        let array = array_of(&config)?;
        let design = core::design(product.as_ref(), Part::Array)?;
        let domain = design.top().domains.first();
        let clock = domain.map(|domain| domain.clock.to_string());
        let clock = clock.ok_or_else(|| miette!("the array of {} has no clock", product.name()))?;
        let (mut a, mut b) = (Numbers::new(self.seed), Numbers::new(self.seed + 1));
        let cycles = self.cycles as usize;
        let mut stimulus = array.stimulus(
            cycles,
            |_, _| match a.draw() % 100 < self.zeros {
                true => 0,
                false => a.draw(),
            },
            |_, _| b.draw(),
        );
        if self.work == Work::Idle {
            let (waiting, last) = (stimulus.warm_up, stimulus.cycles[0].len());
            let still = vec![false; last];
            for word in &mut stimulus.cycles[waiting - array.rows - array.columns - 4..] {
                word.clone_from(&still);
            }
        }
        let mut progress = Progress::of_stages(self.json);
        progress.working("gates, and their power");
        let megahertz = self.clock.hertz() / 1e6;
        let power = gate_power(&design, &clock, &stimulus, megahertz, &mut unwatched)?;
        progress.done();
        let events = ArrayEvents {
            cycles: self.cycles,
            active: match self.work {
                Work::Busy => self.cycles,
                Work::Idle => 0,
            },
            zeros: self.zeros as f64 / 100.0,
        };
        let technology = Default::default();
        let joules = match &config {
            Config::Matmul(config) => energy::matmul_array(
                &MatmulArch::new(config).map_err(refused)?,
                events,
                technology,
            ),
            Config::Npu(config) => {
                energy::npu_array(&NpuArch::new(config).map_err(refused)?, events, technology)
            }
        };
        let model = joules * self.clock.hertz() / self.cycles as f64;
        let report = PowerReport::new(product.as_ref(), self.clock, model, power);
        Ok(print(&match self.json {
            true => json(&report),
            false => report.text(),
        })?)
    }
}

fn refused(error: ArchError) -> miette::Report {
    miette!("{error}")
}

fn array_of(config: &Config) -> miette::Result<ArrayWork> {
    Ok(match config {
        Config::Matmul(config) => {
            let arch = MatmulArch::new(config).map_err(refused)?;
            ArrayWork {
                rows: arch.rows as usize,
                columns: arch.columns as usize,
                dataflow: arch.dataflow,
                bits: [arch.activation.bits, arch.weight.bits],
            }
        }
        Config::Npu(config) => {
            let arch = NpuArch::new(config).map_err(refused)?;
            ArrayWork {
                rows: arch.rows as usize,
                columns: arch.columns as usize,
                dataflow: Dataflow::WeightStationary,
                bits: [NpuArch::ACTIVATION.bits, NpuArch::WEIGHT.bits],
            }
        }
    })
}
