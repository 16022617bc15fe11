//! Random nodes of every operator: what the host and the core make of them is golden.

use super::Random;
use super::networks::check;
use ferrogrid::arch::NpuArch;
use ferrogrid::compiler::{Place, Rounding, places};
use ferrogrid::config::{Bytes, NpuConfig};
use ferrogrid::graph::{
    Binary, Convolution, Element, Family, Function, Graph, Grid, Operator, Output, Pad, Padding,
    Pool, Quantization, Resize, TensorId, Values, View, strides_of,
};
use ferrogrid::reference::graph::{Mode, run};

/// What an activation means.
fn meaning(random: &mut Random) -> (Element, Quantization) {
    let scale = f32::from_bits(0x3c00_0000 + random.next() as u32 % 0x0180_0000);
    let zero = random.within(0, 255) as i32;
    match random.chance(3) {
        true => (Element::Uint8, Quantization::per_tensor(scale, zero)),
        false => (Element::Int8, Quantization::per_tensor(scale, zero - 128)),
    }
}

fn size(random: &mut Random, most: usize) -> usize {
    random.within(1, most as u32) as usize
}

/// A constant that means something else.
fn constant(graph: &mut Graph, random: &mut Random, shape: &[usize]) -> TensorId {
    let values = Values::Int8(random.bytes(shape.iter().product()));
    let scale = f32::from_bits(0x3c00_0000 + random.next() as u32 % 0x0180_0000);
    let zero = random.within(0, 255) as i32 - 128;
    let name = format!("constant{}", graph.tensors.len());
    let meaning = Some(Quantization::per_tensor(scale, zero));
    graph.constant(name, shape.to_vec(), values, meaning)
}

/// A view of a tensor: axes in another order, backwards, in part or repeated.
fn view(random: &mut Random, shape: &[usize]) -> View {
    let mut axes = Vec::from_iter(shape.iter().copied().zip(strides_of(shape)));
    for at in (1..axes.len()).rev() {
        axes.swap(at, random.within(0, at as u32) as usize);
    }
    let mut offset = 0;
    for (size, stride) in &mut axes {
        let first = random.within(0, *size as u32 - 1) as usize;
        match random.within(0, 3) {
            0 => {
                offset += (*size as isize - 1) * *stride;
                *stride = -*stride;
            }
            1 => {
                offset += first as isize * *stride;
                *size -= first;
            }
            2 if random.chance(4) => (*size, *stride) = (2, 0),
            _ => {}
        }
    }
    let (shape, strides) = axes.into_iter().unzip();
    View {
        shape,
        strides,
        offset: offset as usize,
    }
}

