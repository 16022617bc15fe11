//! Post-training quantization: from an ONNX model in floating point to one in int8, as ONNX Runtime and
//! [`import`](crate::import) read it.
//!
//! Batch normalizations become part of the layers in front of them; samples are run in floating point, and say which
//! range every tensor has; layers are equalized and biases corrected; QuantizeLinear and DequantizeLinear go around what
//! computes on integers. Activations have a scale and a zero point, weights a scale for each output channel. What the
//! result loses is measured tensor by tensor. [`docs/quantize.md`](https://docs.rs/ferrogrid) has the command.
#![forbid(unsafe_code)]

mod calibrate;
mod correct;
mod equalize;
mod error;
mod fold;
mod insert;
mod layer;
mod mixed;
mod network;
mod noise;
mod operators;
mod plan;
mod progress;
mod range;
mod report;
mod run;
mod samples;
mod simplify;
#[cfg(test)]
mod tests;
mod weights;

pub use error::QuantizeError;
pub use progress::Tell;
pub use range::Method;
pub use report::{Accuracy, QuantizedTensor, Report};
pub use samples::Arrays;

use crate::import::onnx_proto::Model;
use insert::{insert, insert_narrow, meanings};
use network::Network;
use plan::Plan;
use progress::Progress;
use prost::Message;
use run::Run;
use samples::Samples;
use std::collections::BTreeMap;

/// How a network is quantized.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// How ranges of activations are found.
    pub method: Method,
    /// Channels between two layers are brought to like sizes.
    pub equalize: bool,
    /// The means of channels are kept.
    pub correct_biases: bool,
    /// The ratio of signal and noise in decibels that the outputs must have: the most sensitive activations get 16 bits
    /// until they have it.
    pub mixed: Option<f64>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            method: Method::MeanSquare,
            equalize: true,
            correct_biases: true,
            mixed: None,
        }
    }
}

/// A network before and after quantization.
pub struct Quantized {
    /// In int8.
    pub model: Model,
    /// What became of it.
    pub report: Report,
    float: Network,
    evaluated: Network,
}

/// Quantizes a model, whose weights are all in it ([`decode_onnx`](crate::import::decode_onnx)). `arrays` has samples
/// for each input, by its name or, where there is one input, by no name; `tell` hears how far it is.
///
/// # Errors
/// When the model does not run in floating point, or the samples do not fit.
pub fn quantize(
    model: Model,
    arrays: &Arrays,
    options: &Options,
    tell: &mut Tell,
) -> Result<Quantized, QuantizeError> {
    if let Method::Percentile(percent) = options.method
        && !(percent > 50.0 && percent <= 100.0)
    {
        return Err(QuantizeError::Percentile { percent });
    }
    let progress = &mut Progress::new(tell);
    let mut network = Network::new(model)?;
    simplify::simplify(&mut network);
    let samples = Samples::new(&network, arrays)?;
    samples.fix_sizes(&mut network);
    let ranks = ranks(&network, &samples)?;
    let folded = fold::fold(&mut network, &ranks);
    network.remove_unused();
    let equalized = match options.equalize {
        true => equalize::equalize(&mut network, &samples, progress)?,
        false => 0,
    };
    // What quantization is measured against.
    let float = network.clone();
    let plan = Plan::new(&network);
    let ranges = calibrate::ranges(&network, &samples, &plan.own(), options.method, progress)?;
    let wide = match options.mixed {
        Some(wanted) => mixed::wide_tensors(&network, &plan, &ranges, &samples, wanted, progress)?,
        None => Default::default(),
    };
    let meanings = meanings(&plan, &ranges, &wide);
    if options.correct_biases {
        correct::correct(&mut network, &plan, &meanings, &samples, progress)?;
    }
    let inserted = insert(&network, &plan, &meanings);
    let evaluated = insert_narrow(&network, &plan, &meanings);
    let report = report::report(&float, &plan, &meanings, &evaluated, &samples, progress)?;
    let mut model = inserted.network.model;
    model.producer_name = "ferrogrid".into();
    Ok(Quantized {
        report: Report {
            folded,
            equalized,
            unsupported: crate::import::read_onnx(&model)
                .err()
                .map(|error| error.to_string()),
            ..report
        },
        model,
        float,
        evaluated: evaluated.network,
    })
}

/// How many axes each tensor has.
fn ranks(network: &Network, samples: &Samples) -> Result<BTreeMap<String, usize>, QuantizeError> {
    let plan = Plan::new(network);
    let names = Vec::from_iter(plan.roots.into_keys());
    let tensors = Run::new(network, samples)?.tensors(0, &names)?;
    let ranks = tensors.iter().map(|tensor| tensor.ndim());
    Ok(names.into_iter().zip(ranks).collect())
}

impl Quantized {
    /// The bytes of the model's file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.model.encode_to_vec()
    }

    /// Counts the samples for which the network gives the right class, before and after: the index of the largest value of
    /// its first output. They stand in the report then.
    ///
    /// # Errors
    /// When the samples do not fit, or there are not as many labels.
    pub fn count_answers(
        &mut self,
        arrays: &Arrays,
        labels: &[i64],
        tell: &mut Tell,
    ) -> Result<(), QuantizeError> {
        let samples = Samples::new(&self.float, arrays)?;
        if samples.len() != labels.len() {
            let (samples, labels) = (samples.len(), labels.len());
            return Err(QuantizeError::Labels {
                reason: format!("there are {labels} labels for {samples} samples"),
            });
        }
        let progress = &mut Progress::new(tell);
        progress.begin("count right answers", 2 * labels.len())?;
        self.report.accuracy = Some(Accuracy {
            samples: labels.len(),
            float: noise::correct(&self.float, &samples, labels, progress)?,
            quantized: noise::correct(&self.evaluated, &samples, labels, progress)?,
        });
        Ok(())
    }
}
