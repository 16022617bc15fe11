//! Graphs built in memory, and what `check` says of broken ones.

use super::{
    Binary, Convolution, Element, Family, Graph, GraphError, Limits, Operator, Output, Padding,
    Pool, Quantization, TensorId, Values,
};

fn int8(scale: f32, zero_point: i32) -> (Element, Quantization) {
    (Element::Int8, Quantization::per_tensor(scale, zero_point))
}

fn convolution(groups: usize) -> Operator {
    Operator::Convolution(Convolution {
        strides: [2, 1],
        dilations: [1, 2],
        padding: Padding {
            top: 0,
            left: 1,
            bottom: 1,
            right: 2,
        },
        groups,
    })
}

/// An image of 5 x 4 x 6 and weights of 8 x 3 x 2 x 3: two groups.
fn with_weights() -> (Graph, [TensorId; 2]) {
    let mut graph = Graph::new(Family::TfLite);
    let x = graph.input("x", [5, 4, 6], int8(0.5, 3));
    let meaning = Quantization {
        scales: vec![0.25; 8],
        zero_points: vec![0; 8],
    };
    let values = Values::Int8(vec![1; 8 * 3 * 2 * 3]);
    let w = graph.constant("w", [8, 3, 2, 3], values, Some(meaning));
    (graph, [x, w])
}

fn convolved() -> Graph {
    let (mut graph, inputs) = with_weights();
    let output = Output::new("y", int8(1.0, 0));
    let y = graph
        .node("layer", convolution(2), &inputs, output)
        .unwrap();
    graph.outputs.push(y);
    graph
}

#[test]
fn shapes_follow_from_windows() {
    let mut graph = convolved();
    let y = graph.outputs[0];
    // 5 + 0 + 1 rows, 3 a window, 2 a step; 4 + 1 + 2 columns, 3 a window with a hole in it.
    assert_eq!(graph[y].shape, [2, 5, 8]);
    let pool = Operator::MaxPool(Pool {
        kernel: [2, 3],
        strides: [1, 2],
        padding: Padding::default(),
        count_padding: false,
    });
    let pooled = graph.node("pool", pool, &[y], Output::new("p", int8(1.0, 0)));
    assert_eq!(graph[pooled.unwrap()].shape, [1, 2, 8]);
    let mean = Operator::GlobalAveragePool;
    let mean = graph.node("mean", mean, &[y], Output::new("m", int8(0.5, 1)));
    assert_eq!(graph[mean.unwrap()].shape, [1, 1, 8]);
    assert_eq!(graph.check(), Ok(()));
}

#[test]
fn a_smaller_operand_is_repeated() {
    let (mut graph, [x, _]) = with_weights();
    let add = |graph: &mut Graph, shape: &[usize]| {
        let values = Values::Int8(vec![0; shape.iter().product()]);
        let constant = graph.constant("c", shape, values, Some(int8(1.0, 0).1));
        graph.node(
            "add",
            Operator::Binary(Binary::Add),
            &[x, constant],
            Output::new("y", int8(1.0, 0)),
        )
    };
    assert!(add(&mut graph, &[6]).is_ok());
    assert!(add(&mut graph, &[4, 6]).is_ok());
    assert_eq!(
        add(&mut graph, &[4]).unwrap_err().to_string(),
        "node `add` (Add) takes a second input with the last axes of the first; `c` has the shape [4]"
    );
}

/// What `check` says of the graph of a convolution after a change.
fn said(change: impl FnOnce(&mut Graph)) -> String {
    let mut graph = convolved();
    assert_eq!(graph.check(), Ok(()));
    change(&mut graph);
    graph.check().expect_err("a broken graph").to_string()
}

/// What breaks a graph.
type Change = &'static dyn Fn(&mut Graph);

