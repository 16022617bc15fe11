//! Random networks: on the hardware every output is that of the golden interpreter.

use super::Random;
use super::networks::check;
use ferrogrid::arch::{NpuArch, npu_from_preset};
use ferrogrid::compiler::{CompileError, Rounding, compile};
use ferrogrid::config::{Bytes, NpuConfig};
use ferrogrid::graph::{
    Binary, Convolution, Element, Family, Graph, Operator, Output, Padding, Pool, Quantization,
    TensorId, Values,
};
use ferrogrid::isa::npu::{Fence, Operation as Op};

/// What an activation of random int8 or uint8 means.
fn meaning(random: &mut Random, family: Family) -> (Element, Quantization) {
    let scale = f32::from_bits(0x3c00_0000 + random.next() as u32 % 0x0200_0000);
    match family == Family::Onnx && random.chance(3) {
        true => {
            let zero = random.within(0, 255) as i32;
            (Element::Uint8, Quantization::per_tensor(scale, zero))
        }
        false => {
            let zero = random.within(0, 255) as i32 - 128;
            (Element::Int8, Quantization::per_tensor(scale, zero))
        }
    }
}

/// Weights with a bias.
fn weights(
    graph: &mut Graph,
    random: &mut Random,
    shape: &[usize],
    scale: f32,
) -> (TensorId, TensorId) {
    let outputs = shape[0];
    let count = shape.iter().product();
    let values = Values::Int8(random.bytes(count));
    let per_channel = random.chance(2);
    let scales: Vec<f32> = (0..if per_channel { outputs } else { 1 })
        .map(|_| f32::from_bits(0x3a00_0000 + random.next() as u32 % 0x0200_0000))
        .collect();
    let zero_points = vec![0; scales.len()];
    let of_bias: Vec<f32> = scales.iter().map(|of| of * scale).collect();
    let w = Quantization {
        scales,
        zero_points: zero_points.clone(),
    };
    let b = Quantization {
        scales: of_bias,
        zero_points,
    };
    let bias = (0..outputs).map(|_| random.next() as i32 % 4000).collect();
    let name = graph.tensors.len();
    (
        graph.constant(format!("w{name}"), shape.to_vec(), values, Some(w)),
        graph.constant(format!("b{name}"), [outputs], Values::Int32(bias), Some(b)),
    )
}

