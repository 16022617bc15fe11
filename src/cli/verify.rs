//! `ferrogrid verify`.

use super::core;
use super::error::CliError;
use super::files::PendingFile;
use super::interrupt;
use super::output::print;
use super::progress::Progress;
use super::rtl;
use super::simulator::Simulator;
use super::waves::WaveOptions;
use crate::config::Config;
use crate::device::Error;
use crate::report::{Table, counted, grouped, json};
use crate::verify;
use crate::verify::campaign::{self, Options, Progress as Step};
use crate::verify::check::{BENCH, BackendKind, Rtl, write_waves};
use crate::verify::{CaseReport, Cores, Mismatch};
use clap::Args;
use serde::Serialize;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

/// Run random jobs, programs and networks against the golden models, or replay a case
///
/// Without a core, the cases are of random matmul cores. Those of a core that runs networks are random programs
/// and networks. With `--networks` they are random networks, of random cores unless one is given, with a random DRAM.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  ferrogrid verify --seed 7 --cases 1000 --sim verilator\n  \
                        ferrogrid verify --preset nano --cases 200\n  \
                        ferrogrid verify --networks --minutes 480 --seed 20\n  \
                        ferrogrid verify --replay \"rows=3 columns=2 job=5x4x3:min seed=7\""
)]
pub(super) struct Verify {
    /// Decides every case
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Number of cases
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    cases: u64,
    /// Run cases for so many minutes instead
    #[arg(long, value_name = "MINUTES", conflicts_with = "cases", value_parser = minutes)]
    minutes: Option<f64>,
    /// Cases are networks, on random cores that run them or the one given
    #[arg(long, conflicts_with = "max_size")]
    networks: bool,
    /// Cases of this built-in configuration: see `ferrogrid presets`
    #[arg(long, value_name = "NAME", conflicts_with_all = ["config", "max_size"])]
    preset: Option<String>,
    /// Cases of the core of this configuration file: see `ferrogrid new`
    #[arg(long, value_name = "FILE", conflicts_with = "max_size")]
    config: Option<PathBuf>,
    /// Largest number of rows and columns of random matmul cores
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=64), value_name = "SIZE")]
    max_size: u32,
    /// Run the Verilog in this folder, which `generate` wrote and someone changed, instead of the core's own: on
    /// Verilator, or else Icarus Verilog
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["networks", "preset", "config", "max_size", "waves"])]
    rtl: Option<PathBuf>,
    /// Simulators that must agree with the native one, cycle for cycle
    #[arg(long, value_enum, value_delimiter = ',')]
    sim: Vec<Simulator>,
    /// Run this one case, as a failure prints it
    #[arg(long, value_name = "CASE", conflicts_with_all = ["seed", "cases", "minutes", "networks", "preset", "config", "max_size"])]
    replay: Option<String>,
    // Those of the replayed case, or of the smallest case that fails.
    #[command(flatten)]
    waves: WaveOptions,
    /// Print as JSON, and no progress
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Output {
    passed: bool,
    /// Absent for a replay.
    seed: Option<u64>,
    simulators: Vec<&'static str>,
    cases: u64,
    architectures: u64,
    jobs: u64,
    elements: u64,
    cycles: u64,
    /// How often each cover point of the core was hit in the cases that passed.
    covers: BTreeMap<String, u64>,
    failure: Option<FailedCase>,
}

#[derive(Serialize)]
struct FailedCase {
    /// Number of the case in the campaign, from 0; absent for a replay.
    index: Option<u64>,
    problem: String,
    /// What `--replay` takes.
    case: String,
}

impl Verify {
    pub fn run(self) -> miette::Result<()> {
        interrupt::catch();
        let output = match &self.replay {
            Some(text) => self.replay(text)?,
            None => self.campaign()?,
        };
        if self.json {
            print(&json(&output))?;
        } else if output.passed {
            print(&output.text())?;
        }
        match output.failure {
            None => Ok(()),
            Some(FailedCase { problem, case, .. }) => Err(match self.rtl {
                None => CliError::Case { problem, case },
                Some(rtl) => CliError::Rtl { problem, case, rtl },
            }
            .into()),
        }
    }

