//! Runs a network in floating point, by the runtime `rten`.

use super::QuantizeError;
use super::network::{Network, title};
use super::samples::Samples;
use ndarray::{ArrayD, IxDyn};
use prost::Message;
use rten::{ModelOptions, NodeId, Value};
use rten_tensor::prelude::*;
use rten_tensor::{Tensor, TensorView};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A network that gives any of its tensors.
pub(super) struct Run<'a> {
    model: rten::Model,
    inputs: Vec<NodeId>,
    samples: &'a Samples,
}

fn wrong(error: impl std::fmt::Display) -> QuantizeError {
    QuantizeError::Run {
        reason: error.to_string(),
    }
}

impl Run<'_> {
    pub(super) fn new<'a>(
        network: &Network,
        samples: &'a Samples,
    ) -> Result<Run<'a>, QuantizeError> {
        // What it fuses could not be looked at.
        let mut options = ModelOptions::with_all_ops();
        options.enable_optimization(false);
        let mut network = network.clone();
        // `rten` finds a node by a name before it finds a tensor.
        for node in &mut network.graph_mut().node {
            node.name = format!("node {} ({})", title(node), node.op_type);
        }
        let model = options.load(network.model.encode_to_vec()).map_err(wrong)?;
        let id = |name: &str| model.node_id(name).map_err(wrong);
        let inputs = network.inputs().iter().map(|input| id(&input.name));
        let inputs = inputs.collect::<Result<_, _>>()?;
        Ok(Run {
            model,
            inputs,
            samples,
        })
    }

    /// These tensors for a sample.
    pub(super) fn tensors(
        &self,
        sample: usize,
        names: &[String],
    ) -> Result<Vec<ArrayD<f32>>, QuantizeError> {
        let ids = names.iter().map(|name| self.model.node_id(name));
        let ids = ids.collect::<Result<Vec<_>, _>>().map_err(wrong)?;
        // Each is computed once, whoever wants it twice.
        let mut once = ids.clone();
        once.sort_unstable();
        once.dedup();
        let given = self.samples.get(sample).map(|array| {
            let values = Vec::from_iter(array.iter().copied());
            Tensor::from_data(array.shape(), values)
        });
        let given = self.inputs.iter().copied().zip(given);
        let given = given.map(|(id, tensor)| (id, Value::from(tensor).into()));
        // It panics where matrices do not chain.
        let run = AssertUnwindSafe(|| self.model.run(given.collect(), &once, None));
        let values = catch_unwind(run).map_err(|_| wrong("its sizes do not fit together"))?;
        let values = values.map_err(wrong)?;
        let values = ids
            .iter()
            .filter_map(|id| values.get(once.binary_search(id).ok()?));
        let arrays = values.zip(names).map(|(value, name)| {
            let view: TensorView<f32> = value.try_into().map_err(|_| QuantizeError::Run {
                reason: format!("`{name}` is not in single precision"),
            })?;
            let array = ArrayD::from_shape_vec(IxDyn(view.shape()), view.to_vec());
            let array = array.map_err(wrong)?;
            match array.iter().find(|value| !value.is_finite()) {
                Some(value) => Err(QuantizeError::Overflow {
                    tensor: name.clone(),
                    sample,
                    value: *value,
                }),
                None => Ok(array),
            }
        });
        arrays.collect()
    }
}
