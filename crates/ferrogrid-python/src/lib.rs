//! The native part of the Python package `ferrogrid`: arrays come and go as bytes, errors as the texts of the command.

// ONNX Runtime and LiteRT load the same library.
pub use ferrogrid_litert::{tflite_plugin_create_delegate, tflite_plugin_destroy_delegate};
pub use ferrogrid_onnxruntime::{CreateEpFactories, ReleaseEpFactory};

mod command;
mod device;
mod model;
mod quantize;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

pyo3::create_exception!(
    ferrogrid,
    FerrogridError,
    PyRuntimeError,
    "What the command `ferrogrid` would print: what is wrong, where, and what to do."
);

/// An error of the library as an exception.
fn exception(report: impl Into<miette::Report>) -> PyErr {
    FerrogridError::new_err(ferrogrid::runtime::text(&report.into()))
}

#[pymodule]
mod _ferrogrid {
    #[pymodule_export]
    use super::FerrogridError;
    #[pymodule_export]
    use super::command::command;
    #[pymodule_export]
    use super::device::{Device, presets};
    #[pymodule_export]
    use super::model::Model;
    #[pymodule_export]
    use super::quantize::quantize;
}
