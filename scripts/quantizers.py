#!/usr/bin/env python3
"""The table of docs/quantize.md: networks of the scripts here, quantized by Ferrogrid and by ONNX Runtime.

    build/digits/bin/pip install numpy==2.4.6 scikit-learn==1.9.1 onnx==1.22.0 onnxruntime==1.32.0 target/wheels/ferrogrid-*.whl
    build/digits/bin/python scripts/quantizers.py

Both are given the same 200 images and have a scale for each output channel of weights; what they make runs in ONNX Runtime on
the 360 test images. SQNR is the ratio of the float logits and of the difference from them, in decibels.
"""

import contextlib
import logging
import pathlib
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType
from onnxruntime.quantization import quantize_static

import ferrogrid
import train_digits_cnn
import train_digits_residual
from train_digits import dataset

CALIBRATION = 200
OTHERS = {
    "min-max": CalibrationMethod.MinMax,
    "percentile": CalibrationMethod.Percentile,
    "entropy": CalibrationMethod.Entropy,
}
OURS = {"min-max": "minmax", "percentile": "percentile", "entropy": "entropy", "mean square": "mse"}


def logits(model, images):
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return np.concatenate([session.run(None, {"image": image})[0] for image in images])


def of_onnx_runtime(model, images, output, method):
    """The model as ONNX Runtime's quantizer makes it."""

    class Images(CalibrationDataReader):
        def __init__(self):
            self.images = iter(images)

        def get_next(self):
            image = next(self.images, None)
            return None if image is None else {"image": image}

    quantize_static(
        model,
        output,
        Images(),
        quant_format=QuantFormat.QDQ,
        activation_type=QuantType.QInt8,
        weight_type=QuantType.QInt8,
        per_channel=True,
        calibrate_method=method,
    )


def main():
    logging.disable()
    images, tests, labels, test_labels = dataset()

    def squares(images):
        return images.reshape(-1, 1, 8, 8).astype(np.float32) / 16

    cnn = train_digits_cnn.float_model(train_digits_cnn.train(squares(images), labels))
    residual = train_digits_residual.train(squares(images), labels)
    networks = {
        "convolutions, max pool": (cnn, lambda images: images.reshape(-1, 1, 64).astype(np.float32)),
        "inverted residual, BN, HardSwish": (residual, lambda images: squares(images)[:, None]),
    }
    print("| Network | Quantized by | Ranges | Right of 360 | SQNR |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        before, after = (pathlib.Path(folder) / name for name in ("float.onnx", "int8.onnx"))
        for name, (model, shaped) in networks.items():
            onnx.save(model, before)
            wanted = logits(before, shaped(tests))

            def row(who, ranges):
                found = logits(after, shaped(tests)) if ranges else wanted
                right = (found.argmax(1) == test_labels).sum()
                noise = ((wanted - found) ** 2).sum()
                decibels = f"{10 * np.log10((wanted**2).sum() / noise):.1f}" if noise else ""
                print(f"| {name} | {who} | {ranges} | {right} | {decibels} |")

            row("(float)", "")
            for ranges, method in OTHERS.items():
                with contextlib.redirect_stdout(None):
                    of_onnx_runtime(before, shaped(images[:CALIBRATION]), after, method)
                row("ONNX Runtime", ranges)
            for ranges, method in OURS.items():
                ferrogrid.quantize(before, shaped(images[:CALIBRATION]), after, method=method)
                row("Ferrogrid", ranges)


if __name__ == "__main__":
    main()
