//! Channels that are the same for every input: which of them no layer computes, and that outputs stay as they are.

use super::Random;
use super::networks::check;
use ferrogrid::arch::NpuArch;
use ferrogrid::compiler::{Options, Rounding};
use ferrogrid::config::NpuConfig;
use ferrogrid::device::Executable;
use ferrogrid::graph::{
    Binary, Convolution, Element, Family, Graph, Operator, Output, Padding, Pool, Quantization,
    TensorId, Values,
};

/// Zero point of all activations.
const ZERO: i32 = 5;

/// A network of int8 under construction.
struct Network {
    graph: Graph,
    random: Random,
}

impl Network {
    fn new(family: Family) -> Network {
        Network {
            graph: Graph::new(family),
            random: Random(1),
        }
    }

    fn meaning() -> (Element, Quantization) {
        (Element::Int8, Quantization::per_tensor(0.05, ZERO))
    }

    /// Adds a node; gives its result.
    fn node(&mut self, name: &str, operator: Operator, inputs: &[TensorId]) -> TensorId {
        let output = Output::new(format!("{name}_y"), Network::meaning());
        self.graph.node(name, operator, inputs, output).unwrap()
    }

    /// A convolution with a scale for each channel; those of `constants` have no weights and this bias.
    fn convolution(
        &mut self,
        name: &str,
        x: TensorId,
        (side, groups): (usize, usize),
        outputs: usize,
        constants: &[(usize, i32)],
    ) -> TensorId {
        let channels = self.graph[x].shape[2] / groups;
        let of_output = side * side * channels;
        let mut values = self.random.bytes(outputs * of_output);
        let mut bias = Vec::from_iter((0..outputs).map(|_| self.random.within(0, 400) as i32));
        for (channel, of) in constants {
            values[channel * of_output..][..of_output].fill(0);
            bias[*channel] = *of;
        }
        let scales = (0..outputs).map(|channel| 0.002 + 0.0001 * channel as f32);
        let scales = Vec::from_iter(scales);
        let quantization = |factor: f32| {
            Some(Quantization {
                scales: scales.iter().map(|scale| scale * factor).collect(),
                zero_points: vec![0; outputs],
            })
        };
        let shape = [outputs, side, side, channels];
        let (values, bias) = (Values::Int8(values), Values::Int32(bias));
        let w = (self.graph).constant(format!("{name}_w"), shape, values, quantization(1.0));
        let b = (self.graph).constant(format!("{name}_b"), [outputs], bias, quantization(0.05));
        let around = side / 2;
        let operator = Operator::Convolution(Convolution {
            strides: [1, 1],
            dilations: [1, 1],
            padding: Padding {
                top: around,
                left: around,
                bottom: around,
                right: around,
            },
            groups,
        });
        self.node(name, operator, &[x, w, b])
    }

    /// Ends it; gives for each of its layers the channels that are kept, where not all are. On the hardware and in the
    /// functional model its outputs are those of the golden model in both modes, folded or not.
    fn kept(mut self, y: TensorId) -> Vec<(String, Option<Vec<usize>>)> {
        self.graph.outputs.push(y);
        let mut config = NpuConfig::new(4, 4);
        config.post.lanes = Some(1);
        let arch = NpuArch::new(&config).unwrap();
        let size = self.graph[self.graph.inputs[0]].len();
        let inputs = [(); 2].map(|_| Values::Int8(self.random.bytes(size)));
        let all = [Rounding::Fixed, Rounding::Float].map(|rounding| {
            for folding in [true, false] {
                let options = Options {
                    folding,
                    ..Options::from(rounding)
                };
                check(&self.graph, &arch, options, &inputs, 1);
            }
            let network = Executable::compile(&self.graph, &arch, rounding).unwrap();
            let layers = network.layers().map(|layer| {
                let kept = layer.kept.as_ref().map(|kept| kept.channels.clone());
                (layer.name.clone(), kept)
            });
            Vec::from_iter(layers)
        });
        let [fixed, float] = all;
        assert_eq!(fixed, float);
        fixed
    }
}

/// What [`Network::kept`] gives of layers with these channels.
fn layers<const COUNT: usize>(
    all: [(&str, Option<&[usize]>); COUNT],
) -> Vec<(String, Option<Vec<usize>>)> {
    let layers = all.map(|(name, kept)| (name.to_owned(), kept.map(<[usize]>::to_vec)));
    layers.to_vec()
}

/// A channel that is the zero point everywhere is what stands around the image; others are not the same at its edge.
#[test]
fn constant_channels_become_biases() {
    let mut network = Network::new(Family::TfLite);
    let x = network.graph.input("x", [4, 5, 3], Network::meaning());
    let constants = [(1, 0), (2, 900), (5, 0)];
    let first = network.convolution("first", x, (1, 1), 6, &constants);
    let second = network.convolution("second", first, (3, 6), 6, &[(5, -700)]);
    let third = network.convolution("third", second, (1, 1), 4, &[]);
    // Channel 2 of the second is another at the edge; 5 is the same everywhere.
    let kept = layers([
        ("first", Some(&[0, 2, 3, 4])),
        ("second", Some(&[0, 2, 3, 4])),
        ("third", None),
    ]);
    assert_eq!(network.kept(third), kept);
}

