//! Small networks: what folding, equalizing and correcting do, what is quantized, and what is wrong.

use super::layer::Layer;
use super::network::{int_attribute, ints_attribute, real_constant};
use super::range::{Histogram, meaning, within};
use super::*;
use crate::graph::Values;
use crate::import::onnx_proto::{
    Dimension, GraphProto, NodeProto, OperatorSet, Shape, TensorProto, TensorType, TypeProto,
    ValueInfo,
};
use crate::reference::graph as golden;
use ndarray::{ArrayD, IxDyn};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A network that grows, whose weights are random.
struct Builder {
    graph: GraphProto,
    random: ChaCha8Rng,
}

impl Builder {
    /// With an input of so many channels and pixels of a side.
    fn new(seed: u64, channels: usize, side: usize) -> Builder {
        let graph = GraphProto {
            input: vec![port("x", &[1, channels, side, side])],
            ..GraphProto::default()
        };
        let random = ChaCha8Rng::seed_from_u64(seed);
        Builder { graph, random }
    }

    fn array(&mut self, shape: &[usize], [low, high]: [f32; 2]) -> ArrayD<f32> {
        ArrayD::from_shape_simple_fn(IxDyn(shape), || self.random.random_range(low..high))
    }

    fn constant(&mut self, shape: &[usize], range: [f32; 2]) -> String {
        let values = self.array(shape, range);
        self.given(&values)
    }

    fn given(&mut self, values: &ArrayD<f32>) -> String {
        let name = format!("c{}", self.graph.initializer.len());
        self.graph.initializer.push(real_constant(&name, values));
        name
    }

    fn node(&mut self, operator: &str, inputs: &[&str]) -> String {
        let output = format!("t{}", self.graph.node.len());
        self.graph.node.push(NodeProto {
            op_type: operator.into(),
            input: inputs.iter().map(|name| (*name).to_owned()).collect(),
            output: vec![output.clone()],
            ..NodeProto::default()
        });
        output
    }

    /// A convolution of 3 x 3 that keeps the size.
    fn convolution(&mut self, x: &str, [outputs, inputs]: [usize; 2], groups: usize) -> String {
        let w = self.constant(&[outputs, inputs / groups, 3, 3], [-0.5, 0.5]);
        let bias = self.constant(&[outputs], [-0.5, 0.5]);
        let y = self.node("Conv", &[x, &w, &bias]);
        let attributes = [
            ints_attribute("pads", vec![1; 4]),
            int_attribute("group", groups as i64),
        ];
        self.graph
            .node
            .last_mut()
            .unwrap()
            .attribute
            .extend(attributes);
        y
    }

    fn normalization(&mut self, x: &str, channels: usize) -> String {
        let figures = [[0.1, 3.0], [-1.0, 1.0], [-1.0, 1.0], [0.1, 4.0]];
        let figures = figures.map(|range| self.constant(&[channels], range));
        let [scale, shift, mean, variance] = figures.each_ref().map(String::as_str);
        self.node("BatchNormalization", &[x, scale, shift, mean, variance])
    }

    fn samples(&mut self, count: usize) -> Arrays {
        let shape = self.graph.input[0].r#type.as_ref().unwrap();
        let shape = &shape
            .tensor_type
            .as_ref()
            .unwrap()
            .shape
            .as_ref()
            .unwrap()
            .dim;
        let sizes = shape.iter().map(|of| of.dim_value.unwrap() as usize);
        let sizes = Vec::from_iter([count].into_iter().chain(sizes));
        Arrays::from([(String::new(), self.array(&sizes, [-1.0, 1.0]))])
    }

    fn model(&self, output: &str) -> Model {
        let mut graph = self.graph.clone();
        graph.output.push(port(output, &[]));
        Model {
            ir_version: 8,
            graph: Some(graph),
            opset_import: vec![OperatorSet {
                domain: String::new(),
                version: 17,
            }],
            ..Model::default()
        }
    }
}

fn port(name: &str, sizes: &[usize]) -> ValueInfo {
    let dim = sizes.iter().map(|size| Dimension {
        dim_value: Some(*size as i64),
        ..Dimension::default()
    });
    let tensor_type = Some(TensorType {
        elem_type: 1,
        shape: (!sizes.is_empty()).then(|| Shape { dim: dim.collect() }),
    });
    ValueInfo {
        name: name.into(),
        r#type: Some(TypeProto { tensor_type }),
    }
}

