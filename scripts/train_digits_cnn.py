#!/usr/bin/env python3
"""Train the convolutional network of examples/digits and write its files.

The files are committed; this script is only needed to make them again or to check them:

    python3 -m venv /tmp/digits
    /tmp/digits/bin/pip install numpy==2.4.6 scikit-learn==1.9.1 onnx==1.22.0 onnxruntime==1.32.0
    /tmp/digits/bin/python scripts/train_digits_cnn.py            # train, quantize and write
    /tmp/digits/bin/python scripts/train_digits_cnn.py --check    # recompute from the committed files

The network: image 8x8 -> conv 3x3, 16 channels, ReLU -> conv 3x3 stride 2, 32 channels, ReLU -> max pool
2x2 -> 10 logits. It is trained in floating point with NumPy on the images of scripts/train_digits.py, each
moved by up to a pixel, and quantized by ONNX Runtime's quantizer: QDQ, int8, weights per channel. Input and
output of digits_cnn.onnx are int8: the pixels, whose scale is 1, and the logits. digits_logits.npy holds what ONNX
Runtime makes of the images. The class is the index of the largest logit, the lowest one on a tie.

Training is seeded, but another build of numpy or of its BLAS may give other weights; `--check` does
not train and holds everywhere.
"""

import argparse
import pathlib
import sys
import tempfile

import numpy as np

from train_digits import FOLDER, SEED, dataset

CHANNELS = (16, 32)
SIDE = 8
CLASSES = 10
WHITE = 16  # the largest pixel
EPOCHS = 60
BATCH = 64
RATE = 3e-3
DECAY = 1e-2
KERNEL = 3
PADDING = 1

MODEL = FOLDER / "digits_cnn.onnx"
LOGITS = FOLDER / "digits_logits.npy"


def patches(images, stride):
    """The kernel's windows as rows: [images, rows, columns, channels * KERNEL * KERNEL]."""
    edge = (PADDING, PADDING)
    padded = np.pad(images, ((0, 0), (0, 0), edge, edge))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (KERNEL, KERNEL), axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride].transpose(0, 2, 3, 1, 4, 5)
    return windows.reshape(*windows.shape[:3], -1)


def scattered(gradient, shape, stride):
    """The gradient of what `patches` was given, from that of its result."""
    count, channels, height, width = shape
    padded = np.zeros((count, channels, height + 2 * PADDING, width + 2 * PADDING), np.float32)
    rows, columns = gradient.shape[1:3]
    gradient = gradient.reshape(count, rows, columns, channels, KERNEL, KERNEL)
    for y in range(KERNEL):
        for x in range(KERNEL):
            part = gradient[..., y, x].transpose(0, 3, 1, 2)
            padded[:, :, y : y + stride * rows : stride, x : x + stride * columns : stride] += part
    return padded[:, :, PADDING : PADDING + height, PADDING : PADDING + width]


def forward(parameters, images):
    """The logits, and what `backward` needs of each layer."""
    weights1, bias1, weights2, bias2, weights3, bias3 = parameters
    count = len(images)
    patches1 = patches(images, 1)
    hidden1 = np.maximum(patches1 @ weights1.T + bias1, 0).transpose(0, 3, 1, 2)
    patches2 = patches(hidden1, 2)
    hidden2 = np.maximum(patches2 @ weights2.T + bias2, 0)
    # Windows of 2x2 behind everything else.
    side, channels = SIDE // 4, CHANNELS[1]
    windows = hidden2.reshape(count, side, 2, side, 2, channels).transpose(0, 5, 1, 3, 2, 4)
    windows = windows.reshape(count, channels, side, side, 4)
    features = windows.max(-1).reshape(count, -1)
    logits = features @ weights3.T + bias3
    return logits, (patches1, hidden1, patches2, hidden2, windows, features)


