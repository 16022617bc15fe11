//! Small networks whose values are computed by hand.

use super::{Mode, RunError, run};
use crate::graph::{
    Binary, Convolution, Element, Family, Graph, Limits, Operator, Output, Padding, Pool,
    Quantization, TensorId, Values,
};
use std::slice::from_ref;

fn int8(scale: f32, zero_point: i32) -> (Element, Quantization) {
    (Element::Int8, Quantization::per_tensor(scale, zero_point))
}

/// Shape, meaning and values of an input.
type Input<'a> = (&'a [usize], (Element, Quantization), &'a [i8]);

/// What a network of one node makes of its inputs.
fn result(
    family: Family,
    mode: Mode,
    operator: Operator,
    inputs: &[Input],
    output: Output,
) -> Vec<i32> {
    let mut graph = Graph::new(family);
    let given = inputs
        .iter()
        .map(|(shape, meaning, _)| (*shape, meaning.clone()));
    let ids: Vec<TensorId> = given
        .map(|(shape, meaning)| graph.input("x", shape, meaning))
        .collect();
    let y = graph.node("node", operator, &ids, output).expect("a node");
    let values: Vec<_> = inputs
        .iter()
        .map(|(_, _, values)| Values::Int8(values.to_vec()))
        .collect();
    let results = run(&graph, &values, mode).expect("a network that runs");
    results[&y].integers().expect("integers")
}

/// A layer of one output without a bias, which multiplies 1 with the input and has these scales.
fn times_one(scales: [f32; 3]) -> (Graph, TensorId) {
    let mut graph = Graph::new(Family::TfLite);
    let [x_scale, w_scale, y_scale] = scales;
    let x = graph.input("x", [1], int8(x_scale, 0));
    let meaning = Quantization::per_tensor(w_scale, 0);
    let w = graph.constant("w", [1, 1], Values::Int8(vec![1]), Some(meaning));
    let output = Output::new("y", int8(y_scale, 0));
    let y = graph
        .node("layer", Operator::FullyConnected, &[x, w], output)
        .expect("a layer");
    (graph, y)
}

#[test]
fn modes_differ_in_halves() {
    let (graph, y) = times_one([0.5, 1.0, 1.0]);
    let half_of = |value, mode| {
        let results = run(&graph, &[Values::Int8(vec![value])], mode).expect("a network that runs");
        results[&y].integers().expect("integers")[0]
    };
    for (value, even, up) in [(5, 2, 3), (7, 4, 4), (-5, -2, -2), (-7, -4, -3), (6, 3, 3)] {
        assert_eq!(half_of(value, Mode::Float), even);
        assert_eq!(half_of(value, Mode::FixedPoint), up);
    }
}

/// 2 x 3 pixels of two channels, a window of 2 x 2 with a hole between its columns, two groups.
#[test]
fn convolutions_pad_with_the_zero_point() {
    let mut graph = Graph::new(Family::TfLite);
    let x = graph.input("x", [2, 3, 2], int8(1.0, 1));
    let meaning = Quantization {
        scales: vec![1.0, 2.0],
        zero_points: vec![0, 0],
    };
    let values = Values::Int8(vec![1, 2, 3, 4, 1, 0, 0, -1]);
    let w = graph.constant("w", [2, 2, 2, 1], values, Some(meaning));
    let bias = graph.constant("b", [2], Values::Int32(vec![50, 0]), None);
    let convolution = Operator::Convolution(Convolution {
        strides: [1, 2],
        dilations: [1, 2],
        padding: Padding {
            top: 1,
            ..Padding::default()
        },
        groups: 2,
    });
    let mut output = Output::new("y", int8(1.0, -1));
    output.limits = Limits {
        low: -128,
        high: 80,
    };
    let y = graph
        .node("layer", convolution, &[x, w, bias], output)
        .expect("a layer");
    // The first channel counts 1 to 6 above the zero point, the second one ten times as much.
    let image = [2, 11, 3, 21, 4, 31, 5, 41, 6, 51, 7, 61];
    let first = [50 + 3 + 4 * 3 - 1, 80]; // the second one would be 50 + 1 + 2 * 3 + 3 * 4 + 4 * 6 - 1
    let second = [2 * -30 - 1, 2 * (10 - 60) - 1];
    for mode in [Mode::Float, Mode::FixedPoint] {
        let results = run(&graph, &[Values::Int8(image.to_vec())], mode).expect("a run");
        let expected = vec![first[0], second[0], first[1], second[1]];
        assert_eq!(results[&y].integers(), Some(expected), "{mode:?}");
    }
}

