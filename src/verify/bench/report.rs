//! What was measured, beside what was to be reached.

use super::tiny::{self, TinyRow};
use super::{BenchError, Figure, Options};
use crate::report::{Table, grouped};
use miette::Diagnostic;
use serde::Serialize;
use std::fs;

/// What a value must keep to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// Not less than this.
    AtLeast(f64),
    /// Not more than this.
    AtMost(f64),
    /// Less than this.
    Below(f64),
    /// This and no other value.
    Exactly(f64),
}

impl Bound {
    fn holds(self, value: f64) -> bool {
        match self {
            Bound::AtLeast(least) => value >= least,
            Bound::AtMost(most) => value <= most,
            Bound::Below(limit) => value < limit,
            Bound::Exactly(wanted) => value == wanted,
        }
    }

    fn text(self, digits: usize) -> String {
        match self {
            Bound::AtLeast(least) => format!(">= {}", number(least, digits)),
            Bound::AtMost(most) => format!("<= {}", number(most, digits)),
            Bound::Below(limit) => format!("< {}", number(limit, digits)),
            Bound::Exactly(wanted) => format!("= {}", number(wanted, digits)),
        }
    }
}

/// What came of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The value keeps to its bound.
    Pass,
    /// It does not.
    Fail,
    /// Nothing is required of it.
    Info,
    /// Not measured: a tool is missing.
    Skipped,
    /// Not measured: an error came in the way.
    Error,
}

impl Verdict {
    fn text(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Fail => "FAIL",
            Verdict::Info => "",
            Verdict::Skipped => "SKIPPED",
            Verdict::Error => "FAILED",
        }
    }
}

/// A measured value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// The group that it belongs to.
    pub figure: Figure,
    /// What was measured, or why it was not.
    pub what: String,
    /// The value; absent when it was not measured.
    pub value: Option<f64>,
    /// Unit of the value, as `s` or `%`.
    pub unit: &'static str,
    /// Digits after the point that mean something.
    #[serde(skip)]
    pub digits: usize,
    /// What it must keep to.
    pub required: Option<Bound>,
    /// Whether it does.
    pub verdict: Verdict,
    /// The error that came in the way, and what to do about it.
    pub error: Option<String>,
}

impl Row {
    /// A value of which nothing is required.
    pub fn info(figure: Figure, what: &str, value: f64, unit: &'static str, digits: usize) -> Row {
        Row {
            figure,
            what: what.to_owned(),
            value: Some(value),
            unit,
            digits,
            required: None,
            verdict: Verdict::Info,
            error: None,
        }
    }

    /// The same value with a bound. The exact value is judged, not the rounded one that is
    /// printed.
    pub fn bound(mut self, bound: Bound) -> Row {
        self.required = Some(bound);
        self.verdict = match self.value {
            Some(value) if bound.holds(value) => Verdict::Pass,
            Some(_) => Verdict::Fail,
            None => Verdict::Skipped,
        };
        self
    }

    /// A figure that was not measured.
    pub fn skipped(figure: Figure, why: &str) -> Row {
        Row {
            figure,
            what: why.to_owned(),
            value: None,
            unit: "",
            digits: 0,
            required: None,
            verdict: Verdict::Skipped,
            error: None,
        }
    }

    /// A figure that could not be measured, or not to its end.
    pub fn failed(figure: Figure, error: &BenchError) -> Row {
        let help = error.help().map(|help| format!("\n{help}"));
        Row {
            verdict: Verdict::Error,
            error: Some(format!("{error}{}", help.unwrap_or_default())),
            ..Row::skipped(figure, figure.title())
        }
    }

    fn cells(&self) -> [String; 5] {
        let value = self.value.map(|value| number(value, self.digits));
        [
            self.what.clone(),
            value.unwrap_or_default(),
            self.unit.to_owned(),
            self.required
                .map(|bound| bound.text(self.digits))
                .unwrap_or_default(),
            self.verdict.text().to_owned(),
        ]
    }
}

/// `1234567.8` as `1,234,568`; nothing measured is negative.
fn number(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    let (whole, fraction) = text.split_at(text.find('.').unwrap_or(text.len()));
    match whole.parse::<u64>() {
        Ok(whole) => format!("{}{fraction}", grouped(whole)),
        Err(_) => text,
    }
}