/// A convolution with a window beyond the image has no bias for a constant that is not what stands there.
#[test]
fn constants_beside_other_padding_are_kept() {
    let mut network = Network::new(Family::TfLite);
    let x = network.graph.input("x", [4, 5, 3], Network::meaning());
    let first = network.convolution("first", x, (1, 1), 6, &[(0, 900), (3, 0), (4, -900)]);
    let second = network.convolution("second", first, (3, 1), 4, &[]);
    let kept = layers([("first", Some(&[0, 1, 2, 4, 5])), ("second", None)]);
    assert_eq!(network.kept(second), kept);
}

/// All tensors of sums keep the same channels.
#[test]
fn sums_leave_out_what_is_constant_in_all() {
    let mut network = Network::new(Family::TfLite);
    let x = network.graph.input("x", [3, 3, 4], Network::meaning());
    let a = network.convolution("a", x, (1, 1), 8, &[(0, 500), (1, -300), (3, 10), (6, 0)]);
    let b = network.convolution("b", x, (3, 1), 8, &[(0, 10), (1, 0), (4, 800), (6, 100)]);
    let sum = network.node("sum", Operator::Binary(Binary::Add), &[a, b]);
    let half = network.convolution("half", sum, (1, 1), 3, &[]);
    let kept = Some(&[2, 3, 4, 5, 7][..]);
    let kept = layers([("a", kept), ("b", kept), ("half", None)]);
    assert_eq!(network.kept(half), kept);
}

/// Pools hand constants on, and a fully connected layer of the flattened image takes them as biases.
#[test]
fn pools_and_flattened_images() {
    let mut network = Network::new(Family::TfLite);
    let x = network.graph.input("x", [4, 4, 3], Network::meaning());
    let constants = [(0, 333), (4, -2000), (5, 0), (6, 70)];
    let first = network.convolution("first", x, (1, 1), 8, &constants);
    let pool = Pool {
        kernel: [2, 2],
        strides: [2, 2],
        padding: Padding::default(),
        count_padding: false,
    };
    let largest = network.node("largest", Operator::MaxPool(pool), &[first]);
    let shape = vec![16 * 8 / 4];
    let flat = network.node("flat", Operator::Reshape { shape }, &[largest]);
    let weights = Values::Int8(network.random.bytes(3 * 32));
    let quantization = Some(Quantization::per_tensor(0.001, 0));
    let w = (network.graph).constant("w", [3, 32], weights, quantization);
    let last = network.node("last", Operator::FullyConnected, &[flat, w]);
    let kept = Some(&[1, 2, 3, 7][..]);
    let kept = layers([("first", kept), ("largest", kept), ("last", None)]);
    assert_eq!(network.kept(last), kept);
}

/// Means of windows beyond the image, and of all of it.
#[test]
fn means_of_constants() {
    let mut network = Network::new(Family::TfLite);
    let x = network.graph.input("x", [5, 5, 3], Network::meaning());
    let first = network.convolution("first", x, (1, 1), 6, &[(0, 333), (4, -2000), (5, 0)]);
    let pool = Pool {
        kernel: [3, 3],
        strides: [2, 2],
        padding: Padding {
            top: 1,
            left: 1,
            bottom: 1,
            right: 1,
        },
        count_padding: false,
    };
    let means = network.node("means", Operator::AveragePool(pool), &[first]);
    let whole = network.node("whole", Operator::GlobalAveragePool, &[means]);
    let w = Values::Int8(network.random.bytes(2 * 6));
    let quantization = Some(Quantization::per_tensor(0.001, 0));
    let w = network.graph.constant("w", [2, 6], w, quantization);
    let last = network.node("last", Operator::FullyConnected, &[whole, w]);
    // A result of one vector keeps a whole tile.
    let kept = Some(&[0, 1, 2, 3][..]);
    let kept = layers([
        ("first", kept),
        ("means", kept),
        ("whole", kept),
        ("last", None),
    ]);
    assert_eq!(network.kept(last), kept);
}

/// What depends on an input but is read by nobody is not computed; an output of the network is, as a whole.
#[test]
fn channels_that_nothing_depends_on() {
    let mut network = Network::new(Family::Onnx);
    let x = network.graph.input("x", [3, 4, 3], Network::meaning());
    let first = network.convolution("first", x, (1, 1), 5, &[]);
    let second = network.convolution("second", first, (3, 5), 5, &[(1, 50), (3, 2000)]);
    let third = network.convolution("third", second, (1, 1), 5, &[(0, 9), (1, 8)]);
    let kept = Some(&[0, 2, 4][..]);
    let kept = layers([("first", kept), ("second", kept), ("third", None)]);
    assert_eq!(network.kept(third), kept);
}

/// A sum that may be beyond 32 bits wraps: it is no constant where all sums without that are at a limit.
#[test]
fn sums_that_wrap_are_not_constant() {
    let mut network = Network::new(Family::TfLite);
    let x = network.graph.input("x", [2, 2, 3], Network::meaning());
    let first = network.convolution("first", x, (1, 1), 4, &[]);
    let bias = network.graph.tensors.len() - 2;
    let tensor = &mut network.graph.tensors[bias];
    assert_eq!(tensor.name, "first_b");
    // The second is at the limit for every input.
    tensor.values = Some(Values::Int32(vec![i32::MAX - 5000, 1 << 28, 0, 0]));
    let second = network.convolution("second", first, (1, 1), 4, &[]);
    network.graph.outputs.push(second);
    let mut config = NpuConfig::new(4, 4);
    config.post.lanes = Some(1);
    let arch = NpuArch::new(&config).unwrap();
    let compiled = Executable::compile(&network.graph, &arch, Rounding::Fixed).unwrap();
    let kept = compiled.layers().next().unwrap().kept.clone();
    assert_eq!(kept.unwrap().channels, [0, 2, 3]);
}
