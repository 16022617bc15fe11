//! The native part of the Python package `ferrogrid`: arrays come and go as bytes, errors as the texts of the command.

// ONNX Runtime and LiteRT load the same library.
pub use ferrogrid_litert::{tflite_plugin_create_delegate, tflite_plugin_destroy_delegate};
pub use ferrogrid_onnxruntime::{CreateEpFactories, ReleaseEpFactory};

mod command;
mod device;
mod explore;
mod model;
mod quantize;

use pyo3::exceptions::{PyKeyboardInterrupt, PyRuntimeError};
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

/// Whether Ctrl-C ends a run that another runtime has begun, whose error that runtime makes an exception; then the interrupt
/// comes once more, behind the run.
fn is_interrupted() -> bool {
    let asked = Python::try_attach(|py| {
        let Err(error) = py.check_signals() else {
            return false;
        };
        match error.is_instance_of::<PyKeyboardInterrupt>(py) {
            true => drop(interrupt(py)),
            false => error.write_unraisable(py, None),
        }
        true
    });
    asked.unwrap_or(false)
}

fn interrupt(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    py.import("_thread")?.call_method0("interrupt_main")
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
    use super::explore::Exploration;
    #[pymodule_export]
    use super::model::Model;
    #[pymodule_export]
    use super::quantize::quantize;
    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(_module: &Bound<'_, PyModule>) -> PyResult<()> {
        ferrogrid::runtime::plugin::end_runs_when(super::is_interrupted);
        Ok(())
    }
}
