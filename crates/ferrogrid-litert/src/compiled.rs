//! Networks on a core, with the tensors that the runtime has.

use crate::model::model;
use crate::network::{Ends, INT8, Network, UINT8};
use ferrogrid::device::NetworkPort;
use ferrogrid::graph::{Graph, Values};
use ferrogrid::import::read;
use ferrogrid::runtime::plugin::{self, PluginOptions, Reports, interruptible};
use ferrogrid::runtime::{CompiledModel, text};
use std::sync::{Arc, Mutex, PoisonError};

/// A network on a core.
pub struct Compiled {
    pub inputs: Vec<Port>,
    pub outputs: Vec<Port>,
    /// So many go through the network one by one.
    rows: usize,
    /// The name of the first tensor that leaves it.
    name: String,
    reports: Option<Arc<Reports>>,
    model: Mutex<CompiledModel>,
}

/// A tensor of the runtime that comes into a network or leaves it.
pub struct Port {
    pub index: i32,
    pub bytes: usize,
}

impl Compiled {
    fn new(
        network: &Network,
        places: &[usize],
        options: &PluginOptions,
    ) -> Result<Compiled, String> {
        let ends = network.ends(places);
        let (graph, rows) = graph(network, places, &ends)?;
        let model = options.compile(&graph)?;
        let executable = model.network();
        Ok(Compiled {
            inputs: ports(network, rows, &ends.inputs, &executable.inputs)?,
            outputs: ports(network, rows, &ends.outputs, &executable.outputs)?,
            rows,
            name: match ends.outputs.first() {
                Some(index) => network.tensors[index].name.clone(),
                None => return Err("computes nothing".into()),
            },
            reports: options.reports.clone(),
            model: Mutex::new(model),
        })
    }

    /// Runs it on the little-endian elements of its inputs, and gives those of its outputs; one thread at a time.
    ///
    /// # Errors
    /// Why the core did not end, or the report is not written.
    pub fn run(&self, inputs: &[&[u8]]) -> Result<Vec<Vec<u8>>, String> {
        // What a thread that panicked has left is as good as before.
        let mut model = self.model.lock().unwrap_or_else(PoisonError::into_inner);
        let mut outputs = vec![Vec::new(); self.outputs.len()];
        let mut inferences = Vec::new();
        for row in 0..self.rows {
            // A short run asks for nothing by itself.
            if interruptible(0).is_break() {
                return Err("the program has ended this run".into());
            }
            let ports = model.network().inputs.iter().zip(inputs);
            let values = ports.map(|(port, bytes)| {
                let size = bytes.len() / self.rows;
                Values::from_bytes(port.element, &bytes[row * size..][..size])
            });
            let values = Vec::from_iter(values);
            let inference = model.infer(&values, &mut interruptible);
            let inference = inference.map_err(|error| text(&error))?;
            for (values, output) in inference.outputs.iter().zip(&mut outputs) {
                output.extend(values.to_bytes());
            }
            if self.reports.is_some() {
                inferences.push(inference);
            }
        }
        if let Some(reports) = &self.reports {
            reports.note(&self.name, &model, &inferences)?;
        }
        Ok(outputs)
    }
}

/// The tensors of ports, whose types and sizes they have in each row.
fn ports(
    network: &Network,
    rows: usize,
    ends: &[i32],
    ports: &[NetworkPort],
) -> Result<Vec<Port>, String> {
    if ends.len() != ports.len() {
        return Err("an input is not used, or an output is there twice".into());
    }
    let pairs = ends.iter().zip(ports);
    let port = |(index, port): (&i32, &NetworkPort)| {
        let tensor = &network.tensors[index];
        let bytes = rows * port.len() * port.element.bytes();
        match tensor.bytes_of(port.element) == Some(bytes) {
            true => Ok(Port {
                index: *index,
                bytes,
            }),
            false => Err(format!(
                "`{}` has the type number {} and the shape {:?}; the network has {} of {:?}",
                tensor.name, tensor.kind, tensor.sizes, port.element, port.shape
            )),
        }
    };
    pairs.map(port).collect()
}

/// Nodes as a graph, which so many rows go through: one by one where that works.
fn graph(network: &Network, places: &[usize], ends: &Ends) -> Result<(Graph, usize), String> {
    let mut nodes = places.iter().map(|place| &network.nodes[*place]);
    if let Some(refused) = nodes.find_map(|node| node.refused.clone()) {
        return Err(refused);
    }
    if let Some(rows) = network.rows(places)
        && let Ok(graph) = read(&model(network, places, ends, true))
    {
        return Ok((graph, rows));
    }
    let graph = read(&model(network, places, ends, false));
    Ok((graph.map_err(|error| error.to_string())?, 1))
}

/// A network of the runtime with the options of the delegate.
pub struct Nodes<'a>(pub &'a Network<'a>, pub &'a PluginOptions);

impl plugin::Nodes for Nodes<'_> {
    type Value = i32;
    type Compiled = Compiled;

    fn count(&self) -> usize {
        self.0.nodes.len()
    }

    fn inputs(&self, place: usize) -> Vec<i32> {
        let indices = self.0.nodes[place].inputs.iter().copied();
        indices.filter(|index| *index >= 0).collect()
    }

    fn outputs(&self, place: usize) -> Vec<i32> {
        self.0.nodes[place].outputs.clone()
    }

    fn is_constant(&self, index: &i32) -> bool {
        self.0.is_constant(*index)
    }

    fn is_narrow(&self, index: &i32) -> bool {
        let tensor = self.0.tensors.get(index);
        tensor.is_some_and(|tensor| [UINT8, INT8].contains(&tensor.kind))
    }

    fn are_supported(&self, places: &[usize]) -> bool {
        graph(self.0, places, &self.0.ends(places)).is_ok()
    }

    fn compile(&self, places: &[usize]) -> Result<Compiled, String> {
        Compiled::new(self.0, places, self.1)
    }

    fn runs_on_core(&self, compiled: &Compiled) -> bool {
        let model = compiled.model.lock();
        let model = model.unwrap_or_else(PoisonError::into_inner);
        model.network().layers().next().is_some()
    }
}
