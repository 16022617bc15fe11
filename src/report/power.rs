//! Power, area and clock of an array in gates.

use super::Clock;
use super::numbers::grouped;
use super::table::Table;
use crate::product::Product;
use crate::synth::power::GatePower;
use serde::Serialize;

/// What was measured of an array in gates.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PowerReport {
    /// Name of the core.
    pub core: String,
    /// The library of gates.
    pub technology: &'static str,
    /// Cycles in a second.
    pub clock_hz: f64,
    /// Multipliers of the array.
    pub multipliers: u64,
    /// Watts.
    pub power_w: f64,
    /// Watts that the model says.
    pub model_w: f64,
    /// The gates.
    #[serde(flatten)]
    pub gates: GatePower,
}

impl PowerReport {
    /// The report of an array.
    pub fn new(product: &dyn Product, clock: Clock, model_w: f64, gates: GatePower) -> PowerReport {
        PowerReport {
            core: product.name(),
            technology: "osu018",
            clock_hz: clock.hertz(),
            multipliers: product.multipliers(),
            power_w: gates.sequential.total() + gates.combinational.total(),
            model_w,
            gates,
        }
    }

    /// As text for a terminal.
    pub fn text(&self) -> String {
        let gates = &self.gates;
        let milli = |watts: f64| format!("{:.4} mW", 1e3 * watts);
        let mut power = Table::new(&["", "internal", "switching", "leakage", "power"]);
        for (name, watts) in [
            ("registers", gates.sequential),
            ("other gates", gates.combinational),
        ] {
            power = power.row([
                name.into(),
                milli(watts.internal),
                milli(watts.switching),
                milli(watts.leakage),
                milli(watts.total()),
            ]);
        }
        let mut units = Table::new(&["unit", "gates", "area"]);
        for (name, (count, area)) in &gates.units {
            let area = format!("{area:.0} um2");
            units = units.row([name.clone(), grouped(*count as u64), area]);
        }
        let clock = gates.shortest_ns.map_or_else(String::new, |shortest| {
            format!(", at most {:.0} MHz between registers", 1e3 / shortest)
        });
        format!(
            "{}: array in gates of {}, {:.1} MHz\n\n{}\n{}\n{} in all, {:.2} pJ a cycle, {:.3} pJ a multiplier and cycle; \
             {} gates, {} of them registers, {:.4} mm2{clock}\nmodel: {}, {:+.1} %\n",
            self.core,
            self.technology,
            self.clock_hz / 1e6,
            power.right(&[1, 2, 3, 4]),
            units.right(&[1, 2]),
            milli(self.power_w),
            1e12 * gates.joules_a_cycle,
            1e12 * gates.joules_a_cycle / self.multipliers as f64,
            grouped(gates.gates as u64),
            grouped(gates.registers as u64),
            gates.area_um2 / 1e6,
            milli(self.model_w),
            100.0 * (self.model_w / self.power_w - 1.0),
        )
    }
}
