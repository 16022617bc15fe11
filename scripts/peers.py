#!/usr/bin/env python3
"""Print what other accelerators need for the same work, beside Ferrogrid, as Markdown tables.

The others come from the Python Package Index:

    python3 -m venv /tmp/peers
    /tmp/peers/bin/pip install ethos-u-vela==5.2.0 nngen==1.3.4 veriloggen==2.3.0 pyverilog==1.3.0 \\
        onnx==1.22.0 numpy==2.4.6
    cargo build --release --bin ferrogrid
    /tmp/peers/bin/python scripts/peers.py networks MODEL.tflite...
    /tmp/peers/bin/python scripts/peers.py products

`networks`: cycles of an inference as Vela, the compiler of Arm, estimates them for an Ethos-U55 or -U85, the
time of its memories included, and cycles of the simulated core. The presets have other memories than Vela's
default system (SRAM of 8 bytes a cycle and flash of 1 byte a cycle), so compare with both columns.

`products`: int8 products of S x S matrices on cores that NNgen generates, simulated with their AXI memory, and
on the presets with as many multipliers and the same bus. NNgen is set to its parallelism and not tuned further.
Both memories answer after 30 cycles and never pause.
Results are compared with NumPy. Icarus Verilog takes a minute for 4x4 at S = 64; larger arrays want
`--sim verilator`, whose builds take minutes.
"""

import argparse
import csv
import json
import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
FERROGRID = ROOT / "target" / "release" / "ferrogrid"
# Rows and columns of the arrays: preset and bits of its bus.
PRESETS = {4: ("nano", 32), 8: ("small", 64), 16: ("edge", 128)}
# Products are divided by 2^SHIFT; their operands are so small that no byte saturates.
SHIFT = 9
# Cycles in which the memory of `ferrogrid run` answers.
LATENCY = 30


def run(command, folder):
    """The standard output of a program that must succeed."""
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{result.stdout}{result.stderr}")
    return result.stdout