/// A network of some random layers, a shortcut and perhaps pools.
fn network(random: &mut Random) -> Graph {
    let family = if random.chance(2) {
        Family::TfLite
    } else {
        Family::Onnx
    };
    let mut graph = Graph::new(family);
    let image = [
        random.within(1, 9),
        random.within(1, 9),
        random.within(1, 12),
    ];
    let shape = image.map(|size| size as usize);
    let x = meaning(random, family);
    let mut last = graph.input("x", shape.to_vec(), x);
    let mut shortcut: Option<TensorId> = None;
    for number in 0..random.within(1, 5) {
        let shape = graph[last].shape.clone();
        let quantization = graph[last].quantization.clone().unwrap();
        let name = format!("layer{number}");
        let y = meaning(random, family);
        let same = shortcut.filter(|tensor| graph[*tensor].shape == shape && *tensor != last);
        let kind = random.within(0, 9);
        let next = match (kind, same, shape.len()) {
            (0..=4, Some(other), _) => {
                let inputs = if random.chance(2) {
                    [last, other]
                } else {
                    [other, last]
                };
                let limits = Output::new(format!("{name}_y"), y);
                graph.node(&name, Operator::Binary(Binary::Add), &inputs, limits)
            }
            (3, _, 3) => {
                let kernel = [1, 2].map(|_| random.within(1, 3) as usize);
                let fits = kernel[0] <= shape[0] && kernel[1] <= shape[1];
                let kernel = if fits { kernel } else { [1, 1] };
                let pool = Pool {
                    kernel,
                    strides: [1, 2].map(|_| random.within(1, 2) as usize),
                    padding: Padding::default(),
                    count_padding: false,
                };
                let y = Output::new(format!("{name}_y"), (graph[last].element, quantization));
                let is_maximum = random.chance(2) || family == Family::Onnx;
                let operator = if is_maximum {
                    Operator::MaxPool(pool)
                } else {
                    Operator::AveragePool(pool)
                };
                graph.node(&name, operator, &[last], y)
            }
            (4, _, 3) if family == Family::Onnx => {
                let y = Output::new(format!("{name}_y"), y);
                graph.node(&name, Operator::GlobalAveragePool, &[last], y)
            }
            (5, _, _) => {
                let outputs = random.within(1, 20) as usize;
                let features = shape[shape.len() - 1];
                let (w, b) = weights(
                    &mut graph,
                    random,
                    &[outputs, features],
                    quantization.scale(0),
                );
                let y = Output::new(format!("{name}_y"), y);
                graph.node(&name, Operator::FullyConnected, &[last, w, b], y)
            }
            (6..=7, _, 3) => {
                // The shape stays, so that sums follow.
                let kernel = 1 + 2 * random.within(0, 1) as usize;
                let around = kernel / 2;
                let convolution = Convolution {
                    strides: [1, 1],
                    dilations: [1, 1],
                    padding: Padding {
                        top: around,
                        left: around,
                        bottom: around,
                        right: around,
                    },
                    groups: 1,
                };
                let of_weights = [shape[2], kernel, kernel, shape[2]];
                let (w, b) = weights(&mut graph, random, &of_weights, quantization.scale(0));
                let y = Output::new(format!("{name}_y"), y);
                graph.node(&name, Operator::Convolution(convolution), &[last, w, b], y)
            }
            (_, _, 3) => {
                let outputs = random.within(1, 20) as usize;
                let kernel = [1, 2].map(|_| random.within(1, 3) as usize);
                let dilations = [1, 2].map(|_| random.within(1, 2) as usize);
                let padding = Padding {
                    top: random.within(0, 2) as usize,
                    left: random.within(0, 2) as usize,
                    bottom: (kernel[0] - 1) * dilations[0],
                    right: (kernel[1] - 1) * dilations[1],
                };
                let convolution = Convolution {
                    strides: [1, 2].map(|_| random.within(1, 2) as usize),
                    dilations,
                    padding,
                    groups: 1,
                };
                let of_weights = [outputs, kernel[0], kernel[1], shape[2]];
                let (w, b) = weights(&mut graph, random, &of_weights, quantization.scale(0));
                let y = Output::new(format!("{name}_y"), y);
                graph.node(&name, Operator::Convolution(convolution), &[last, w, b], y)
            }
            _ => continue,
        };
        let next = next.unwrap_or_else(|error| panic!("{error}"));
        if random.chance(2)
            || shortcut.is_none_or(|tensor| graph[tensor].shape != graph[next].shape)
        {
            shortcut = Some(last);
        }
        last = next;
    }
    graph.outputs.push(last);
    graph
}

/// What a `[rows, features]` by `[features, outputs]` product takes on the preset `edge`.
#[test]
fn a_product_of_square_matrices() {
    let arch = npu_from_preset("edge").unwrap();
    let size = 64;
    let mut random = Random(1);
    let mut graph = Graph::new(Family::TfLite);
    let int8 = |scale| (Element::Int8, Quantization::per_tensor(scale, 0));
    let x = graph.input("x", [size, size], int8(0.02));
    let values = Values::Int8(random.bytes(size * size));
    let meaning = Some(Quantization::per_tensor(0.01, 0));
    let w = graph.constant("w", [size, size], values, meaning);
    let y = Output::new("y", int8(0.5));
    let y = graph.node("product", Operator::FullyConnected, &[x, w], y);
    graph.outputs.push(y.unwrap());
    let values = Values::Int8(random.bytes(size * size));
    check(&graph, &arch, Rounding::Fixed, &[values], 1);
}

