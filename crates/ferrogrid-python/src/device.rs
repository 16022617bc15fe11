//! The cores that networks run on.

use super::exception;
use ferrogrid::runtime;
use pyo3::prelude::*;

/// The presets that run networks.
#[pyfunction]
pub fn presets() -> Vec<&'static str> {
    runtime::Device::presets().collect()
}

/// A core in a simulator.
#[pyclass(frozen, module = "ferrogrid._ferrogrid")]
pub struct Device(pub runtime::Device);

#[pymethods]
impl Device {
    /// The core of a preset's name, or of the path of a `.toml` file.
    #[staticmethod]
    fn named(name: &str, simulator: &str) -> PyResult<Device> {
        Device::of(runtime::Device::named(name), simulator)
    }

    /// The core of a configuration; `name` stands for the text in errors.
    #[staticmethod]
    fn configuration(name: &str, toml: &str, simulator: &str) -> PyResult<Device> {
        Device::of(runtime::Device::configuration(name, toml), simulator)
    }

    /// The name of the core.
    #[getter]
    fn name(&self) -> &str {
        &self.0.arch.name
    }

    /// The whole configuration, what was left out included.
    #[getter]
    fn toml(&self) -> String {
        self.0.toml()
    }

    /// Fingerprint of the core's parameters.
    #[getter]
    fn config_hash(&self) -> u32 {
        self.0.arch.config_hash()
    }
}

impl Device {
    fn of(device: miette::Result<runtime::Device>, simulator: &str) -> PyResult<Device> {
        let simulator = simulator.parse().map_err(exception)?;
        let device = device.map_err(exception)?;
        Ok(Device(runtime::Device {
            simulator,
            ..device
        }))
    }
}
