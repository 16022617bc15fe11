//! What a model expects beside what a core takes.

use std::fmt;

/// Cycles and counters, expected and counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Predicted {
    /// Cycles, as the model has them.
    pub expected: u64,
    /// As the core takes them.
    pub cycles: u64,
    /// The counters of units: their names, as the model has them, and as the core has them.
    pub counters: Vec<(&'static str, u64, u64)>,
    /// The first step that ends at another time than the model says, with its unit: where to look.
    pub first_off: Option<String>,
}

impl Predicted {
    /// The same of several programs: that of another one is added.
    pub fn add(&mut self, other: &Predicted) {
        self.expected = self.expected.saturating_add(other.expected);
        self.cycles += other.cycles;
        if self.first_off.is_none() {
            self.first_off.clone_from(&other.first_off);
        }
        if self.counters.is_empty() {
            self.counters.clone_from(&other.counters);
            return;
        }
        for (sum, more) in self.counters.iter_mut().zip(&other.counters) {
            sum.1 = sum.1.saturating_add(more.1);
            sum.2 += more.2;
        }
    }

    /// By how many percent of the cycles that the core takes the model expects more.
    pub fn error(&self) -> f64 {
        100.0 * (self.expected as f64 / self.cycles as f64 - 1.0)
    }

    /// The counter that is off by most.
    pub fn most_off(&self) -> Option<(&'static str, u64, u64)> {
        let off = |(_, expected, counted): &&(_, u64, u64)| expected.abs_diff(*counted);
        let most = self.counters.iter().max_by_key(off).copied();
        most.filter(|(_, expected, counted)| expected != counted)
    }
}

impl fmt::Display for Predicted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (expected, cycles) = (self.expected, self.cycles);
        let error = self.error();
        write!(
            f,
            "{expected} cycles expected, {cycles} counted, {error:+.2} %"
        )?;
        if let Some((name, expected, counted)) = self.most_off() {
            write!(
                f,
                "; off by most: {name}, {expected} expected, {counted} counted"
            )?;
        }
        match &self.first_off {
            None => Ok(()),
            Some(first) => write!(f, "; off first: {first}"),
        }
    }
}
