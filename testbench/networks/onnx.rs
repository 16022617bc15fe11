//! Quantized `.onnx` networks of digits against ONNX Runtime.

use crate::case::{assert_same, channels_last, network, rows, run_all, values};
use crate::models::{Arrays, path};
use ferrogrid::graph::{Element, Operator};
use ferrogrid::import;
use ferrogrid::reference::graph::Mode;

const IMAGES: &str = "digits/digits_test64_images_labels.npz";

/// The integers of all images before the last DequantizeLinear, and its real numbers.
fn images_are_those_of_onnx_runtime(name: &str) {
    let Some(file) = path(&format!("digits/{name}.onnx")) else {
        return;
    };
    let graph = network(&file);
    let mut images = Arrays::open(IMAGES).expect("the folder is there");
    let inputs = rows(&values(&mut images, "x", Element::Float32), 64);
    let inputs: Vec<_> = inputs.into_iter().map(|row| vec![row]).collect();
    let results = run_all(&graph, &inputs, Mode::Float);

    let mut golden = Arrays::open(&format!("digits/{name}.golden.npz")).expect("a file");
    let real = graph.outputs[0];
    let last = graph.nodes.last().expect("nodes");
    assert_eq!((&last.operator, last.output), (&Operator::Dequantize, real));
    for (id, array) in [(last.inputs[0], "yq"), (real, "y")] {
        let expected = rows(&values(&mut golden, array, graph[id].element), 10);
        assert_eq!(expected.len(), 64);
        for (image, (result, expected)) in results.iter().zip(&expected).enumerate() {
            assert_same(
                &result[&id],
                expected,
                &format!("{name}: {array} of image {image}"),
            );
        }
    }
}

/// Every integer tensor of the first image.
fn layers_are_those_of_onnx_runtime(name: &str) {
    let Some(file) = path(&format!("digits/{name}.onnx")) else {
        return;
    };
    let graph = network(&file);
    let mut images = Arrays::open(IMAGES).expect("the folder is there");
    let input = rows(&values(&mut images, "x", Element::Float32), 64)[0].clone();
    let results = run_all(&graph, &[vec![input]], Mode::Float);

    let mut layers = Arrays::open(&format!("digits/{name}.layers.npz")).expect("a file");
    let outputs = graph.nodes.iter().map(|node| node.output);
    let ids: Vec<_> = outputs.filter(|id| graph[*id].element.is_byte()).collect();
    assert!(ids.len() > 2, "{name}");
    for (place, id) in ids.iter().enumerate() {
        let tensor = &graph[*id];
        let array = values(&mut layers, &format!("t{place:03}"), tensor.element);
        let expected = channels_last(&array, &tensor.shape);
        assert_same(
            &results[0][id],
            &expected,
            &format!("{name}: {}", tensor.name),
        );
    }
}

macro_rules! model {
    ($name:ident) => {
        mod $name {
            #[test]
            fn images_are_those_of_onnx_runtime() {
                super::images_are_those_of_onnx_runtime(stringify!($name));
            }

            #[test]
            fn layers_are_those_of_onnx_runtime() {
                super::layers_are_those_of_onnx_runtime(stringify!($name));
            }
        }
    };
}

model!(mlp_qdq_s8);
model!(mlp_qop_s8);
model!(mlp_qop_s8_pc);
model!(mlp_qop_u8);
model!(mlp_matmul_qdq_s8);
model!(mlp_matmul_qop_s8);
model!(cnn_qdq_s8);
model!(cnn_qdq_s8_pc);
model!(cnn_qdq_s8_pc_sym);
model!(cnn_qop_s8);
model!(cnn_qop_s8_pc);
model!(cnn_qop_u8);

#[test]
fn models_in_floating_point_are_refused() {
    for name in ["mlp_float", "cnn_float", "mlp_matmul_float"] {
        let Some(file) = path(&format!("digits/{name}.onnx")) else {
            return;
        };
        let bytes = std::fs::read(&file).expect("a file");
        let error = import::read(&bytes).expect_err(name).to_string();
        assert!(error.contains("is not quantized"), "{name}: {error}");
    }
}
