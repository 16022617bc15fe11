//! Cores of a space, judged by the model.

use super::exception;
use ferrogrid::explore;
use ferrogrid::runtime;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use std::path::PathBuf;

/// Configurations, and what they are to do.
#[pyclass(frozen, module = "ferrogrid._ferrogrid")]
pub struct Exploration(explore::Exploration);

#[pymethods]
impl Exploration {
    #[new]
    fn new(
        workloads: Vec<String>,
        space: PathBuf,
        mode: Option<&str>,
        fits: Option<&str>,
        clock: &str,
    ) -> PyResult<Exploration> {
        let rounding = mode.map(runtime::mode).transpose().map_err(exception)?;
        let clock = clock.parse().map_err(PyValueError::new_err)?;
        let exploration = runtime::exploration(&workloads, &space, rounding, fits, clock);
        Ok(Exploration(exploration.map_err(exception)?))
    }

    /// The keys with several values, and the values of each.
    #[getter]
    fn choices(&self) -> Vec<(String, Vec<String>)> {
        let choices = self.0.space.choices().iter();
        let values = |choice: &ferrogrid::config::Choice| {
            (0..choice.count())
                .map(|place| choice.value(place).to_owned())
                .collect()
        };
        choices
            .map(|choice| (choice.key.clone(), values(choice)))
            .collect()
    }

    /// What the configuration with these values takes and does, as JSON: `place` has the number of each key's value.
    fn evaluate(&self, py: Python<'_>, place: Vec<usize>) -> String {
        let point = self.0.space.point(&place);
        ferrogrid::report::json(&py.detach(|| self.0.evaluate(point)))
    }

    /// The configuration with these values, as TOML.
    fn toml(&self, place: Vec<usize>) -> String {
        self.0.space.text(&place)
    }
}
