//! What is to be small.

use super::point::Figures;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What a core is to have little of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// Seconds for one of each workload, one after the other.
    Latency,
    /// Joules for them.
    Energy,
    /// The share of the chip, of what it takes most of.
    Area,
}

impl Goal {
    /// All of them.
    pub const ALL: [Goal; 3] = [Goal::Latency, Goal::Energy, Goal::Area];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Goal::Latency => "latency",
            Goal::Energy => "energy",
            Goal::Area => "area",
        }
    }

    /// What a core has of it.
    pub fn of(self, figures: &Figures) -> f64 {
        match self {
            Goal::Latency => figures.latency_s,
            Goal::Energy => figures.energy_j,
            Goal::Area => figures.area,
        }
    }

    /// A value with its unit.
    pub fn text(self, value: f64) -> String {
        match self {
            Goal::Latency => format!("{:.3} ms", 1e3 * value),
            Goal::Energy => format!("{:.4} mJ", 1e3 * value),
            Goal::Area => format!("{:.1} %", 100.0 * value),
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Goal {
    type Err = String;

    fn from_str(text: &str) -> Result<Goal, String> {
        let goal = Goal::ALL.into_iter().find(|goal| goal.name() == text);
        goal.ok_or_else(|| "a goal is `latency`, `energy` or `area`".into())
    }
}
