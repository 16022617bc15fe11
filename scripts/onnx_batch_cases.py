#!/usr/bin/env python3
"""Write the cases of batch normalization in testbench/networks/cases: networks, inputs, and what ONNX Runtime makes of them.

The files are committed; this script is only needed to make them again or to check them:

    python3 -m venv build/cases-env
    build/cases-env/bin/pip install numpy==2.4.6 onnx==1.22.0 onnxruntime==1.32.0
    build/cases-env/bin/python scripts/onnx_batch_cases.py            # write
    build/cases-env/bin/python scripts/onnx_batch_cases.py --check    # run the committed files again

NAME.onnx has its inputs in NAME.x.npz and its outputs in NAME.golden.npz, an array each, rows of them in front. Layers
with a normalization behind them run in floating point in ONNX Runtime: their scales are powers of two, so that nothing
is rounded there before the last step. Normalizations that stand alone have random scales, and all 256 inputs.
"""

import argparse
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "testbench" / "networks" / "cases"
TYPES = {np.int8: TensorProto.INT8, np.uint8: TensorProto.UINT8}
EPSILON = 2.0**-10


class Case:
    """A network from its input on; every step has the last result as its input."""

    def __init__(self, name, shape, scale, zero, element=np.int8, opset=17, rows=2, seed=0):
        self.name, self.shape, self.opset, self.rows = name, shape, opset, rows
        self.random = np.random.default_rng(seed)
        self.element, self.nodes, self.constants = element, [], []
        self.last = "x"
        self.values = self.random.integers(*self.range(element), (rows, *shape[1:]), element, True)
        self.dequantize(scale, zero, element)

    @staticmethod
    def range(element):
        return np.iinfo(element).min, np.iinfo(element).max

    def constant(self, values, element=np.float32):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.array(values, element), name))
        return name

    def node(self, operator, *inputs, **attributes):
        self.nodes.append(helper.make_node(operator, [self.last, *inputs], [f"t{len(self.nodes)}"], **attributes))
        self.last = self.nodes[-1].output[0]
        return self

    def dequantize(self, scale, zero, element=np.int8):
        return self.node("DequantizeLinear", self.constant(scale), self.constant(zero, element))

    def quantize(self, scale, zero, element=np.int8):
        return self.node("QuantizeLinear", self.constant(scale), self.constant(zero, element))

    def constant_dequantized(self, values, element, scale, zero, axis=None):
        before, self.last = self.last, self.constant(values, element)
        self.node("DequantizeLinear", self.constant(scale), self.constant(zero, element), **({"axis": axis} if axis is not None else {}))
        before, self.last = self.last, before
        return before

    def weights(self, shape, scales, axis=0, most=127):
        values = self.random.integers(-most, most, shape, np.int8, True)
        per_channel = np.ndim(scales) > 0
        zeros = np.zeros(np.shape(scales), np.int8)
        return self.constant_dequantized(values, np.int8, scales, zeros, axis if per_channel else None)

    def normalize(self, scale, bias, mean, variance, epsilon=1e-5):
        values = [self.constant(of) for of in (scale, bias, mean, variance)]
        return self.node("BatchNormalization", *values, epsilon=epsilon)

    def normalize_by(self, factors, biases, means):
        """With factors that are powers of two, or 0."""
        roots = 2.0 ** self.random.integers(-2, 3, len(factors))
        return self.normalize(np.array(factors) * roots, biases, means, roots**2 - EPSILON, EPSILON)

    def normalize_any(self, channels):
        random = self.random
        scale = random.normal(1, 0.4, channels)
        scale[channels // 2] = 0
        return self.normalize(scale, random.normal(0, 1, channels), random.normal(0, 1, channels), random.uniform(0.1, 3, channels))

    def model(self):
        element = TYPES[self.element]
        graph = helper.make_graph(
            self.nodes,
            self.name,
            [helper.make_tensor_value_info("x", element, self.shape)],
            [helper.make_tensor_value_info(self.last, TensorProto.UNDEFINED, None)],
            self.constants,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=8)
        model = onnx.shape_inference.infer_shapes(model, strict_mode=True)
        del model.graph.value_info[:]
        onnx.checker.check_model(model, full_check=True)
        return model


def layers():
    """Layers with normalizations behind them."""
    powers = lambda *exponents: 2.0 ** np.array(exponents)
    case = Case("conv_batch_norm", [1, 3, 6, 5], 2**-4, 5, seed=1)
    case.node("Conv", case.weights([6, 3, 3, 3], 2**-6), case.constant(case.random.integers(-40, 40, 6) / 16), pads=[1, 1, 1, 1])
    case.normalize_by([1, -0.5, 0, 2, 0.25, -1], np.arange(6) / 4 - 0.5, np.arange(6) / 8)
    yield case.node("Relu").quantize(2**-1, -20)

    case = Case("conv_two_batch_norms", [1, 4, 5, 5], 2**-5, 120, np.uint8, opset=13, seed=2)
    scales = powers(-5, -6, -7, -6)
    bias = case.constant_dequantized(case.random.integers(-4000, 4000, 4), np.int32, scales * 2**-5, np.zeros(4, np.int32), 0)
    # Depthwise, per channel.
    case.node("Conv", case.weights([4, 1, 3, 3], scales), bias, group=4, strides=[2, 2], pads=[1, 1, 1, 1])
    case.normalize_by([0.5, 1, -2, 1], [0.5, -0.25, 1, 0], [0, 0.5, 0.25, -1])
    case.normalize_by([-1, 0.5, -0.5, 1], [0.125, 0, -1, 2], [1, 0, 0.5, 0])
    low, high = case.constant(-8.0), case.constant(10.0)
    yield case.node("Clip", low, high).quantize(2**-3, 130, np.uint8)

    # A weight of -128 in a channel that is negated.
    case = Case("conv_batch_norm_minus_128", [1, 2, 4, 4], 2**-4, 0, opset=21, seed=3)
    values = case.random.integers(-128, 127, [3, 2, 2, 2], np.int8, True)
    values[:, 0, 0, 0] = -128
    case.node("Conv", case.constant_dequantized(values, np.int8, 2**-6, 0))
    case.normalize_by([-1, 1, -0.5], [0.5, 0, 1], [0, 0.5, 0.25])
    yield case.quantize(2**-1, 3)

    # Channels that training has switched off, and one that is always at its limit.
    case = Case("conv_batch_norm_dead", [1, 3, 4, 4], 2**-4, -7, opset=15, seed=4)
    case.node("Conv", case.weights([4, 3, 1, 1], 2**-6))
    case.normalize_by([2**-70, 1, -(2**-40), 2**-10], [0.5, 0, 3, 2**40], [0, 0.5, 0, 0])
    yield case.quantize(2**-2, 3)

    case = Case("gemm_batch_norm", [1, 20], 2**-4, -3, opset=10, rows=8, seed=5)
    case.node("Gemm", case.weights([7, 20], 2**-6), case.constant(case.random.integers(-40, 40, 7) / 8), transB=1)
    case.normalize_by([1, -1, 0.5, 2, -0.25, 1, 4], np.arange(7) / 4 - 1, np.arange(7) / 8)
    yield case.quantize(2**-1, 7)

    case = Case("matmul_batch_norm", [1, 12], 2**-4, 0, opset=23, rows=8, seed=6)
    case.node("MatMul", case.weights([12, 5], powers(-6, -7, -5, -6, -6), axis=1))
    case.normalize_by([1, -1, 0.5, 2, -0.25], np.arange(5) / 4 - 1, np.arange(5) / 8)
    yield case.node("Relu").quantize(2**-2, -128)

    case = Case("transposed_batch_norm", [1, 4, 3, 3], 2**-4, 9, opset=14, seed=7)
    case.node("ConvTranspose", case.weights([4, 3, 2, 2], 2**-6), case.constant([0.5, -1, 2]), strides=[2, 2])
    case.normalize_by([1, -0.5, 2], [0.5, 0, -1], [0, 0.25, 1])
    yield case.quantize(2**-2, -6)

    case = Case("conv1d_batch_norm", [1, 4, 9], 2**-4, 1, opset=17, seed=8)
    case.node("Conv", case.weights([5, 4, 3], powers(-6, -7, -6, -5, -6)))
    case.normalize_by([1, -0.5, 2, -1, 0.5], np.arange(5) / 4, -np.arange(5) / 2)
    yield case.quantize(2**-1, 0)


def alone():
    """Normalizations between two quantizations, of all bytes."""

    def all_bytes(case, axes):
        """Every channel has every byte, in places of its own."""
        low, _ = Case.range(case.element)
        count = case.values.size // case.shape[1]
        assert count % 256 == 0
        columns = [case.random.permutation(np.arange(count) % 256) + low for _ in range(case.shape[1])]
        sizes = [size for axis, size in enumerate(case.values.shape) if axis != 1]
        values = np.moveaxis(np.stack(columns, -1).reshape(*sizes, -1), -1, 1)
        case.values = np.ascontiguousarray(values, case.element)

    case = Case("batch_norm", [1, 19, 16, 16], 0.0437, -11, opset=17, rows=1, seed=10)
    all_bytes(case, 4)
    yield case.normalize_any(19).quantize(0.0391, 4)

    case = Case("batch_norm_uint8_relu", [1, 8, 8, 32], 0.0213, 0, np.uint8, opset=10, rows=1, seed=11)
    all_bytes(case, 4)
    yield case.normalize_any(8).node("Relu").quantize(0.0187, 3, np.uint8)

    case = Case("batch_norm_vector", [1, 24], 0.031, 20, opset=15, rows=256, seed=12)
    all_bytes(case, 2)
    yield case.normalize_any(24).quantize(0.0291, -30, np.int8)

    case = Case("batch_norm_1d", [1, 6, 256], 0.125, 3, opset=14, rows=1, seed=13)
    all_bytes(case, 3)
    yield case.normalize_any(6).quantize(0.0913, 128, np.uint8)

    # Halves: powers of two alone.
    case = Case("batch_norm_halves", [1, 6, 16, 16], 2**-4, 3, opset=21, rows=1, seed=14)
    all_bytes(case, 4)
    case.normalize_by([1, -0.5, 0.25, -2, 1, 0.125], np.arange(6) / 32, np.arange(6) / 16)
    yield case.quantize(2**-3, -3)

    # Products are rounded in front of the sum: for one byte of each channel that makes a half.
    case = Case("batch_norm_rounded_products", [1, 16, 16, 16], 2**-4, 0, opset=17, rows=1, seed=16)
    all_bytes(case, 4)
    factors = case.random.uniform(0.3, 1, 16).astype(np.float32)
    bytes_ = case.random.integers(20, 100, 16)
    products = np.float32(2**-4) * bytes_.astype(np.float32) * factors
    biases = np.float32(2**-4) * (np.arange(16) % 4 + 0.5).astype(np.float32) - products
    case.normalize(factors, biases, np.zeros(16), np.full(16, 1 - EPSILON), EPSILON)
    yield case.quantize(2**-4, 0)

    # Behind a pool, behind a flattened image, and in front of a product.
    case = Case("batch_norm_between", [1, 4, 6, 6], 0.05, 2, opset=17, rows=2, seed=15)
    case.node("MaxPool", kernel_shape=[2, 2], strides=[2, 2]).quantize(0.05, 2).dequantize(0.05, 2)
    case.normalize_any(4).quantize(0.04, -9).dequantize(0.04, -9)
    case.node("Flatten").quantize(0.04, -9).dequantize(0.04, -9)
    case.normalize_any(36).quantize(0.05, 1).dequantize(0.05, 1)
    case.node("Gemm", case.weights([5, 36], 0.011), transB=1)
    yield case.quantize(0.4, 0)


def golden(model, values, shape):
    """What ONNX Runtime makes of each row."""
    options = onnxruntime.SessionOptions()
    # Without it, sums of uint8 products saturate on machines without VNNI.
    options.add_session_config_entry("session.x64quantprecision", "1")
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    rows = [session.run(None, {"x": row.reshape(shape)})[0][0] for row in values]
    return {session.get_outputs()[0].name: np.stack(rows)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare with the committed files")
    options = parser.parse_args()
    wrong = []
    for case in [*layers(), *alone()]:
        path = FOLDER / case.name
        if options.check:
            model = onnx.load(f"{path}.onnx")
            values = np.load(f"{path}.x.npz")["x"]
        else:
            FOLDER.mkdir(exist_ok=True)
            model, values = case.model(), case.values
            onnx.save(model, f"{path}.onnx")
            np.savez_compressed(f"{path}.x.npz", x=values)
        found = golden(model, values, case.shape)
        if options.check:
            known = np.load(f"{path}.golden.npz")
            wrong += [case.name for name in found if not np.array_equal(found[name], known[name])]
        else:
            np.savez_compressed(f"{path}.golden.npz", **found)
            for name, of in found.items():
                print(f"{case.name}: {name} {of.dtype} {list(of.shape)}, {len(np.unique(of))} integers")
    sys.exit(f"differ: {', '.join(wrong)}" if wrong else 0)


if __name__ == "__main__":
    main()
