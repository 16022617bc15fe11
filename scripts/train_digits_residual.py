#!/usr/bin/env python3
"""A network in floating point for scripts and tests that quantize: digits by an inverted residual with batch normalization.

    build/digits/bin/pip install numpy==2.4.6 scikit-learn==1.9.1 onnx==1.22.0 onnxruntime==1.32.0
    build/digits/bin/python scripts/train_digits_residual.py FOLDER

writes FOLDER/digits_residual.onnx, and FOLDER/calibration.npz and FOLDER/test.npz with images and labels.

The network: image 8x8 -> conv 3x3, 24 channels, BN, ReLU6 -> conv 1x1 to 72, BN, ReLU6 -> depthwise 3x3, BN, ReLU6 ->
conv 1x1 to 24, BN, sum with what the block began with -> conv 1x1 to 48, BN, HardSwish -> mean of 2x2 -> 10 logits.
The features are random ones, whose normalization is measured; the logits are trained on them by logistic regression.
"""

import argparse
import pathlib

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from sklearn.linear_model import LogisticRegression

from train_digits import SEED, dataset

SIDE = 8
CHANNELS, WIDE, LAST = 24, 72, 48
CALIBRATION = 200


class Network:
    """Nodes and constants of a network that grows by what its nodes give for the images."""

    def __init__(self, images):
        self.images = images
        self.nodes, self.constants = [], []
        self.random = np.random.default_rng(SEED)

    def constant(self, name, values):
        self.constants.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def node(self, operator, inputs, output, **attributes):
        self.nodes.append(helper.make_node(operator, inputs, [output], f"{output}_node", **attributes))
        return output

    def model(self, output, shape):
        graph = helper.make_graph(
            self.nodes,
            "digits_residual",
            [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 1, SIDE, SIDE])],
            [helper.make_tensor_value_info(output, TensorProto.FLOAT, shape)],
            self.constants,
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)

    def values(self, output):
        """What a tensor is for every image."""
        session = onnxruntime.InferenceSession(
            self.model(output, None).SerializeToString(), providers=["CPUExecutionProvider"]
        )
        return np.concatenate([session.run(None, {"image": image[None]})[0] for image in self.images])

    def convolution(self, x, name, outputs, inputs, kernel=1, group=1):
        """Random weights, and a batch normalization whose mean and variance are those of the images."""
        shape = (outputs, inputs // group, kernel, kernel)
        deviation = np.sqrt(2 / np.prod(shape[1:]))
        weights = (self.random.standard_normal(shape) * deviation).astype(np.float32)
        pads = [kernel // 2] * 4
        weights = self.constant(f"{name}_weights", weights)
        x = self.node("Conv", [x, weights], f"{name}_sum", pads=pads, group=group, kernel_shape=[kernel] * 2)
        sums = self.values(x)
        figures = {
            "scale": self.random.uniform(0.5, 2, outputs),
            "shift": self.random.uniform(-0.5, 1, outputs),
            "mean": sums.mean((0, 2, 3)),
            "variance": sums.var((0, 2, 3)),
        }
        figures = [self.constant(f"{name}_{key}", of.astype(np.float32)) for key, of in figures.items()]
        return self.node("BatchNormalization", [x, *figures], f"{name}_normal")

    def relu6(self, x, name):
        return self.node("Clip", [x, "zero", "six"], name)


def train(images, labels):
    """The network, trained with these images."""
    network = Network(images)
    network.constant("zero", np.float32(0))
    network.constant("six", np.float32(6))
    begin = network.relu6(network.convolution("image", "first", CHANNELS, 1, kernel=3), "begin")
    x = network.relu6(network.convolution(begin, "expand", WIDE, CHANNELS), "wide")
    x = network.relu6(network.convolution(x, "depthwise", WIDE, WIDE, kernel=3, group=WIDE), "deep")
    x = network.convolution(x, "project", CHANNELS, WIDE)
    x = network.node("Add", [begin, x], "residual")
    x = network.node("HardSwish", [network.convolution(x, "last", LAST, CHANNELS)], "swish")
    x = network.node("AveragePool", [x], "mean", kernel_shape=[2, 2], strides=[2, 2])
    x = network.node("Flatten", [x], "features")
    head = LogisticRegression(C=0.01, max_iter=500).fit(network.values(x), labels)
    weights = network.constant("weights", head.coef_.astype(np.float32))
    bias = network.constant("bias", head.intercept_.astype(np.float32))
    network.node("Gemm", [x, weights, bias], "logits", transB=1)
    model = network.model("logits", [1, 10])
    onnx.checker.check_model(model, full_check=True)
    return model


def write(folder):
    """Train, and write the network and the images."""
    train_images, test_images, train_labels, test_labels = dataset()

    def squares(images):
        return images.reshape(-1, 1, SIDE, SIDE).astype(np.float32) / 16

    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(train(squares(train_images), train_labels), folder / "digits_residual.onnx")
    calibration = squares(train_images[:CALIBRATION])
    np.savez(folder / "calibration.npz", image=calibration, labels=train_labels[:CALIBRATION])
    np.savez(folder / "test.npz", image=squares(test_images), labels=test_labels)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Train a network in floating point that reads digits.")
    parser.add_argument("folder", type=pathlib.Path, help="where to write it")
    write(parser.parse_args().folder)
