//! The graph of a case.

use super::{Kind, Layer, NetworkCase, Window};
use crate::graph::{
    Binary, Convolution, Element, Family, Graph, Operator, Output, Padding, Pool, Quantization,
    TensorId, Values,
};
use crate::verify::npu::{chance, within};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What the bytes of an activation mean.
fn meaning(rng: &mut impl Rng, family: Family) -> (Element, Quantization) {
    let scale = f32::from_bits(within(rng, 0x3c00_0000, 0x3dff_ffff));
    let zero = within(rng, 0, 255) as i32;
    match family == Family::Onnx && chance(rng, 3) {
        true => (Element::Uint8, Quantization::per_tensor(scale, zero)),
        false => (Element::Int8, Quantization::per_tensor(scale, zero - 128)),
    }
}

/// Weights with a bias, for an input of this scale; about `zeros` of 8 channels of the result have none.
fn weights(
    graph: &mut Graph,
    rng: &mut impl Rng,
    shape: &[usize],
    scale: f32,
    zeros: u32,
) -> [TensorId; 2] {
    let outputs = shape[0];
    let mut values: Vec<i8> = (0..shape.iter().product()).map(|_| rng.random()).collect();
    let count = if chance(rng, 2) { outputs } else { 1 };
    let scales: Vec<f32> = (0..count)
        .map(|_| f32::from_bits(within(rng, 0x3a00_0000, 0x3bff_ffff)))
        .collect();
    let of_bias = scales.iter().map(|of| of * scale).collect();
    let meaning = |scales| {
        Some(Quantization {
            scales,
            zero_points: vec![0; count],
        })
    };
    let mut bias: Vec<i32> = (0..outputs)
        .map(|_| within(rng, 0, 8000) as i32 - 4000)
        .collect();
    let of_output = values.len() / outputs;
    for (output, values) in values.chunks_mut(of_output).enumerate() {
        if zeros > within(rng, 0, 7) {
            values.fill(0);
            // Half of them are what stands around an image.
            bias[output] *= within(rng, 0, 1) as i32;
        }
    }
    let name = graph.tensors.len();
    let (values, bias) = (Values::Int8(values), Values::Int32(bias));
    [
        graph.constant(format!("w{name}"), shape, values, meaning(scales)),
        graph.constant(format!("b{name}"), [outputs], bias, meaning(of_bias)),
    ]
}

/// Factors and offsets of channels; about `zeros` of 8 factors are 0.
fn lines(graph: &mut Graph, rng: &mut impl Rng, channels: usize, zeros: u32) -> [TensorId; 2] {
    let factor = |rng: &mut _| match zeros > within(rng, 0, 7) {
        true => 0.0,
        false => {
            let size = f32::from_bits(within(rng, 0x3e80_0000, 0x407f_ffff));
            if chance(rng, 4) { -size } else { size }
        }
    };
    let factors = (0..channels).map(|_| factor(rng)).collect();
    let offset = |rng: &mut _| within(rng, 0, 1 << 20) as f32 / 262_144.0 - 2.0;
    let offsets = (0..channels).map(|_| offset(rng)).collect();
    [factors, offsets].map(|values| {
        let name = format!("c{}", graph.tensors.len());
        graph.constant(name, [channels], Values::Float32(values), None)
    })
}

impl Window {
    /// A convolution with as many groups of channels.
    fn convolution(self, groups: usize) -> Operator {
        let [top, left, bottom, right] = self.padding;
        Operator::Convolution(Convolution {
            strides: self.strides,
            dilations: self.dilations,
            padding: Padding {
                top,
                left,
                bottom,
                right,
            },
            groups,
        })
    }
}

impl NetworkCase {
    /// The graph.
    ///
    /// # Errors
    /// What does not go together.
    pub fn graph(&self) -> Result<Graph, String> {
        if self.layers.is_empty() {
            return Err("a network needs a layer".into());
        }
        if self.shape.contains(&0) {
            return Err("a size of the input is 0".into());
        }
        let mut graph = Graph::new(self.family);
        let rng = &mut ChaCha8Rng::seed_from_u64(self.seed.into());
        let x = graph.input("x", self.shape, meaning(rng, self.family));
        let mut values = vec![x];
        for layer in &self.layers {
            let result = layer.add_to(&mut graph, &values)?;
            values.push(result);
        }
        graph.outputs.extend(values.last());
        Ok(graph)
    }

