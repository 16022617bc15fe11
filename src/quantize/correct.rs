//! Takes out of biases what quantization adds to the mean of each channel (Nagel et al., "Data-Free Quantization Through
//! Weight Equalization and Bias Correction", 2019, section 4.2; here the means are those of the samples).

use super::QuantizeError;
use super::calibrate::channels;
use super::insert::{Inserted, Meaning, insert_narrow};
use super::layer::Layer;
use super::network::Network;
use super::plan::Plan;
use super::progress::Progress;
use super::run::Run;
use super::samples::Samples;
use std::collections::BTreeMap;

/// Samples that tell the means of a channel.
const ENOUGH: usize = 128;

/// Corrects every layer that takes a bias, in the order of the nodes, each behind those that are corrected.
pub(super) fn correct(
    network: &mut Network,
    plan: &Plan,
    meanings: &BTreeMap<String, Meaning>,
    samples: &Samples,
    progress: &mut Progress,
) -> Result<(), QuantizeError> {
    let layers = (0..network.nodes().len()).filter_map(|at| Layer::of(network, at));
    let layers = layers.filter(|layer| {
        let quantized = meanings.contains_key(&network.nodes()[layer.node].input[0]);
        quantized && layer.takes_bias() && layer.bias(network).is_some()
    });
    let layers = Vec::from_iter(layers);
    progress.begin("correct biases", layers.len())?;
    let wanted = network.clone();
    let wanted = Run::new(&wanted, samples)?;
    for layer in layers {
        let output = network.nodes()[layer.node].output[0].clone();
        let inserted = insert_narrow(network, plan, meanings);
        let found = Run::new(&inserted.network, samples)?;
        let computed = computed(&inserted, &output);
        let mut bias = layer.bias(network).unwrap_or_default();
        let mut errors = vec![(0.0_f64, 0_usize); bias.len()];
        for sample in 0..samples.len().min(ENOUGH) {
            let wanted = wanted.tensors(sample, std::slice::from_ref(&output))?;
            let found = found.tensors(sample, std::slice::from_ref(&computed))?;
            let difference = &wanted[0] - &found[0];
            let sums = channels(&difference, |values| {
                values.fold((0.0, 0), |(sum, count), value| {
                    (sum + f64::from(value), count + 1)
                })
            });
            for (error, (sum, count)) in errors.iter_mut().zip(sums) {
                *error = (error.0 + sum, error.1 + count);
            }
        }
        for (bias, (sum, count)) in bias.iter_mut().zip(errors) {
            *bias += (sum / count.max(1) as f64) as f32;
        }
        layer.set_bias(network, bias);
        progress.step()?;
    }
    Ok(())
}

/// What a tensor is called before it is quantized.
fn computed(inserted: &Inserted, tensor: &str) -> String {
    let names = inserted.names.get(tensor);
    names.map_or_else(|| tensor.to_owned(), |[before, _]| before.clone())
}
