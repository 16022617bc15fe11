"""LiteRT with the cores beside its own kernels: the outputs are the same to the bit."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

try:
    import tflite_runtime.interpreter as litert
except ImportError:
    from ai_edge_litert import interpreter as litert

LIBRARY = os.environ["FERROGRID_LIBRARY"]
ROOT = Path(os.environ["FERROGRID_ROOT"])
OLD = litert.__name__.startswith("tflite_runtime")
Operator, Type = schema.BuiltinOperator, schema.TensorType


def delegate(**options):
    return litert.load_delegate(LIBRARY, {"device": "nano", **options})


def interpreter(model, *delegates, kernels=litert.OpResolverType.AUTO):
    """With its tensors; as the attribute `taken` the inputs and outputs of nodes that have become the delegate's."""
    made = litert.Interpreter(
        model_content=model, experimental_delegates=list(delegates), experimental_op_resolver_type=kernels
    )
    nodes = [node for node in made._get_ops_details() if node["op_name"] == "DELEGATE"]
    made.taken = [(node["inputs"].tolist(), node["outputs"].tolist()) for node in nodes]
    made.allocate_tensors()
    return made


def run(of, *arrays):
    for detail, array in zip(of.get_input_details(), arrays, strict=True):
        of.set_tensor(detail["index"], array.reshape(detail["shape"]))
    of.invoke()
    return [of.get_tensor(detail["index"]) for detail in of.get_output_details()]


def some_inputs(of, seed=3):
    random = np.random.default_rng(seed)
    arrays = []
    for detail in of.get_input_details():
        if detail["dtype"] == np.float32:
            arrays.append(random.uniform(-1, 1, detail["shape"]).astype(np.float32))
        else:
            info = np.iinfo(detail["dtype"])
            arrays.append(random.integers(info.min, info.max + 1, detail["shape"], detail["dtype"]))
    return arrays


def are_same(found, expected):
    return len(found) == len(expected) and all(map(np.array_equal, found, expected))


