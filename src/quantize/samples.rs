//! What a network is calibrated with.

use super::QuantizeError;
use super::network::Network;
use crate::import::onnx_proto::Dimension;
use ndarray::{ArrayD, Axis};
use std::collections::BTreeMap;

/// Arrays by their names, the first axis of each that of the samples.
pub type Arrays = BTreeMap<String, ArrayD<f32>>;

/// Samples for every input of a network: each an array with a batch axis of 1 where the input has a batch axis.
pub(super) struct Samples {
    inputs: Vec<Vec<ArrayD<f32>>>,
}

impl Samples {
    /// The samples of each input. An array with no name is that of the only input.
    pub(super) fn new(network: &Network, arrays: &Arrays) -> Result<Samples, QuantizeError> {
        let names = Vec::from_iter(network.inputs().iter().map(|input| input.name.clone()));
        let mut inputs = Vec::new();
        for (input, name) in network.inputs().iter().zip(&names) {
            let only = names.len() == 1;
            let array = arrays.get(name).or_else(|| arrays.get("").filter(|_| only));
            let array = array.ok_or_else(|| QuantizeError::Missing {
                input: name.clone(),
                nearest: arrays
                    .keys()
                    .find(|key| strsim::damerau_levenshtein(key, name) <= 2)
                    .cloned(),
                inputs: names.clone(),
            })?;
            let dimensions = input.r#type.as_ref().and_then(|of| {
                let tensor = of.tensor_type.as_ref()?;
                Some(tensor.shape.as_ref()?.dim.as_slice())
            });
            inputs.push(rows(name, array, dimensions.unwrap_or_default())?);
        }
        let count = inputs.first().map_or(0, Vec::len);
        if count == 0 {
            return Err(QuantizeError::Empty);
        }
        for (name, rows) in names.iter().zip(&inputs) {
            if rows.len() != count {
                return Err(QuantizeError::Count {
                    input: name.clone(),
                    found: rows.len(),
                    wanted: count,
                });
            }
        }
        Ok(Samples { inputs })
    }

    /// Gives the inputs the sizes that the model leaves open, but for the batch axis.
    pub(super) fn fix_sizes(&self, network: &mut Network) {
        for (input, rows) in network.graph_mut().input.iter_mut().zip(&self.inputs) {
            let tensor = input.r#type.as_mut().and_then(|of| of.tensor_type.as_mut());
            let shape = tensor.and_then(|tensor| tensor.shape.as_mut());
            let dimensions = shape.into_iter().flat_map(|shape| &mut shape.dim);
            for (dimension, size) in dimensions.zip(rows[0].shape()).skip(1) {
                *dimension = Dimension {
                    dim_value: Some(*size as i64),
                    dim_param: None,
                };
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        self.inputs[0].len()
    }

    /// The arrays of a sample, in the order of the inputs.
    pub(super) fn get(&self, sample: usize) -> impl Iterator<Item = &ArrayD<f32>> {
        self.inputs.iter().map(move |rows| &rows[sample])
    }
}

/// The samples of an array for an input of these sizes.
fn rows(
    name: &str,
    array: &ArrayD<f32>,
    dimensions: &[Dimension],
) -> Result<Vec<ArrayD<f32>>, QuantizeError> {
    let sizes = Vec::from_iter(dimensions.iter().map(|dimension| dimension.dim_value));
    let wrong = || QuantizeError::Shape {
        input: name.to_owned(),
        found: array.shape().to_vec(),
        wanted: shape_text(dimensions),
    };
    let fits = |shape: &[usize], sizes: &[Option<i64>]| {
        let mut pairs = shape.iter().zip(sizes);
        shape.len() == sizes.len()
            && pairs.all(|(size, wanted)| wanted.is_none_or(|wanted| wanted == *size as i64))
    };
    let (Some(of_sample), Some(of_batch)) = (array.shape().get(1..), sizes.get(1..)) else {
        return Err(wrong());
    };
    // The samples may stand along the batch axis, or each may have one of its own.
    let has_batch = match (fits(of_sample, of_batch), fits(of_sample, &sizes)) {
        (_, true) => false,
        (true, _) if sizes[0].is_none_or(|batch| batch == 1) => true,
        _ => return Err(wrong()),
    };
    let rows = array.axis_iter(Axis(0)).enumerate().map(|(sample, row)| {
        let bad = row.indexed_iter().find(|(_, value)| !value.is_finite());
        match bad {
            Some((place, value)) => Err(QuantizeError::NotFinite {
                input: name.to_owned(),
                sample,
                place: ndarray::Dimension::slice(&place).to_vec(),
                value: *value,
            }),
            None if has_batch => Ok(row.insert_axis(Axis(0)).to_owned()),
            None => Ok(row.to_owned()),
        }
    });
    rows.collect()
}

fn shape_text(dimensions: &[Dimension]) -> String {
    let sizes = dimensions.iter().map(|dimension| match dimension {
        Dimension {
            dim_value: Some(size),
            ..
        } => size.to_string(),
        Dimension { dim_param, .. } => dim_param.clone().unwrap_or_else(|| "?".into()),
    });
    format!("[{}]", Vec::from_iter(sizes).join(", "))
}
