//! What a run was worth, by the names that the formulas have.
//!
//! N operations (products, sums not counted) take t seconds, of which t_d are a delay that a longer run would not have
//! more of; B operations a second is what the tighter of two roofs lets through. Throughput T = N / t, latency
//! L = t_d + N / B, efficiency E = T / P, energy = P_avg x t.

use super::Clock;
use super::numbers::{grouped, ratio};
use super::table::Table;
use crate::model::energy::Energy;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Signs of the longest bar.
const BAR: f64 = 40.0;

/// What a core does at most in a cycle, and what it has moved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Work {
    /// Products that were asked for.
    pub products: u64,
    /// Cycles that they took.
    pub cycles: u64,
    /// Products of a cycle at most.
    pub multipliers: u64,
    /// Bytes over the edge of the core, and those of a cycle at most.
    pub bytes: u64,
    pub bytes_a_cycle: f64,
    /// Cycles in which multipliers worked.
    pub active: u64,
}

/// N, t, t_d, B, P, T, L, E, P_avg and energy: none where it is not known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Performance {
    /// Operations: products.
    #[serde(rename = "N")]
    pub operations: u64,
    /// Seconds from the start to the end.
    #[serde(rename = "t")]
    pub seconds: f64,
    /// Seconds of them beyond N / B: filling, draining, waiting.
    #[serde(rename = "t_d")]
    pub delay: f64,
    /// Operations a second that the tighter roof lets through.
    #[serde(rename = "B")]
    pub bandwidth: f64,
    /// Watts while it runs.
    #[serde(rename = "P")]
    pub power: Option<f64>,
    /// Operations a second.
    #[serde(rename = "T")]
    pub throughput: f64,
    /// Seconds: t_d + N / B.
    #[serde(rename = "L")]
    pub latency: f64,
    /// Operations a joule.
    #[serde(rename = "E")]
    pub efficiency: Option<f64>,
    /// Watts in the mean, with what it takes while it waits.
    #[serde(rename = "P_avg")]
    pub mean_power: Option<f64>,
    /// Joules.
    pub energy: Option<f64>,
    /// Joules of each unit.
    pub energy_by_unit: BTreeMap<Cow<'static, str>, f64>,
    /// The process that they are for.
    pub technology: Cow<'static, str>,
    /// Operations for each byte that is moved.
    pub operations_per_byte: f64,
    /// Operations a second of all multipliers.
    pub multiplier_roof: f64,
    /// Operations a second for which bytes can be moved.
    pub memory_roof: f64,
}

impl Performance {
    pub(super) fn new(work: Work, clock: Clock, energy: &Energy) -> Performance {
        let hertz = clock.hertz();
        let seconds = work.cycles as f64 / hertz;
        let operations_per_byte = ratio(work.products, work.bytes);
        let multiplier_roof = work.multipliers as f64 * hertz;
        let memory_roof = operations_per_byte * work.bytes_a_cycle * hertz;
        let bandwidth = multiplier_roof.min(memory_roof);
        let least = match bandwidth > 0.0 {
            true => work.products as f64 / bandwidth,
            false => 0.0,
        };
        let (joules, waiting) = (energy.total(), energy.waiting);
        let throughput = match seconds > 0.0 {
            true => work.products as f64 / seconds,
            false => 0.0,
        };
        let mean_power = (seconds > 0.0 && joules > 0.0).then(|| joules / seconds);
        // What clocks take goes on all the time, the rest while multipliers work.
        let active = work.active as f64 / hertz;
        let power = mean_power.filter(|_| active > 0.0);
        let power = power.map(|_| waiting / seconds + (joules - waiting) / active);
        let units = energy.units.iter();
        let units = units.map(|(unit, joules)| ((*unit).into(), *joules));
        Performance {
            operations: work.products,
            seconds,
            delay: (seconds - least).max(0.0),
            bandwidth,
            power,
            throughput,
            latency: seconds,
            efficiency: power.map(|power| throughput / power),
            mean_power,
            energy: mean_power.map(|_| joules),
            energy_by_unit: units.collect(),
            technology: energy.technology.into(),
            operations_per_byte,
            multiplier_roof,
            memory_roof,
        }
    }