/// An input that is an output too, a result that is asked for twice, and one that is read besides.
#[test]
fn outputs_of_all_kinds() {
    let mut graph = Graph::new(Family::TfLite);
    let mut random = Random(5);
    let int8 = |scale, zero_point| (Element::Int8, Quantization::per_tensor(scale, zero_point));
    let x = graph.input("x", [2, 3, 40], int8(0.25, 3));
    let (v, bias) = weights(&mut graph, &mut random, &[20, 40], 0.25);
    let output = |name, scale| Output::new(name, int8(scale, -7));
    let y = graph.node(
        "y",
        Operator::FullyConnected,
        &[x, v, bias],
        output("y", 4.0),
    );
    let y = y.unwrap();
    let shape = vec![120];
    let flat = graph.node(
        "flat",
        Operator::Reshape { shape },
        &[y],
        output("flat", 4.0),
    );
    let (w, bias) = weights(&mut graph, &mut random, &[9, 20], 4.0);
    let z = graph.node(
        "z",
        Operator::FullyConnected,
        &[y, w, bias],
        output("z", 64.0),
    );
    graph.outputs = vec![x, y, flat.unwrap(), z.unwrap()];
    let inputs = Values::Int8(random.bytes(240));
    let arch = npu_from_preset("small").unwrap();
    check(&graph, &arch, Rounding::Fixed, &[inputs], 1);
}

/// The operands of a sum are one result in two shapes, or one of them is and the other is made of it.
#[test]
fn one_result_in_two_shapes() {
    let int8 = |scale, zero_point| (Element::Int8, Quantization::per_tensor(scale, zero_point));
    let arch = npu_from_preset("nano").unwrap();
    for between in [false, true] {
        let mut random = Random(6);
        let mut graph = Graph::new(Family::Onnx);
        let x = graph.input("x", [2, 3, 6], int8(0.25, 3));
        let (w, bias) = weights(&mut graph, &mut random, &[5, 6], 0.25);
        let mut node = |name: &str, operator, inputs: &[TensorId], scale| {
            let output = Output::new(name, int8(scale, -7));
            graph.node(name, operator, inputs, output).unwrap()
        };
        let y = node("y", Operator::FullyConnected, &[x, w, bias], 4.0);
        let (a, scale) = match between {
            false => (y, 4.0),
            true => {
                let clip = Operator::Clip {
                    low: 0.0,
                    high: f32::INFINITY,
                };
                (node("clip", clip, &[y], 3.0), 3.0)
            }
        };
        let shape = vec![6, 5];
        let a = node("a", Operator::Reshape { shape }, &[a], scale);
        let shape = vec![6, 5];
        let b = node("b", Operator::Reshape { shape }, &[y], 4.0);
        let sum = node("sum", Operator::Binary(Binary::Add), &[a, b], 7.0);
        graph.outputs = vec![sum];
        let inputs = Values::Int8(random.bytes(36));
        check(&graph, &arch, Rounding::Float, &[inputs], 1);
    }
}

/// More channels than there are parameters.
#[test]
fn channels_beyond_the_parameters() {
    let mut graph = Graph::new(Family::TfLite);
    let int8 = |scale| (Element::Int8, Quantization::per_tensor(scale, 0));
    let x = graph.input("x", [4], int8(1.0));
    let mut random = Random(1);
    let (w, bias) = weights(&mut graph, &mut random, &[513, 4], 1.0);
    let y = Output::new("y", int8(1.0));
    let y = graph.node("wide", Operator::FullyConnected, &[x, w, bias], y);
    graph.outputs.push(y.unwrap());
    let values = Values::Int8(random.bytes(4));
    let arch = npu_from_preset("nano").unwrap();
    check(&graph, &arch, Rounding::Fixed, &[values], 1);
}

/// An input that is an output too, larger than a STORE, and than the scratchpad.
#[test]
fn an_output_beyond_a_store() {
    let mut config = NpuConfig::new(8, 8);
    let mut graph = Graph::new(Family::TfLite);
    let int8 = (Element::Int8, Quantization::per_tensor(1.0, 0));
    let x = graph.input("x", [1 << 18], int8);
    graph.outputs.push(x);
    for scratchpad in [1024, 64] {
        config.memory.scratchpad = Some(Bytes::kib(scratchpad));
        let arch = NpuArch::new(&config).unwrap();
        let values = Values::Int8(Random(1).bytes(1 << 18));
        check(&graph, &arch, Rounding::Fixed, &[values], 1);
    }
}

