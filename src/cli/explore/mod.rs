//! `ferrogrid explore`.

mod log;

use super::error::CliError;
use super::files::write_over;
use super::interrupt;
use super::npu::Mode;
use super::output::print;
use super::progress::Progress;
use crate::explore::{
    ConfirmedPoint, Exploration, ExplorationReport, Goal, Method, Point, Search, best, csv,
};
use crate::report::{Clock, Table, counted, json};
use crate::runtime::{chips, exploration};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use log::Log;
use miette::{IntoDiagnostic, miette};
use serde::Serialize;
use std::collections::BTreeSet;
use std::fs;
use std::ops::{ControlFlow, RangeInclusive};
use std::path::PathBuf;
use std::time::Instant;

/// The file of points in the folder.
const POINTS: &str = "points.jsonl";

/// Find the cores that are best for some networks, or products of matrices, among many configurations
///
/// A space is a configuration file in which values may be lists: `rows = [8, 16, 32]`. Each configuration is judged by
/// the model, in milliseconds; the best are simulated. All is in the folder: the points as CSV and JSON, a page, and the
/// configurations of the best. The same command again goes on where it was ended.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  ferrogrid explore resnet8_int8.tflite --space space.toml --goal latency,area"
)]
pub(super) struct Explore {
    /// .tflite or .onnx files, for NPUs; or sizes as MxKxN, for matmul cores
    #[arg(value_name = "MODEL|MxKxN", required = true)]
    workloads: Vec<String>,
    /// The configurations: a configuration file whose values may be lists
    #[arg(long, value_name = "FILE")]
    space: PathBuf,
    /// What is to be small: `latency` and `energy` are those of one of each workload, `area` is the share of the chip
    #[arg(long, value_name = "GOALS", value_delimiter = ',', default_values_t = [Goal::Latency, Goal::Area])]
    goal: Vec<Goal>,
    /// How configurations are found [default: `grid` where the budget is enough for all, else `guided`]
    #[arg(long, value_name = "METHOD", value_parser = methods())]
    search: Option<Method>,
    /// So many configurations are looked at
    #[arg(long, value_name = "N", default_value_t = 1000)]
    budget: u64,
    /// Chooses those that are found by chance
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Only cores that fit this chip, of which they then take shares; without it shares are those of ecp5-85k
    #[arg(long, value_name = "CHIP", value_parser = PossibleValuesParser::new(chips()))]
    fits: Option<String>,
    /// So many of the best are simulated
    #[arg(long, value_name = "N", default_value_t = 3)]
    confirm: usize,
    /// Whose integers networks compute [default: onnx for .onnx, tflm for .tflite]
    #[arg(long, value_enum)]
    mode: Option<Mode>,
    /// The clock for which times are told
    #[arg(long, value_name = "FREQUENCY", default_value = "100MHz")]
    clock: Clock,
    /// The folder for what is found; one of the same exploration is gone on with
    #[arg(short, long, value_name = "FOLDER", default_value = "explore")]
    output: PathBuf,
    /// Look at these configurations instead, by number: `7` or `0-99`; for parts on several machines
    #[arg(long, value_name = "NUMBERS", value_parser = numbers, conflicts_with_all = ["search", "budget"])]
    only: Option<RangeInclusive<u64>>,
    /// First take over what other folders have found
    #[arg(long, value_name = "FOLDER", num_args = 1..)]
    merge: Vec<PathBuf>,
    /// Only say which configurations there are
    #[arg(long)]
    list: bool,
    /// Print what was found as JSON, and no progress
    #[arg(long)]
    json: bool,
}

/// What `--list --json` prints.
#[derive(Serialize)]
struct List {
    configurations: u64,
    /// The values of each key that has several, in the order of the space.
    keys: Vec<(String, Vec<String>)>,
}

/// Methods by their names.
fn methods() -> impl TypedValueParser<Value = Method> {
    PossibleValuesParser::new(["grid", "random", "guided"]).map(|name| match name.as_str() {
        "grid" => Method::Grid,
        "random" => Method::Random,
        _ => Method::Guided,
    })
}

/// A number, or the first and the last of several.
fn numbers(text: &str) -> Result<RangeInclusive<u64>, String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    match (first.parse(), last.parse()) {
        (Ok(first), Ok(last)) if first <= last => Ok(first..=last),
        _ => Err("write a number, or the first and the last one as `0-99`".into()),
    }
}

impl Explore {
    pub fn run(self) -> miette::Result<()> {
        interrupt::catch();
        let exploration = self.exploration()?;
        let configurations = exploration.space.points();
        if let Some(only) = &self.only
            && *only.end() >= configurations
        {
            return Err(miette!(
                "there is no configuration {}: they go from 0 to {}",
                only.end(),
                configurations - 1
            ));
        }
        if self.list {
            return Ok(print(&self.listed(&exploration))?);
        }
        let folder = &self.output;
        fs::create_dir_all(folder).map_err(|error| CliError::Write {
            path: folder.clone(),
            reason: error.to_string(),
        })?;
        let (mut log, mut points) = Log::open(&folder.join(POINTS), &exploration)?;
        self.merged(&exploration, &mut log, &mut points)?;
        let begun = Instant::now();
        self.look(&exploration, &mut log, &mut points)?;
        let seconds = begun.elapsed().as_secs_f64();
        let mut report = ExplorationReport::new(&exploration, &points, &self.goal, self.confirm);
        report.confirmed = self.confirmed(&exploration, &report.best)?;
        self.write(&exploration, &points, &report)?;
        Ok(print(&match self.json {
            true => json(&report),
            false => format!(
                "{}\nlooked at in {seconds:.1} s\nwritten: {}\n",
                report.text(),
                folder.display()
            ),
        })?)
    }

