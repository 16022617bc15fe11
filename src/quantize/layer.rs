//! Layers with weights: which axis of the weights is that of the outputs, and which that of the inputs.

use super::network::{Network, int};
use ndarray::{ArrayD, Axis};

/// A convolution or a product with constant weights.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layer {
    /// Its node.
    pub(super) node: usize,
    /// Axis of the weights along which the output channels are.
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
        weights.shape()[self.output_axis]
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
        let outputs = weights.axis_iter_mut(Axis(self.output_axis));
        for (mut output, factor) in outputs.zip(factors) {
            output.mapv_inplace(|weight| weight * factor);
        }
        network.set_operand(self.node, WEIGHTS, &weights);
        Some(())
    }
}