    /// The cores of the campaign.
    fn cores(&self) -> miette::Result<Cores> {
        let config = self.configuration();
        let (preset, config) = (self.preset.as_deref(), config.as_deref());
        let is_random = preset.is_none() && config.is_none();
        match (self.networks, is_random) {
            (false, true) => return Ok(Cores::Matmul(self.max_size)),
            (true, true) => return Ok(Cores::Networks),
            (true, false) => {
                let arch = core::load_npu(preset, config)?;
                return Ok(Cores::NetworksOf(Box::new(arch)));
            }
            (false, false) => {}
        }
        Ok(match core::load(preset, config)?.config() {
            Config::Npu(_) => Cores::NpuOf(Box::new(core::load_npu(preset, config)?)),
            Config::Matmul(_) => Cores::MatmulOf(Box::new(core::load_matmul(preset, config)?)),
        })
    }

    /// The Verilog that a user has changed.
    fn rtl(&self) -> miette::Result<Option<Rtl>> {
        let Some(folder) = &self.rtl else {
            return Ok(None);
        };
        let simulator = match self.sim[..] {
            [] => None,
            [simulator] if simulator != Simulator::Native => Some(simulator.kind()),
            _ => return Err(CliError::RtlSimulator.into()),
        };
        rtl::load(folder, simulator).map(Some)
    }

    /// Of the core that is given; its Verilog has one beside it.
    fn configuration(&self) -> Option<PathBuf> {
        let beside = self.rtl.as_deref().map(rtl::configuration);
        self.config.clone().or(beside)
    }

