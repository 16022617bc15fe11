//! `ferrogrid inspect`.

mod compiled;

use super::error::CliError;
use super::npu::{Mode, executable_error, import};
use super::output::print;
use crate::compiler::{Place, places};
use crate::device::{Executable, NetworkPort};
use crate::graph::{Graph, Node, Operator, Tensor, TensorId};
use crate::report::{Table, counted, grouped, json, shape};
use crate::runtime::ModelError;
use crate::runtime::read_bytes;
use clap::Args;
use compiled::Compiled;
use serde::Serialize;
use std::path::PathBuf;

/// List the nodes of a network: what runs where, shapes, multiplications, quantization; or what a compiled one holds
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  ferrogrid inspect resnet8_int8.tflite")]
pub(super) struct Inspect {
    /// A .tflite or .onnx file, or a network that `ferrogrid compile` wrote
    model: PathBuf,
    /// Whose integers are computed [default: onnx for .onnx, tflm for .tflite]
    #[arg(long, value_enum)]
    mode: Option<Mode>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A tensor: inputs and outputs as the file has them, results with their channels last.
#[derive(Serialize)]
struct TensorRow {
    name: String,
    element: String,
    shape: Vec<usize>,
    scale: Option<f32>,
    zero_point: Option<i32>,
}

/// A node of a network.
#[derive(Serialize)]
struct NodeRow {
    name: String,
    operator: &'static str,
    macs: u64,
    output: TensorRow,
    /// Scales of the weights, where there are any.
    weight_scales: Option<usize>,
    /// `npu`, `host` or `nowhere`.
    runs_on: &'static str,
    /// Why it runs on the host.
    reason: Option<String>,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Output {
    mode: &'static str,
    inputs: Vec<TensorRow>,
    outputs: Vec<TensorRow>,
    nodes: Vec<NodeRow>,
}

impl Inspect {
    pub fn run(self) -> miette::Result<()> {
        let bytes = read_bytes(&self.model)?;
        if Executable::is_file(&bytes) {
            return Ok(print(&self.compiled(&bytes)?)?);
        }
        let graph = import(&self.model, &bytes)?;
        let mode = self.mode.unwrap_or(Mode::of(graph.family));
        let places = places(&graph, mode.rounding());
        let places = places.map_err(|error| ModelError::Import {
            path: self.model.clone(),
            error: error.into(),
        })?;
        let port = |id: &TensorId| TensorRow {
            shape: NetworkPort::of(&graph, *id).file_shape(),
            ..tensor_row(&graph[*id])
        };
        let tensors = |ids: &[TensorId]| ids.iter().map(port).collect();
        let nodes = graph.nodes.iter().zip(places);
        let output = Output {
            mode: mode.name(),
            inputs: tensors(&graph.inputs),
            outputs: tensors(&graph.outputs),
            nodes: nodes
                .map(|(node, place)| node_row(&graph, node, place))
                .collect(),
        };
        Ok(print(&match self.json {
            true => json(&output),
            false => text(&output),
        })?)
    }

    /// What is said of a compiled network.
    fn compiled(&self, bytes: &[u8]) -> Result<String, CliError> {
        let network = Executable::from_bytes(bytes).map_err(executable_error(&self.model))?;
        let mode = Mode::of_rounding(network.rounding);
        mode.check_asked(self.mode, &self.model)?;
        let contents = Compiled::of(&network, mode);
        Ok(match self.json {
            true => json(&contents),
            false => contents.text(),
        })
    }
}

fn tensor_row(tensor: &Tensor) -> TensorRow {
    let quantization = tensor.quantization.as_ref();
    TensorRow {
        name: tensor.name.clone(),
        element: tensor.element.to_string(),
        shape: tensor.shape.clone(),
        scale: quantization.map(|meaning| meaning.scale(0)),
        zero_point: quantization.map(|meaning| meaning.zero_point(0)),
    }
}

fn node_row(graph: &Graph, node: &Node, place: Place) -> NodeRow {
    let output = &graph[node.output];
    let weights = match node.operator {
        Operator::Convolution(_) | Operator::FullyConnected => Some(&graph[node.inputs[1]]),
        _ => None,
    };
    let quantization = weights.and_then(|weights| weights.quantization.as_ref());
    let (runs_on, reason) = match place {
        Place::Npu => ("npu", None),
        Place::Host(reason) => ("host", Some(reason)),
        Place::Nowhere => ("nowhere", None),
    };
    NodeRow {
        name: node.name.clone(),
        operator: node.operator.name(),
        macs: graph.multiplications(node),
        output: tensor_row(output),
        weight_scales: quantization.map(|meaning| meaning.scales.len()),
        runs_on,
        reason,
    }
}

/// `int8, 0.25 * (q + 128)`: what integers mean.
fn meaning(tensor: &TensorRow) -> String {
    match (tensor.scale, tensor.zero_point) {
        (Some(scale), Some(0)) => format!("{}, {scale} q", tensor.element),
        (Some(scale), Some(zero)) if zero < 0 => {
            format!("{}, {scale} (q + {})", tensor.element, zero.unsigned_abs())
        }
        (Some(scale), Some(zero)) => format!("{}, {scale} (q - {zero})", tensor.element),
        _ => tensor.element.clone(),
    }
}

fn text(output: &Output) -> String {
    let mut ports = Table::plain();
    for (what, tensors) in [("input", &output.inputs), ("output", &output.outputs)] {
        for tensor in tensors {
            ports = ports.row([
                what.into(),
                tensor.name.clone(),
                shape(&tensor.shape),
                meaning(tensor),
            ]);
        }
    }
    let headings = [
        "node",
        "operator",
        "result",
        "MACs",
        "weights",
        "result means",
        "runs on",
    ];
    let mut table = Table::new(&headings);
    for node in &output.nodes {
        table = table.row([
            node.name.clone(),
            node.operator.into(),
            shape(&node.output.shape),
            match node.macs {
                0 => String::new(),
                macs => grouped(macs),
            },
            match node.weight_scales {
                None => String::new(),
                Some(1) => "per tensor".into(),
                Some(_) => "per channel".into(),
            },
            meaning(&node.output),
            node.runs_on.into(),
        ]);
    }
    let macs: u64 = output.nodes.iter().map(|node| node.macs).sum();
    let mut text = format!("{ports}\n{}\n{} MACs\n", table.right(&[3]), grouped(macs));
    let on = |place: &str| {
        output
            .nodes
            .iter()
            .filter(|node| node.runs_on == place)
            .count()
    };
    text += &format!(
        "{}: {} on the NPU, {} on the host, {} nowhere in mode {}\n",
        counted(output.nodes.len() as u64, "node"),
        on("npu"),
        on("host"),
        on("nowhere"),
        output.mode
    );
    for node in &output.nodes {
        if let Some(reason) = &node.reason {
            text += &format!("on the host: {} ({}): {reason}\n", node.name, node.operator);
        }
    }
    text
}