/// Where it was measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Machine {
    /// The processor, where the system tells its name.
    pub cpu: String,
    /// Processors that this process may use.
    pub cores: usize,
}

impl Machine {
    fn this() -> Machine {
        let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = text.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            (key.trim() == "model name").then(|| value.trim().to_owned())
        });
        Machine {
            cpu: model.unwrap_or_else(|| format!("{} processor", std::env::consts::ARCH)),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
        }
    }
}

/// Everything that was measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BenchReport {
    /// Version of Ferrogrid.
    pub version: &'static str,
    /// Runs were shorter than usual.
    pub quick: bool,
    /// An unoptimized build measured: its times say little.
    pub debug_build: bool,
    /// Where.
    pub machine: Machine,
    /// The values, group by group.
    pub rows: Vec<Row>,
    /// Networks of MLPerf Tiny on presets, and what others have published of them.
    pub tiny: Vec<TinyRow>,
}

impl BenchReport {
    pub(super) fn new(options: &Options) -> BenchReport {
        BenchReport {
            version: env!("CARGO_PKG_VERSION"),
            quick: options.quick,
            debug_build: cfg!(debug_assertions),
            machine: Machine::this(),
            rows: Vec::new(),
            tiny: Vec::new(),
        }
    }

    /// No value misses its bound, and no error came in the way. Rows that were skipped do not count.
    pub fn passed(&self) -> bool {
        let bad = [Verdict::Fail, Verdict::Error];
        !self.rows.iter().any(|row| bad.contains(&row.verdict))
    }

    /// The report as text, a value a line.
    pub fn table(&self) -> String {
        let mut table = Table::new(&["measured", "value", "", "required", ""]);
        for (index, row) in self.rows.iter().enumerate() {
            if index > 0 && self.rows[index - 1].figure != row.figure {
                table = table.row([""]);
            }
            table = table.row(row.cells());
        }
        let table = table.right(&[1, 3]);
        let Machine { cpu, cores } = &self.machine;
        let mut head = format!("Ferrogrid {} on {cores} x {cpu}", self.version);
        if self.quick {
            head.push_str(", quick runs");
        }
        if self.debug_build {
            head.push_str(", unoptimized build");
        }
        let mut text = format!("{head}\n\n{table}");
        if !self.tiny.is_empty() {
            text += &format!("\n{}", tiny::table(&self.tiny));
        }
        for row in &self.rows {
            if let Some(error) = &row.error {
                text += &format!("\nFAILED {}: {error}\n", row.what);
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_judged_unrounded() {
        let verdict = |value, bound| {
            Row::info(Figure::Generation, "", value, "", 0)
                .bound(bound)
                .verdict
        };
        for (value, bound, pass) in [
            (2.999, Bound::AtLeast(3.0), false),
            (3.0, Bound::AtLeast(3.0), true),
            (3.0, Bound::AtMost(3.0), true),
            (3.001, Bound::AtMost(3.0), false),
            (3.0, Bound::Below(3.0), false),
            (2.999, Bound::Below(3.0), true),
            (1.0, Bound::Exactly(1.0), true),
            (1.001, Bound::Exactly(1.0), false),
        ] {
            let expected = if pass { Verdict::Pass } else { Verdict::Fail };
            assert_eq!(verdict(value, bound), expected, "{value} {bound:?}");
        }
    }

    #[test]
    fn a_report_as_a_table() {
        let report = BenchReport {
            version: "1.2.3",
            quick: true,
            debug_build: false,
            machine: Machine {
                cpu: "Abacus".into(),
                cores: 2,
            },
            rows: vec![
                Row::info(Figure::Generation, "lines", 2691.0, "lines", 0)
                    .bound(Bound::AtMost(3000.0)),
                Row::info(Figure::Generation, "time", 0.0123, "s", 3).bound(Bound::Below(0.01)),
                Row::info(Figure::CoreSpeed, "speed", 1234567.8, "cycles/s", 0),
                Row::skipped(Figure::Area, "`yosys` was not found"),
                Row::failed(
                    Figure::Routed,
                    &BenchError::Wrong {
                        what: "an array".into(),
                        how: "1, not 2".into(),
                    },
                ),
            ],
            tiny: Vec::new(),
        };
        assert!(!report.passed());
        insta::assert_snapshot!(report.table());
    }
}
