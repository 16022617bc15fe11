//! Networks written by hand: axes, and what is wrong in a file.

use super::normalization::NOT_QUANTIZED;
use super::proto::{
    Attribute, Dimension, GraphProto, Model, NodeProto, OperatorSet, Shape, TensorProto,
    TensorType, TypeProto, ValueInfo,
};
use crate::graph::{Graph, Limits, Operator, Quantization, Values};
use crate::import::{self, ImportError};
use prost::Message;

const FLOAT: i32 = 1;
const INT8: i32 = 3;

fn node(operator: &str, inputs: &[&str], output: &str) -> NodeProto {
    NodeProto {
        input: inputs.iter().map(|name| (*name).to_owned()).collect(),
        output: vec![output.into()],
        op_type: operator.into(),
        ..NodeProto::default()
    }
}

fn value(name: &str, sizes: &[i64]) -> ValueInfo {
    let dimension = |size: &i64| Dimension {
        dim_value: (*size > 0).then_some(*size),
        ..Dimension::default()
    };
    let shape = Some(Shape {
        dim: sizes.iter().map(dimension).collect(),
    });
    let tensor_type = Some(TensorType {
        elem_type: FLOAT,
        shape,
    });
    ValueInfo {
        name: name.into(),
        r#type: Some(TypeProto { tensor_type }),
    }
}

fn bytes(name: &str, dims: &[i64], values: &[i8]) -> TensorProto {
    TensorProto {
        dims: dims.to_vec(),
        data_type: INT8,
        name: name.into(),
        raw_data: values.iter().map(|value| *value as u8).collect(),
        ..TensorProto::default()
    }
}

fn scale(name: &str, value: f32) -> TensorProto {
    TensorProto {
        data_type: FLOAT,
        name: name.into(),
        float_data: vec![value],
        ..TensorProto::default()
    }
}

/// An image of 2 channels and 2 x 3 pixels, a convolution of 1 x 2 with a relu, and a layer behind
/// the flattened result.
fn network() -> Model {
    let quantize = |from: &str, to: &str| node("QuantizeLinear", &[from, "s", "z"], to);
    let dequantize = |from: &str, to: &str| node("DequantizeLinear", &[from, "s", "z"], to);
    let counting: Vec<i8> = (0..3 * 2 * 2).collect();
    let graph = GraphProto {
        node: vec![
            quantize("x", "xq"),
            dequantize("xq", "xr"),
            dequantize("w", "wr"),
            node("Conv", &["xr", "wr"], "c"),
            node("Relu", &["c"], "r"),
            quantize("r", "rq"),
            dequantize("rq", "rr"),
            node("Flatten", &["rr"], "f"),
            dequantize("v", "vr"),
            node("MatMul", &["f", "vr"], "m"),
            quantize("m", "mq"),
            dequantize("mq", "y"),
        ],
        initializer: vec![
            scale("s", 0.5),
            bytes("z", &[], &[1]),
            bytes("w", &[3, 2, 1, 2], &counting),
            bytes("v", &[12, 1], &counting),
        ],
        input: vec![value("x", &[0, 2, 2, 3])],
        output: vec![value("y", &[1, 1])],
        ..GraphProto::default()
    };
    Model {
        ir_version: 8,
        graph: Some(graph),
        opset_import: vec![OperatorSet {
            domain: String::new(),
            version: 13,
        }],
        ..Model::default()
    }
}

fn read(model: &Model) -> Result<Graph, ImportError> {
    import::read(&model.encode_to_vec())
}

#[test]
fn channels_move_to_the_back() {
    let graph = read(&network()).expect("a network");
    let operators: Vec<_> = graph
        .nodes
        .iter()
        .map(|node| node.operator.name())
        .collect();
    let expected = [
        "Quantize",
        "Convolution",
        "Reshape",
        "FullyConnected",
        "Dequantize",
    ];
    assert_eq!(operators, expected);
    let tensor = |name: &str| {
        graph
            .tensors
            .iter()
            .find(|tensor| tensor.name == name)
            .expect(name)
    };
    assert_eq!(tensor("x").shape, [2, 3, 2]);
    assert_eq!(tensor("w").shape, [3, 1, 2, 2]);
    let weights = vec![0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11];
    assert_eq!(tensor("w").values, Some(Values::Int8(weights)));
    // The file has three channels of 2 x 2 pixels, the tensor four pixels of three channels.
    let weights = vec![0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11];
    assert_eq!(tensor("v").values, Some(Values::Int8(weights)));
    // The relu is a limit: the zero point.
    assert_eq!(graph.nodes[1].limits, Limits { low: 1, high: 127 });
    assert_eq!(
        graph.nodes[2].operator,
        Operator::Reshape { shape: vec![12] }
    );
}

