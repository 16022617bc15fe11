//! The models of `examples/digits`: what they say of the images.

use crate::onnx::{INT8, Model};
use crate::program::Place;
use ndarray::{Array2, Axis, s};
use ndarray_npy::{ReadNpyExt, ReadableElement, WriteNpyExt};
use std::fs;
use std::path::{Path, PathBuf};

/// How many images the convolutional network is run on.
const IMAGES: usize = 8;

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples/digits")
        .join(name)
}

fn matrix<T: ReadableElement>(name: &str) -> Array2<T> {
    let bytes = fs::read(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    Array2::read_npy(&bytes[..]).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// `multiplier = 26801` of network.toml.
fn requantize(key: &str) -> i32 {
    let text = fs::read_to_string(path("network.toml")).expect("network.toml");
    let value = text
        .lines()
        .find_map(|line| line.strip_prefix(key)?.strip_prefix(" = "));
    value.expect("the key").parse().expect("a number")
}

/// The two layers of `network.onnx` with the scales of network.toml. The hidden values have a bit behind the point, and the logits
/// are divided by 192, which makes bytes of them.
fn model() -> Vec<u8> {
    let weights = |name: &str| matrix::<i8>(name).into_raw_vec_and_offset().0;
    let bias = |name: &str, factor: i32| {
        let biases = matrix::<i32>(name).mapv(|bias| bias * factor);
        biases.into_raw_vec_and_offset().0
    };
    let factor = requantize("multiplier") as f32 / (1 << requantize("shift")) as f32;
    let inputs = |from: &'static str,
                  scale: [&'static str; 2],
                  layer: [&'static str; 4],
                  to: [&'static str; 2]| {
        [
            from, scale[0], scale[1], layer[0], layer[1], layer[2], layer[3], to[0], to[1],
        ]
    };
    Model::new()
        .quantization("x", 1.0, 0)
        .quantization("w1", factor, 0)
        .quantization("h", 0.5, -128)
        .quantization("w2", 1.0, 0)
        .quantization("y", 192.0, 0)
        .int8("w1", &[64, 32], &weights("weights1.npy"))
        .int32("b1", &[32], &bias("bias1.npy", 1))
        .int8("w2", &[32, 10], &weights("weights2.npy"))
        .int32("b2", &[10], &bias("bias2.npy", 2))
        .input("image", INT8, &[1, 64])
        .output("logits", INT8, &[1, 10])
        .node(
            "com.microsoft",
            "QGemm",
            &inputs(
                "image",
                ["x_s", "x_z"],
                ["w1", "w1_s", "w1_z", "b1"],
                ["h_s", "h_z"],
            ),
            "hidden",
            &[],
        )
        .node(
            "com.microsoft",
            "QGemm",
            &inputs(
                "hidden",
                ["h_s", "h_z"],
                ["w2", "w2_s", "w2_z", "b2"],
                ["y_s", "y_z"],
            ),
            "logits",
            &[],
        )
        .file()
}

#[test]
fn the_model_is_made_of_the_weights() {
    let (path, model) = (path("network.onnx"), model());
    if std::env::var_os("FERROGRID_UPDATE").is_some() {
        fs::write(&path, &model).expect("a written file");
    }
    let found = fs::read(&path).expect("examples/digits/network.onnx");
    assert!(
        found == model,
        "examples/digits/network.onnx is old: run FERROGRID_UPDATE=1 cargo test --test cli digits"
    );
}

/// Rounding the logits to bytes costs no more than two images.
#[test]
fn the_model_reads_the_digits() {
    let place = Place::new();
    for name in ["network.onnx", "images.npy"] {
        place.write(name, fs::read(path(name)).expect("a file"));
    }
    place.succeed("run network.onnx --preset small --input images.npy -o logits.npy");
    let bytes = fs::read(place.path("logits.npy")).expect("a file");
    let logits = Array2::<i8>::read_npy(&bytes[..]).expect("a matrix of int8");
    let class = |row: ndarray::ArrayView1<i8>| {
        let largest = row.iter().max().expect("ten logits");
        row.iter()
            .position(|logit| logit == largest)
            .expect("it is one of them")
    };
    let labels = matrix::<u8>("labels.npy");
    let classes = logits.axis_iter(Axis(0)).map(class);
    let right = classes
        .zip(&labels)
        .filter(|(class, label)| *class == usize::from(**label))
        .count();
    assert!(
        right >= requantize("correct") as usize - 2,
        "{right} of 360"
    );
}

/// The convolutional network gives what ONNX Runtime does, whose logits are committed; one of another value is an
/// error.
#[test]
fn the_outputs_are_those_of_onnx_runtime() {
    let place = Place::new();
    let rows = |matrix: &Array2<i8>| {
        let mut bytes = Vec::new();
        matrix
            .slice(s![..IMAGES, ..])
            .write_npy(&mut bytes)
            .expect("a matrix");
        bytes
    };
    let mut logits = matrix::<i8>("digits_logits.npy");
    place.write(
        "digits_cnn.onnx",
        fs::read(path("digits_cnn.onnx")).expect("a file"),
    );
    place.write("images.npy", rows(&matrix("images.npy")));
    place.write("logits.npy", rows(&logits));
    logits[[IMAGES - 1, 3]] ^= 1;
    place.write("wrong.npy", rows(&logits));
    let command = "run digits_cnn.onnx --preset small --input images.npy --expect";
    let run = place.succeed(&format!("{command} logits.npy"));
    assert!(
        run.stdout.ends_with("equal to logits.npy\n"),
        "{}",
        run.stdout
    );
    let message = place.fail(&format!("{command} wrong.npy"));
    assert!(message.contains("wrong.npy"), "{message}");
}
