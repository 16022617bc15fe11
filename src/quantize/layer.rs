//! Layers with weights: which axis of the weights is that of the outputs, and which that of the inputs.

use super::network::{Network, int};
use ndarray::{ArrayD, Axis};

/// A convolution or a product with constant weights.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layer {
    /// Its node.
    pub(super) node: usize,
    /// Axis of the weights along which the output channels are; of a transposed convolution those of a group.
    pub(super) output_axis: usize,
    /// Axis of the output along which its channels are.
    pub(super) channel_axis: usize,
    /// Groups of a convolution.
    pub(super) groups: usize,
}

/// Where the weights of a layer are, and its bias.
pub(super) const WEIGHTS: usize = 1;
pub(super) const BIAS: usize = 2;

impl Layer {
    /// The layer of a node, if it is one.
    pub(super) fn of(network: &Network, node: usize) -> Option<Layer> {
        let proto = &network.nodes()[node];
        let weights = network.constant(proto.input.get(WEIGHTS)?)?;
        let rank = weights.dims.len();
        let groups = usize::try_from(int(proto, "group", 1)).ok()?;
        let layer = |output_axis, channel_axis, groups| {
            Some(Layer {
                node,
                output_axis,
                channel_axis,
                groups,
            })
        };
        match proto.op_type.as_str() {
            "Conv" => layer(0, 1, groups),
            "ConvTranspose" => layer(1, 1, groups),
            "Gemm" => layer(usize::from(int(proto, "transB", 0) == 0), 1, 1),
            // Of the axes of a product its columns are the last one.
            "MatMul" if rank >= 2 => layer(rank - 1, usize::MAX, 1),
            _ => None,
        }
    }

    /// True where it has a place for a bias.
    pub(super) fn takes_bias(&self) -> bool {
        self.channel_axis != usize::MAX
    }

    pub(super) fn weights(&self, network: &Network) -> Option<ArrayD<f32>> {
        network.operand(self.node, WEIGHTS)
    }

    /// How many output channels the weights have.
    pub(super) fn outputs(&self, weights: &ArrayD<f32>) -> usize {
        let transposed = self.output_axis == 1 && self.groups > 1;
        weights.shape()[self.output_axis] * if transposed { self.groups } else { 1 }
    }

    /// The bias of each output channel; zeros where there is none, and none where it is no constant of a layer.
    pub(super) fn bias(&self, network: &Network) -> Option<Vec<f32>> {
        let outputs = self.outputs(&self.weights(network)?);
        let name = network.nodes()[self.node].input.get(BIAS);
        match name.filter(|name| !name.is_empty()) {
            None => Some(vec![0.0; outputs]),
            Some(name) => {
                let bias = network.reals(name)?;
                match bias.len() {
                    1 => Some(vec![bias.iter().copied().next()?; outputs]),
                    count if count == outputs => Some(bias.iter().copied().collect()),
                    _ => None,
                }
            }
        }
    }

    pub(super) fn set_bias(&self, network: &mut Network, bias: Vec<f32>) {
        let bias = ArrayD::from_shape_vec(vec![bias.len()], bias);
        network.set_operand(self.node, BIAS, &bias.expect("a vector has its length"));
    }

    /// Multiplies the weights of each output channel with a factor.
    pub(super) fn scale_outputs(&self, network: &mut Network, factors: &[f32]) -> Option<()> {
        let mut weights = self.weights(network)?;
        for (place, factor) in self.places(&weights).into_iter().zip(factors) {
            place
                .of(&mut weights)
                .mapv_inplace(|weight| weight * factor);
        }
        network.set_operand(self.node, WEIGHTS, &weights);
        Some(())
    }

    /// Where the weights of each output channel are.
    pub(super) fn places(&self, weights: &ArrayD<f32>) -> Vec<Place> {
        let per_group = weights.shape()[self.output_axis];
        let transposed = self.output_axis == 1 && self.groups > 1;
        let rows = weights.shape()[0];
        (0..self.outputs(weights))
            .map(|channel| Place {
                axis: self.output_axis,
                index: channel % per_group,
                rows: match transposed {
                    true => {
                        let group = channel / per_group;
                        let size = rows / self.groups;
                        Some([group * size, (group + 1) * size])
                    }
                    false => None,
                },
            })
            .collect()
    }
}

/// The weights of one output channel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    axis: usize,
    index: usize,
    /// Of a transposed convolution in groups the rows of the group.
    rows: Option<[usize; 2]>,
}

impl Place {
    pub(super) fn of<'a>(&self, weights: &'a mut ArrayD<f32>) -> ndarray::ArrayViewMutD<'a, f32> {
        let mut view = weights.view_mut();
        if let Some([from, to]) = self.rows {
            view.slice_axis_inplace(Axis(0), (from..to).into());
        }
        view.index_axis_move(Axis(self.axis), self.index)
    }
}