def backward(parameters, layers, slope):
    """The gradient of every parameter, from that of the logits."""
    _, _, weights2, _, weights3, _ = parameters
    patches1, hidden1, patches2, hidden2, windows, features = layers
    count, channels, side = windows.shape[:3]
    largest = windows == windows.max(-1, keepdims=True)
    share = largest / largest.sum(-1, keepdims=True)
    slope2 = (slope @ weights3).reshape(count, channels, side, side, 1) * share
    slope2 = slope2.reshape(count, channels, side, side, 2, 2).transpose(0, 2, 4, 3, 5, 1)
    slope2 = slope2.reshape(hidden2.shape) * (hidden2 > 0)
    slope1 = scattered(slope2 @ weights2, hidden1.shape, 2) * (hidden1 > 0)
    slope1 = slope1.transpose(0, 2, 3, 1)
    gradients = []
    for slopes, inputs in ((slope1, patches1), (slope2, patches2), (slope, features)):
        slopes = slopes.reshape(-1, slopes.shape[-1])
        gradients += [slopes.T @ inputs.reshape(len(slopes), -1), slopes.sum(0)]
    return gradients


def moved(images, random):
    """Half of the images moved by up to a pixel each way."""
    padded = np.pad(images, ((0, 0), (0, 0), (1, 1), (1, 1)))
    places = random.integers(0, 3, (len(images), 2))
    places[random.random(len(images)) < 0.5] = 1
    cut = [image[:, y : y + SIDE, x : x + SIDE] for image, (y, x) in zip(padded, places)]
    return np.stack(cut)


