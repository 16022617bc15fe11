//! `ferrogrid quantize`: what it writes and prints, what runs afterwards, and what is wrong in files.

use crate::onnx::{FLOAT, Model};
use crate::program::Place;
use ndarray::{Array2, Array4};
use ndarray_npy::NpzWriter;
use std::io::Cursor;

/// An image of 2 channels and 4 x 4 pixels, a convolution with a batch normalization and a Relu, and a layer of four classes.
fn float_model() -> Model {
    let numbers = |count: usize, of: f32| {
        Vec::from_iter((0..count).map(|place| of * ((place * 37 % 101) as f32 / 50.0 - 1.0)))
    };
    Model::new()
        .float("w", &[3, 2, 3, 3], &numbers(54, 0.5))
        .float("gamma", &[3], &[1.0, 2.0, 0.5])
        .float("beta", &[3], &[0.0, 0.1, -0.1])
        .float("mean", &[3], &[0.2, 0.0, -0.2])
        .float("variance", &[3], &[1.0, 0.5, 2.0])
        .float("head", &[48, 4], &numbers(192, 0.2))
        .float("bias", &[4], &[0.1, 0.2, -0.3, 0.0])
        .input("image", FLOAT, &[1, 2, 4, 4])
        .node("", "Conv", &["image", "w"], "sum", &[("pads", &[1; 4])])
        .node(
            "",
            "BatchNormalization",
            &["sum", "gamma", "beta", "mean", "variance"],
            "normal",
            &[],
        )
        .node("", "Relu", &["normal"], "active", &[])
        .node("", "Flatten", &["active"], "flat", &[])
        .node("", "Gemm", &["flat", "head", "bias"], "class", &[])
        .output("class", FLOAT, &[1, 4])
}

fn images(count: usize) -> Array4<f32> {
    Array4::from_shape_fn((count, 2, 4, 4), |(image, channel, y, x)| {
        ((image * 7 + channel * 5 + y * 3 + x * 11) % 17) as f32 / 8.0 - 1.0
    })
}

/// A place with the model, and samples with labels.
fn place() -> Place {
    let place = Place::new();
    place.write("float.onnx", float_model().file());
    let mut bytes = Cursor::new(Vec::new());
    let mut archive = NpzWriter::new_compressed(&mut bytes);
    archive.add_array("image", &images(12)).unwrap();
    archive
        .add_array("labels", &Array2::from_elem((12, 1), 1_i64))
        .unwrap();
    archive.finish().unwrap();
    place.write("samples.npz", bytes.into_inner());
    place.write_npy("images.npy", &images(3));
    place
}

#[test]
fn a_model_is_quantized_and_runs() {
    let place = place();
    let run = place.succeed("quantize float.onnx --calibration samples.npz -o int8.onnx");
    insta::assert_snapshot!(run.stdout);
    let run = place.succeed("run int8.onnx --preset nano --input images.npy");
    assert!(
        run.stdout.contains("exact: all 12 outputs of 3 inferences"),
        "{}",
        run.stdout
    );
}

#[test]
fn the_report_is_json_too() {
    let place = place();
    let line =
        "quantize float.onnx --calibration samples.npz -o int8.onnx --method percentile --json";
    let report: serde_json::Value = serde_json::from_str(&place.succeed(line).stdout).unwrap();
    assert_eq!(report["samples"], 12);
    assert_eq!(report["folded"], 1);
    assert_eq!(report["accuracy"]["samples"], 12);
    assert_eq!(report["tensors"][0]["name"], "image");
}

#[test]
fn other_samples_and_labels_count() {
    let place = place();
    place.write_npy("labels.npy", &Array2::from_elem((3, 1), 2_u8));
    let line = "quantize float.onnx --calibration images.npy --validation images.npy --labels labels.npy \
                --no-equalize --no-bias-correction -o int8.onnx";
    let run = place.succeed(line);
    assert!(
        run.stdout.contains("\nright answers of 3: "),
        "{}",
        run.stdout
    );
}

#[test]
fn what_is_wrong_is_told_and_nothing_is_written() {
    let place = place();
    let mut broken = images(2);
    broken[[1, 0, 2, 3]] = f32::NAN;
    place.write_npy("nan.npy", &broken);
    place.write_npy("flat.npy", &Array2::<f32>::zeros((4, 32)));
    place.write("cut.npz", b"PK\x03\x04 cut");
    place.write("text.npz", "no arrays");
    place.write("cut.onnx", &float_model().file()[..100]);
    place.write("int8.onnx", crate::onnx::small());
    let before = place.contents();
    let messages = [
        "quantize float.onnx --calibration nan.npy -o out.onnx",
        "quantize float.onnx --calibration flat.npy -o out.onnx",
        "quantize float.onnx --calibration cut.npz -o out.onnx",
        "quantize float.onnx --calibration text.npz -o out.onnx",
        "quantize float.onnx --calibration none.npz -o out.onnx",
        "quantize float.onnx --calibration samples.npz --method percentile --percentile 40 -o out.onnx",
        "quantize float.onnx --calibration samples.npz --labels images.npy -o out.onnx",
        "quantize float.onnx --calibration samples.npz -o float.onnx",
        "quantize cut.onnx --calibration samples.npz -o out.onnx",
        "quantize int8.onnx --calibration samples.npz -o out.onnx",
    ]
    .map(|line| place.fail(line));
    insta::assert_snapshot!(messages.join("\n"));
    assert_eq!(before, place.contents());
}