    /// The names that are known, with their values and formulas.
    pub(super) fn figures(&self) -> Table {
        let milli = |seconds: f64| format!("{:.4} ms", 1e3 * seconds);
        let watts = |power: Option<f64>| power.map(|power| format!("{power:.4} W"));
        let rows = [
            ("N", Some(grouped(self.operations)), "products"),
            ("t", Some(milli(self.seconds)), "from the start to the end"),
            ("t_d", Some(milli(self.delay)), "of it beyond N / B"),
            (
                "B",
                Some(giga(self.bandwidth)),
                "products at the tighter roof",
            ),
            ("P", watts(self.power), "while it runs"),
            ("T", Some(giga(self.throughput)), "products: N / t"),
            ("L", Some(milli(self.latency)), "t_d + N / B"),
            (
                "E",
                self.efficiency.map(|of| format!("{:.3} G/J", of / 1e9)),
                "products: T / P",
            ),
            ("P_avg", watts(self.mean_power), "in the mean"),
            (
                "energy",
                self.energy.map(|energy| format!("{:.4} mJ", 1e3 * energy)),
                "P_avg x t",
            ),
        ];
        let known = rows.into_iter();
        let known =
            known.filter_map(|(name, value, what)| Some([name.into(), value?, what.into()]));
        let known = known.fold(Table::plain(), |table, row: [String; 3]| table.row(row));
        known.right(&[1])
    }

    /// As text for a terminal: the names with their values, and the roofline.
    pub fn text(&self) -> String {
        let roofs = [
            (
                "multipliers",
                self.multiplier_roof,
                "all of them in each cycle",
            ),
            (
                "memory",
                self.memory_roof,
                "all bytes as fast as they can come",
            ),
            ("T", self.throughput, "this run"),
        ];
        let highest = self.multiplier_roof.max(self.memory_roof);
        let bar = |rate: f64| "#".repeat((BAR * rate / highest).round() as usize);
        let roofs =
            roofs.map(|(name, rate, what)| [name.into(), giga(rate), bar(rate), what.into()]);
        let roofs = roofs
            .into_iter()
            .fold(Table::plain(), |table, row: [String; 4]| table.row(row));
        let units = self.energy_by_unit.iter();
        let mut units: Vec<_> = units.filter(|(_, joules)| **joules > 0.0).collect();
        units.sort_by(|a, b| b.1.total_cmp(a.1));
        let units = units.into_iter().map(|(unit, joules)| {
            let all = self.energy.unwrap_or(*joules);
            let share = format!("{:.1} %", 100.0 * joules / all);
            [unit.to_string(), format!("{:.4} uJ", 1e6 * joules), share]
        });
        let units = units.fold(Table::plain(), Table::row).right(&[1, 2]);
        let by_unit = match self.energy {
            None => String::new(),
            Some(_) => format!("\nEnergy by unit, {}:\n\n{units}", self.technology),
        };
        format!(
            "{}{by_unit}\nRoofline, {:.2} products for each byte:\n\n{}",
            self.figures(),
            self.operations_per_byte,
            roofs.right(&[1])
        )
    }
}

/// A rate for a terminal.
fn giga(rate: f64) -> String {
    format!("{:.3} G/s", rate / 1e9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_keep_to_their_formulas() {
        let work = Work {
            products: 64_000,
            cycles: 1_500,
            multipliers: 64,
            bytes: 8_000,
            bytes_a_cycle: 16.0,
            active: 1_000,
        };
        let of = Performance::new(work, "100MHz".parse().unwrap(), &Energy::default());
        assert_eq!(of.throughput, 64_000.0 / of.seconds);
        assert_eq!(of.bandwidth, 6.4e9);
        assert_eq!(of.memory_roof, 12.8e9);
        let latency = of.delay + 64_000.0 / of.bandwidth;
        assert!((latency - of.latency).abs() < 1e-12, "{latency}");
        insta::assert_snapshot!(of.text());
    }

    #[test]
    fn what_moves_nothing_has_no_rate() {
        let work = Work {
            products: 0,
            cycles: 0,
            multipliers: 64,
            bytes: 0,
            bytes_a_cycle: 16.0,
            active: 0,
        };
        let of = Performance::new(work, "100MHz".parse().unwrap(), &Energy::default());
        assert_eq!((of.delay, of.throughput), (0.0, 0.0));
        assert!(of.text().contains("Roofline"));
    }
}