#[test]
fn what_is_inconsistent_is_named() {
    let cases: [(&str, Change); 18] = [
        (
            "node `layer` (Convolution) does not split 6 channels into 8 by 3 groups",
            &|graph| {
                graph.nodes[0].operator = convolution(3);
            },
        ),
        (
            "node `layer` (Convolution) takes weights for the channels of a group; `w` has the shape \
             [8, 3, 2, 3]",
            &|graph| graph.nodes[0].operator = convolution(1),
        ),
        ("tensor `5` does not exist: there are 3 tensors", &|graph| {
            graph.nodes[0].inputs[0] = TensorId(5);
        }),
        (
            "node `layer` (Convolution) takes 2 to 3 inputs and has 1",
            &|graph| {
                graph.nodes[0].inputs.pop();
            },
        ),
        (
            "tensor `w` has 3 scales and 3 zero points; it may have one of each, or 8",
            &|graph| {
                let meaning = graph.tensors[1].quantization.as_mut().unwrap();
                meaning.scales.truncate(3);
                meaning.zero_points.truncate(3);
            },
        ),
        (
            "tensor `w` has the scale 0; scales are greater than 0",
            &|graph| {
                graph.tensors[1].quantization.as_mut().unwrap().scales[7] = 0.0;
            },
        ),
        (
            "tensor `x` has the zero point 128, which int8 does not hold",
            &|graph| {
                graph.tensors[0].quantization.as_mut().unwrap().zero_points[0] = 128;
            },
        ),
        (
            "tensor `w` holds 1 values of int8; it is 144 of int8",
            &|graph| {
                graph.tensors[1].values = Some(Values::Int8(vec![1]));
            },
        ),
        (
            "tensor `w` holds 144 values of uint8; it is 144 of int8",
            &|graph| {
                graph.tensors[1].values = Some(Values::Uint8(vec![1; 144]));
            },
        ),
        (
            "tensor `x` has the shape [5, 0, 6]: it must have 1 to 2^31 - 1 values",
            &|graph| graph.tensors[0].shape[1] = 0,
        ),
        (
            "tensor `x` has the shape [65536, 32768, 1]: it must have 1 to 2^31 - 1 values",
            &|graph| graph.tensors[0].shape = vec![1 << 16, 1 << 15, 1],
        ),
        (
            "node `layer` (Convolution) gives the shape [2, 5, 8], and its output `y` has [2, 8, 5]",
            &|graph| graph.tensors[2].shape = vec![2, 8, 5],
        ),
        (
            "node `layer` (Convolution) takes or gives no quantized activation: int8 or uint8 with one scale; `y` is int32 with 1 scales",
            &|graph| {
                graph.tensors[2].element = Element::Int32;
            },
        ),
        (
            "node `layer` (Convolution) takes or gives no quantized activation: int8 or uint8 with \
             one scale; `x` is int8 without a scale",
            &|graph| graph.tensors[0].quantization = None,
        ),
        (
            "tensor `x` is computed twice, or computed and given at once",
            &|graph| {
                graph.nodes[0].output = TensorId(0);
            },
        ),
        ("tensor `y` is an output that nothing computes", &|graph| {
            graph.nodes.clear();
        }),
        (
            "node `layer` (Convolution) reads `x`, which is neither given, constant nor computed \
             before",
            &|graph| graph.inputs.clear(),
        ),
        (
            "node `layer` (Convolution) limits its result to -129..=0, which int8 does not hold",
            &|graph| {
                graph.nodes[0].limits = Limits { low: -129, high: 0 };
            },
        ),
    ];
    for (message, change) in cases {
        assert_eq!(said(change), message);
    }
}

#[test]
fn windows_that_do_not_fit_are_refused() {
    let (mut graph, [x, _]) = with_weights();
    let mut pool = |kernel, strides, top| -> Result<TensorId, GraphError> {
        let padding = Padding {
            top,
            ..Padding::default()
        };
        let pool = Operator::AveragePool(Pool {
            kernel,
            strides,
            padding,
            count_padding: false,
        });
        graph.node("pool", pool, &[x], Output::new("y", int8(0.5, 3)))
    };
    assert!(pool([2, 2], [1, 1], 1).is_ok());
    for (kernel, strides, top, message) in [
        ([2, 2], [0, 1], 0, "a window, stride or dilation of 0"),
        (
            [6, 2],
            [1, 1],
            0,
            "a window of [6, 2] that is larger than its padded input of [5, 4]",
        ),
        ([2, 2], [1, 1], 2, "a window that lies on the padding alone"),
    ] {
        let error = pool(kernel, strides, top).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}