    fn backends(&self) -> Vec<BackendKind> {
        let mut kinds = vec![BackendKind::Native];
        for simulator in &self.sim {
            let kind = simulator.kind();
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        kinds
    }

    fn output(&self, run: &Options, cases: u64, architectures: u64, total: &CaseReport) -> Output {
        let simulators = match &run.rtl {
            Some(rtl) => vec![rtl.simulator.name()],
            None => run.backends.iter().map(|kind| kind.name()).collect(),
        };
        Output {
            passed: true,
            seed: self.replay.is_none().then_some(self.seed),
            simulators,
            cases,
            architectures,
            jobs: total.jobs,
            elements: total.elements,
            cycles: total.cycles,
            covers: total.covers.clone(),
            failure: None,
        }
    }

    fn campaign(&self) -> miette::Result<Output> {
        let rtl = self.rtl()?;
        let (waves, of_case) = self.waves.pending()?.unzip();
        let options = Options {
            seed: self.seed,
            cases: self.minutes.map_or(self.cases, |_| u64::MAX),
            time: self
                .minutes
                .map(|minutes| Duration::from_secs_f64(60.0 * minutes)),
            backends: self.backends(),
            cores: self.cores()?,
            rtl,
            waves: of_case,
            ..Options::default()
        };
        let progress = match self.minutes {
            None => {
                let mut progress = Progress::new(self.json);
                progress.count(self.cases, "cases");
                progress
            }
            Some(minutes) => {
                let mut progress = Progress::of_time(self.json, minutes);
                progress.say(&format!("seed {}, {minutes} minutes", self.seed));
                progress
            }
        };
        let progress = Mutex::new(progress);
        let watch = |step| {
            if let (Step::Passed(count), Ok(mut progress)) = (step, progress.lock()) {
                match self.minutes {
                    None => progress.at(count),
                    Some(_) => progress.after(&counted(count, "case")),
                }
            }
            if interrupt::requested() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        let report = campaign::run(&options, &watch);
        drop(progress);
        let report = report.map_err(|error| with_waves(waves.as_ref(), error))?;
        if report.cancelled {
            return Err(CliError::Interrupted.into());
        }
        let mut output = self.output(&options, report.cases, report.architectures, &report.total);
        if let Some(failure) = report.failure {
            if let Some(waves) = waves {
                waves.keep()?;
            }
            output.passed = false;
            output.failure = Some(FailedCase {
                index: Some(failure.index),
                problem: failure.smallest.mismatch.to_string(),
                case: failure.smallest.case,
            });
        }
        Ok(output)
    }

    /// The test bench alone.
    fn bench(&self, rtl: Rtl) -> miette::Result<Output> {
        let cores = self.cores()?;
        let options = Options {
            rtl: Some(rtl),
            cores,
            cases: 0,
            ..Options::default()
        };
        let report = campaign::run(&options, &|_| ControlFlow::Continue(()))?;
        let mut output = self.output(&options, 0, 1, &CaseReport::default());
        output.passed = report.failure.is_none();
        output.failure = report.failure.map(|failure| FailedCase {
            index: None,
            problem: failure.smallest.mismatch.to_string(),
            case: failure.smallest.case,
        });
        Ok(output)
    }

    fn replay(&self, text: &str) -> miette::Result<Output> {
        if let (BENCH, Some(rtl)) = (text, self.rtl()?) {
            return self.bench(rtl);
        }
        let case = verify::parse(text).map_err(CliError::Replay)?;
        let case = case.as_ref();
        let waves = self.waves.pending()?;
        let options = Options {
            backends: self.backends(),
            rtl: self.rtl()?,
            ..Options::default()
        };
        if let Some(path) = self.rtl.as_deref().map(rtl::configuration) {
            let core = core::load(None, Some(&path))?;
            if core.config_hash() != case.product().config_hash() {
                return Err(CliError::CaseOfAnother { path }.into());
            }
        }
        let found = options.run_case(case);
        if let Some((waves, of_case)) = waves {
            write_waves(case, &of_case).map_err(|error| with_waves(Some(&waves), error))?;
            waves.keep()?;
        }
        match found {
            Ok(report) => Ok(self.output(&options, 1, 1, &report)),
            Err(failure) => match *failure.mismatch {
                Mismatch::Device(error) => Err(error.into()),
                mismatch => {
                    let mut output = self.output(&options, 0, 0, &CaseReport::default());
                    output.passed = false;
                    output.failure = Some(FailedCase {
                        index: None,
                        problem: mismatch.to_string(),
                        case: case.to_string(),
                    });
                    Ok(output)
                }
            },
        }
    }
}

/// Minutes of a campaign, parts of them too.
fn minutes(text: &str) -> Result<f64, String> {
    const MOST: f64 = 100_000.0;
    let minutes = text.parse().ok().filter(|minutes| *minutes > 0.0);
    let minutes = minutes.filter(|minutes| *minutes <= MOST);
    minutes.ok_or_else(|| format!("it must be a number above 0 and up to {MOST}"))
}

/// An error of a run; one about its waves names the file that was asked for.
fn with_waves(waves: Option<&PendingFile>, error: Error) -> miette::Report {
    match (waves, error) {
        (Some(waves), Error::Files { path, source, .. }) if path == waves.path() => {
            waves.error(&source).into()
        }
        (_, error) => error.into(),
    }
}

impl Output {
    fn text(&self) -> String {
        let seed = self
            .seed
            .map_or(String::new(), |seed| format!(", seed {seed}"));
        let passed = format!(
            "{} passed: {}, {}, {}, {} on {}{seed}\n",
            counted(self.cases, "case"),
            counted(self.architectures, "architecture"),
            counted(self.jobs, "job"),
            counted(self.elements, "element"),
            counted(self.cycles, "cycle"),
            self.simulators.join(", "),
        );
        match self.covers.is_empty() {
            true => passed,
            false => format!("{passed}\n{}", self.cover_points()),
        }
    }

    /// What the cases reached in the core, as a table.
    fn cover_points(&self) -> String {
        let mut table = Table::new(&["cover point", "hits"]);
        for (path, count) in &self.covers {
            let count = match count {
                0 => "never".to_owned(),
                count => grouped(*count),
            };
            table = table.row([path.clone(), count]);
        }
        table.right(&[1]).to_string()
    }
}
