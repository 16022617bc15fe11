//! Several pixels of a result side by side in the columns of the array.

use super::Random;
use super::networks::check;
use ferrogrid::arch::NpuArch;
use ferrogrid::compiler::{Effort, Options, Rounding, explain};
use ferrogrid::config::NpuConfig;
use ferrogrid::graph::{
    Binary, Convolution, Element, Family, Graph, Operator, Output, Padding, Quantization, Values,
};

/// A convolution of `[6, 12, channels]`, with a pixel of padding above and at the left where it has a window.
#[derive(Clone, Copy)]
struct Case {
    kernel: [usize; 2],
    strides: [usize; 2],
    dilations: [usize; 2],
    groups: usize,
    channels: usize,
    outputs: usize,
}

const PLAIN: Case = Case {
    kernel: [1, 1],
    strides: [1, 1],
    dilations: [1, 1],
    groups: 1,
    channels: 4,
    outputs: 4,
};

/// The convolution behind a pointwise one, and its sum with the result of that where the shape is the same.
fn network(case: Case, random: &mut Random) -> Graph {
    let meaning = || (Element::Int8, Quantization::per_tensor(0.05, 7));
    let mut graph = Graph::new(Family::TfLite);
    let mut last = graph.input("x", [6, 12, case.channels], meaning());
    let front = Case {
        channels: case.channels,
        outputs: case.channels,
        ..PLAIN
    };
    for (name, case) in [("front", front), ("layer", case)] {
        let [rows, columns] = case.kernel;
        let shape = [case.outputs, rows, columns, case.channels / case.groups];
        let quantization = |factor: f32| {
            let scales = (0..case.outputs).map(|channel| factor * (0.002 + 1e-4 * channel as f32));
            let zero_points = vec![0; case.outputs];
            let scales = scales.collect();
            Some(Quantization {
                scales,
                zero_points,
            })
        };
        let values = Values::Int8(random.bytes(shape.iter().product()));
        let bias = (0..case.outputs).map(|_| random.within(0, 400) as i32);
        let bias = Values::Int32(bias.collect());
        let w = graph.constant(format!("{name}_w"), shape, values, quantization(1.0));
        let shape = [case.outputs];
        let b = graph.constant(format!("{name}_b"), shape, bias, quantization(0.05));
        let operator = Operator::Convolution(Convolution {
            strides: case.strides,
            dilations: case.dilations,
            padding: Padding {
                top: rows / 2,
                left: columns / 2,
                bottom: (rows - 1) * case.dilations[0] - rows / 2,
                right: (columns - 1) * case.dilations[1] - columns / 2,
            },
            groups: case.groups,
        });
        let y = Output::new(format!("{name}_y"), meaning());
        let made = graph.node(name, operator, &[last, w, b], y).unwrap();
        if name == "layer" && graph[made].shape == graph[last].shape {
            let add = Operator::Binary(Binary::Add);
            let y = Output::new("sum_y", meaning());
            last = graph.node("sum", add, &[made, last], y).unwrap();
        } else {
            last = made;
        }
    }
    graph.outputs.push(last);
    graph
}

/// Convolutions, and how many pixels of each the array makes at a time.
#[test]
fn pixels_of_few_channels() {
    let cases = [
        ("pointwise", PLAIN, 2),
        (
            "more channels than columns",
            Case {
                outputs: 12,
                channels: 3,
                ..PLAIN
            },
            2,
        ),
        (
            "window",
            Case {
                kernel: [3, 3],
                channels: 2,
                outputs: 2,
                ..PLAIN
            },
            2,
        ),
        (
            "strides",
            Case {
                kernel: [3, 3],
                strides: [2, 2],
                channels: 1,
                outputs: 2,
                ..PLAIN
            },
            3,
        ),
        (
            "dilated",
            Case {
                kernel: [2, 3],
                dilations: [2, 2],
                channels: 1,
                outputs: 1,
                ..PLAIN
            },
            4,
        ),
        (
            "groups",
            Case {
                groups: 2,
                channels: 2,
                outputs: 4,
                ..PLAIN
            },
            2,
        ),
        (
            "as many as columns",
            Case {
                channels: 8,
                outputs: 8,
                ..PLAIN
            },
            1,
        ),
    ];
    let mut config = NpuConfig::new(8, 8);
    config.vector.taps = Some(0);
    config.post.lanes = Some(8);
    let arch = NpuArch::new(&config).unwrap();
    let mut random = Random(1);
    for (name, case, pixels) in cases {
        let graph = network(case, &mut random);
        let inputs = [Values::Int8(random.bytes(72 * case.channels))];
        for rounding in [Rounding::Fixed, Rounding::Float] {
            for effort in [Effort::None, Effort::Some] {
                let options = Options {
                    effort,
                    ..rounding.into()
                };
                check(&graph, &arch, options, &inputs, 1);
            }
            let options = Options {
                effort: Effort::None,
                ..rounding.into()
            };
            let layers = explain(&graph, &arch, options).unwrap();
            let tiling = layers[1].passes.iter().find(|(pass, _)| *pass == "tiling");
            let text = &tiling.unwrap().1;
            let found = text
                .split_once(" pixels side by side")
                .map_or("1", |(front, _)| front.rsplit(' ').next().unwrap());
            assert_eq!(found, pixels.to_string(), "{name}: {text}");
        }
    }
}
