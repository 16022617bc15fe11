//! A configuration of a space, and what is known of it.

use serde::{Deserialize, Serialize};

/// What a core takes and does, as the model has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Cycles of each workload.
    pub cycles: Vec<u64>,
    /// Seconds of all of them, one after the other.
    pub latency_s: f64,
    /// Joules of all of them.
    pub energy_j: f64,
    /// Four-input LUTs.
    pub luts: u64,
    /// Registers.
    pub registers: u64,
    /// Multipliers.
    pub multipliers: u64,
    /// Block RAMs.
    pub block_rams: u64,
    /// The share of the chip, of what it takes most of: 1 is all of it.
    pub area: f64,
}

/// What became of a configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is a core.
    Figures(Figures),
    /// It is none that can be built, or that takes the workloads: why.
    Refused(String),
}

/// A configuration of a space, and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Its number in the space.
    pub number: u64,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

impl Point {
    /// Its figures, where it is a core.
    pub fn figures(&self) -> Option<&Figures> {
        match &self.outcome {
            Outcome::Figures(figures) => Some(figures),
            Outcome::Refused(_) => None,
        }
    }
}
