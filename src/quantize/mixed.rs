//! Which tensors need 16 bits.

use super::QuantizeError;
use super::calibrate::Range;
use super::insert::{insert_narrow, meanings};
use super::network::Network;
use super::noise::ratios;
use super::plan::Plan;
use super::progress::Progress;
use super::samples::Samples;
use std::collections::{BTreeMap, BTreeSet};

/// Samples that tell which tensors are sensitive.
const ENOUGH: usize = 32;

/// Decibels that are no difference.
const NEAR: f64 = 0.1;

/// The tensors that must have 16 bits for the outputs to have this ratio of signal and noise, in decibels, or the best that
/// they can have: as few as taking the most sensitive ones first gives.
pub(super) fn wide_tensors(
    network: &Network,
    plan: &Plan,
    ranges: &BTreeMap<String, Range>,
    samples: &Samples,
    wanted: f64,
    progress: &mut Progress,
) -> Result<BTreeSet<String>, QuantizeError> {
    let outputs = network.graph().output.iter();
    let outputs = Vec::from_iter(outputs.map(|output| output.name.clone()));
    let roots = plan.own();
    progress.begin(
        "find sensitive tensors",
        (2 * roots.len() + 1) * samples.len().min(ENOUGH),
    )?;
    let mut ratio = |wide: &BTreeSet<String>| -> Result<f64, QuantizeError> {
        let meanings = meanings(plan, ranges, wide);
        let inserted = insert_narrow(network, plan, &meanings);
        let ratios = ratios(network, &inserted, &outputs, (samples, ENOUGH), progress)?;
        Ok(ratios.into_iter().flatten().fold(f64::INFINITY, f64::min))
    };
    let mut wide = BTreeSet::new();
    if ratio(&wide)? >= wanted {
        return Ok(wide);
    }
    let alone = roots.into_iter().map(|root| {
        let ratio = ratio(&BTreeSet::from([root.clone()]))?;
        Ok((ratio, root))
    });
    let mut alone = alone.collect::<Result<Vec<_>, QuantizeError>>()?;
    alone.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut steps = Vec::new();
    for (_, root) in alone {
        wide.insert(root);
        let found = ratio(&wide)?;
        steps.push((found, wide.clone()));
        if found >= wanted {
            break;
        }
    }
    // Weights have 8 bits: where the outputs cannot have the ratio, what does not help has 8 bits, too.
    let best = steps
        .iter()
        .fold(0.0, |best: f64, (found, _)| best.max(*found));
    let enough = steps.into_iter().find(|(found, _)| *found >= best - NEAR);
    Ok(enough.map_or_else(BTreeSet::new, |(_, wide)| wide))
}