/// Adds a random node; none where it does not take the tensor.
fn append(graph: &mut Graph, random: &mut Random, x: TensorId, family: Family) -> Option<TensorId> {
    let shape = graph[x].shape.clone();
    let same = (graph[x].element, graph[x].quantization.clone().unwrap());
    let other = meaning(random);
    let rank = shape.len();
    let last = *shape.last()?;
    let functions = [
        Function::LeakyRelu { slope: 0.1 },
        Function::Sigmoid,
        Function::Tanh,
        Function::HardSwish,
        Function::HardSigmoid {
            slope: 0.2,
            offset: 0.5,
        },
        Function::Elu { scale: 1.5 },
        Function::Gelu { approximate: false },
        Function::Gelu { approximate: true },
    ];
    let binaries = [
        Binary::Add,
        Binary::Sub,
        Binary::Mul,
        Binary::Maximum,
        Binary::Minimum,
    ];
    let (operator, inputs, y) = match random.within(0, 15) {
        0 => (Operator::View(view(random, &shape)), vec![x], same),
        1 => {
            let axis = random.within(0, rank as u32 - 1) as usize;
            let places = (0..size(random, 6)).map(|_| size(random, shape[axis]) - 1);
            let places = places.collect();
            (Operator::Select { axis, places }, vec![x], same)
        }
        2 => {
            let axis = random.within(0, rank as u32 - 1) as usize;
            (Operator::Concat { axis }, vec![x; size(random, 3)], same)
        }
        3 => {
            let mut sizes = || (0..rank).map(|_| size(random, 3) - 1).collect();
            let pad = Pad {
                before: sizes(),
                after: sizes(),
                between: sizes(),
                value: same.0.range().1 - 100,
            };
            (Operator::Pad(pad), vec![x], same)
        }
        4..=6 => {
            let skip = random.within(0, rank as u32 - 1) as usize;
            let binary = binaries[random.within(0, 4) as usize];
            let is_choice = matches!(binary, Binary::Maximum | Binary::Minimum);
            match (is_choice && family == Family::TfLite, random.chance(2)) {
                (true, _) => (Operator::Binary(binary), vec![x, x], same),
                (_, true) => (Operator::Binary(binary), vec![x, x], other),
                (_, false) => {
                    let constant = constant(graph, random, &shape[skip..]);
                    (Operator::Binary(binary), vec![x, constant], other)
                }
            }
        }
        7 | 8 => {
            let function = functions[random.within(0, functions.len() as u32 - 1) as usize];
            (Operator::Unary(function), vec![x], other)
        }
        9 => {
            let slope = constant(graph, random, &[last]);
            (Operator::PRelu, vec![x, slope], other)
        }
        10 if rank >= 2 => {
            let mut sizes = shape.clone();
            let columns = size(random, 5);
            sizes[rank - 2] = last;
            sizes[rank - 1] = columns;
            let factor = constant(graph, random, &sizes);
            (Operator::MatMul, vec![x, factor], other)
        }
        11 if rank == 3 => {
            let grid = [Grid::HalfPixel, Grid::Corners, Grid::Asymmetric];
            let to = [size(random, 9), size(random, 9)];
            let resize = Resize {
                size: to,
                scales: [0, 1].map(|axis| to[axis] as f32 / shape[axis] as f32),
                grid: grid[random.within(0, 2) as usize],
            };
            (Operator::ResizeLinear(resize), vec![x], same)
        }
        12 => (Operator::Softmax { beta: 1.0 }, vec![x], other),
        13 if rank == 3 && random.chance(2) => (Operator::GlobalAveragePool, vec![x], other),
        13 if rank == 3 => {
            let kernel = [size(random, shape[0]), size(random, shape[1])];
            let pool = Pool {
                kernel,
                strides: [size(random, 2), size(random, 2)],
                padding: Padding {
                    top: size(random, kernel[0]) - 1,
                    left: size(random, kernel[1]) - 1,
                    bottom: size(random, kernel[0]) - 1,
                    right: size(random, kernel[1]) - 1,
                },
                count_padding: family == Family::Onnx && random.chance(2),
            };
            let y = if family == Family::TfLite {
                same
            } else {
                other
            };
            (Operator::AveragePool(pool), vec![x], y)
        }
        14 if rank == 3 => {
            // Weights less their zero point are no int8.
            let groups = if last.is_multiple_of(2) { 2 } else { 1 };
            let outputs = groups * size(random, 3);
            let weights = [outputs, 1, size(random, shape[1]), last / groups];
            let w = constant(graph, random, &weights);
            let convolution = Convolution {
                strides: [1, size(random, 2)],
                dilations: [1, 1],
                padding: Padding {
                    top: 1,
                    ..Padding::default()
                },
                groups,
            };
            (Operator::Convolution(convolution), vec![x, w], other)
        }
        15 => {
            let mut reals = |most: f32| {
                let real = |_| (random.within(0, 1 << 20) as f32 / 524_288.0 - 1.0) * most;
                let values = Values::Float32((0..last).map(real).collect());
                let name = format!("reals{}", graph.tensors.len());
                graph.constant(name, [last], values, None)
            };
            let inputs = vec![x, reals(2.0), reals(1.0)];
            (Operator::BatchNormalization, inputs, other)
        }
        _ => return None,
    };
    let name = format!("node{}", graph.nodes.len());
    let y = Output::new(format!("{name}_y"), y);
    let count = graph.tensors.len();
    match graph.node(&name, operator, &inputs, y) {
        Ok(id) if graph[id].len() <= 2000 => Some(id),
        // Too large, or not what the operator takes.
        _ => {
            graph.nodes.retain(|node| node.output.0 < count);
            graph.tensors.truncate(count);
            None
        }
    }
}

