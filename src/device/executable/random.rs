//! Inputs by chance.

use super::Executable;
use crate::graph::{Operator, TensorId, Values};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

impl Executable {
    /// Random values for each input; of floating point, those that integers mean.
    pub fn random_inputs(&self, seed: u64) -> Vec<Values> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let graph = &self.graph;
        let mut values = |input: &TensorId| {
            // What a floating-point input becomes.
            let mut nodes = graph.nodes.iter();
            let quantize = nodes
                .find(|node| node.operator == Operator::Quantize && node.inputs[..] == [*input]);
            let tensor = &graph[quantize.map_or(*input, |node| node.output)];
            let (low, high) = tensor.element.range();
            let integers = (0..tensor.len()).map(|_| random.random_range(low..=high));
            match (&tensor.quantization, quantize) {
                (Some(meaning), Some(_)) => {
                    let (scale, zero_point) = (meaning.scale(0), meaning.zero_point(0));
                    let real = |value: i32| scale * value.saturating_sub(zero_point) as f32;
                    Values::Float32(integers.map(real).collect())
                }
                _ => Values::saturated(tensor.element, &Vec::from_iter(integers)),
            }
        };
        graph.inputs.iter().map(&mut values).collect()
    }
}