/// A layer that keeps the rows and columns of an image; gives its result.
fn append(graph: &mut Graph, random: &mut Random, last: TensorId, outputs: usize) -> TensorId {
    let shape = graph[last].shape.clone();
    let scale = graph[last].quantization.as_ref().unwrap().scale(0);
    let kernel = 1 + 2 * random.within(0, 1) as usize;
    let around = kernel / 2;
    let (operator, of_weights) = match shape[..] {
        [_, _, channels] => (
            Operator::Convolution(Convolution {
                strides: [1, 1],
                dilations: [1, 1],
                padding: Padding {
                    top: around,
                    left: around,
                    bottom: around,
                    right: around,
                },
                groups: 1,
            }),
            vec![outputs, kernel, kernel, channels],
        ),
        _ => (
            Operator::FullyConnected,
            vec![outputs, shape[shape.len() - 1]],
        ),
    };
    let (w, b) = weights(graph, random, &of_weights, scale);
    let name = format!("layer{}", graph.nodes.len());
    let y = Output::new(format!("{name}_y"), meaning(random, graph.family));
    let y = graph.node(name, operator, &[last, w, b], y);
    y.unwrap_or_else(|error| panic!("{error}"))
}

/// Appends layers of many channels and few, and sums of them, to what a network gives.
fn widen(graph: &mut Graph, random: &mut Random) {
    for _ in 0..random.within(1, 3) {
        let last = graph.outputs[0];
        let outputs = match random.chance(2) {
            true => random.within(40, 130),
            false => random.within(1, 20),
        };
        let wide = append(graph, random, last, outputs as usize);
        graph.outputs[0] = wide;
        if random.chance(2) {
            let more = append(graph, random, wide, outputs as usize);
            let y = Output::new(format!("sum{}", more.0), meaning(random, graph.family));
            let sum = graph.node(
                format!("add{}", more.0),
                Operator::Binary(Binary::Add),
                &[more, wide],
                y,
            );
            graph.outputs[0] = sum.unwrap_or_else(|error| panic!("{error}"));
        }
    }
}

/// A network of an image too large for a small core.
fn large_network(random: &mut Random) -> Graph {
    let family = match random.chance(2) {
        true => Family::TfLite,
        false => Family::Onnx,
    };
    let mut graph = Graph::new(family);
    let shape = [8, 8, 1].map(|least| random.within(least, 2 * least + 6) as usize);
    let x = meaning(random, family);
    let x = graph.input("x", shape, x);
    graph.outputs.push(x);
    graph
}

/// Cores so small that activations go to DRAM, weights are read again, and parameters come in groups.
#[test]
fn networks_on_tiny_cores() {
    let (mut runs, mut bands) = (0, 0);
    for seed in 0..60 {
        let mut random = Random(seed + 1000);
        let mut graph = match seed % 2 {
            0 => network(&mut random),
            _ => large_network(&mut random),
        };
        widen(&mut graph, &mut random);
        let [rows, columns] = [(); 2].map(|_| 4 << random.within(0, 2));
        let mut config = NpuConfig::new(rows, columns);
        config.memory.scratchpad = Some(Bytes::kib(4 << random.within(0, 3).saturating_sub(1)));
        let tiles = 4 << random.within(0, 3);
        config.memory.weights = Some(Bytes(u64::from(rows * columns * tiles)));
        config.memory.accumulators = Some(16 << random.within(0, 1));
        config.memory.parameters = Some(64);
        let arch = NpuArch::new(&config).unwrap();
        let element = graph[graph.inputs[0]].element;
        let values = (0..graph[graph.inputs[0]].len()).map(|_| random.next() as u8);
        let (low, _) = element.range();
        let values = Vec::from_iter(values.map(|value| i32::from(value) + low));
        let values = Values::saturated(element, &values);
        let rounding = match random.chance(2) {
            true => Rounding::Float,
            false => Rounding::Fixed,
        };
        println!(
            "seed {seed}: {rounding:?} {}x{} {:?}",
            rows, columns, config.memory
        );
        match compile(&graph, &arch, rounding) {
            Ok(compiled) => {
                runs += 1;
                // Bands are apart from each other.
                let apart = Op::Fence(Fence { units: 0x1f });
                bands += usize::from(compiled.program.iter().any(|of| of.operation == apart));
                check(
                    &graph,
                    &arch,
                    rounding,
                    &[values],
                    usize::from(seed % 3 == 0),
                );
            }
            Err(error) => println!("seed {seed}: {error}"),
        }
    }
    assert!(runs > 40 && bands > 20, "{runs} runs, {bands} with bands");
}