/// Runtimes write the axis 1 where a file has none, also of tensors that have no such axis.
#[test]
fn an_axis_that_means_nothing_is_nothing() {
    let with = |axis| {
        let mut model = network();
        let graph = model.graph.as_mut().expect("a graph");
        graph.initializer.push(bytes("b", &[3], &[1, 2, 3]));
        let one = node("DequantizeLinear", &["b", "s", "z"], "br");
        graph.node.push(one);
        for node in &mut graph.node {
            if node.op_type.ends_with("Linear") {
                node.attribute.push(Attribute {
                    name: "axis".into(),
                    i: Some(axis),
                    ..Attribute::default()
                });
            }
        }
        import::read_onnx(&model)
    };
    let graph = with(1).expect("a network");
    assert_eq!(graph, read(&network()).expect("a network"));
    let error = with(2).expect_err("a wrong axis").to_string();
    assert!(
        error.contains("has the axis 2 of a tensor of 2 axes"),
        "{error}"
    );
}

/// Integers are given, and flattened before a node says what they mean; outputs have the file's names.
#[test]
fn integers_are_reshaped_before_they_mean_anything() {
    let mut model = network();
    let of_model = model.graph.as_mut().expect("a graph");
    let input = of_model.input[0].r#type.as_mut().expect("a type");
    input.tensor_type.as_mut().expect("a tensor").elem_type = INT8;
    let dequantize = |from: &str, to: &str| node("DequantizeLinear", &[from, "s", "z"], to);
    of_model.node = vec![
        node("Flatten", &["x"], "f"),
        dequantize("f", "fr"),
        dequantize("v", "vr"),
        node("MatMul", &["fr", "vr"], "m"),
        node("QuantizeLinear", &["m", "s", "z"], "mq"),
        dequantize("mq", "y"),
        node("Identity", &["mq"], "integers"),
    ];
    of_model.output.push(value("integers", &[1, 1]));
    let graph = read(&model).expect("a network");
    let meaning = Some(Quantization::per_tensor(0.5, 1));
    let reshape = &graph.nodes[0];
    assert_eq!(reshape.operator, Operator::Reshape { shape: vec![12] });
    assert_eq!(graph[reshape.inputs[0]].quantization, meaning);
    assert_eq!(graph[reshape.output].quantization, meaning);
    let names = graph.outputs.iter().map(|id| graph[*id].name.as_str());
    assert_eq!(names.collect::<Vec<_>>(), ["y", "integers"]);
}

/// What is said of the network after a change.
fn said(change: impl FnOnce(&mut GraphProto)) -> String {
    let mut model = network();
    change(model.graph.as_mut().expect("a graph"));
    read(&model).expect_err("a wrong network").to_string()
}

/// What breaks a network.
type Change = &'static dyn Fn(&mut GraphProto);

