//! The layers of a network as rows of a table.

use super::limit::{Limit, Needs};
use crate::arch::NpuArch;
use crate::compiler::{Kept, Network, Step};
use crate::device::{Executable, Inference, ProgramTime, Span};
use crate::graph::Operator;
use crate::isa::npu::Operation;
use crate::report::Table;
use crate::report::numbers::{grouped, ratio};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A layer of a network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerRow {
    /// Name of the node that it begins with.
    pub name: String,
    /// Its operator.
    pub operator: String,
    /// Shape of its result.
    pub shape: Vec<usize>,
    /// The channels of the network's tensor that the result has, where it has not all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<Kept>,
    /// Products that the network asks for.
    pub macs: u64,
    /// `npu` or `host`.
    pub runs_on: Cow<'static, str>,
    /// Of a layer that has run on the NPU.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub measured: Option<Measured>,
}

/// What a layer took of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Cycles from the end of the layer before it: what it does beside that one counts there.
    pub cycles: u64,
    /// Cycles in which a unit was at work for it, and at least what that takes: some of them for other layers too.
    pub at_work: u64,
    /// Products that were computed, at most: not those that are the same for every input.
    pub computed: u64,
    /// Products per multiplier and cycle, 0 to 1.
    pub utilization: f64,
    /// Bytes of weights, parameters and activations read from DRAM.
    pub bytes_read: u64,
    /// Bytes written.
    pub bytes_written: u64,
    /// What it could not be faster than.
    pub limited_by: Limit,
}

/// The layers of a network in order of execution, those of the host included.
pub fn layer_rows(network: &Executable) -> Vec<LayerRow> {
    let mut rows = Vec::new();
    for step in &network.steps {
        match step {
            Step::Host(place) => {
                let node = network.host_node(*place);
                // Other sizes of the same bytes are no work.
                if !matches!(node.operator, Operator::Reshape { .. }) {
                    rows.push(LayerRow {
                        name: node.name.clone(),
                        operator: node.operator.name().into(),
                        shape: network.graph[node.output].shape.clone(),
                        kept: None,
                        macs: network.graph.multiplications(node),
                        runs_on: "host".into(),
                        measured: None,
                    });
                }
            }
            Step::Program(program) => rows.extend(program.layers.iter().map(|layer| LayerRow {
                name: layer.name.clone(),
                operator: layer.operator.clone(),
                shape: layer.shape.clone(),
                kept: layer.kept.clone(),
                macs: layer.multiplications,
                runs_on: "npu".into(),
                measured: None,
            })),
        }
    }
    rows
}

/// Measures the layers of an inference.
pub(super) fn measure(
    rows: &mut [LayerRow],
    arch: &NpuArch,
    network: &Executable,
    inference: &Inference,
) {
    let mut rows = rows.iter_mut().filter(|row| row.runs_on == "npu");
    for (program, time) in network.programs().zip(&inference.programs) {
        measure_program(&mut rows, arch, program, time);
    }
}

/// Measures the layers of a program, which are the next rows.
fn measure_program<'a>(
    rows: &mut impl Iterator<Item = &'a mut LayerRow>,
    arch: &NpuArch,
    network: &Network,
    time: &ProgramTime,
) {
    let program = &network.program;
    let spans = time.timeline.of_program(program);
    let multipliers = u64::from(arch.tile_bytes());
    let layers = &network.layers;
    let mut before = 0;
    for ((number, layer), row) in layers.iter().enumerate().zip(rows) {
        let of_post = |at: usize| {
            let is_post = matches!(program[at].operation, Operation::Post(_));
            spans[at].filter(|_| is_post).map(|span| span.end)
        };
        let end = layer.instructions.iter().filter_map(of_post).max();
        // What follows the last layer is its own: the rest of the outputs.
        let end = match number + 1 == layers.len() {
            true => time.cycles,
            false => end.unwrap_or(before),
        };
        let mut needs = Needs::default();
        for at in layer.instructions.iter() {
            needs.add(&program[at].operation, arch);
        }
        let of_layer = layer.instructions.iter().filter_map(|at| spans[at]);
        let cycles = end.saturating_sub(before);
        before = end;
        row.measured = Some(Measured {
            cycles,
            at_work: at_work(of_layer).max(needs.most(arch).1),
            computed: row.macs.min(needs.products),
            utilization: ratio(row.macs, cycles * multipliers),
            bytes_read: needs.bytes_read,
            bytes_written: needs.bytes_written,
            limited_by: needs.limit(cycles, arch),
        });
    }
}

/// Cycles of any of these.
fn at_work(spans: impl Iterator<Item = Span>) -> u64 {
    let mut spans = Vec::from_iter(spans);
    spans.sort_by_key(|span| span.start);
    let mut end = 0;
    let cycles = spans.iter().map(|span| {
        let from = span.start.max(end);
        end = end.max(span.end);
        span.end.saturating_sub(from)
    });
    cycles.sum()
}

/// Layers as a table, with what was measured of them if any was.
pub fn layer_table(rows: &[LayerRow]) -> Table {
    let is_measured = rows.iter().any(|row| row.measured.is_some());
    let mut headings = vec!["layer", "operator", "result", "MACs", "runs on"];
    if is_measured {
        headings.extend(["cycles", "utilization", "read", "written", "limited by"]);
    }
    let mut table = Table::new(&headings);
    for row in rows {
        let macs = match row.macs {
            0 => String::new(),
            macs => grouped(macs),
        };
        let mut cells = vec![
            row.name.clone(),
            row.operator.clone(),
            match &row.kept {
                None => shape(&row.shape),
                Some(kept) => format!("{} of {}", shape(&row.shape), kept.of),
            },
            macs,
            row.runs_on.to_string(),
        ];
        if let Some(measured) = &row.measured {
            cells.extend([
                grouped(measured.cycles),
                format!("{:.1} %", 100.0 * measured.utilization),
                grouped(measured.bytes_read),
                grouped(measured.bytes_written),
                measured.limited_by.to_string(),
            ]);
        }
        cells.resize(headings.len(), String::new());
        table = table.row(cells);
    }
    match is_measured {
        true => table.right(&[3, 5, 6, 7, 8]),
        false => table.right(&[3]),
    }
}

/// `32x32x16`.
pub fn shape(sizes: &[usize]) -> String {
    let sizes: Vec<_> = sizes.iter().map(usize::to_string).collect();
    sizes.join("x")
}
