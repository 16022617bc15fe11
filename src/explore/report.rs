//! What came of an exploration.

use super::confirm::Confirmed;
use super::evaluate::Exploration;
use super::front::{best, front};
use super::goal::Goal;
use super::point::Point;
use crate::report::{Table, counted, grouped};
use serde::{Deserialize, Serialize};

/// Rows of the front in a terminal.
const MOST_ROWS: usize = 12;

/// A point whose core was simulated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConfirmedPoint {
    /// Its number.
    pub number: u64,
    /// Its workloads.
    pub workloads: Vec<Confirmed>,
}

/// What came of an exploration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExplorationReport {
    /// What was to be small.
    pub goals: Vec<Goal>,
    /// Names of the workloads.
    pub workloads: Vec<String>,
    /// Keys with several values.
    pub keys: Vec<String>,
    /// How many configurations there are.
    pub configurations: u64,
    /// The chip of which cores take shares.
    pub chip: String,
    /// Cycles in a second.
    pub clock_hz: f64,
    /// The points that were looked at, by number, each with its values.
    pub points: Vec<PointRow>,
    /// The numbers of those than which no other is better, those first that have least of the first goal.
    pub front: Vec<u64>,
    /// The numbers of those of the front that are nearest to having the least of every goal.
    pub best: Vec<u64>,
    /// Those that were simulated.
    pub confirmed: Vec<ConfirmedPoint>,
}

/// A point with its values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PointRow {
    /// The values of the keys.
    pub values: Vec<String>,
    /// What became of it.
    #[serde(flatten)]
    pub point: Point,
}

impl ExplorationReport {
    /// Of these points, of which so many are the best.
    pub fn new(
        exploration: &Exploration,
        points: &[Point],
        goals: &[Goal],
        count: usize,
    ) -> ExplorationReport {
        let space = &exploration.space;
        let numbers =
            |places: Vec<usize>| places.iter().map(|place| points[*place].number).collect();
        let row = |point: &Point| {
            let values = space.place(point.number);
            PointRow {
                values: space
                    .values(&values)
                    .into_iter()
                    .map(str::to_owned)
                    .collect(),
                point: point.clone(),
            }
        };
        let mut rows = Vec::from_iter(points.iter().map(row));
        rows.sort_by_key(|row| row.point.number);
        let workloads = exploration.workloads.iter();
        ExplorationReport {
            goals: goals.to_vec(),
            workloads: workloads.map(|workload| workload.name.clone()).collect(),
            keys: space
                .choices()
                .iter()
                .map(|choice| choice.key.clone())
                .collect(),
            configurations: space.points(),
            chip: exploration.chip.title.to_owned(),
            clock_hz: exploration.clock().hertz(),
            front: numbers(front(points, goals)),
            best: numbers(best(points, goals, count)),
            points: rows,
            confirmed: Vec::new(),
        }
    }

    /// The point of a number that was looked at.
    pub fn row(&self, number: u64) -> Option<&PointRow> {
        let place = self
            .points
            .binary_search_by_key(&number, |row| row.point.number);
        place.ok().map(|place| &self.points[place])
    }

    /// As text for a terminal.
    pub fn text(&self) -> String {
        let cores = self
            .points
            .iter()
            .filter(|row| row.point.figures().is_some())
            .count();
        let refused = self.points.len() - cores;
        let mut text = format!(
            "{} of {} looked at: {}, {} refused; shares of {}\n",
            grouped(self.points.len() as u64),
            counted(self.configurations, "configuration"),
            counted(cores as u64, "core"),
            grouped(refused as u64),
            self.chip,
        );
        if self.front.is_empty() {
            return text;
        }
        let goals = Vec::from_iter(self.goals.iter().map(|goal| goal.name()));
        text += &format!(
            "{} that no other is better than in {}; * nearest to the least of all:\n\n{}",
            counted(self.front.len() as u64, "core"),
            goals.join(" and "),
            self.front_table(&self.shown())
        );
        if self.front.len() > MOST_ROWS {
            text += &format!(
                "and {} more in the files\n",
                self.front.len() - self.shown().len()
            );
        }
        if !self.confirmed.is_empty() {
            text += &format!(
                "\nIn the simulator, every integer as the golden model says, compiled with more effort:\n\n{}",
                self.confirmed_table(&self.confirmed)
            );
        }
        text
    }

    /// Points of the front that a terminal has room for: the best, and others as far apart as can be.
    fn shown(&self) -> Vec<u64> {
        let count = self.front.len();
        let places = (0..MOST_ROWS.min(count))
            .map(|row| row * (count - 1) / (MOST_ROWS.min(count) - 1).max(1));
        let mut shown = Vec::from_iter(places);
        shown.extend(
            self.best
                .iter()
                .filter_map(|of| self.front.iter().position(|other| other == of)),
        );
        shown.sort_unstable();
        shown.dedup();
        shown.into_iter().map(|place| self.front[place]).collect()
    }

    /// The points of these numbers.
    pub(super) fn front_table(&self, numbers: &[u64]) -> Table {
        let short = |key: &String| {
            key.rsplit_once('.')
                .map_or(key.clone(), |(_, key)| key.to_owned())
        };
        let names = Vec::from_iter(self.keys.iter().map(short));
        let is_twice = |name: &String| names.iter().filter(|other| *other == name).count() > 1;
        let keys = self.keys.iter().zip(&names);
        let keys = keys.map(|(key, name)| if is_twice(name) { key } else { name }.as_str());
        let cycles = self.workloads.iter().map(|name| name.as_str());
        let goals = self.goals.iter().map(|goal| goal.name());
        let headings = ["", "point"]
            .into_iter()
            .chain(keys)
            .chain(goals)
            .chain(cycles);
        let headings = Vec::from_iter(headings);
        let right = Vec::from_iter(1..headings.len());
        let mut table = Table::new(&headings);
        for number in numbers {
            let Some(row) = self.row(*number) else {
                continue;
            };
            let Some(figures) = row.point.figures() else {
                continue;
            };
            let star = if self.best.contains(number) { "*" } else { "" };
            let begin = [star.to_owned(), number.to_string()].into_iter();
            let goals = self.goals.iter().map(|goal| goal.text(goal.of(figures)));
            let cycles = figures.cycles.iter().map(|cycles| grouped(*cycles));
            table = table.row(
                begin
                    .chain(row.values.iter().cloned())
                    .chain(goals)
                    .chain(cycles),
            );
        }
        table.right(&right)
    }

    /// Cycles of points that were simulated.
    pub(super) fn confirmed_table(&self, points: &[ConfirmedPoint]) -> Table {
        let mut table = Table::new(&["point", "workload", "cycles", "model", "off"]);
        for of in points {
            for workload in &of.workloads {
                let off = workload.expected as f64 / workload.cycles.max(1) as f64 - 1.0;
                table = table.row([
                    of.number.to_string(),
                    workload.workload.clone(),
                    grouped(workload.cycles),
                    grouped(workload.expected),
                    format!("{:+.2} %", 100.0 * off),
                ]);
            }
        }
        table.right(&[0, 2, 3, 4])
    }
}