#[test]
fn what_is_wrong_is_named() {
    let cases: [(&str, Change); 12] = [
        (
            "node `Conv_3` (Conv) reads `nothing`, which no node before it computes",
            &|graph| {
                graph.node[3].input[0] = "nothing".into();
            },
        ),
        (
            "node `Conv_3` (Conv) reads `wr`, which no node before it computes",
            &|graph| {
                graph.node.swap(2, 3);
                graph.node[3].name = "weights".into();
                graph.node[2].name = "Conv_3".into();
            },
        ),
        (
            "tensor `xq` is computed twice, or computed and given at once",
            &|graph| {
                graph.node[2].output[0] = "xq".into();
            },
        ),
        (
            "node `here`: the operator FancyConv is not supported",
            &|graph| {
                graph.node[3].op_type = "FancyConv".into();
                graph.node[3].name = "here".into();
            },
        ),
        (
            "node `Conv_3`: the operator other.Conv is not supported",
            &|graph| {
                graph.node[3].domain = "other".into();
            },
        ),
        (
            "node `Conv_3` (Conv) computes in floating point: this part of the model is not quantized",
            &|graph| graph.node[3].input[0] = "x".into(),
        ),
        (
            "node `MatMul_9` (MatMul) computes in floating point: this part of the model is not quantized",
            &|graph| {
                graph.node.truncate(10);
                graph.output[0].name = "m".into();
            },
        ),
        (
            "tensor `w` has the shape [3, 2, 1, 3] and holds 12 values",
            &|graph| {
                graph.initializer[2].dims[3] = 3;
            },
        ),
        ("tensor `w` has the size -1", &|graph| {
            graph.initializer[2].dims[0] = -1
        }),
        (
            "tensor `s` is a scale of 0; scales are greater than 0",
            &|graph| {
                graph.initializer[0].float_data[0] = 0.0;
            },
        ),
        ("tensor `x` has no fixed size along axis 1", &|graph| {
            graph.input[0] = value("x", &[1, 0, 2, 3]);
        }),
        (
            "node `Conv_3` (Conv) has strides = [0, 1]; two sizes from 1 on are supported",
            &|graph| {
                graph.node[3].attribute.push(Attribute {
                    name: "strides".into(),
                    ints: vec![0, 1],
                    ..Attribute::default()
                });
            },
        ),
    ];
    for (message, change) in cases {
        assert_eq!(said(change), message);
    }
}

/// Puts a batch normalization of three channels in front of the node at a place, which reads its result instead of
/// `from`: scale, bias, mean and variance. Its epsilon is 0.
fn normalize(graph: &mut GraphProto, place: usize, from: &str, parts: [[f32; 3]; 4]) {
    let names = ["scale", "bias", "mean", "variance"].map(|name| format!("{name}{place}"));
    for (name, values) in names.iter().zip(parts) {
        graph.initializer.push(TensorProto {
            dims: vec![3],
            float_data: values.to_vec(),
            ..scale(name, 0.0)
        });
    }
    let output = format!("norm{place}");
    let reads = graph.node[place]
        .input
        .iter_mut()
        .find(|name| *name == from);
    *reads.expect("an input") = output.clone();
    let [scale, bias, mean, variance] = &names;
    let mut norm = node(
        "BatchNormalization",
        &[from, scale, bias, mean, variance],
        &output,
    );
    norm.name = "norm".into();
    norm.attribute.push(Attribute {
        name: "epsilon".into(),
        ..Attribute::default()
    });
    graph.node.insert(place, norm);
}

/// With these factors, and no offsets.
fn factors(scale: [f32; 3]) -> [[f32; 3]; 4] {
    [scale, [0.0; 3], [0.0; 3], [1.0; 3]]
}

#[test]
fn normalizations_become_part_of_the_layer_in_front() {
    let mut model = network();
    let graph = model.graph.as_mut().expect("a graph");
    let second = [
        [-1.0, 0.5, 0.0],
        [0.5, 1.0, 3.0],
        [2.0, 0.0, 5.0],
        [1.0, 0.25, 9.0],
    ];
    normalize(graph, 4, "c", factors([-2.0, -1.0, 1.0]));
    normalize(graph, 5, "norm4", second);
    let graph = read(&model).expect("a network");
    let node = &graph.nodes[1];
    let [_, weights, bias] = node.inputs[..] else {
        panic!("{node:?}");
    };
    // The factors are 2, -1 and 0; the last channel is 3, which is 6 steps, whatever its weights were.
    let integers = vec![0, 2, 1, 3, -4, -6, -5, -7, 1, 1, 1, 1];
    assert_eq!(graph[weights].values, Some(Values::Int8(integers)));
    let meaning = Quantization {
        scales: vec![1.0, 0.5, 1.0],
        zero_points: vec![1, -1, 1],
    };
    assert_eq!(graph[weights].quantization, Some(meaning));
    // (0 - 2) * -1 + 0.5 in units of 0.5, 1 in units of 0.25, 3 in units of 0.5.
    assert_eq!(graph[bias].values, Some(Values::Int32(vec![5, 4, 6])));
    assert_eq!(node.limits, Limits { low: 1, high: 127 });
}

