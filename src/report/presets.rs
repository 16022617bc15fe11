//! The list of presets.

use super::numbers::grouped;
use super::table::Table;
use crate::arch::MatmulArch;
use serde::Serialize;

/// A core in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CoreRow {
    /// Name of the core.
    pub name: String,
    /// Rows of the array.
    pub rows: u32,
    /// Columns of the array.
    pub columns: u32,
    /// As in the TOML.
    pub dataflow: &'static str,
    /// Element type of A.
    pub activation: &'static str,
    /// Element type of B.
    pub weight: &'static str,
    /// Bits per beat of A, B and C.
    pub streams: [u32; 3],
    /// Bytes of the A buffer, the B buffer and the accumulators.
    pub buffers: [u64; 3],
    /// Largest M.
    pub max_m: u32,
    /// Largest K, whatever N.
    pub max_k: u32,
    /// Largest N, whatever K.
    pub max_n: u32,
    /// Largest K x ceil(N / columns).
    pub max_b_vectors: u32,
    /// Fingerprint of all parameters.
    pub config_hash: String,
}

impl CoreRow {
    /// What a list shows of a core.
    pub fn new(arch: &MatmulArch) -> CoreRow {
        CoreRow {
            name: arch.name.clone(),
            rows: arch.rows,
            columns: arch.columns,
            dataflow: arch.dataflow.name(),
            activation: arch.operands.activation.name(),
            weight: arch.operands.weight.name(),
            streams: [arch.a.width, arch.b.width, arch.c.width],
            buffers: [
                arch.a_buffer.size().0,
                arch.b_buffer.size().0,
                arch.accumulators.size().0,
            ],
            max_m: arch.limits.max_m,
            max_k: arch.limits.max_k,
            max_n: arch.limits.max_n,
            max_b_vectors: arch.limits.max_b_vectors,
            config_hash: format!("0x{:08x}", arch.config_hash()),
        }
    }
}

/// The cores as a table.
pub fn presets_table(cores: &[MatmulArch]) -> Table {
    let headings = [
        "name",
        "array",
        "dataflow",
        "types",
        "streams A/B/C",
        "buffers A/B/C",
        "K up to",
        "N up to",
        "K x N up to",
    ];
    cores
        .iter()
        .fold(Table::new(&headings), |table, arch| {
            let sizes = [
                arch.a_buffer.size(),
                arch.b_buffer.size(),
                arch.accumulators.size(),
            ];
            let product = u64::from(arch.limits.max_b_vectors) * u64::from(arch.columns);
            table.row([
                arch.name.clone(),
                format!("{} x {}", arch.rows, arch.columns),
                arch.dataflow.to_string(),
                arch.operands.to_string(),
                format!("{}/{}/{}", arch.a.width, arch.b.width, arch.c.width),
                sizes.map(|size| size.to_string()).join(" / "),
                grouped(arch.limits.max_k),
                grouped(arch.limits.max_n),
                grouped(product),
            ])
        })
        .right(&[6, 7, 8])
}

/// The cores as JSON.
pub fn presets_json(cores: &[MatmulArch]) -> String {
    super::json(&cores.iter().map(CoreRow::new).collect::<Vec<_>>())
}
