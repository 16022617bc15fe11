//! Models in floating point.

use super::exception;
use ferrogrid::quantize::{Arrays, Options};
use ferrogrid::runtime::{self, Quantization};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::path::PathBuf;

/// Name, shape and bytes of an array of float32.
type Array = (String, Vec<usize>, Vec<u8>);

/// Quantizes the model of a file; gives the bytes of the new one, and what became of it as JSON. `watch` is called with the
/// name of a stage, how much of it is done, and how much there is.
#[pyfunction]
#[pyo3(signature = (path, calibration, validation, labels, method, percentile, equalize, correct_biases, mixed, watch))]
#[expect(
    clippy::too_many_arguments,
    reason = "the module beside it calls it, which has them by their names"
)]
pub fn quantize<'py>(
    py: Python<'py>,
    path: PathBuf,
    calibration: Vec<Array>,
    validation: Option<Vec<Array>>,
    labels: Option<Array>,
    method: &str,
    percentile: f64,
    equalize: bool,
    correct_biases: bool,
    mixed: Option<f64>,
    watch: Py<PyAny>,
) -> PyResult<(Bound<'py, PyBytes>, String)> {
    let options = Options {
        method: runtime::method(method, percentile).map_err(exception)?,
        equalize,
        correct_biases,
        mixed,
    };
    let calibration = arrays(calibration)?;
    let validation = validation.map(arrays).transpose()?;
    let labels = labels.map(|labels| arrays(vec![labels])).transpose()?;
    let mut asked = Ok(());
    let done = py.detach(|| {
        let with = Quantization {
            calibration: &calibration,
            validation: validation.as_ref(),
            labels: labels.as_ref().and_then(|labels| labels.values().next()),
            options,
        };
        runtime::quantize(&path, &with, &mut |stage, done, of| {
            asked = Python::attach(|py| {
                py.check_signals()?;
                watch.call1(py, (stage, done, of)).map(|_| ())
            });
            asked.is_ok()
        })
    });
    asked?;
    let quantized = done.map_err(exception)?;
    let told = ferrogrid::report::json(&quantized.report);
    Ok((PyBytes::new(py, &quantized.to_bytes()), told))
}

fn arrays(given: Vec<Array>) -> PyResult<Arrays> {
    let array = |(name, shape, bytes): Array| {
        let reals = bytes.as_chunks().0.iter();
        let reals = reals.map(|bytes| f32::from_le_bytes(*bytes)).collect();
        let array = ndarray::ArrayD::from_shape_vec(shape, reals);
        let array = array.map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok((name, array))
    };
    given.into_iter().map(array).collect()
}