def table(headings, rows):
    """A Markdown table, numbers with commas and on the right."""
    numbers = [all(isinstance(row[i], int) for row in rows) for i in range(len(headings))]
    lines = [headings, ["---:" if number else "---" for number in numbers]]
    lines += [[f"{cell:,}" if isinstance(cell, int) else cell for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def ferrogrid(arguments, model, preset, *more):
    """Cycles of a network on a preset: of its one inference, equal to the golden model's to the bit."""
    command = [arguments.ferrogrid, "run", model, "--preset", preset, "--json", *more]
    return json.loads(run(command, None))["cycles"]


def vela(model, accelerator):
    """Cycles by Vela's estimate: of the NPU alone, and with its memories."""
    with tempfile.TemporaryDirectory() as folder:
        program = pathlib.Path(sys.executable).with_name("vela")
        run([program, model, "--accelerator-config", accelerator, "--output-dir", folder], folder)
        (summary,) = pathlib.Path(folder).glob("*_summary_*.csv")
        (row,) = csv.DictReader(summary.open())
    return [round(float(row[key])) for key in ("cycles_npu", "cycles_total")]


def networks(arguments):
    """The table of networks."""
    rows = []
    for model in map(pathlib.Path.resolve, arguments.models):
        cycles = ferrogrid(arguments, model, arguments.preset)
        rows.append([model.stem, *vela(model, arguments.accelerator), cycles])
    name = arguments.accelerator
    headings = ["network", f"{name}, NPU", f"{name}, with memories", f"Ferrogrid `{arguments.preset}`"]
    print(table(headings, rows))


def product_model(path, size, weights):
    """A product with constant weights as ONNX: QDQ, int8, the result divided by 2^SHIFT."""
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    constants = {
        "weights": weights,
        "one": np.array(1, np.float32),
        "step": np.array(1 << SHIFT, np.float32),
        "zero": np.array(0, np.int8),
    }
    nodes = [
        helper.make_node("DequantizeLinear", ["a", "one", "zero"], ["real_a"]),
        helper.make_node("DequantizeLinear", ["weights", "one", "zero"], ["real_b"]),
        helper.make_node("MatMul", ["real_a", "real_b"], ["real_c"], "product"),
        helper.make_node("QuantizeLinear", ["real_c", "step", "zero"], ["c"]),
    ]
    ports = [helper.make_tensor_value_info(name, TensorProto.INT8, [1, size, size]) for name in "ac"]
    initializers = [numpy_helper.from_array(values, name) for name, values in constants.items()]
    graph = helper.make_graph(nodes, "product", ports[:1], ports[1:], initializers)
    opsets = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)


def nngen(size, array, bus, a, b, sim):
    """Cycles of a product on a core of NNgen, from the write that starts it until it is no longer busy."""
    import nngen as ng
    import numpy as np
    import veriloggen as vg
    from veriloggen import simulation
    from veriloggen import thread as vthread
    from veriloggen.types import axi

    left = ng.placeholder(ng.int8, shape=(size, size), name="a")
    right = ng.placeholder(ng.int8, shape=(size, size), name="b")
    product = ng.matmul(
        left,
        right,
        transposed_b=True,
        rshift_out=SHIFT,
        dtype=ng.int8,
        mul_dtype=ng.int32,
        sum_dtype=ng.int32,
        name="product",
        par_left_col=array,
        par_out_col=array,
    )
    core = ng.to_veriloggen([product], "core", silent=True, config={"maxi_datawidth": bus})
    # NumPy would wrap products of int8.
    a, b = a.astype(np.int64), b.astype(np.int64)
    (expected,) = ng.eval([product], a=a, b=b.T)
    assert np.abs(expected - a @ b / 2**SHIFT).max() <= 0.5, "the product of NNgen's model"

    # The operands and the expected product behind them, as 32-bit words.
    end = max(port.addr + port.memory_size for port in (left, right, product))
    check = math.ceil(end / 4096) * 4096
    memory_image = np.zeros(1 << 18, np.int64)
    lanes = max(bus // 8, array)
    for values, address in ((a, left.addr), (b.T, right.addr), (expected, check)):
        axi.set_memory(memory_image, np.asarray(values), 32, 8, address, lanes)

    test = vg.Module("test")
    parameters, ports = test.copy_params(core), test.copy_sim_ports(core)
    clock, reset_n = ports["CLK"], ports["RESETN"]
    reset = test.Wire("RST")
    reset.assign(vg.Not(reset_n))
    memory = axi.AxiMemoryModel(
        test, "memory", clock, reset, datawidth=bus, memimg=memory_image, memimg_name="memory.out",
        memimg_datawidth=32, read_delay=LATENCY, write_delay=LATENCY, sleep_interval=0,
    )
    memory.connect(ports, "maxi")
    host = vthread.AXIMLite(test, "host", clock, reset, noio=True)
    host.connect(ports, "saxi")
    time = test.Reg("time_counter", 32, initval=0)
    vg.Seq(test, "count", clock, reset)(time.inc())

    def control():
        for _ in range(100):
            pass
        begin = time.value
        ng.sim.start(host)
        ng.sim.wait(host)
        end = time.value
        wrong = 0
        for index in range(size * size):
            found = memory.read_word(index, product.addr, 8)
            good = memory.read_word(index, check, 8)
            if vthread.verilog.NotEql(found, good):
                wrong += 1
        print("cycles %d wrong %d" % (end - begin, wrong))
        vthread.finish()

    vthread.Thread(test, "control", clock, reset, control).start()
    test.Instance(
        core, "core", params=test.connect_params(core), ports=test.connect_ports(core)
    )
    simulation.setup_clock(test, clock, hperiod=5)
    simulation.setup_reset(test, reset_n, test.make_reset(), period=100, polarity="low")
    text = simulation.Simulator(test, sim=sim).run(outputfile="simulation.out")
    found = re.search(r"cycles +(\d+) wrong +(\d+)", text)
    if not found or int(found[2]):
        sys.exit(f"NNgen's core gave a wrong product:\n{text}")
    return int(found[1])


def products(arguments):
    """The table of products."""
    import numpy as np

    random = np.random.default_rng(1)
    rows = []
    # Both NNgen and the simulators leave files where they run.
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for size in arguments.sizes:
            a, b = random.integers(-16, 16, (2, size, size)).astype(np.int8)
            product_model("product.onnx", size, b)
            np.save("a.npy", a)
            np.save("c.npy", np.clip(np.rint(a.astype(int) @ b / 2**SHIFT), -128, 127).astype(np.int8))
            for array in arguments.arrays:
                preset, bus = PRESETS[array]
                ours = ferrogrid(
                    arguments, "product.onnx", preset, "--input", "a.npy", "--expect", "c.npy"
                )
                theirs = nngen(size, array, bus, a, b, arguments.sim)
                rows.append([f"{size} cubed", f"{array} x {array}", f"{bus} bits", theirs, ours])
    print(table(["product", "multipliers", "bus", "NNgen", "Ferrogrid"], rows))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Other accelerators beside Ferrogrid.")
    parser.add_argument("--ferrogrid", type=lambda path: pathlib.Path(path).resolve(), default=FERROGRID, help="the command")
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("networks", help="Vela's estimates for Ethos-U")
    command.add_argument("models", nargs="+", type=pathlib.Path, help="int8 .tflite files")
    command.add_argument("--accelerator", default="ethos-u55-256", help="as Vela names it")
    command.add_argument("--preset", default="edge")
    command.set_defaults(run=networks)
    command = commands.add_parser("products", help="cores of NNgen")
    command.add_argument("--sizes", nargs="+", type=int, default=[64])
    command.add_argument("--arrays", nargs="+", type=int, default=[4], choices=PRESETS)
    command.add_argument("--sim", default="iverilog", choices=("iverilog", "verilator"))
    command.set_defaults(run=products)
    arguments = parser.parse_args()
    arguments.run(arguments)
