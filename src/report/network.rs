//! A run of a network: its layers, and how long it took.

use super::Clock;
use super::numbers::{grouped, percent, ratio};
use super::table::Table;
use crate::arch::NpuArch;
use crate::device::{Executable, HostNode, Inference, NetworkPort};
use crate::isa::npu::COUNTERS_OF;
use serde::Serialize;
use std::collections::BTreeMap;

/// A layer of a network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LayerRow {
    /// Name of the node that it begins with.
    pub name: String,
    /// Its operator.
    pub operator: String,
    /// Shape of its result.
    pub shape: Vec<usize>,
    /// Products that the network asks for.
    pub macs: u64,
    /// `npu` or `host`.
    pub runs_on: &'static str,
}

/// The layers of a network in order of execution, those of the host included.
pub fn layer_rows(network: &Executable) -> Vec<LayerRow> {
    let host = |port: &NetworkPort, node: &HostNode| LayerRow {
        name: node.name.clone(),
        operator: node.operator_name().into(),
        shape: port.shape.clone(),
        macs: 0,
        runs_on: "host",
    };
    let of_ports = |ports: &[NetworkPort]| {
        let rows = ports
            .iter()
            .flat_map(|port| port.host.iter().map(|node| host(port, node)));
        rows.collect::<Vec<_>>()
    };
    let layers = network.network.layers.iter().map(|layer| LayerRow {
        name: layer.name.clone(),
        operator: layer.operator.clone(),
        shape: layer.shape.clone(),
        macs: layer.multiplications,
        runs_on: "npu",
    });
    let mut rows = of_ports(&network.inputs);
    rows.extend(layers);
    rows.extend(of_ports(&network.outputs));
    rows
}

/// Layers as a table.
pub fn layer_table(rows: &[LayerRow]) -> Table {
    let mut table = Table::new(&["layer", "operator", "result", "MACs", "runs on"]);
    for row in rows {
        let macs = match row.macs {
            0 => String::new(),
            macs => grouped(macs),
        };
        table = table.row([
            row.name.clone(),
            row.operator.clone(),
            shape(&row.shape),
            macs,
            row.runs_on.into(),
        ]);
    }
    table.right(&[3])
}

/// `32x32x16`.
pub fn shape(sizes: &[usize]) -> String {
    let sizes: Vec<_> = sizes.iter().map(usize::to_string).collect();
    sizes.join("x")
}

/// The figures of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NetworkReport {
    /// Name of the core.
    pub core: String,
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
    pub counters: BTreeMap<&'static str, u64>,
    /// Cycles in a second.
    pub clock_hz: f64,
    /// Seconds from the start to the interrupt.
    pub latency_s: f64,
    /// Inferences in a second, one behind the other.
    pub inferences_per_s: f64,
    #[serde(skip)]
    clock: Clock,
    #[serde(skip)]
    multipliers: u64,
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
        let slowest = inferences.iter().max_by_key(|inference| inference.cycles);
        let slowest = slowest.expect("an inference");
        let names = COUNTERS_OF.iter().map(|(name, _)| *name);
        let counters: BTreeMap<_, _> = names.zip(slowest.counters).collect();
        let layers = layer_rows(network);
        let macs = layers.iter().map(|layer| layer.macs).sum();
        let multipliers = u64::from(arch.tile_bytes());
        let beat = u64::from(arch.bus_bytes());
        let cycles = slowest.cycles;
        NetworkReport {
            core: arch.name.clone(),
            config_hash: format!("0x{:08x}", arch.config_hash()),
            simulator: simulator.into(),
            inferences: inferences.len(),
            layers,
            macs,
            cycles,
            utilization: ratio(macs, cycles * multipliers),
            bytes_read: beat * counters["read_beats"],
            bytes_written: beat * counters["write_beats"],
            counters,
            clock_hz: clock.hertz(),
            latency_s: cycles as f64 / clock.hertz(),
            inferences_per_s: clock.hertz() / cycles as f64,
            clock,
            multipliers,
        }
    }

    /// As text for a terminal.
    pub fn text(&self) -> String {
        let row = |name: &str, value: String, what: String| [name.to_owned(), value, what];
        let counter = |name: &str| grouped(self.counters[name]);
        let array = |what: &str| format!("cycles in which the array {what}");
        let rows = [
            row(
                "MACs",
                grouped(self.macs),
                "products that the network asks for".into(),
            ),
            row(
                "cycles",
                grouped(self.cycles),
                "from the start to the interrupt".into(),
            ),
            row(
                "utilization",
                percent(self.macs, self.cycles * self.multipliers),
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
                grouped(self.inferences_per_s as u64),
                "inferences a second, one behind the other".into(),
            ),
        ];
        let table = rows
            .into_iter()
            .fold(Table::plain(), Table::row)
            .right(&[1]);
        format!("{}\n{table}\n", layer_table(&self.layers))
    }
}