def train(images, labels):
    """Weights and biases of the three layers: Adam with decay of the weights, the rate a half cosine."""
    random = np.random.default_rng(SEED)
    patch = KERNEL * KERNEL
    shapes = (
        (CHANNELS[0], patch),
        (CHANNELS[1], CHANNELS[0] * patch),
        (CLASSES, CHANNELS[1] * (SIDE // 4) ** 2),
    )
    parameters = []
    for outputs, inputs in shapes:
        weights = random.standard_normal((outputs, inputs)) * np.sqrt(2 / inputs)
        parameters += [weights.astype(np.float32), np.zeros(outputs, np.float32)]
    means = [np.zeros_like(values) for values in parameters]
    squares = [np.zeros_like(values) for values in parameters]
    steps = EPOCHS * (len(images) // BATCH)
    for step in range(1, steps + 1):
        if (step - 1) % (len(images) // BATCH) == 0:
            order = iter(np.split(random.permutation(len(images)), range(BATCH, len(images), BATCH)))
        batch = next(order)
        logits, layers = forward(parameters, moved(images[batch], random))
        slope = np.exp(logits - logits.max(1, keepdims=True))
        slope /= slope.sum(1, keepdims=True)
        slope[np.arange(BATCH), labels[batch]] -= 1
        rate = RATE * 0.5 * (1 + np.cos(np.pi * step / steps))
        gradients = backward(parameters, layers, slope / BATCH)
        for values, gradient, mean, square in zip(parameters, gradients, means, squares):
            mean += 0.1 * (gradient - mean)
            square += 0.001 * (gradient**2 - square)
            change = mean / (1 - 0.9**step) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
            if values.ndim == 2:
                change += DECAY * values
            values -= rate * change
    return parameters


def float_model(parameters):
    """The trained network as ONNX, which takes the pixels as they are."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    weights1, bias1, weights2, bias2, weights3, bias3 = parameters
    kernel = (KERNEL, KERNEL)
    constants = {
        "shape": np.array([1, 1, SIDE, SIDE], np.int64),
        "weights1": weights1.reshape(CHANNELS[0], 1, *kernel) / WHITE,
        "bias1": bias1,
        "weights2": weights2.reshape(CHANNELS[1], CHANNELS[0], *kernel),
        "bias2": bias2,
        "weights3": weights3,
        "bias3": bias3,
    }
    pads = [PADDING] * 4
    nodes = [
        helper.make_node("Reshape", ["image", "shape"], ["square"], "square"),
        helper.make_node("Conv", ["square", "weights1", "bias1"], ["sum1"], "conv1", pads=pads),
        helper.make_node("Relu", ["sum1"], ["hidden1"], "relu1"),
        helper.make_node(
            "Conv", ["hidden1", "weights2", "bias2"], ["sum2"], "conv2", pads=pads, strides=[2, 2]
        ),
        helper.make_node("Relu", ["sum2"], ["hidden2"], "relu2"),
        helper.make_node(
            "MaxPool", ["hidden2"], ["pooled"], "pool", kernel_shape=[2, 2], strides=[2, 2]
        ),
        helper.make_node("Flatten", ["pooled"], ["features"], "flatten"),
        helper.make_node("Gemm", ["features", "weights3", "bias3"], ["logits"], "gemm", transB=1),
    ]
    graph = helper.make_graph(
        nodes,
        "digits_cnn",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, SIDE * SIDE])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, CLASSES])],
        [numpy_helper.from_array(values, name) for name, values in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model


def quantized(model, images):
    """The model in int8, calibrated with these images, its input and output integers."""
    import onnx
    from onnx import TensorProto
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType
    from onnxruntime.quantization import quantize_static

    class Images(CalibrationDataReader):
        """One image after the other."""

        def __init__(self):
            self.images = iter(images.astype(np.float32))

        def get_next(self):
            image = next(self.images, None)
            return None if image is None else {"image": image[None]}

    pixels = {
        "quant_type": QuantType.QInt8,
        "scale": np.array(1, np.float32),
        "zero_point": np.array(0, np.int8),
    }
    with tempfile.TemporaryDirectory() as folder:
        before, after = (pathlib.Path(folder) / name for name in ("float.onnx", "int8.onnx"))
        onnx.save(model, before)
        quantize_static(
            before,
            after,
            Images(),
            quant_format=QuantFormat.QDQ,
            activation_type=QuantType.QInt8,
            weight_type=QuantType.QInt8,
            per_channel=True,
            extra_options={
                "TensorQuantOverrides": {"image": [pixels]},
                "ForceQuantizeNoInputCheck": True,  # the input of Reshape, too
            },
        )
        model = onnx.load(after)

    # Without the conversions at both ends, which leave integers there.
    graph = model.graph
    (first,) = (node for node in graph.node if "image" in node.input)
    (last,) = (node for node in graph.node if "logits" in node.output)
    assert (first.op_type, last.op_type) == ("QuantizeLinear", "DequantizeLinear")
    for node in graph.node:
        node.input[:] = ["image" if name == first.output[0] else name for name in node.input]
        node.output[:] = ["logits" if name == last.input[0] else name for name in node.output]
    for node in (first, last):
        graph.node.remove(node)
    for port in (graph.input[0], graph.output[0]):
        port.type.tensor_type.elem_type = TensorProto.INT8
    del graph.value_info[:]
    model.producer_name, model.producer_version = "scripts/train_digits_cnn.py", ""
    onnx.checker.check_model(model, full_check=True)
    return model


def infer(model, images):
    """Logits in int8, as ONNX Runtime computes them."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # Exact sums on x86 CPUs without VNNI, too.
    options.add_session_config_entry("session.x64quantprecision", "1")
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return np.concatenate([session.run(None, {"image": image[None]})[0] for image in images])


def correct(logits, labels):
    """How many images are classified rightly."""
    return int((logits.argmax(axis=1) == labels).sum())


def write():
    """Train, quantize and write both files."""
    import onnx

    train_images, test_images, train_labels, test_labels = dataset()

    def squares(images):
        return images.reshape(-1, 1, SIDE, SIDE).astype(np.float32) / WHITE

    parameters = train(squares(train_images), train_labels)
    model = quantized(float_model(parameters), train_images)
    logits = infer(model, test_images)
    onnx.save(model, MODEL)
    np.save(LOGITS, logits)
    before = correct(forward(parameters, squares(test_images))[0], test_labels)
    count = sum(values.size for values in parameters)
    print(f"{count} parameters, {MODEL.stat().st_size} bytes")
    print(f"{correct(logits, test_labels)} of {len(test_labels)} correct; {before} before quantization")


def check():
    """Hold the committed files to ONNX Runtime, and the images to the dataset."""
    import onnx

    images, labels, expected = (
        np.load(path) for path in (FOLDER / "images.npy", FOLDER / "labels.npy", LOGITS)
    )
    logits = infer(onnx.load(MODEL), images)
    _, test_images, _, _ = dataset()
    if not np.array_equal(images, test_images):
        sys.exit("images.npy is not the test split")
    if not np.array_equal(logits, expected):
        sys.exit(f"{LOGITS.name} differs from what ONNX Runtime computes")
    print(f"the committed files agree: {correct(logits, labels[0])} of {len(images)} correct")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Train or check the CNN of examples/digits.")
    parser.add_argument("--check", action="store_true", help="do not train; check the committed files")
    (check if parser.parse_args().check else write)()
