//! What came of an exploration, as a page of HTML.

use super::goal::Goal;
use super::point::Figures;
use super::report::{ConfirmedPoint, ExplorationReport, PointRow};
use crate::report::grouped;
use crate::report::page::{Axis, Line, Page, Plot, Point, RunReport};

/// Colours of cores that are on the front, and of the others.
const ON_FRONT: usize = 5;
const OTHER: usize = 4;

impl ExplorationReport {
    /// The page.
    pub fn page(&self) -> Page {
        let title = format!("Cores for {}", self.workloads.join(", "));
        let cores = self
            .points
            .iter()
            .filter(|row| row.point.figures().is_some());
        let subtitle = format!(
            "{} of {} configurations looked at, {} of them cores; shares of {}, {} MHz",
            grouped(self.points.len() as u64),
            grouped(self.configurations),
            grouped(cores.count() as u64),
            self.chip,
            self.clock_hz / 1e6
        );
        let mut page = Page::new(&title, &subtitle).heading(
            "Front",
            "Each point is a core; no other is better than those on the line. The large ones are nearest to the least of all",
        );
        for pair in self.pairs() {
            page = page.drawing(&self.plot(pair));
        }
        page = page.details("The front as a table", &self.front_table(&self.front));
        for confirmed in &self.confirmed {
            page = self.confirmed_page(page, confirmed);
        }
        page
    }

    /// The goals that are drawn over each other.
    fn pairs(&self) -> Vec<[Goal; 2]> {
        match self.goals[..] {
            [] => Vec::new(),
            // One goal has something to be drawn over.
            [Goal::Area] => vec![[Goal::Area, Goal::Latency]],
            [goal] => vec![[goal, Goal::Area]],
            _ => {
                let firsts = self.goals.iter().enumerate();
                let pairs = firsts.flat_map(|(place, first)| {
                    let others = self.goals[place + 1..].iter();
                    others.map(move |other| [*first, *other])
                });
                pairs.collect()
            }
        }
    }

    fn plot(&self, pair: [Goal; 2]) -> String {
        let at = |figures: &Figures| pair.map(|goal| scaled(goal, goal.of(figures)));
        let point = |row: &PointRow| {
            let figures = row.point.figures()?;
            let number = row.point.number;
            let on_front = self.front.contains(&number);
            Some(Point {
                at: at(figures),
                label: match on_front {
                    true => number.to_string(),
                    false => String::new(),
                },
                title: self.told(row, figures),
                colour: if on_front { ON_FRONT } else { OTHER },
                highlighted: self.best.contains(&number),
            })
        };
        let mut points = Vec::from_iter(self.points.iter().filter_map(point));
        // What is drawn last is in front of the others; of the front the best have their labels first.
        points.sort_by_key(|point| (point.colour == ON_FRONT, !point.highlighted));
        // Only of two goals the front is a line.
        let front = match self.goals.len() {
            2 => self
                .front
                .iter()
                .filter_map(|number| Some(at(self.row(*number)?.point.figures()?))),
            _ => return drawn(pair, Vec::new(), points),
        };
        let line = Line {
            through: front.collect(),
            label: String::new(),
        };
        drawn(pair, vec![line], points)
    }

    /// What a point says where one points at it.
    fn told(&self, row: &PointRow, figures: &Figures) -> String {
        let values = self.keys.iter().zip(&row.values);
        let values = values.map(|(key, value)| format!("{key} = {value}"));
        let goals = self
            .goals
            .iter()
            .map(|goal| format!("{goal} {}", goal.text(goal.of(figures))));
        let lines = [format!("configuration {}", row.point.number)].into_iter();
        Vec::from_iter(lines.chain(values).chain(goals)).join("\n")
    }

    fn confirmed_page(&self, mut page: Page, confirmed: &ConfirmedPoint) -> Page {
        let values = self.row(confirmed.number).map(|row| {
            let values = self.keys.iter().zip(&row.values);
            Vec::from_iter(values.map(|(key, value)| format!("{key} = {value}"))).join(", ")
        });
        page = page.heading(
            &format!("Configuration {}", confirmed.number),
            &format!(
                "{}. Simulated, every integer as the golden model says",
                values.unwrap_or_default()
            ),
        );
        page = page.tables(&[self.confirmed_table(std::slice::from_ref(confirmed))]);
        for workload in &confirmed.workloads {
            // A report that is not one is that of another version.
            let json = workload.report.to_string();
            if let Ok(report) = RunReport::read(json.as_bytes()) {
                page = page.folded(&workload.workload, &report.page());
            }
        }
        page
    }
}

/// A number of a goal in the unit of its axis.
fn scaled(goal: Goal, value: f64) -> f64 {
    match goal {
        Goal::Area => 100.0 * value,
        Goal::Latency | Goal::Energy => value,
    }
}

fn drawn(pair: [Goal; 2], lines: Vec<Line>, points: Vec<Point>) -> String {
    let axes = pair.map(|goal| {
        let axis = pair.iter().position(|other| *other == goal).unwrap_or(0);
        let numbers = points.iter().map(|point| point.at[axis]);
        let (least, most) = numbers.fold((f64::MAX, 0.0), |(least, most), number: f64| {
            (number.min(least), number.max(most))
        });
        let (label, unit) = match goal {
            Goal::Latency => ("latency", "s"),
            Goal::Energy => ("energy", "J"),
            Goal::Area => ("area, % of the chip", ""),
        };
        Axis {
            label,
            unit,
            logarithmic: least > 0.0 && most > 5.0 * least,
        }
    });
    Plot {
        axes,
        lines,
        points,
    }
    .svg()
}