    /// The input, whose bytes are all that there are.
    pub(super) fn input(&self, graph: &Graph) -> Values {
        let x = &graph[graph.inputs[0]];
        let rng = &mut ChaCha8Rng::seed_from_u64(self.seed.into());
        let (low, high) = x.element.range();
        let values: Vec<i32> = (0..x.len()).map(|_| rng.random_range(low..=high)).collect();
        Values::saturated(x.element, &values)
    }
}

impl Layer {
    /// Adds the layer to a graph in which these are its values so far; gives its own.
    fn add_to(&self, graph: &mut Graph, values: &[TensorId]) -> Result<TensorId, String> {
        let number = values.len();
        let value = |of: usize| {
            let there = values.get(of).copied();
            there.ok_or_else(|| format!("layer {number} takes {of}, which comes later"))
        };
        let from = value(self.from)?;
        let shape = graph[from].shape.clone();
        let quantization = graph[from].quantization.clone();
        let quantization = quantization.ok_or("a value without quantization")?;
        let scale = quantization.scale(0);
        let rng = &mut ChaCha8Rng::seed_from_u64(self.seed.into());
        let zeros = self.zeros;
        let pool = |kernel, strides| Pool {
            kernel,
            strides,
            padding: Padding::default(),
            count_padding: false,
        };
        let channels = shape.last().copied().unwrap_or(1);
        let (operator, inputs) = match self.kind {
            Kind::Convolution { outputs, window } => {
                let [rows, columns] = window.kernel;
                let [w, b] = weights(
                    graph,
                    rng,
                    &[outputs, rows, columns, channels],
                    scale,
                    zeros,
                );
                (window.convolution(1), vec![from, w, b])
            }
            Kind::Depthwise(window) => {
                let [rows, columns] = window.kernel;
                let [w, b] = weights(graph, rng, &[channels, rows, columns, 1], scale, zeros);
                (window.convolution(channels), vec![from, w, b])
            }
            Kind::FullyConnected { outputs } => {
                let [w, b] = weights(graph, rng, &[outputs, channels], scale, zeros);
                (Operator::FullyConnected, vec![from, w, b])
            }
            Kind::Add { to } => (Operator::Binary(Binary::Add), vec![from, value(to)?]),
            Kind::AddConstant => {
                let (element, meaning) = meaning(rng, graph.family);
                let (low, high) = element.range();
                let count = shape.iter().product::<usize>();
                let values = Vec::from_iter((0..count).map(|_| rng.random_range(low..=high)));
                let values = Values::saturated(element, &values);
                let c = graph.constant("c", shape.clone(), values, Some(meaning));
                (Operator::Binary(Binary::Add), vec![from, c])
            }
            Kind::AveragePool { kernel, strides } => {
                (Operator::AveragePool(pool(kernel, strides)), vec![from])
            }
            Kind::MaxPool { kernel, strides } => {
                (Operator::MaxPool(pool(kernel, strides)), vec![from])
            }
            Kind::GlobalAveragePool => (Operator::GlobalAveragePool, vec![from]),
            Kind::BatchNormalization => {
                let [factors, offsets] = lines(graph, rng, channels, zeros);
                (Operator::BatchNormalization, vec![from, factors, offsets])
            }
        };
        let meaning = match self.kind {
            // Pools of windows keep what integers mean.
            Kind::AveragePool { .. } | Kind::MaxPool { .. } => (graph[from].element, quantization),
            _ => meaning(rng, graph.family),
        };
        let zero_point = meaning.1.zero_point(0);
        let mut output = Output::new(format!("y{number}"), meaning);
        if self.relu {
            output.limits.low = zero_point;
        }
        let added = graph.node(format!("layer{number}"), operator, &inputs, output);
        added.map_err(|error| error.to_string())
    }
}
