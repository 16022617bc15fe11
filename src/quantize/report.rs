//! What quantization made of a network.

use super::QuantizeError;
use super::insert::{Inserted, Meaning};
use super::network::{Network, title};
use super::noise::ratios;
use super::plan::Plan;
use super::progress::Progress;
use super::samples::Samples;
use serde::Serialize;
use std::collections::BTreeMap;

/// What quantization made of a network.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// Samples that were calibrated with.
    pub samples: usize,
    /// Nodes that became part of others.
    pub folded: usize,
    /// Pairs of layers that were equalized.
    pub equalized: usize,
    /// The quantized tensors with scales of their own, in the order in which they are computed.
    pub tensors: Vec<QuantizedTensor>,
    /// Ratio of signal and noise of each output in decibels; none where nothing is added.
    pub outputs: Vec<(String, Option<f64>)>,
    /// Nodes that compute in floating point, with their operators.
    pub left: Vec<(String, String)>,
    /// Why a core does not run the network, if it does not.
    pub unsupported: Option<String>,
    /// Right answers, where they were counted.
    pub accuracy: Option<Accuracy>,
}

/// A tensor, what its integers stand for, and how far it is from what it was.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct QuantizedTensor {
    /// The node that computes it; empty for an input.
    pub node: String,
    /// Its operator.
    pub operator: String,
    /// Name of the tensor.
    pub name: String,
    /// Bits of its integers.
    pub bits: u32,
    /// What the least integer stands for.
    pub low: f32,
    /// What the largest stands for.
    pub high: f32,
    /// What one step of its integers stands for.
    pub scale: f32,
    /// The integer of 0.
    pub zero_point: i32,
    /// Ratio of signal and noise in decibels; none where nothing is added.
    pub ratio: Option<f64>,
}

/// Right answers, before and after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Accuracy {
    /// Answers.
    pub samples: usize,
    /// Right in floating point.
    pub float: usize,
    /// Right when quantized.
    pub quantized: usize,
}

/// The report of a quantized network, compared with that in floating point.
pub(super) fn report(
    float: &Network,
    plan: &Plan,
    meanings: &BTreeMap<String, Meaning>,
    evaluated: &Inserted,
    samples: &Samples,
    progress: &mut Progress,
) -> Result<Report, QuantizeError> {
    let inputs = float.inputs().iter().map(|input| input.name.clone());
    let computed = float.nodes().iter().flat_map(|node| node.output.clone());
    let names = inputs.chain(computed);
    let own = names.filter(|name| plan.roots.get(name) == Some(name));
    let mut names = Vec::from_iter(own);
    let tensors = names.len();
    names.extend(
        float
            .graph()
            .output
            .iter()
            .map(|output| output.name.clone()),
    );
    progress.begin("compare", samples.len())?;
    let all = (samples, samples.len());
    let ratios = ratios(float, evaluated, &names, all, progress)?;
    let mut told = names.into_iter().zip(ratios);
    let tensors = told.by_ref().take(tensors).map(|(name, ratio)| {
        let node = float.producer(&name).map(|at| &float.nodes()[at]);
        let Meaning {
            bits,
            scale,
            zero_point,
        } = meanings[&name];
        let real = |integer: i32| (integer - zero_point) as f32 * scale;
        let end = 1 << (bits - 1);
        QuantizedTensor {
            node: node.map_or_else(String::new, title),
            operator: node.map_or_else(|| "input".into(), |node| node.op_type.clone()),
            name,
            bits,
            low: real(-end),
            high: real(end - 1),
            scale,
            zero_point,
            ratio,
        }
    });
    let left = plan.left.iter().map(|at| &float.nodes()[*at]);
    Ok(Report {
        samples: samples.len(),
        tensors: tensors.collect(),
        outputs: told.collect(),
        left: left
            .map(|node| (title(node), node.op_type.clone()))
            .collect(),
        ..Report::default()
    })
}
