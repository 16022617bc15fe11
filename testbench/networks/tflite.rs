//! `.tflite` networks against TFLite Micro (fixed point) and LiteRT (floating point).

use crate::case::{assert_same, network, rows, run_all, values};
use crate::models::{Arrays, path};
use ferrogrid::graph::{Element, Graph, Operator, TensorId};
use ferrogrid::reference::graph::Mode;

/// The tensor that the golden arrays call logits: the input of the softmax, else the output.
fn logits(graph: &Graph) -> TensorId {
    let softmax = |operator: &Operator| matches!(operator, Operator::Softmax { .. });
    let node = graph.nodes.iter().find(|node| softmax(&node.operator));
    node.map_or(graph.outputs[0], |node| node.inputs[0])
}

/// Every row of a model in both modes.
fn rows_are_those_of_runtimes(name: &str) {
    let Some(file) = path(&format!("{name}.tflite")) else {
        return;
    };
    let graph = network(&file);
    let mut golden = Arrays::open(&format!("{name}.golden.npz")).expect("the folder is there");
    let input = &graph[graph.inputs[0]];
    let inputs = rows(&values(&mut golden, "x", input.element), input.len());
    let inputs: Vec<_> = inputs.into_iter().map(|row| vec![row]).collect();
    let (output, logits) = (graph.outputs[0], logits(&graph));
    for (mode, runtime) in [(Mode::FixedPoint, "tflm"), (Mode::Float, "litert")] {
        let mut expected = vec![(output, format!("y_{runtime}"))];
        if logits != output {
            expected.insert(0, (logits, format!("logits_{runtime}")));
        }
        let results = run_all(&graph, &inputs, mode);
        for (id, array) in expected {
            let tensor = &graph[id];
            let all = rows(&values(&mut golden, &array, tensor.element), tensor.len());
            assert_eq!(all.len(), results.len());
            for (row, (result, expected)) in results.iter().zip(&all).enumerate() {
                assert_same(
                    &result[&id],
                    expected,
                    &format!("{name}: {array}, row {row}"),
                );
            }
        }
    }
}

/// Every activation of the first row as TFLite Micro computes it.
fn layers_are_those_of_tflite_micro(name: &str) {
    let Some(file) = path(&format!("{name}.tflite")) else {
        return;
    };
    let graph = network(&file);
    let mut layers = Arrays::open(&format!("{name}.layers.npz")).expect("the folder is there");
    let order = layers.elements::<i32>("order");
    let mut array =
        |place: usize| values(&mut layers, &format!("t{:03}", order[place]), Element::Int8);
    let input = vec![array(0)];
    let results = run_all(&graph, &[input], Mode::FixedPoint);
    assert_eq!(order.len(), graph.nodes.len() + 1, "{name}: activations");
    for (place, node) in graph.nodes.iter().enumerate() {
        let what = format!("{name}: {}", node.name);
        assert_same(&results[0][&node.output], &array(place + 1), &what);
    }
}

macro_rules! model {
    ($name:ident) => {
        mod $name {
            #[test]
            fn rows_are_those_of_runtimes() {
                super::rows_are_those_of_runtimes(stringify!($name));
            }

            #[test]
            fn layers_are_those_of_tflite_micro() {
                super::layers_are_those_of_tflite_micro(stringify!($name));
            }
        }
    };
}

model!(ad_autoencoder_int8);
model!(ic_resnet8_int8);
model!(kws_dscnn_int8);
model!(vww_mbv1_025_int8);