class Model:
    """A model to which tensors and operators are added."""

    def __init__(self, content=None):
        if content is None:
            self.model = schema.ModelT()
            self.model.version = 3
            self.model.operatorCodes, self.model.buffers = [], [schema.BufferT()]
            self.graph = schema.SubGraphT()
            self.graph.tensors, self.graph.operators = [], []
            self.graph.inputs, self.graph.outputs = [], []
            self.model.subgraphs = [self.graph]
        else:
            self.model = schema.ModelT.InitFromPackedBuf(content, 0)
            self.graph = self.model.subgraphs[0]

    def tensor(self, name, shape, kind=Type.INT8, scale=None, zero=0, values=None):
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.type, tensor.buffer = name, list(shape), kind, 0
        if values is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(values.tobytes(), np.uint8)
            tensor.buffer = len(self.model.buffers)
            self.model.buffers.append(buffer)
        if scale is not None:
            meaning = schema.QuantizationParametersT()
            meaning.scale = np.atleast_1d(np.float32(scale))
            meaning.zeroPoint = np.full(meaning.scale.size, zero, np.int64)
            tensor.quantization = meaning
        self.graph.tensors.append(tensor)
        return len(self.graph.tensors) - 1

    def node(self, operator, inputs, outputs, options=None, place=None, version=1):
        code = schema.OperatorCodeT()
        code.builtinCode, code.version = operator, version
        code.deprecatedBuiltinCode = min(operator, 127)
        node = schema.OperatorT()
        node.opcodeIndex, node.inputs, node.outputs = len(self.model.operatorCodes), inputs, outputs
        if options is not None:
            node.builtinOptions = options
            node.builtinOptionsType = getattr(schema.BuiltinOptions, type(options).__name__.removesuffix("T"))
        self.model.operatorCodes.append(code)
        self.graph.operators.insert(len(self.graph.operators) if place is None else place, node)

    def content(self):
        builder = flatbuffers.Builder(1024)
        builder.Finish(self.model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def layers():
    """A convolution, a product and a softmax."""
    random, model = np.random.default_rng(7), Model()
    x = model.tensor("x", [1, 8, 8, 2], scale=0.05, zero=3)
    weights = random.integers(-127, 128, (4, 3, 3, 2), np.int8)
    scales = random.uniform(0.001, 0.01, 4)
    w1 = model.tensor("w1", weights.shape, scale=scales, values=weights)
    b1 = model.tensor("b1", [4], Type.INT32, 0.05 * scales, values=random.integers(-500, 500, 4, np.int32))
    y1 = model.tensor("y1", [1, 4, 4, 4], scale=0.04, zero=-128)
    options = schema.Conv2DOptionsT()
    options.padding, options.strideW, options.strideH = schema.Padding.SAME, 2, 2
    options.fusedActivationFunction = schema.ActivationFunctionType.RELU
    model.node(Operator.CONV_2D, [x, w1, b1], [y1], options, version=3)
    shape = model.tensor("shape", [2], Type.INT32, values=np.array([-1, 64], np.int32))
    flat = model.tensor("flat", [1, 64], scale=0.04, zero=-128)
    model.node(Operator.RESHAPE, [y1, shape], [flat], schema.ReshapeOptionsT())
    weights = random.integers(-127, 128, (5, 64), np.int8)
    w2 = model.tensor("w2", weights.shape, scale=0.004, values=weights)
    y2 = model.tensor("y2", [1, 5], scale=0.05, zero=9)
    model.node(Operator.FULLY_CONNECTED, [flat, w2, -1], [y2], schema.FullyConnectedOptionsT(), version=4)
    y = model.tensor("y", [1, 5], scale=1 / 256, zero=-128)
    options = schema.SoftmaxOptionsT()
    options.beta = 1.0
    model.node(Operator.SOFTMAX, [y2], [y], options, version=2)
    model.graph.inputs, model.graph.outputs = [x], [y]
    return model.content()


LAYERS = layers()


def with_a_sine(content):
    """A network with a sine behind one of its tensors, which no core computes; none where there is no such tensor."""
    model = Model(content)
    graph = model.graph
    kept = [*graph.outputs, *graph.inputs]

    def is_fit(node):
        if len(node.outputs) != 1 or node.outputs[0] in kept:
            return False
        tensor = graph.tensors[node.outputs[0]]
        meaning = tensor.quantization
        return tensor.type == Type.INT8 and meaning is not None and meaning.scale is not None and len(meaning.scale) == 1

    places = [place for place, node in enumerate(graph.operators) if is_fit(node)]
    if not places:
        return None
    place = places[(len(places) - 1) // 2]
    (given,) = graph.operators[place].outputs
    like = graph.tensors[given]
    scale, zero = like.quantization.scale[0], like.quantization.zeroPoint[0]
    angles, sines = (model.tensor(name, like.shape, Type.FLOAT32) for name in ("angles", "real sines"))
    back = model.tensor("sines", like.shape, like.type, scale, zero)
    for node in graph.operators:
        node.inputs = [back if index == given else index for index in node.inputs]
    model.node(Operator.DEQUANTIZE, [given], [angles], place=place + 1, version=2)
    model.node(Operator.SIN, [angles], [sines], place=place + 2)
    model.node(Operator.QUANTIZE, [sines], [back], place=place + 3)
    return model.content(), given, back


def test_a_network_is_one_node_and_its_outputs_are_the_same():
    ours, theirs = interpreter(LAYERS, delegate()), interpreter(LAYERS)
    ends = ours.get_input_details()[0]["index"], ours.get_output_details()[0]["index"]
    assert ours.taken == [([ends[0], *ours.taken[0][0][1:]], [ends[1]])]
    seen = set()
    for seed in range(5):
        given = some_inputs(ours, seed)
        found = run(ours, *given)
        assert are_same(found, run(theirs, *given))
        seen.add(found[0].tobytes())
    assert len(seen) == 5


def test_a_part_stays_on_the_processor(capfd):
    model, given, back = with_a_sine(LAYERS)
    ours, theirs, plain = interpreter(model, delegate()), interpreter(model), interpreter(LAYERS)
    (before, behind) = ours.taken
    assert before[1] == [given] and back in behind[0]
    words = "WARNING: Ferrogrid runs 4 of the 7 nodes of this model, in 2 parts: node `sin_3`: the operator SIN is not supported"
    assert words in capfd.readouterr().err
    for seed in range(3):
        arrays = some_inputs(ours, seed)
        found = run(ours, *arrays)
        assert are_same(found, run(theirs, *arrays)) and not are_same(found, run(plain, *arrays))


def two_ends():
    """The second input is read first, and the second output computed first; the first node is an output and read."""
    model = Model()
    u, v = (model.tensor(name, [1, 8], scale=0.1) for name in "uv")
    q, p = (model.tensor(name, [1, 8], scale=scale) for name, scale in (("q", 0.03), ("p", 0.1)))
    model.node(Operator.ADD, [v, v], [q], schema.AddOptionsT(), version=2)
    model.node(Operator.MUL, [q, u], [p], schema.MulOptionsT(), version=2)
    model.graph.inputs, model.graph.outputs = [u, v], [p, q]
    return model.content()


def test_inputs_and_outputs_are_not_mixed_up():
    ours, theirs = interpreter(two_ends(), delegate()), interpreter(two_ends())
    given = some_inputs(ours)
    found = run(ours, *given)
    assert are_same(found, run(theirs, *given)) and not np.array_equal(*found)
    assert len(ours.taken) == 1


def test_the_mode_is_chosen():
    ours = [interpreter(two_ends(), delegate(mode=mode)) for mode in ("onnx", "tflm")]
    onnx, tflm = (np.stack([run(of, *some_inputs(of, seed)) for seed in range(40)]) for of in ours)
    assert np.abs(onnx.astype(int) - tflm).max() == 1


def test_what_the_runtime_would_take_apart_stays_on_the_processor(capfd):
    model = Model()
    x, s, y = (model.tensor(name, [1, 8], scale=0.1) for name in "xsy")
    constants = np.random.default_rng(4).integers(-128, 128, (2, 1, 8), np.int8)
    c, d = (model.tensor(name, [1, 8], scale=0.1, values=values) for name, values in zip("cd", constants))
    k = model.tensor("k", [1, 8], scale=0.2)
    angles, sines = (model.tensor(name, [1, 8], Type.FLOAT32) for name in ("angles", "sines"))
    # It reads constants alone, and so runs before the sine, of which the last node is.
    model.node(Operator.ADD, [c, d], [k], schema.AddOptionsT(), version=2)
    model.node(Operator.DEQUANTIZE, [x], [angles], version=2)
    model.node(Operator.SIN, [angles], [sines])
    model.node(Operator.QUANTIZE, [sines], [s])
    model.node(Operator.ADD, [s, k], [y], schema.AddOptionsT(), version=2)
    model.graph.inputs, model.graph.outputs = [x], [y]
    ours, theirs = interpreter(model.content(), delegate()), interpreter(model.content())
    assert not ours.taken and "Ferrogrid runs 0 of the 5 nodes" in capfd.readouterr().err
    given = some_inputs(ours)
    assert are_same(run(ours, *given), run(theirs, *given))


@pytest.mark.parametrize("is_open", [True, False], ids=["one by one", "as one network"])
def test_inputs_get_other_sizes(is_open, tmp_path):
    file, model = tmp_path / "report.json", Model(LAYERS)
    for tensor in model.graph.tensors:
        if is_open and model.model.buffers[tensor.buffer].data is None:
            tensor.shapeSignature = [-1, *tensor.shape[1:]]
    ours, theirs = interpreter(model.content(), delegate(report=file)), interpreter(model.content())
    for rows in (3, 1, 2):
        for of in (ours, theirs):
            of.resize_tensor_input(of.get_input_details()[0]["index"], [rows, 8, 8, 2])
            of.allocate_tensors()
        given = some_inputs(ours)
        for _ in range(2):
            found = run(ours, *given)
            assert found[0].shape == (rows, 5) and are_same(found, run(theirs, *given))
            assert json.loads(file.read_text())["y"]["inferences"] == (rows if is_open else 1)


def test_interpreters_and_threads_run_side_by_side():
    shared = delegate()
    ours = [interpreter(LAYERS, shared), interpreter(LAYERS, shared), interpreter(LAYERS, delegate(device="small"))]
    theirs, found = interpreter(LAYERS), {}

    def work(place):
        found[place] = [run(ours[place], *some_inputs(theirs, seed)) for seed in range(4)]

    threads = [threading.Thread(target=work, args=(place,)) for place in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for seed in range(4):
        expected = run(theirs, *some_inputs(theirs, seed))
        assert all(are_same(found[place][seed], expected) for place in range(3))


def test_devices_are_presets_and_files(tmp_path):
    file = tmp_path / "core.toml"
    file.write_text('kind = "npu"\n[array]\nrows = 8\ncolumns = 8\n[memory]\nscratchpad = "32 KiB"\n')
    ours, theirs = interpreter(LAYERS, delegate(device=file)), interpreter(LAYERS)
    given = some_inputs(ours)
    assert are_same(run(ours, *given), run(theirs, *given))


def test_figures_are_in_a_file(tmp_path):
    file = tmp_path / "report.json"
    model, given, _ = with_a_sine(LAYERS)
    ours = interpreter(model, delegate(report=file, clock="80MHz"))
    assert json.loads(file.read_text()) == {}
    run(ours, *some_inputs(ours))
    parts = json.loads(file.read_text())
    names = {detail["index"]: detail["name"] for detail in ours.get_tensor_details()}
    assert set(parts) == {names[given], "y"}
    for part in parts.values():
        assert part["inferences"] == 1 and part["clock_hz"] == 80e6 and part["cycles"] > 100


def test_variables_stay_on_the_processor():
    model = Model(LAYERS)
    options = schema.VarHandleOptionsT()
    options.sharedName, options.container = "state", ""
    handle = model.tensor("handle", [], Type.RESOURCE)
    (x,) = model.graph.inputs
    model.node(Operator.VAR_HANDLE, [], [handle], options)
    model.node(Operator.ASSIGN_VARIABLE, [handle, x], [])
    read = model.tensor("read", [1, 8, 8, 2], scale=0.05, zero=3)
    model.node(Operator.READ_VARIABLE, [handle], [read])
    model.graph.outputs = [*model.graph.outputs, read]
    ours, theirs = interpreter(model.content(), delegate()), interpreter(model.content())
    assert len(ours.taken) == 1
    given = some_inputs(ours)
    found = run(ours, *given)
    assert are_same(found, run(theirs, *given)) and np.array_equal(found[1], given[0])


@pytest.mark.skipif(OLD, reason="it has no such weights")
def test_weights_of_four_bits_stay_on_the_processor(capfd):
    model = Model()
    x, y = (model.tensor(name, [1, 8], scale=0.1) for name in "xy")
    packed = np.random.default_rng(5).integers(0, 256, 32, np.uint8)
    weights = model.tensor("weights", [8, 8], Type.INT4, 0.02, values=packed)
    model.node(Operator.FULLY_CONNECTED, [x, weights, -1], [y], schema.FullyConnectedOptionsT(), version=10)
    model.graph.inputs, model.graph.outputs = [x], [y]
    ours, theirs = interpreter(model.content(), delegate()), interpreter(model.content())
    assert not ours.taken and "`weights` has the type int4, which is not supported" in capfd.readouterr().err
    given = some_inputs(ours)
    assert are_same(run(ours, *given), run(theirs, *given))


BEGIN = f"""
import numpy as np
from {litert.__name__} import Interpreter, load_delegate
LIBRARY = {LIBRARY!r}
def make(model, delegate):
    made = Interpreter(model, experimental_delegates=[delegate])
    made.allocate_tensors()
    return made
"""


def python(code, *arguments):
    command = [sys.executable, "-c", BEGIN + code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


BAD = {
    "an option": ({"devise": "nano"}, "there is no option `devise`; did you mean `device`?"),
    "a preset": ({"device": "nanno"}, "did you mean `nano`?"),
    "a file": ({"device": "nothing.toml"}, "cannot read `nothing.toml`"),
    "a simulator": ({"simulator": "vcs"}, "there is no simulator `vcs`"),
    "a clock": ({"clock": "fast"}, "write a frequency up to 100 GHz"),
    "a report": ({"report": "nowhere/report.json"}, "cannot write `nowhere/report.json`"),
    "a mode": ({"mode": "onnxx"}, "there is no mode `onnxx`"),
}


@pytest.mark.parametrize("options, text", BAD.values(), ids=BAD.keys())
def test_wrong_options_raise_and_the_interpreter_lives(options, text):
    done = python(f"load_delegate(LIBRARY, {options!r})")
    assert done.returncode == 1 and "ValueError: Failed to load delegate from" in done.stderr, done.stderr
    assert text in done.stderr, done.stderr


# What a program does with a delegate and an interpreter, and what it prints.
LIVES = {
    "the delegate goes first": """
delegate = load_delegate(LIBRARY, {"device": "nano"})
made = make(FILE, delegate)
delegate.__del__()
made.invoke()
del made
print("done")
""",
    "the interpreter goes first": """
delegate = load_delegate(LIBRARY, {"device": "nano"})
made = make(FILE, delegate)
made.invoke()
del made
made = make(FILE, delegate)
made.invoke()
del made, delegate
print("done")
""",
    "nothing runs": """
delegate = load_delegate(LIBRARY, {"device": "nano"})
del delegate
Interpreter(FILE, experimental_delegates=[load_delegate(LIBRARY, {"device": "nano"})])
print("done")
""",
    "all go with the program": """
delegate = load_delegate(LIBRARY, {"device": "nano"})
made = make(FILE, delegate)
made.invoke()
print("done")
""",
    "the report cannot be written any more": """
import os
os.mkdir(FOLDER)
delegate = load_delegate(LIBRARY, {"device": "nano", "report": FOLDER + "/report.json"})
made = make(FILE, delegate)
os.remove(FOLDER + "/report.json")
os.rmdir(FOLDER)
try:
    made.invoke()
except RuntimeError as error:
    assert "Ferrogrid: cannot write `" in str(error), error
    print("done")
""",
}


@pytest.mark.parametrize("code", LIVES.values(), ids=LIVES.keys())
def test_programs_end_well(code, tmp_path):
    file = tmp_path / "network.tflite"
    file.write_bytes(LAYERS)
    done = python("import sys\nFILE, FOLDER = sys.argv[1:]\n" + code, file, tmp_path / "reports")
    assert done.returncode == 0 and done.stdout == "done\n", (done.returncode, done.stderr)


def test_the_page_about_it_runs(tmp_path, monkeypatch):
    page = (ROOT / "docs/runtimes.md").read_text()
    code = page.split("## LiteRT")[1].split("```python\n")[1].split("```")[0]
    path = '"target/release/libferrogrid_litert.so"'
    assert path in code
    code = code.replace(path, repr(LIBRARY))
    if OLD:
        code = code.replace("ai_edge_litert.interpreter", litert.__name__)
    (tmp_path / "network.tflite").write_bytes(LAYERS)
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(code, names)
    theirs = interpreter(LAYERS)
    assert are_same([names["output"]], run(theirs, names["image"]))


MODELS = os.environ.get("FERROGRID_MODELS")
SUITE = os.environ.get("FERROGRID_SUITE")
TINY = sorted(Path(MODELS).glob("*.tflite")) if MODELS else []


# Whose golden outputs a mode gives.
RUNTIMES = [("tflm", "tflm"), ("litert", "onnx")][: 1 if OLD else 2]


@pytest.mark.parametrize("runtime, mode", RUNTIMES)
@pytest.mark.parametrize("file", TINY, ids=lambda path: path.stem)
def test_networks_of_mlperf_tiny(file, runtime, mode):
    golden = np.load(file.with_suffix(".golden.npz"))
    content = file.read_bytes()
    ours, theirs = interpreter(content, delegate(device="small", mode=mode)), interpreter(content)
    assert len(ours.taken) == 1
    for row, expected in list(zip(golden["x"], golden[f"y_{runtime}"]))[:2]:
        (found,) = run(ours, row)
        assert np.array_equal(found.ravel(), expected.ravel())
        if runtime == "litert":
            assert are_same([found], run(theirs, row))


# A mode, and the kernels of this runtime that round so.
MODE, KERNELS = ("onnx", "AUTO") if not OLD else ("tflm", "BUILTIN_REF")
KERNELS = litert.OpResolverType[KERNELS]


@pytest.mark.parametrize("file", TINY, ids=lambda path: path.stem)
def test_parts_of_networks_of_mlperf_tiny(file):
    rows = np.load(file.with_suffix(".golden.npz"))["x"][:2]
    model, given, back = with_a_sine(file.read_bytes())
    ours = interpreter(model, delegate(device="small", mode=MODE), kernels=KERNELS)
    theirs = interpreter(model, kernels=KERNELS)
    before, behind = ours.taken
    assert given in before[1] and back in behind[0]
    for row in rows:
        assert are_same(run(ours, row), run(theirs, row))


FOLDERS = [Path(SUITE, name) for name in ("tflite", "networks")] if SUITE and not OLD else []
OTHERS = [file for folder in FOLDERS for file in sorted(folder.glob("*.tflite"))]
# What not all of is on the core: variables, and operators of other scales.
LEFT = {"streaming_state", "concat_different_scales"}


def opened(content, *delegates):
    """None where LiteRT itself does not take a model."""
    try:
        interpreter(content)
    except (RuntimeError, ValueError):
        return None
    return interpreter(content, *delegates)


def given_rows(file, most):
    arrays = np.load(file.parent / f"{file.stem}.x.npz")
    rows = zip(*(arrays[f"x{place}"] for place in range(len(arrays.files))))
    return list(rows)[:most]


@pytest.mark.parametrize("runtime, mode", RUNTIMES)
@pytest.mark.parametrize("file", OTHERS, ids=lambda path: path.stem)
def test_networks_of_others(file, runtime, mode):
    content, golden = file.read_bytes(), np.load(file.parent / f"{file.stem}.golden.npz")
    ours = opened(content, delegate(device="small", mode=mode))
    if ours is None or f"y0_{runtime}" not in golden:
        return
    assert file.stem in LEFT or len(ours.taken) == 1
    for row, arrays in enumerate(given_rows(file, 3)):
        for place, found in enumerate(run(ours, *arrays)):
            expected = golden[f"y{place}_{runtime}"][row]
            assert np.array_equal(found.ravel(), expected.ravel()), (row, place)


@pytest.mark.parametrize("file", [file for file in OTHERS if file.parent.name == "tflite"], ids=lambda path: path.stem)
def test_parts_of_networks_of_others(file):
    made = with_a_sine(file.read_bytes())
    ours = opened(made[0], delegate(device="small")) if made else None
    if ours is None:
        return
    theirs = interpreter(made[0])
    for arrays in given_rows(file, 2):
        assert are_same(run(ours, *arrays), run(theirs, *arrays))


DAMAGED = sorted(Path(SUITE, "bad").glob("*.tflite")) if SUITE else []


@pytest.mark.parametrize("file", DAMAGED, ids=lambda path: path.stem)
def test_what_is_damaged_is_no_crash_of_ours(file):
    alone = python("import sys\nmade = Interpreter(sys.argv[1])\nmade.allocate_tensors()\nmade.invoke()\n", file)
    code = "import sys\nmake(sys.argv[1], load_delegate(LIBRARY, {'device': 'nano'})).invoke()\n"
    done = python(code, file)
    assert done.returncode in (0, 1, alone.returncode), done.stderr
