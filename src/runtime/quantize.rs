//! Models in floating point, quantized from their files.

use super::ModelError;
use super::error::unknown;
use super::file::{decode_model, read_bytes};
use crate::quantize::{self, Arrays, Method, Options, QuantizeError, Quantized, Tell};
use miette::Result;
use ndarray::ArrayD;
use std::path::Path;

/// What a model is quantized with.
pub struct Quantization<'a> {
    /// Samples of each input: [`quantize()`](crate::quantize::quantize()).
    pub calibration: &'a Arrays,
    /// Other samples that right answers are counted of, where not those of the calibration.
    pub validation: Option<&'a Arrays>,
    /// The right answer for each of those samples: the index of a class.
    pub labels: Option<&'a ArrayD<f32>>,
    /// How.
    pub options: Options,
}

/// The name of a method: `minmax`, `percentile`, `entropy` or `mse`; of `percentile` so many percent.
///
/// # Errors
/// For another name.
pub fn method(name: &str, percent: f64) -> Result<Method> {
    match name {
        "minmax" => Ok(Method::MinMax),
        "percentile" => Ok(Method::Percentile(percent)),
        "entropy" => Ok(Method::Entropy),
        "mse" => Ok(Method::MeanSquare),
        _ => {
            let known = "`minmax`, `percentile`, `entropy` and `mse`";
            Err(unknown("method", name, known))
        }
    }
}

/// The model of a file in int8; with labels, its report says how many answers are right.
///
/// # Errors
/// When the file is not read, or the model is not quantized.
pub fn quantize(
    path: &Path,
    with: &Quantization,
    tell: &mut Tell,
) -> Result<Quantized, ModelError> {
    let bytes = read_bytes(path)?;
    quantized(path, &bytes, with, tell).map_err(|error| ModelError::Quantize {
        path: path.to_owned(),
        error,
    })
}

fn quantized(
    path: &Path,
    bytes: &[u8],
    with: &Quantization,
    tell: &mut Tell,
) -> Result<Quantized, QuantizeError> {
    let labels = with.labels.map(whole).transpose()?;
    let model = decode_model(path, bytes)?;
    let mut quantized = quantize::quantize(model, with.calibration, &with.options, tell)?;
    if let Some(labels) = labels {
        let samples = with.validation.unwrap_or(with.calibration);
        quantized.count_answers(samples, &labels, tell)?;
    }
    Ok(quantized)
}

/// Labels as whole numbers.
fn whole(labels: &ArrayD<f32>) -> Result<Vec<i64>, QuantizeError> {
    let bad = labels
        .iter()
        .find(|label| label.fract() != 0.0 || **label < 0.0);
    match bad {
        Some(label) => Err(QuantizeError::Labels {
            reason: format!("{label} is no label"),
        }),
        None => Ok(labels.iter().map(|label| *label as i64).collect()),
    }
}