fn network(model: Model) -> Network {
    let mut network = Network::new(model).unwrap();
    simplify::simplify(&mut network);
    network
}

fn plain() -> Options {
    Options {
        equalize: false,
        correct_biases: false,
        ..Options::default()
    }
}

/// Outputs for the first sample.
fn outputs(network: &Network, arrays: &Arrays) -> ArrayD<f32> {
    let samples = Samples::new(network, arrays).unwrap();
    let names = Vec::from_iter(network.graph().output.iter().map(|of| of.name.clone()));
    let run = Run::new(network, &samples).unwrap();
    run.tensors(0, &names).unwrap().remove(0)
}

fn assert_near(wanted: &ArrayD<f32>, found: &ArrayD<f32>) {
    assert_eq!(wanted.shape(), found.shape());
    let most = wanted
        .iter()
        .fold(1e-3_f32, |most, value| most.max(value.abs()));
    for (wanted, found) in wanted.iter().zip(found) {
        assert!(
            (wanted - found).abs() <= 2e-5 * most,
            "{wanted} became {found}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Batch normalizations, factors of Gemm and sums behind products are folded, and nothing changes.
    #[test]
    fn folded_networks_compute_the_same(seed: u64, channels in 1_usize..5, groups in any::<bool>()) {
        let mut b = Builder::new(seed, channels, 4);
        let y = b.convolution("x", [2 * channels, channels], if groups { channels } else { 1 });
        let y = b.normalization(&y, 2 * channels);
        let y = b.node("Relu", &[&y]);
        let w = b.constant(&[2 * channels, 3, 2, 2], [-1.0, 1.0]);
        let y = b.node("ConvTranspose", &[&y, &w]);
        let y = b.normalization(&y, 3);
        let y = b.node("Flatten", &[&y]);
        let w = b.constant(&[75, 4], [-1.0, 1.0]);
        let bias = b.constant(&[1, 4], [-1.0, 1.0]);
        let y = b.node("MatMul", &[&y, &w]);
        let y = b.node("Add", &[&bias, &y]);
        let y = b.node("Identity", &[&y]);
        let w = b.constant(&[3, 4], [-1.0, 1.0]);
        let bias = b.constant(&[3], [-1.0, 1.0]);
        let y = b.node("Gemm", &[&y, &w, &bias]);
        let factors = [("alpha", 0.5), ("beta", 3.0)];
        let factors = factors.map(|(name, f)| crate::import::onnx_proto::Attribute {
            name: name.into(),
            f: Some(f),
            r#type: 1,
            ..Default::default()
        });
        let gemm = b.graph.node.last_mut().unwrap();
        gemm.attribute.extend(factors);
        gemm.attribute.push(int_attribute("transB", 1));

        let arrays = b.samples(1);
        let mut folded = network(b.model(&y));
        let before = outputs(&folded, &arrays);
        let ranks = ranks(&folded, &Samples::new(&folded, &arrays).unwrap()).unwrap();
        prop_assert_eq!(fold::fold(&mut folded, &ranks), 3);
        let operators = Vec::from_iter(folded.nodes().iter().map(|node| node.op_type.as_str()));
        prop_assert_eq!(operators, ["Conv", "Relu", "ConvTranspose", "Flatten", "Gemm", "Gemm"]);
        assert_near(&before, &outputs(&folded, &arrays));
    }

    /// Factors go from one layer to the next, and nothing changes but the sizes of channels.
    #[test]
    fn equalized_networks_compute_the_same(seed: u64, channels in 2_usize..5) {
        let mut b = Builder::new(seed, 1, 4);
        let spread = b.array(&[channels, 1, 3, 3], [-1.0, 1.0]);
        let spread = spread.outer_iter().enumerate();
        let spread = spread.map(|(channel, of)| of.mapv(|weight| weight * 8_f32.powi(channel as i32)));
        let spread = Vec::from_iter(spread);
        let views = Vec::from_iter(spread.iter().map(|of| of.view()));
        let w = b.given(&ndarray::stack(ndarray::Axis(0), &views).unwrap());
        let y = b.node("Conv", &["x", &w]);
        let first = b.node("Relu", &[&y]);
        let y = b.convolution(&first, [channels, channels], channels);
        let y = b.node("LeakyRelu", &[&y]);
        let y = b.node("GlobalAveragePool", &[&y]);
        let y = b.node("Flatten", &[&y]);
        let w = b.constant(&[channels, 3], [-1.0, 1.0]);
        let y = b.node("Gemm", &[&y, &w]);

        let arrays = b.samples(3);
        let mut equalized = network(b.model(&y));
        let before = outputs(&equalized, &arrays);
        let samples = Samples::new(&equalized, &arrays).unwrap();
        let mut tell = |_: &'static str, _, _| true;
        let progress = &mut Progress::new(&mut tell);
        let spread = |network: &Network, progress: &mut Progress| {
            let limits = calibrate::channel_limits(network, &samples, std::slice::from_ref(&first), progress);
            let mut limits = limits.unwrap().remove(0);
            limits.sort_by(f32::total_cmp);
            limits[channels - 1] / limits[0].max(1e-3)
        };
        let spread_before = spread(&equalized, progress);
        prop_assert_eq!(equalize::equalize(&mut equalized, &samples, progress).unwrap(), 2);
        prop_assert!(spread(&equalized, progress) <= spread_before.max(1.5));
        assert_near(&before, &outputs(&equalized, &arrays));
    }

    /// What the golden model computes of the quantized network is what its quantizations mean, but for rounding.
    #[test]
    fn golden_model_and_quantizations_agree(seed: u64, method in 0_usize..4) {
        let mut b = Builder::new(seed, 2, 6);
        let y = b.convolution("x", [4, 2], 1);
        let y = b.normalization(&y, 4);
        let short = b.node("Relu", &[&y]);
        let y = b.convolution(&short, [4, 4], 4);
        let y = b.node("Sigmoid", &[&y]);
        let y = b.node("Add", &[&short, &y]);
        let y = b.node("MaxPool", &[&y]);
        let window = [("kernel_shape", 2), ("strides", 2)];
        let window = window.map(|(name, size)| ints_attribute(name, vec![size; 2]));
        b.graph.node.last_mut().unwrap().attribute.extend(window);
        let y = b.node("Flatten", &[&y]);
        let w = b.constant(&[36, 3], [-0.3, 0.3]);
        let y = b.node("Gemm", &[&y, &w]);
        let arrays = b.samples(8);
        let method = [Method::MinMax, Method::Percentile(99.0), Method::Entropy, Method::MeanSquare][method];
        let options = Options { method, ..Options::default() };
        let quantized = quantize(b.model(&y), &arrays, &options, &mut |_, _, _| true).unwrap();
        prop_assert_eq!(&quantized.report.unsupported, &None);
        if [Method::MinMax, Method::MeanSquare].contains(&method) {
            let (_, ratio) = quantized.report.outputs[0];
            prop_assert!(ratio.is_none_or(|ratio| ratio > 20.0), "{ratio:?} dB");
        }

        let graph = crate::import::read(&quantized.to_bytes()).unwrap();
        let samples = Samples::new(&quantized.float, &arrays).unwrap();
        // The library has the channels last.
        let x = samples.get(0).next().unwrap().clone().permuted_axes(IxDyn(&[0, 2, 3, 1]));
        let x = Values::Float32(x.iter().copied().collect());
        let values = golden::run(&graph, &[x], golden::Mode::Float).unwrap();
        let found = values[&graph.outputs[0]].floats().unwrap();
        let wanted = outputs(&quantized.evaluated, &arrays);
        let step = quantized.report.tensors.last().unwrap().scale;
        for (wanted, found) in wanted.iter().zip(found) {
            prop_assert!((wanted - found).abs() <= 2.01 * step, "{wanted} and {found}, a step is {step}");
        }
    }

    /// No integer stands for what is beyond the limits, whatever is rounded.
    #[test]
    fn scales_stay_within_limits(low in -8_f32..0.0, high in 0.01_f32..8.0, bits in prop::sample::select(vec![8_u32, 16])) {
        let (scale, zero_point) = within(meaning([low, high], bits), bits, [low, high]);
        let end = 1 << (bits - 1);
        prop_assert!(scale > 0.0 && (-end..end).contains(&zero_point));
        prop_assert!((-end - zero_point) as f32 * scale >= low);
        prop_assert!((end - 1 - zero_point) as f32 * scale <= high);
    }
}

/// A thousand small values and a large one.
fn with_outlier() -> Histogram {
    let values = (0..1000).map(|place| place as f32 / 1000.0).chain([10.0]);
    let values = ArrayD::from_shape_vec(vec![1001], values.collect()).unwrap();
    let mut histogram = Histogram::new([0.0, 10.0]);
    histogram.add(&values);
    histogram
}

#[test]
fn methods_differ_in_what_they_make_of_an_outlier() {
    let histogram = with_outlier();
    assert_eq!(histogram.range(Method::MinMax), [0.0, 10.0]);
    let [low, high] = histogram.range(Method::Percentile(99.0));
    assert!(low == 0.0 && (0.9..1.1).contains(&high), "{high}");
    // One error of 6 weighs less than a thousand of a step.
    let [low, high] = histogram.range(Method::MeanSquare);
    assert!(low == 0.0 && high > 5.0 && high <= 10.0, "{high}");
}

#[test]
fn entropy_leaves_a_few_values_out() {
    // Nearly normal, and five in ten thousand far away.
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let mut normal = || (0..12).map(|_| random.random_range(-0.5_f32..0.5)).sum();
    let values = (0..10_000).map(|place| if place % 2000 == 0 { 30.0 } else { normal() });
    let values = ArrayD::from_shape_vec(vec![10_000], values.collect()).unwrap();
    let mut histogram = Histogram::new([-5.0, 30.0]);
    histogram.add(&values);
    let [low, high] = histogram.range(Method::Entropy);
    assert!(-low > 2.0 && (2.0..10.0).contains(&high), "{low} to {high}");
}

#[test]
fn corrected_biases_keep_means() {
    let mut b = Builder::new(7, 3, 5);
    let y = b.convolution("x", [4, 3], 1);
    let y = b.node("Relu", &[&y]);
    let y = b.convolution(&y, [4, 4], 1);
    let arrays = b.samples(16);
    let mean_error = |correct_biases: bool| {
        let options = Options {
            correct_biases,
            // Much is cut off, and means move.
            method: Method::Percentile(80.0),
            ..plain()
        };
        let quantized = quantize(b.model(&y), &arrays, &options, &mut |_, _, _| true).unwrap();
        let samples = Samples::new(&quantized.float, &arrays).unwrap();
        let names = std::slice::from_ref(&y);
        let runs = [&quantized.float, &quantized.evaluated]
            .map(|network| Run::new(network, &samples).unwrap());
        let mut sums = [0.0_f32; 4];
        for sample in 0..samples.len() {
            let [wanted, found] = runs
                .each_ref()
                .map(|run| run.tensors(sample, names).unwrap());
            let difference = &wanted[0] - &found[0];
            for (sum, of) in sums
                .iter_mut()
                .zip(calibrate::channels(&difference, |of| of.sum::<f32>()))
            {
                *sum += of;
            }
        }
        sums.iter().map(|sum| sum.abs()).sum::<f32>()
    };
    let (without, with) = (mean_error(false), mean_error(true));
    assert!(with < 0.7 * without, "{without} became {with}");
}

#[test]
fn the_most_sensitive_tensors_get_sixteen_bits() {
    let mut b = Builder::new(3, 2, 4);
    let y = b.convolution("x", [4, 2], 1);
    let y = b.node("Relu", &[&y]);
    let y = b.convolution(&y, [2, 4], 1);
    let arrays = b.samples(8);
    let ratio = |mixed: Option<f64>| {
        let options = Options { mixed, ..plain() };
        let quantized = quantize(b.model(&y), &arrays, &options, &mut |_, _, _| true).unwrap();
        let wide = quantized
            .report
            .tensors
            .iter()
            .filter(|of| of.bits == 16)
            .count();
        (
            quantized.report.outputs[0].1.unwrap(),
            wide,
            quantized.report.unsupported,
        )
    };
    let (narrow, none, unsupported) = ratio(None);
    assert_eq!((none, unsupported), (0, None));
    let (found, some, unsupported) = ratio(Some(narrow + 0.5));
    assert!(
        found >= narrow + 0.5 && (1..3).contains(&some),
        "{found}, {some}"
    );
    assert!(unsupported.unwrap().contains("int16"));
}

#[test]
fn limits_are_part_of_sums_and_moves_have_the_scale_of_what_they_move() {
    let mut b = Builder::new(1, 2, 4);
    let sum = b.convolution("x", [4, 2], 1);
    let relu = b.node("Relu", &[&sum]);
    let pooled = b.node("MaxPool", &[&relu]);
    let window = ints_attribute("kernel_shape", vec![2; 2]);
    b.graph.node.last_mut().unwrap().attribute.push(window);
    let flat = b.node("Flatten", &[&pooled]);
    let left = b.node("Exp", &[&flat]);
    let network = network(b.model(&left));
    let plan = Plan::new(&network);
    let roots = plan
        .roots
        .iter()
        .map(|(tensor, root)| (tensor.as_str(), root.as_str()));
    let wanted = [("x", "x"), (&relu, &relu), (&pooled, &relu), (&flat, &relu)];
    let mut wanted = wanted.map(|(tensor, root): (&str, &str)| (tensor, root));
    wanted.sort_unstable();
    assert_eq!(Vec::from_iter(roots), wanted);
    assert_eq!(plan.left, [4]);
    assert!(!plan.roots.contains_key(&sum) && Layer::of(&network, 0).is_some());
}

#[test]
fn what_is_wrong_is_told() {
    type Change<'a> = &'a dyn Fn(&mut Model, &mut Arrays);
    let told = |change: Change| {
        let mut b = Builder::new(1, 2, 4);
        let y = b.convolution("x", [4, 2], 1);
        let (mut model, mut arrays) = (b.model(&y), b.samples(2));
        change(&mut model, &mut arrays);
        let done = quantize(model, &arrays, &plain(), &mut |_, _, _| true);
        done.map(|_| ()).unwrap_err().to_string()
    };
    let graph = |model: &mut Model| model.graph.take().unwrap();
    let cases: [(Change, &str); 9] = [
        (
            &|model, _| model.opset_import[0].version = 12,
            "the model is of operator set 12; scales per channel exist from 13 on",
        ),
        (
            &|model, _| {
                let mut of = graph(model);
                of.node[0].op_type = "QLinearConv".into();
                model.graph = Some(of);
            },
            "node `t0`: the model is quantized already",
        ),
        (
            &|model, _| {
                let mut of = graph(model);
                of.node[0].attribute[0].g = Some(Vec::new());
                model.graph = Some(of);
            },
            "node `t0` (Conv) holds a graph of its own, which is not supported",
        ),
        (
            &|model, _| {
                let mut of = graph(model);
                of.node[0].input[0] = "y".into();
                model.graph = Some(of);
            },
            "node `t0` reads `y`, which no node before it computes",
        ),
        (
            &|model, _| {
                let mut of = graph(model);
                let kind = of.input[0].r#type.as_mut().unwrap();
                kind.tensor_type.as_mut().unwrap().elem_type = 7;
                model.graph = Some(of);
            },
            "input `x` is not float32",
        ),
        (
            &|_, arrays| arrays.clear(),
            "the calibration has no samples of the input `x`",
        ),
        (
            &|_, arrays| {
                let array = arrays.remove("").unwrap();
                arrays.insert(
                    String::new(),
                    array
                        .remove_axis(ndarray::Axis(1))
                        .remove_axis(ndarray::Axis(1)),
                );
            },
            "the samples of `x` are of shape [2, 4, 4]; the network takes [1, 2, 4, 4]",
        ),
        (
            &|_, arrays| arrays.get_mut("").unwrap()[[1, 0, 1, 2, 3]] = f32::NAN,
            "sample 1 of `x` holds NaN at [0, 1, 2, 3]",
        ),
        (
            &|model, _| {
                let mut of = graph(model);
                let huge = ArrayD::from_elem(IxDyn(&[4, 2, 3, 3]), f32::MAX);
                let constants: &mut Vec<TensorProto> = &mut of.initializer;
                constants[0] = real_constant("c0", &huge);
                model.graph = Some(of);
            },
            "tensor `t0` holds",
        ),
    ];
    for (change, wanted) in cases {
        let found = told(change);
        assert!(found.starts_with(wanted), "{found}");
    }
}

#[test]
fn work_ends_when_it_is_not_wanted() {
    let mut b = Builder::new(1, 2, 4);
    let y = b.convolution("x", [4, 2], 1);
    let (model, arrays) = (b.model(&y), b.samples(2));
    let mut steps = 0;
    let done = quantize(model, &arrays, &Options::default(), &mut |_, _, _| {
        steps += 1;
        steps < 3
    });
    assert_eq!(done.map(|_| ()), Err(QuantizeError::Interrupted));
}