#[test]
fn every_operator_is_golden_on_the_host_and_the_core() {
    let mut config = NpuConfig::new(4, 4);
    config.memory.scratchpad = Some(Bytes::kib(64));
    let arch = NpuArch::new(&config).unwrap();
    let mut operators = std::collections::BTreeMap::new();
    let mut joined = 0;
    for seed in 0..400 {
        let mut random = Random(seed + 1);
        let family = [Family::TfLite, Family::Onnx][seed as usize % 2];
        let mut graph = Graph::new(family);
        let shape = Vec::from_iter((0..random.within(1, 4)).map(|_| size(&mut random, 6)));
        let x = meaning(&mut random);
        let mut last = graph.input("x", shape, x);
        for _ in 0..random.within(1, 6) {
            last = append(&mut graph, &mut random, last, family).unwrap_or(last);
        }
        if random.chance(4) {
            let places = Output {
                quantization: None,
                ..Output::new("places", (Element::Int32, Quantization::per_tensor(1.0, 0)))
            };
            last = graph
                .node("largest", Operator::ArgMax, &[last], places)
                .unwrap();
        }
        if graph.nodes.is_empty() {
            continue;
        }
        graph.outputs.push(last);
        let unjoined = graph.clone();
        graph.join_moves();
        graph.remove_unused();
        for node in &graph.nodes {
            *operators.entry(node.operator.name()).or_insert(0) += 1;
        }
        let input = &graph[graph.inputs[0]];
        let (low, _) = input.element.range();
        let values = (0..input.len()).map(|_| i32::from(random.next() as u8) + low);
        let values = Values::saturated(input.element, &Vec::from_iter(values));
        let outputs = [&graph, &unjoined].map(|graph| {
            let values = run(graph, std::slice::from_ref(&values), Mode::Float);
            values.unwrap()[&graph.outputs[0]].clone()
        });
        assert_eq!(outputs[0], outputs[1], "seed {seed}: joined moves");
        joined += unjoined.nodes.len() - graph.nodes.len();
        for rounding in [Rounding::Float, Rounding::Fixed] {
            let names = graph.nodes.iter().map(|node| node.operator.name());
            println!("seed {seed}, {rounding:?}: {:?}", Vec::from_iter(names));
            let simulated = usize::from(seed % 40 == 0);
            let values = std::slice::from_ref(&values);
            check(&graph, &arch, rounding, values, simulated);
        }
    }
    assert!(operators.len() >= 24, "{operators:?}");
    assert!(joined > 8, "{joined} nodes less");
}

/// A batch normalization whose results are halves before they are rounded: a core in single precision has a layer for
/// it, one in fixed point rounds them another way and leaves it to the host.
#[test]
fn halves_of_a_normalization() {
    let arch = NpuArch::new(&NpuConfig::new(4, 4)).unwrap();
    let int8 = |scale, zero_point| (Element::Int8, Quantization::per_tensor(scale, zero_point));
    let mut graph = Graph::new(Family::Onnx);
    let x = graph.input("x", [64, 4, 3], int8(0.25, 3));
    let reals = |graph: &mut Graph, name: &str, values| {
        graph.constant(name, [3], Values::Float32(values), None)
    };
    let factors = reals(&mut graph, "factors", vec![0.5, -0.25, 0.75]);
    let offsets = reals(&mut graph, "offsets", vec![0.125, 0.0, -3.0]);
    let y = Output::new("y", int8(0.25, -7));
    let inputs = [x, factors, offsets];
    let y = graph.node("norm", Operator::BatchNormalization, &inputs, y);
    graph.outputs.push(y.unwrap());
    let bytes = (0..256).flat_map(|byte| [byte as u8 as i8; 3]);
    let values = [Values::Int8(bytes.collect())];
    let reason = "no weight gives all bytes of channel 0 exactly";
    for (rounding, place) in [
        (Rounding::Float, Place::Npu),
        (Rounding::Fixed, Place::Host(reason.into())),
    ] {
        assert_eq!(places(&graph, rounding).unwrap(), [place]);
        check(&graph, &arch, rounding, &values, 1);
    }
}

/// What training gives: nearly every channel has an exact form, and then a node of many channels too.
#[test]
fn normalizations_have_layers() {
    let (mut on_core, all) = (0, 100);
    for seed in 0..all {
        let mut random = Random(seed + 1);
        let mut graph = Graph::new(Family::Onnx);
        let x = meaning(&mut random);
        let channels = 32;
        let x = graph.input("x", [channels], x);
        let mut reals = |low: f32, high: f32| {
            let real = |_| low + (high - low) * random.within(0, 1 << 20) as f32 / 1_048_576.0;
            let values = Values::Float32((0..channels).map(real).collect());
            graph.constant("reals", [channels], values, None)
        };
        let inputs = [x, reals(-0.5, 2.0), reals(-1.0, 1.0)];
        let y = Output::new("y", meaning(&mut random));
        let y = graph.node("norm", Operator::BatchNormalization, &inputs, y);
        graph.outputs.push(y.unwrap());
        let places = [Rounding::Float, Rounding::Fixed].map(|of| places(&graph, of).unwrap());
        println!("seed {seed}: {places:?}");
        on_core += usize::from(places[0] == [Place::Npu]);
    }
    assert!(on_core >= 98, "{on_core} of {all}");
}
