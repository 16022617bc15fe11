//! The networks of MLPerf Tiny on the presets, beside what others have published.

use super::networks::{cycles_of, native, preset, read};
use super::{BenchError, Options};
use crate::report::{Table, grouped};
use serde::Serialize;

/// What is done, and the file.
pub(super) const NETWORKS: [(&str, &str); 4] = [
    ("image", "ic_resnet8_int8.tflite"),
    ("keyword", "kws_dscnn_int8.tflite"),
    ("person", "vww_mbv1_025_int8.tflite"),
    ("anomaly", "ad_autoencoder_int8.tflite"),
];
/// Presets with a clock in MHz: for `nano` and `small` the one that `--figure routed` asks of them and that they reach, for
/// `edge` the one that `ferrogrid run` tells latencies for.
const PRESETS: [(&str, f64); 3] = [("nano", 80.0), ("small", 80.0), ("edge", 100.0)];

/// A figure of others: name, multipliers, clock in MHz where it is published, and thousands of cycles of each network.
type Published = (&'static str, &'static str, Option<f64>, [Option<f64>; 4]);

/// Figures of others.
/// GAP9, fpgaConvNet, ANPU and NDP120: median throughput and clock of the results of MLPerf Tiny, closed division, of
/// the version that is named; Ethos-U: what Vela 5.2.0 estimates of the same files, its default memories included.
const PUBLISHED: [Published; 6] = [
    (
        "GAP9, v1.0",
        "",
        Some(370.0),
        [Some(228.0), Some(176.0), Some(416.0), Some(65.0)],
    ),
    (
        "fpgaConvNet on a ZedBoard, v1.1",
        "188 to 211 DSP",
        None,
        [Some(58.8), Some(46.3), Some(1050.0), None],
    ),
    (
        "fpgaConvNet on a ZC706, v1.1",
        "525 to 564 DSP",
        None,
        [Some(27.5), None, Some(144.0), None],
    ),
    (
        "ANPU on a VCU128, v1.3",
        "994 DSP, SoC included",
        None,
        [None, None, Some(69.2), None],
    ),
    (
        "Syntiant NDP120",
        "",
        None,
        [Some(502.0), Some(145.0), Some(402.0), None],
    ),
    (
        "Ethos-U55-256, estimate of Vela",
        "256",
        None,
        [Some(142.0), Some(58.0), Some(161.0), Some(201.0)],
    ),
];

/// A system, and what an inference of each network takes on it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TinyRow {
    /// The preset, or the system of others.
    pub system: String,
    /// Multipliers, as far as they are known.
    pub multipliers: String,
    /// MHz, where a clock is told.
    pub clock: Option<f64>,
    /// Cycles of an inference: of others rounded as they are published.
    pub cycles: [Option<u64>; 4],
    /// Share of the multipliers in percent, where it was measured.
    pub utilization: [Option<f64>; 4],
}

impl TinyRow {
    fn cells(&self) -> Vec<String> {
        let clock = self.clock.map(|clock| format!("{clock:.0}"));
        let mut cells = vec![
            self.system.clone(),
            self.multipliers.clone(),
            clock.unwrap_or_default(),
        ];
        for (cycles, utilization) in self.cycles.iter().zip(self.utilization) {
            cells.push(cycles.map(grouped).unwrap_or_default());
            let milliseconds = cycles.zip(self.clock);
            let milliseconds = milliseconds.map(|(cycles, clock)| cycles as f64 / clock / 1000.0);
            cells.push(milliseconds.map_or(String::new(), |time| format!("{time:.2} ms")));
            cells.push(utilization.map_or(String::new(), |percent| format!("{percent:.1} %")));
        }
        cells
    }
}

/// The rows as text.
pub(super) fn table(rows: &[TinyRow]) -> String {
    let mut headings = vec!["MLPerf Tiny, cycles", "multipliers", "MHz"];
    for (name, _) in NETWORKS {
        headings.extend([name, "", ""]);
    }
    let table = rows
        .iter()
        .fold(Table::new(&headings), |table, row| table.row(row.cells()));
    table.right(&Vec::from_iter(2..headings.len())).to_string()
}

/// Runs the networks of a folder on each preset.
pub(super) fn measure(
    options: &Options,
    progress: &mut dyn FnMut(&str),
) -> Result<Vec<TinyRow>, BenchError> {
    let Some(folder) = &options.models else {
        return Ok(Vec::new());
    };
    let mut rows = Vec::new();
    for (name, clock) in PRESETS {
        let arch = preset(name, None);
        let multipliers = u64::from(arch.tile_bytes());
        let (mut cycles, mut utilization) = ([None; 4], [None; 4]);
        for (place, (_, file)) in NETWORKS.iter().enumerate() {
            progress(&format!("  {file} on {name}"));
            let graph = read(&folder.join(file))?;
            let (took, products) = cycles_of(&graph, &arch, native(&arch)?)?;
            cycles[place] = Some(took);
            utilization[place] = Some(100.0 * products as f64 / (took * multipliers) as f64);
        }
        rows.push(TinyRow {
            system: name.to_owned(),
            multipliers: multipliers.to_string(),
            clock: Some(clock),
            cycles,
            utilization,
        });
    }
    rows.extend(
        PUBLISHED.map(|(system, multipliers, clock, thousands)| TinyRow {
            system: system.to_owned(),
            multipliers: multipliers.to_owned(),
            clock,
            cycles: thousands.map(|cycles| cycles.map(|cycles| (1000.0 * cycles) as u64)),
            utilization: [None; 4],
        }),
    );
    Ok(rows)
}
