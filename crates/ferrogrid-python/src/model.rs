//! Networks on cores.

use super::device::Device;
use super::exception;
use ferrogrid::compiler::Rounding;
use ferrogrid::device::{Inference, NetworkPort};
use ferrogrid::graph::Values;
use ferrogrid::runtime::{self, CompiledModel, Options};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A network on a core.
#[pyclass(frozen, module = "ferrogrid._ferrogrid")]
pub struct Model {
    /// What goes in.
    #[pyo3(get)]
    inputs: Vec<Port>,
    /// What comes out.
    #[pyo3(get)]
    outputs: Vec<Port>,
    /// `onnx` or `tflm`.
    #[pyo3(get)]
    mode: &'static str,
    /// The whole configuration of its core.
    #[pyo3(get)]
    toml: String,
    /// Is locked without the interpreter, for which the thread that runs may wait.
    ran: Mutex<Ran>,
}

/// A network, and its last inferences.
struct Ran {
    model: CompiledModel,
    inferences: Vec<Inference>,
}

/// Name, type of the elements as NumPy calls it, shape.
type Port = (String, String, Vec<usize>);
/// A tensor of a layer: its name, the type of its elements, its shape, its bytes.
type Layer<'py> = (String, String, Vec<usize>, Bound<'py, PyBytes>);

#[pymethods]
impl Model {
    /// The network of a file.
    #[staticmethod]
    fn open(
        py: Python<'_>,
        path: PathBuf,
        device: &Device,
        mode: Option<&str>,
        fold: bool,
        effort: &str,
    ) -> PyResult<Model> {
        let options = Options {
            rounding: mode.map(runtime::mode).transpose().map_err(exception)?,
            folding: fold,
            effort: runtime::effort(effort).map_err(exception)?,
        };
        let model = py.detach(|| CompiledModel::open(&path, &device.0, options));
        let model = model.map_err(exception)?;
        let network = model.network();
        Ok(Model {
            inputs: network.inputs.iter().map(port).collect(),
            outputs: network.outputs.iter().map(port).collect(),
            mode: match network.rounding {
                Rounding::Float => "onnx",
                Rounding::Fixed => "tflm",
            },
            toml: model.device().toml(),
            ran: Mutex::new(Ran {
                model,
                inferences: Vec::new(),
            }),
        })
    }

    /// Runs rows of inputs, each input's bytes in the order of the network; gives each output's. `watch` is called with
    /// how many rows have ended, and how many cycles the one that runs has taken.
    fn infer<'py>(
        &self,
        py: Python<'py>,
        rows: Vec<Vec<Vec<u8>>>,
        watch: Option<Py<PyAny>>,
    ) -> PyResult<Vec<Vec<Bound<'py, PyBytes>>>> {
        let (found, ports) = py.detach(|| {
            let mut ran = self.ran();
            let ports = ran.model.network().outputs.clone();
            (ran.infer(&rows, watch.as_ref()), ports)
        });
        let row = |outputs: &Vec<Values>| {
            let outputs = ports.iter().zip(outputs);
            let outputs = outputs.map(|(port, values)| port.to_file(values).to_bytes());
            outputs.map(|bytes| PyBytes::new(py, &bytes)).collect()
        };
        Ok(found?.iter().map(row).collect())
    }

    /// What every layer leaves of one row of inputs.
    fn trace<'py>(
        &self,
        py: Python<'py>,
        row: Vec<Vec<u8>>,
        watch: Option<Py<PyAny>>,
    ) -> PyResult<Vec<Layer<'py>>> {
        let layers = py.detach(|| {
            let mut ran = self.ran();
            let inputs = ran.values(&row);
            let mut watched = Watched::of(watch.as_ref());
            let found = ran.model.trace(&inputs, &mut |cycle| watched.at(0, cycle));
            watched.or(found.map_err(exception))
        });
        let layer = |layer: runtime::LayerValues| {
            let element = layer.values.element().to_string();
            let bytes = PyBytes::new(py, &layer.values.to_bytes());
            (layer.name, element, layer.shape, bytes)
        };
        Ok(layers?.into_iter().map(layer).collect())
    }

    /// The figures of the rows that ran last, as JSON and as text; none where none has.
    fn report(&self, py: Python<'_>, clock: &str) -> PyResult<Option<(String, String)>> {
        let clock = clock.parse().map_err(super::FerrogridError::new_err)?;
        Ok(py.detach(|| {
            let ran = self.ran();
            let inferences = Some(&ran.inferences).filter(|all| !all.is_empty())?;
            let report = ran.model.report(inferences, clock);
            Some((ferrogrid::report::json(&report), report.text()))
        }))
    }

    /// The bytes of a file that `open` reads.
    fn save<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let bytes = py.detach(|| self.ran().model.save());
        PyBytes::new(py, &bytes)
    }

    /// Forgets what a streaming network keeps.
    fn reset(&self, py: Python<'_>) {
        py.detach(|| self.ran().model.reset());
    }
}

impl Model {
    /// One thread at a time runs it. What a thread that panicked has left is as good as before.
    fn ran(&self) -> MutexGuard<'_, Ran> {
        self.ran.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ran {
    /// A row of inputs.
    fn values(&self, row: &[Vec<u8>]) -> Vec<Values> {
        let ports = self.model.network().inputs.iter().zip(row);
        let values = ports.map(|(port, bytes)| {
            let values = Values::from_bytes(port.element, bytes);
            match values.len() == port.len() {
                true => port.from_file(&values),
                false => values,
            }
        });
        values.collect()
    }

    /// Runs rows; gives their outputs.
    fn infer(
        &mut self,
        rows: &[Vec<Vec<u8>>],
        watch: Option<&Py<PyAny>>,
    ) -> PyResult<Vec<Vec<Values>>> {
        let mut watched = Watched::of(watch);
        let mut inferences = Vec::new();
        for (number, row) in rows.iter().enumerate() {
            // A short run asks for nothing by itself.
            if watched.at(number, 0).is_break() {
                return watched.or(Ok(Vec::new()));
            }
            let inputs = self.values(row);
            let model = &mut self.model;
            let found = model.infer(&inputs, &mut |cycle| watched.at(number, cycle));
            inferences.push(watched.or(found.map_err(exception))?);
        }
        self.inferences = inferences;
        let outputs = self.inferences.iter();
        Ok(outputs.map(|inference| inference.outputs.clone()).collect())
    }
}

/// Tells Python of cycles, and asks it whether to go on: a signal or an exception of the callable ends a run.
struct Watched<'a> {
    watch: Option<&'a Py<PyAny>>,
    error: Option<PyErr>,
}

impl Watched<'_> {
    fn of(watch: Option<&Py<PyAny>>) -> Watched<'_> {
        Watched { watch, error: None }
    }

    fn at(&mut self, row: usize, cycle: u64) -> ControlFlow<()> {
        let asked = Python::attach(|py| {
            py.check_signals()?;
            if let Some(watch) = self.watch {
                watch.call1(py, (row, cycle))?;
            }
            Ok(())
        });
        match asked {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                self.error = Some(error);
                ControlFlow::Break(())
            }
        }
    }

    /// What Python has said, else what was found.
    fn or<T>(&mut self, found: PyResult<T>) -> PyResult<T> {
        self.error.take().map_or(found, Err)
    }
}

fn port(port: &NetworkPort) -> Port {
    let element = port.element.to_string();
    (port.name.clone(), element, port.file_shape())
}