/// Pools with padding, of windows that a bank holds and of larger ones.
#[test]
fn pools_of_all_kinds() {
    for seed in 0..24 {
        let mut random = Random(seed);
        let family = match seed % 2 {
            0 => Family::TfLite,
            _ => Family::Onnx,
        };
        let mut graph = Graph::new(family);
        let (element, quantization) = meaning(&mut random, family);
        let shape = [28, 11, 9].map(|most| random.within(5, most) as usize);
        let x = graph.input("x", shape, (element, quantization.clone()));
        let sides = [0, 1].map(|axis| random.within(1, shape[axis] as u32) as usize);
        let around = sides.map(|side| random.within(0, side as u32 - 1) as usize);
        let behind = sides.map(|side| random.within(0, side as u32 - 1) as usize);
        let pool = Pool {
            kernel: sides,
            strides: [1, 2].map(|_| random.within(1, 3) as usize),
            padding: Padding {
                top: around[0],
                left: around[1],
                bottom: behind[0],
                right: behind[1],
            },
            count_padding: family == Family::Onnx && random.chance(2),
        };
        let is_maximum = seed % 3 == 0;
        let operator = match is_maximum {
            true => Operator::MaxPool(pool),
            false => Operator::AveragePool(pool),
        };
        let y = match is_maximum || family == Family::TfLite {
            true => (element, quantization),
            false => meaning(&mut random, family),
        };
        let y = graph.node("pool", operator, &[x], Output::new("y", y));
        graph
            .outputs
            .push(y.unwrap_or_else(|error| panic!("{error}")));
        let mut config = NpuConfig::new(8, 8 << random.within(0, 1));
        config.memory.accumulators = Some(16);
        let arch = NpuArch::new(&config).unwrap();
        let values = (0..graph[x].len()).map(|_| random.next() as u8);
        let (low, _) = element.range();
        let values = Vec::from_iter(values.map(|value| i32::from(value) + low));
        let values = Values::saturated(element, &values);
        println!("seed {seed}: {pool:?}");
        check(&graph, &arch, Rounding::Fixed, &[values], 1);
    }
}

/// A row that the scratchpad does not hold: the error says how much it must hold, and that is enough.
#[test]
fn a_row_beyond_the_scratchpad() {
    let mut graph = Graph::new(Family::TfLite);
    let int8 = |scale| (Element::Int8, Quantization::per_tensor(scale, 0));
    let x = graph.input("x", [3, 200, 20], int8(1.0));
    let mut random = Random(1);
    graph.outputs.push(x);
    let y = append(&mut graph, &mut random, x, 20);
    graph.outputs[0] = y;
    let compiled = |bytes: u64| {
        let mut config = NpuConfig::new(8, 8);
        config.memory.scratchpad = Some(Bytes(bytes));
        compile(&graph, &NpuArch::new(&config).unwrap(), Rounding::Fixed)
    };
    let Err(CompileError::Scratchpad {
        node,
        needed,
        missing,
    }) = compiled(4096)
    else {
        panic!("a row of 4,000 bytes in 4 KiB");
    };
    assert_eq!((node.as_str(), missing), ("layer0", needed - 4096));
    assert!(compiled(needed.next_power_of_two()).is_ok());
    assert!(compiled(needed.next_power_of_two() / 2).is_err());
}

/// More rows of a result than a semaphore counts.
#[test]
fn more_signals_than_a_semaphore_counts() {
    let mut random = Random(1);
    let mut graph = Graph::new(Family::TfLite);
    let int8 = |scale| (Element::Int8, Quantization::per_tensor(scale, 0));
    let x = graph.input("x", [300, 9, 4], int8(1.0));
    let y = append(&mut graph, &mut random, x, 4);
    let z = append(&mut graph, &mut random, y, 3);
    graph.outputs.push(z);
    let mut config = NpuConfig::new(4, 4);
    config.memory.accumulators = Some(16);
    for scratchpad in [64, 16] {
        config.memory.scratchpad = Some(Bytes::kib(scratchpad));
        let arch = NpuArch::new(&config).unwrap();
        let values = Values::Int8(random.bytes(300 * 9 * 4));
        check(&graph, &arch, Rounding::Fixed, &[values], 1);
    }
}