#[test]
fn pools_leave_padding_out() {
    let pool = |count_padding| Pool {
        kernel: [2, 2],
        strides: [1, 1],
        padding: Padding {
            top: 1,
            left: 0,
            bottom: 0,
            right: 0,
        },
        count_padding,
    };
    let x: Input = (&[1, 3, 1], int8(1.0, -100), &[-97, -98, -93]);
    let y = || Output::new("y", int8(1.0, -100));
    let of = |family, operator| result(family, Mode::Float, operator, from_ref(&x), y());
    assert_eq!(
        of(Family::TfLite, Operator::MaxPool(pool(false))),
        [-97, -93]
    );
    // -97.5 and -95.5: TFLite rounds the integers away from zero.
    let average = |count| Operator::AveragePool(pool(count));
    assert_eq!(of(Family::TfLite, average(false)), [-98, -96]);
    // 2.5 and 4.5 above the zero point, and 1.25 and 2.25 with two of padding.
    assert_eq!(of(Family::Onnx, average(false)), [-98, -96]);
    assert_eq!(of(Family::Onnx, average(true)), [-99, -98]);
    // 3 + 2 + 7 by 3.
    assert_eq!(of(Family::Onnx, Operator::GlobalAveragePool), [-96]);
}

#[test]
fn sums_are_those_of_their_scales() {
    // 0.5 (10 - 2) + 0.25 (20 + 4) = 10, in halves from 3 on; the second operand is repeated.
    let a: Input = (&[2, 1], int8(0.5, 2), &[10, 0]);
    let b: Input = (&[1], int8(0.25, -4), &[20]);
    for family in [Family::TfLite, Family::Onnx] {
        for mode in [Mode::Float, Mode::FixedPoint] {
            let y = Output::new("y", int8(0.5, 3));
            let sums = result(
                family,
                mode,
                Operator::Binary(Binary::Add),
                &[a.clone(), b.clone()],
                y,
            );
            assert_eq!(sums, [23, 13], "{family:?} {mode:?}");
        }
    }
}

#[test]
fn clips_are_of_real_numbers() {
    let x: Input = (&[3], int8(0.5, 0), &[-8, 5, 100]);
    let relu6 = Operator::Clip {
        low: 0.0,
        high: 6.0,
    };
    let of = |family, mode| {
        let y = Output::new("y", int8(0.25, -10));
        result(family, mode, relu6.clone(), from_ref(&x), y)
    };
    assert_eq!(of(Family::Onnx, Mode::Float), [-10, 0, 14]);
    assert_eq!(of(Family::TfLite, Mode::Float), [-10, 0, 14]);
    // TFLite Micro limits the integers of its input, and that is all.
    assert_eq!(of(Family::TfLite, Mode::FixedPoint), [0, 5, 12]);
}

#[test]
fn equal_inputs_share_a_softmax() {
    let x: Input = (&[2, 4], int8(0.1, 7), &[5, 5, 5, 5, 127, -128, -128, -128]);
    let y = Output::new("y", int8(1.0 / 256.0, -128));
    let softmax = Operator::Softmax { beta: 1.0 };
    let shares = result(Family::TfLite, Mode::FixedPoint, softmax, &[x], y);
    assert_eq!(shares, [-64, -64, -64, -64, 127, -128, -128, -128]);
}

#[test]
fn what_cannot_run_is_said() {
    let (graph, _) = times_one([1.0, 1.0, 1.0]);
    let said = |inputs: &[Values]| run(&graph, inputs, Mode::Float).unwrap_err().to_string();
    assert_eq!(said(&[]), "0 inputs are given; the network has 1");
    assert_eq!(
        said(&[Values::Uint8(vec![1, 2])]),
        "input `x` takes 1 values of int8; 2 of uint8 are given"
    );
    let one = Values::Int8(vec![1]);
    let (graph, _) = times_one([1e20, 1e20, 1e-20]);
    for mode in [Mode::Float, Mode::FixedPoint] {
        let error = run(&graph, from_ref(&one), mode).unwrap_err();
        assert!(matches!(error, RunError::Factor { .. }), "{error}");
    }
    let (mut graph, _) = times_one([1.0, 1.0, 1.0]);
    let bias = graph.constant("b", [1], Values::Int32(vec![i32::MAX]), None);
    graph.nodes[0].inputs.push(bias);
    let error = run(&graph, &[one], Mode::Float).unwrap_err().to_string();
    assert_eq!(error, "node `layer`: a sum does not fit 32 bits");
}

/// What LiteRT and ONNX Runtime returned: LiteRT's mean is that of the integers themselves, QLinearAdd adds the first
/// input last, and QLinearSoftmax has a whole number of steps for 1.
#[test]
fn halves_fall_as_in_the_runtimes() {
    let y = |scale, zero_point| Output::new("y", int8(scale, zero_point));
    let pixels: &[Input] = &[(&[2, 1, 1], int8(1.0, 61), &[-7, -8])];
    let mean = Operator::GlobalAveragePool;
    let found = result(Family::TfLite, Mode::Float, mean, pixels, y(1.0, 61));
    assert_eq!(found, [-8]);
    let operands: &[Input] = &[
        (&[1], int8(0.07, 4), &[-100]),
        (&[1], int8(0.031, -9), &[101]),
    ];
    let sum = Operator::Binary(Binary::Add);
    let found = result(Family::Onnx, Mode::Float, sum, operands, y(0.06, -40));
    assert_eq!(found, [-105]);
    let classes: &[Input] = &[(&[3], int8(0.1, 0), &[0, 10, 20])];
    let softmax = Operator::Softmax { beta: 1.0 };
    let found = result(Family::Onnx, Mode::Float, softmax, classes, y(0.0039, -128));
    assert_eq!(found, [-105, -65, 42]);
}
