#!/usr/bin/env python3
"""Run the tests of quantized operators of the package `onnx` and print what became of each, as a Markdown table.

    python3 -m venv build/onnx-env
    build/onnx-env/bin/pip install onnx==1.22.0
    cargo build --release --bin ferrogrid
    build/onnx-env/bin/python scripts/onnx_node_tests.py

Version 1.23 of the package has no files of these tests. A test is a graph of one operator, or its expansion, with
inputs and the outputs that it must give. All of its operands are inputs of the graph; here those that networks have as
constants are: scales, zero points, and weights of convolutions. `ferrogrid run` runs the graph on a simulated core,
compared with the golden model, and the outputs must be those of the test to the bit. What the importer refuses is not
applicable; `--all` says of each test what the command said. Fails where outputs differ.
"""

import argparse
import collections
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy
import onnx
from onnx import numpy_helper

ROOT = pathlib.Path(__file__).resolve().parent.parent
TESTS = pathlib.Path(onnx.__file__).parent / "backend" / "test" / "data" / "node"
OPERATORS = [
    "QuantizeLinear",
    "DequantizeLinear",
    "DynamicQuantizeLinear",
    "QLinearConv",
    "QLinearMatMul",
    "ConvInteger",
    "MatMulInteger",
]
# Operands that stay inputs of the graph: activations.
ACTIVATIONS = {
    "QLinearMatMul": [0, 3],
    "MatMulInteger": [0, 1],
}
# What the importer says where it refuses a test, and why that is.
REASONS = [
    ("DynamicQuantizeLinear", "quantization at run time"),
    ("ReduceMin", "quantization at run time"),
    ("ConvInteger|MatMulInteger", "sums of 32 bits as outputs"),
    ("block_size", "scales of blocks"),
    ("[0-9] scales", "several scales of an activation"),
    ("type|4 bits", "other types than int8 and uint8"),
]


def operator_of(name):
    """The operator of a test, by its name."""
    found = [operator for operator in OPERATORS if name.startswith(f"test_{operator.lower()}")]
    return found[0] if found else None


def arrays(folder, kind, values):
    """The inputs or outputs of a test, in their order."""
    found = []
    for place, value in enumerate(values):
        tensor = onnx.TensorProto()
        tensor.ParseFromString((folder / "test_data_set_0" / f"{kind}_{place}.pb").read_bytes())
        found.append((value.name, tensor))
    return found


def with_constants(model, operator, inputs):
    """The graph with constants for all but its activations; what is left to give."""
    graph = model.graph
    kept = {graph.input[place].name for place in ACTIVATIONS.get(operator, [0])}
    for name, tensor in inputs:
        if name not in kept:
            tensor.name = name
            graph.initializer.append(tensor)
    left = [value for value in graph.input if value.name in kept]
    del graph.input[:]
    graph.input.extend(left)
    return [(name, tensor) for name, tensor in inputs if name in kept]


def run(ferrogrid, folder, operator, work):
    """None where all outputs are those of the test, else why not."""
    model = onnx.load(folder / "model.onnx")
    outputs = arrays(folder, "output", model.graph.output)
    given = with_constants(model, operator, arrays(folder, "input", model.graph.input))
    onnx.save(model, work / "model.onnx")
    command = [ferrogrid, "run", work / "model.onnx", "--preset", "nano", "--mode", "onnx"]
    try:
        for option, tensors in (("--input", given), ("--expect", outputs)):
            for place, (_, tensor) in enumerate(tensors):
                path = work / f"{option[2:]}{place}.npy"
                numpy.save(path, numpy_helper.to_array(tensor))
                command += [option, path]
    except (TypeError, ValueError) as error:
        return f"no NumPy array: {error}"
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return None
    said = " ".join(re.sub(r"[×│╰▶├─]", " ", done.stderr).split())
    said = said.split(" help: ")[0]
    return re.sub(r"`[^`]*/model.onnx`: ", "", said)


def reason(problem):
    """Why a test is not applicable; none where it fails."""
    if not problem.startswith("ferrogrid::import::"):
        return None
    found = [why for pattern, why in REASONS if re.search(pattern, problem)]
    return found[0] if found else problem


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    program = ROOT / "target" / "release" / "ferrogrid"
    parser.add_argument("--ferrogrid", type=pathlib.Path, default=program, help="the command")
    parser.add_argument("--all", action="store_true", help="a row for each test, with all that is said of it")
    options = parser.parse_args()
    if not TESTS.is_dir():
        sys.exit(f"onnx {onnx.__version__} has no files of its tests: pip install onnx==1.22.0")
    rows = collections.defaultdict(list)
    for folder in sorted(TESTS.iterdir()):
        operator = operator_of(folder.name)
        if operator:
            with tempfile.TemporaryDirectory() as work:
                problem = run(options.ferrogrid, folder, operator, pathlib.Path(work))
            rows[operator].append((folder.name, problem))
    if options.all:
        for operator, tests in rows.items():
            for name, problem in tests:
                print(f"{operator}: {name}: {problem or 'passed'}")
        print()
    print("| Operator | Tests | Passed | Not applicable |\n|---|---|---|---|")
    failed = []
    for operator in OPERATORS:
        tests = rows[operator]
        problems = [(name, problem) for name, problem in tests if problem]
        failed += [f"{name}: {problem}" for name, problem in problems if not reason(problem)]
        reasons = collections.Counter(filter(None, (reason(problem) for _, problem in problems)))
        why = ", ".join(f"{count}: {why}" for why, count in reasons.items())
        print(f"| `{operator}` | {len(tests)} | {len(tests) - len(problems)} | {why} |")
    sys.exit("\n".join(["", "failed:", *failed]) if failed else 0)


if __name__ == "__main__":
    main()