#[test]
fn a_weight_without_an_opposite_is_negated() {
    let mut model = network();
    let graph = model.graph.as_mut().expect("a graph");
    graph.initializer[2].raw_data[4] = 0x80;
    normalize(graph, 4, "c", factors([1.0, -1.0, 1.0]));
    let graph = read(&model).expect("a network");
    let weights = &graph[graph.nodes[1].inputs[1]];
    let integers = vec![0, 2, 1, 3, 127, -7, -6, -8, 8, 10, 9, 11];
    assert_eq!(weights.values, Some(Values::Int8(integers)));
    let meaning = weights.quantization.as_ref().expect("a meaning");
    assert_eq!(meaning.zero_points, [1, -2, 1]);
}

#[test]
fn what_is_wrong_with_a_normalization_is_named() {
    let with = |place: usize, from: &'static str, parts| {
        said(|graph| normalize(graph, place, from, parts))
    };
    let float = format!("node `norm` (BatchNormalization) {NOT_QUANTIZED}");
    let one = factors([1.0; 3]);
    // Behind a limit, in front of a convolution, of floating point.
    assert_eq!(with(5, "r", one), float);
    assert_eq!(
        with(3, "xr", one),
        "tensor `scale3` has 3 values for 2 channels"
    );
    let two = said(|graph| {
        normalize(graph, 3, "xr", one);
        for constant in graph.initializer.iter_mut().rev().take(4) {
            (constant.dims[0], constant.float_data) = (2, vec![1.0; 2]);
        }
    });
    assert_eq!(two, float);
    assert_eq!(with(0, "x", one), float);
    let channel = "node `norm` (BatchNormalization) gives no numbers in channel 1: its variance and epsilon must be 0 or \
                   more, one of them larger, and all its values finite";
    let mut negative = one;
    negative[3][1] = -1.0;
    assert_eq!(with(4, "c", negative), channel);
    // Half a step apart from the next integer, whatever is left of the weights counts.
    let mut tiny = factors([1.0, 1.0, 1e-12]);
    tiny[1][2] = 20.25;
    let bits = "node `norm` (BatchNormalization) makes the weights of channel 2 0.0000000000009999999960041972 times as \
                large and its bias 20.25, which has no 32 bits in units of their scales: quantize the result of the \
                layer in front, or leave the channel out";
    assert_eq!(with(4, "c", tiny), bits);
    let training = "node `norm` (BatchNormalization) is in training mode: export the model for inference, after \
                    `model.eval()`";
    let change = |change: &dyn Fn(&mut NodeProto)| {
        said(|graph| {
            normalize(graph, 4, "c", one);
            change(&mut graph.node[4]);
        })
    };
    let outputs = |node: &mut NodeProto| node.output.extend(["mean".into(), "variance".into()]);
    assert_eq!(change(&outputs), training);
    let mode = |node: &mut NodeProto| {
        node.attribute.push(Attribute {
            name: "training_mode".into(),
            i: Some(1),
            ..Attribute::default()
        });
    };
    assert_eq!(change(&mode), training);
}

#[test]
fn many_weights_are_read() {
    let mut model = network();
    let graph = model.graph.as_mut().expect("a graph");
    let columns = 1 << 15;
    let weights = vec![1; 12 * columns as usize];
    graph.initializer[3] = bytes("v", &[12, columns], &weights);
    graph.output = vec![value("y", &[1, columns])];
    let graph = read(&model).expect("a network");
    assert_eq!(graph[graph.outputs[0]].shape.last(), Some(&(1 << 15)));
}

/// Half a megabyte of weights, used by node after node.
#[test]
fn constants_do_not_fill_the_memory() {
    let message = said(|graph| {
        let size = 1 << 19;
        graph
            .initializer
            .push(bytes("large", &[size], &vec![1; size as usize]));
        for place in 0..1000 {
            let output = format!("large_{place}");
            graph
                .node
                .push(node("DequantizeLinear", &["large", "s", "z"], &output));
        }
    });
    let expected =
        "the ONNX file is damaged: its constants are used so often that they would fill the memory";
    assert_eq!(message, expected);
}
