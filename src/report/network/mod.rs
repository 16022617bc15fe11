//! A run of a network: its layers, and how long it took.

mod change;
mod layers;
mod limit;
mod timeline;

pub use change::Figures;
pub use layers::{LayerRow, Measured, layer_rows, layer_table, shape};
pub(super) use timeline::COLOURS;
pub use timeline::TimelinePicture;

use super::Clock;
use super::numbers::{counted, grouped, ratio};
use super::performance::{Performance, Work};
use super::table::Table;
use crate::arch::NpuArch;
use crate::device::{Executable, Inference};
use crate::isa::npu::COUNTERS_OF;
use crate::model::energy;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The figures of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NetworkReport {
    /// Name of the core.
    pub core: String,
    /// The file of the network, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Fingerprint of the core's parameters.
    pub config_hash: String,
    /// `native`, `verilator` or `icarus`.
    pub simulator: String,
    /// How often the network was run.
    pub inferences: usize,
    /// The layers.
    pub layers: Vec<LayerRow>,
    /// Products that the network asks for.
    pub macs: u64,
    /// Cycles of the slowest inference, from the start to the interrupt.
    pub cycles: u64,
    /// Products per multiplier and cycle, 0 to 1.
    pub utilization: f64,
    /// Bytes of the beats read from DRAM, the program's included.
    pub bytes_read: u64,
    /// Bytes of the beats written.
    pub bytes_written: u64,
    /// The counters of the core, of that inference.
    pub counters: BTreeMap<Cow<'static, str>, u64>,
    /// Cycles in a second.
    #[serde(rename = "clock_hz")]
    pub clock: Clock,
    /// Seconds from the start to the interrupt.
    pub latency_s: f64,
    /// What an inference was worth, of what the core does.
    pub performance: Performance,
    /// Inferences in a second, one behind the other; none where all nodes are the host's.
    pub inferences_per_s: Option<f64>,
    /// Those of the array.
    pub multipliers: u64,
    /// Which unit was at work when, where it is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeline: Option<TimelinePicture>,
}

/// The inference that reports show.
///
/// # Panics
/// When there is none.
pub fn slowest(inferences: &[Inference]) -> &Inference {
    let slowest = inferences.iter().max_by_key(|inference| inference.cycles);
    slowest.expect("an inference")
}

impl NetworkReport {
    /// The report of inferences that ended.
    ///
    /// # Panics
    /// When there is none.
    pub fn new(
        arch: &NpuArch,
        network: &Executable,
        simulator: &str,
        clock: Clock,
        inferences: &[Inference],
    ) -> NetworkReport {
        let slowest = slowest(inferences);
        let names = COUNTERS_OF.iter().map(|(name, _)| Cow::Borrowed(*name));
        let counters: BTreeMap<_, _> = names.zip(slowest.counters).collect();
        let mut layers = layer_rows(network);
        layers::measure(&mut layers, arch, network, slowest);
        let macs = layers.iter().map(|layer| layer.macs).sum();
        let on_core = layers.iter().filter(|layer| layer.runs_on == "npu");
        let on_core = on_core.map(|layer| layer.macs).sum();
        let multipliers = u64::from(arch.tile_bytes());
        let beat = u64::from(arch.bus_bytes());
        let cycles = slowest.cycles;
        let (read, written) = (counters["read_beats"], counters["write_beats"]);
        let work = Work {
            products: on_core,
            cycles,
            // Those of VECTOR too.
            multipliers: multipliers + u64::from(arch.vector_channels() * arch.vector_taps),
            bytes: beat * (read + written),
            // Beats are read and written at the same time.
            bytes_a_cycle: beat as f64 * ratio(read + written, read.max(written)),
            active: counters["matrix_active"].max(counters["vector_active"]),
        };
        let energy = energy::npu(arch, cycles, &slowest.counters, 0.0, Default::default());
        NetworkReport {
            core: arch.name.clone(),
            model: None,
            config_hash: format!("0x{:08x}", arch.config_hash()),
            simulator: simulator.into(),
            inferences: inferences.len(),
            layers,
            macs,
            cycles,
            utilization: ratio(on_core, cycles * multipliers),
            bytes_read: beat * counters["read_beats"],
            bytes_written: beat * counters["write_beats"],
            counters,
            clock,
            performance: Performance::new(work, clock, &energy),
            latency_s: cycles as f64 / clock.hertz(),
            inferences_per_s: (cycles > 0).then(|| clock.hertz() / cycles as f64),
            multipliers,
            timeline: None,
        }
    }

    /// What is to be said of the products.
    fn products(&self) -> String {
        let on_host = self.layers.iter().filter(|layer| layer.runs_on == "host");
        let products = on_host.clone().map(|layer| layer.macs);
        let products = products.fold(0, u64::saturating_add);
        let text = "products that the network asks for".to_owned();
        match on_host.count() as u64 {
            0 => text,
            layers => format!(
                "{text}, {} of them in {} on the host, whose time is in no figure here",
                grouped(products),
                counted(layers, "layer")
            ),
        }
    }

    /// The figures of the run: name, value and what it says.
    pub(super) fn figures(&self) -> Table {
        let row = |name: &str, value: String, what: String| [name.to_owned(), value, what];
        let counter = |name: &str| grouped(self.counters.get(name).copied().unwrap_or(0));
        let array = |what: &str| format!("cycles in which the array {what}");
        let rows = [
            row("MACs", grouped(self.macs), self.products()),
            row(
                "cycles",
                grouped(self.cycles),
                "from the start to the interrupt".into(),
            ),
            row(
                "utilization",
                format!("{:.1} %", 100.0 * self.utilization),
                format!("of the {} multipliers", grouped(self.multipliers)),
            ),
            row(
                "array busy",
                counter("matrix_active"),
                array("took a vector"),
            ),
            row(
                "no weights",
                counter("stall_weights"),
                array("waited for weights"),
            ),
            row(
                "no bank",
                counter("stall_bank"),
                array("waited for an accumulator bank"),
            ),
            row(
                "read",
                grouped(self.bytes_read),
                "bytes, the program included".into(),
            ),
            row("written", grouped(self.bytes_written), "bytes".into()),
            row(
                "latency",
                format!("{:.3} ms", 1e3 * self.latency_s),
                format!("at {}", self.clock),
            ),
            row(
                "throughput",
                self.inferences_per_s
                    .map_or("-".into(), |rate| grouped(rate as u64)),
                "inferences a second, one behind the other".into(),
            ),
        ];
        let rows = rows.into_iter();
        rows.fold(Table::plain(), Table::row).right(&[1])
    }

    /// As text for a terminal.
    pub fn text(&self) -> String {
        format!(
            "{}\n{}\n{}\n",
            layer_table(&self.layers),
            self.figures(),
            self.performance.text()
        )
    }
}