    /// Which configurations there are.
    fn listed(&self, exploration: &Exploration) -> String {
        let space = &exploration.space;
        let choices = space.choices().iter().map(|choice| {
            let values = (0..choice.count()).map(|place| choice.value(place).to_owned());
            (choice.key.clone(), Vec::from_iter(values))
        });
        let list = List {
            configurations: space.points(),
            keys: choices.collect(),
        };
        if self.json {
            return json(&list);
        }
        let rows = list
            .keys
            .into_iter()
            .fold(Table::plain(), |table, (key, values)| {
                table.row([key, values.join(", ")])
            });
        format!("{rows}{}\n", counted(list.configurations, "configuration"))
    }

    fn exploration(&self) -> miette::Result<Exploration> {
        let rounding = self.mode.map(Mode::rounding);
        exploration(
            &self.workloads,
            &self.space,
            rounding,
            self.fits.as_deref(),
            self.clock,
        )
    }

    /// Points of other folders that are not known yet.
    fn merged(
        &self,
        exploration: &Exploration,
        log: &mut Log,
        points: &mut Vec<Point>,
    ) -> miette::Result<()> {
        let mut known = BTreeSet::from_iter(points.iter().map(|point| point.number));
        for folder in &self.merge {
            let mut new = Log::read(&folder.join(POINTS), exploration)?;
            new.retain(|point| known.insert(point.number));
            log.add(&new)?;
            points.extend(new);
        }
        Ok(())
    }

    /// Looks at more points.
    fn look(
        &self,
        exploration: &Exploration,
        log: &mut Log,
        points: &mut Vec<Point>,
    ) -> miette::Result<()> {
        let configurations = exploration.space.points();
        let search = Search {
            goals: self.goal.clone(),
            method: self.search.unwrap_or(match configurations <= self.budget {
                true => Method::Grid,
                false => Method::Guided,
            }),
            // What was merged is judged as it is.
            budget: if self.merge.is_empty() {
                self.budget
            } else {
                0
            },
            seed: self.seed,
        };
        let mut progress = Progress::new(self.json);
        let total = match &self.only {
            Some(only) => only.end() - only.start() + 1,
            None => search.budget.min(configurations),
        };
        progress.count(total, "configurations");
        let mut told = |before: &[Point], new: &[Point]| -> miette::Result<()> {
            log.add(new)?;
            let all = [before, new].concat();
            if let Some(place) = best(&all, &self.goal, 1).first()
                && let Some(figures) = all[*place].figures()
            {
                let goals = self.goal.iter().map(|goal| goal.text(goal.of(figures)));
                let goals = Vec::from_iter(goals).join(", ");
                progress.message(&format!("; best so far: {} ({goals})", all[*place].number));
            }
            progress.at(all.len() as u64);
            Ok(self.go_on()?)
        };
        match &self.only {
            None => exploration.explore(points, &search, &mut told),
            Some(only) => {
                let known = BTreeSet::from_iter(points.iter().map(|point| point.number));
                let new = Vec::from_iter(only.clone().filter(|number| !known.contains(number)));
                exploration.look_at(points, new, &mut told)
            }
        }
    }

    /// Fails when the user wants to end.
    fn go_on(&self) -> Result<(), CliError> {
        let folder = || self.output.clone();
        interrupt::check().map_err(|_| CliError::InterruptedExploration { folder: folder() })
    }

    /// The best, simulated.
    fn confirmed(
        &self,
        exploration: &Exploration,
        best: &[u64],
    ) -> miette::Result<Vec<ConfirmedPoint>> {
        let mut progress = Progress::new(self.json);
        let mut confirmed = Vec::new();
        for number in best {
            progress.working(&format!("simulating configuration {number}"));
            let mut watch = |_| match interrupt::requested() {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            };
            let workloads = exploration.confirm(*number, confirmed.is_empty(), &mut watch);
            self.go_on()?;
            confirmed.push(ConfirmedPoint {
                number: *number,
                workloads: workloads.into_diagnostic()?,
            });
        }
        Ok(confirmed)
    }

    fn write(
        &self,
        exploration: &Exploration,
        points: &[Point],
        report: &ExplorationReport,
    ) -> Result<(), CliError> {
        let file = |name: &str| self.output.join(name);
        write_over(
            &file("points.csv"),
            csv(exploration, points, &self.goal).as_bytes(),
        )?;
        write_over(&file("report.json"), json(report).as_bytes())?;
        write_over(&file("report.html"), report.page().html().as_bytes())?;
        for number in &report.best {
            let place = exploration.space.place(*number);
            let text = exploration.space.text(&place);
            write_over(&file(&format!("{number}.toml")), text.as_bytes())?;
        }
        Ok(())
    }
}
