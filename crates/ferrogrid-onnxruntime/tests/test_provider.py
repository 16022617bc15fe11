"""ONNX Runtime with the cores beside its own provider: the outputs are the same to the bit."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper, numpy_helper

LIBRARY = os.environ["FERROGRID_LIBRARY"]
ROOT = Path(os.environ["FERROGRID_ROOT"])
DIGITS = ROOT / "examples/digits"
NETWORK = DIGITS / "digits_cnn.onnx"
IMAGES = np.load(DIGITS / "images.npy")
LOGITS = np.load(DIGITS / "digits_logits.npy")
OLD = ort.__version__.startswith("1.23.")
OURS, CPU = "FerrogridExecutionProvider", "CPUExecutionProvider"

ort.register_execution_provider_library("ferrogrid", LIBRARY)


def session(model, folder=None, entries=(), **options):
    """On the core, with the profile of its runs in a folder."""
    devices = [device for device in ort.get_ep_devices() if device.ep_name == OURS]
    settings = ort.SessionOptions()
    settings.add_provider_for_devices(devices, {"device": "nano", **options})
    for entry in entries:
        settings.add_session_config_entry(*entry)
    if folder:
        settings.enable_profiling = True
        settings.profile_file_prefix = str(folder / "profile")
    model = model if isinstance(model, bytes) else os.fspath(model)
    return ort.InferenceSession(model, settings)


def nodes(session):
    """What has run, by the session's own profile: the provider and operator of each node."""
    events = json.loads(Path(session.end_profiling()).read_text())
    ran = [event["args"] for event in events if event["cat"] == "Node" and event["name"].endswith("_kernel_time")]
    return [(event["provider"], event["op_name"]) for event in ran]


def on_the_processor(model):
    model = model if isinstance(model, bytes) else os.fspath(model)
    return ort.InferenceSession(model, providers=[CPU])


def model(nodes, inputs, outputs, constants, opsets=(("", 17), ("com.microsoft", 1))):
    """The bytes of a model; constants are arrays by name."""
    values = [numpy_helper.from_array(np.asarray(array), name) for name, array in constants.items()]
    info = [[helper.make_tensor_value_info(*port) for port in ports] for ports in (inputs, outputs)]
    graph = helper.make_graph(nodes, "network", *info, values)
    opsets = [helper.make_opsetid(*opset) for opset in opsets]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10).SerializeToString()


def integers(rows=1):
    """Two layers of integers, whose operators take scales and zero points."""
    random = np.random.default_rng(7)
    scale, zero = np.float32(0.05), np.int8(3)
    constants = {
        "scale": scale,
        "zero": zero,
        "w1": random.integers(-127, 128, (4, 2, 3, 3), np.int8),
        "w1_scale": random.uniform(0.001, 0.01, 4).astype(np.float32),
        "w1_zero": np.zeros(4, np.int8),
        "b1": random.integers(-500, 500, 4, np.int32),
        "shape": np.array([-1, 4 * 6 * 6], np.int64),
        "w2": random.integers(-127, 128, (4 * 6 * 6, 5), np.int8),
        "w2_scale": np.float32(0.004),
        "w2_zero": np.int8(0),
    }
    ends = ["scale", "zero"]
    layers = [
        helper.make_node(
            "QLinearConv",
            ["x", *ends, "w1", "w1_scale", "w1_zero", *ends, "b1"],
            ["y1"],
            kernel_shape=[3, 3],
            pads=[1, 1, 1, 1],
        ),
        helper.make_node("Reshape", ["y1", "shape"], ["flat"]),
        helper.make_node("QLinearMatMul", ["flat", *ends, "w2", "w2_scale", "w2_zero", *ends], ["y"]),
    ]
    inputs = [("x", TensorProto.INT8, [rows, 2, 6, 6])]
    return model(layers, inputs, [("y", TensorProto.INT8, [rows, 5])], constants)


def image(rows=1):
    return np.random.default_rng(8).integers(-128, 128, (rows, 2, 6, 6), np.int8)


def test_a_network_of_floats_between_integers_runs_on_the_core(tmp_path):
    ours, theirs = session(NETWORK, tmp_path), on_the_processor(NETWORK)
    assert ours.get_providers()[0] == OURS
    for row in range(4):
        given = {"image": IMAGES[row : row + 1]}
        (found,) = ours.run(None, given)
        assert np.array_equal(found, theirs.run(None, given)[0])
        assert np.array_equal(found[0], LOGITS[row])
    ran = nodes(ours)
    assert len(ran) == 4 and {provider for provider, _ in ran} == {OURS}


def test_a_network_of_integers_runs_on_the_core(tmp_path):
    ours = session(integers(), tmp_path)
    (found,) = ours.run(None, {"x": image()})
    assert np.array_equal(found, on_the_processor(integers()).run(None, {"x": image()})[0])
    assert len(np.unique(found)) > 2
    assert [provider for provider, _ in nodes(ours)] == [OURS]


def test_rows_of_an_open_batch_run_one_by_one():
    network = integers("rows")
    ours, theirs = session(network), on_the_processor(network)
    for rows in (0, 1, 3):
        (found,) = ours.run(None, {"x": image(rows)})
        assert found.shape == (rows, 5)
        assert np.array_equal(found, theirs.run(None, {"x": image(rows)})[0])


def test_what_another_provider_has_taken_is_not_asked_for(tmp_path, capfd):
    settings = ort.SessionOptions()
    for name, options in (CPU, {}), (OURS, {"device": "nano"}):
        devices = [device for device in ort.get_ep_devices() if device.ep_name == name]
        settings.add_provider_for_devices(devices, options)
    settings.enable_profiling, settings.profile_file_prefix = True, str(tmp_path / "profile")
    last = ort.InferenceSession(str(NETWORK), settings)
    assert np.array_equal(last.run(None, {"image": IMAGES[:1]})[0][0], LOGITS[0])
    assert {provider for provider, _ in nodes(last)} == {CPU}
    said = capfd.readouterr().err
    assert "Ferrogrid runs 0 of the" in said and f"runs in the {CPU}" in said, said
    assert "cannot be assigned" not in said


def two_ends():
    """The second input is read first, and the second output computed first."""
    constants = {"a": np.float32(0.1), "b": np.float32(0.03), "zero": np.int8(0)}
    layers = [
        helper.make_node("QLinearAdd", ["v", "a", "zero", "v", "a", "zero", "b", "zero"], ["q"], domain="com.microsoft"),
        helper.make_node("QLinearMul", ["q", "b", "zero", "u", "a", "zero", "a", "zero"], ["p"], domain="com.microsoft"),
    ]
    ports = [[(name, TensorProto.INT8, [1, 8]) for name in names] for names in ("uv", "pq")]
    return model(layers, *ports, constants)


def test_inputs_and_outputs_go_by_their_names(tmp_path):
    random = np.random.default_rng(9)
    given = {name: random.integers(-128, 128, (1, 8), np.int8) for name in "uv"}
    ours = session(two_ends(), tmp_path)
    found, expected = (network.run(["p", "q"], given) for network in (ours, on_the_processor(two_ends())))
    assert all(map(np.array_equal, found, expected)) and not np.array_equal(*found)
    assert [provider for provider, _ in nodes(ours)] == [OURS]


@pytest.mark.skipif(OLD, reason="the old runtime warns, and takes the CPU")
def test_the_provider_goes_by_its_name():
    ours = ort.InferenceSession(str(NETWORK), providers=[(OURS, {"device": "nano"})])
    assert ours.get_providers()[0] == OURS
    assert np.array_equal(ours.run(None, {"image": IMAGES[:1]})[0][0], LOGITS[0])


def test_what_is_not_supported_runs_on_the_processor(tmp_path, capfd):
    weights = np.random.default_rng(1).standard_normal((4, 3)).astype(np.float32)
    ports = [("x", TensorProto.FLOAT, [1, 4])], [("y", TensorProto.FLOAT, [1, 3])]
    network = model([helper.make_node("MatMul", ["x", "w"], ["y"], name="product")], *ports, {"w": weights})
    ours = session(network, tmp_path)
    given = {"x": np.ones((1, 4), np.float32)}
    assert np.array_equal(ours.run(None, given)[0], on_the_processor(network).run(None, given)[0])
    assert {provider for provider, _ in nodes(ours)} == {CPU}
    assert "node `product` (MatMul) computes in floating point" in capfd.readouterr().err


def with_a_sine(file=NETWORK):
    """A network with a sine behind one of its tensors, which no core computes; of the digits behind the first layer."""
    network = onnx.load(file)
    graph = network.graph
    constants = {value.name for value in graph.initializer}
    kept = {port.name for port in graph.output}
    places = [place for place, node in enumerate(graph.node) if node.op_type == "QuantizeLinear"]
    ends = {place: graph.node[place].input[1:] for place in places}
    places = [place for place in places if len(ends[place]) == 2 and constants.issuperset(ends[place])]
    places = [place for place in places if graph.node[place].output[0] not in kept]
    if not places:
        return None
    place = places[len(places) // 2 - 1]
    (given,) = graph.node[place].output
    for node in graph.node:
        node.input[:] = ["sines" if name == given else name for name in node.input]
    layers = [
        helper.make_node("DequantizeLinear", [given, *ends[place]], ["angles"]),
        helper.make_node("Sin", ["angles"], ["real_sines"], name="sine"),
        helper.make_node("QuantizeLinear", ["real_sines", *ends[place]], ["sines"]),
    ]
    for offset, node in enumerate(layers, 1):
        graph.node.insert(place + offset, node)
    return network.SerializeToString()


def test_a_part_stays_on_the_processor(tmp_path, capfd):
    network = with_a_sine()
    ours, theirs = session(network, tmp_path), on_the_processor(network)
    for row in range(4):
        given = {"image": IMAGES[row : row + 1]}
        (found,) = ours.run(None, given)
        assert np.array_equal(found, theirs.run(None, given)[0])
        assert not np.array_equal(found[0], LOGITS[row])
    ran = nodes(ours)[:5]
    assert [provider for provider, _ in ran] == [OURS, CPU, CPU, CPU, OURS]
    assert [operator for _, operator in ran[1:4]] == ["DequantizeLinear", "Sin", "QuantizeLinear"]
    assert "node `sine`: the operator Sin is not supported" in capfd.readouterr().err


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "in part"])
def test_what_is_compiled_is_saved(whole, tmp_path):
    network, file = NETWORK if whole else with_a_sine(), tmp_path / "compiled.onnx"
    session(network, entries=[("ep.context_enable", "1"), ("ep.context_file_path", str(file))])
    saved = [node.op_type for node in onnx.load(file).graph.node]
    parts = 1 if whole else 2
    assert saved.count("EPContext") == parts and ("Sin" in saved) == (not whole) and "Conv" not in saved
    given = {"image": IMAGES[5:6]}
    ours = session(file, tmp_path)
    assert np.array_equal(ours.run(None, given)[0], on_the_processor(network).run(None, given)[0])
    assert [provider for provider, _ in nodes(ours)].count(OURS) == parts
    with pytest.raises(Exception, match="compiled for a configuration with the hash"):
        session(file, device="small")
    with pytest.raises(Exception, match="compiled in the other mode"):
        session(file, mode="tflm")
    damaged = onnx.load(file)
    for node in damaged.graph.node:
        for attribute in node.attribute:
            if attribute.name == "ep_cache_context":
                attribute.s = attribute.s[: len(attribute.s) // 2]
    with pytest.raises(Exception, match="damaged"):
        session(damaged.SerializeToString())


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "in part"])
def test_what_is_compiled_is_saved_beside_the_model(whole, tmp_path):
    network, file = NETWORK if whole else with_a_sine(), tmp_path / "compiled.onnx"
    entries = [("ep.context_enable", "1"), ("ep.context_embed_mode", "0"), ("ep.context_file_path", str(file))]
    session(network, entries=entries)
    beside = sorted(path.name for path in tmp_path.glob("*.fg"))
    assert len(beside) == (1 if whole else 2) and file.stat().st_size < 8000
    given = {"image": IMAGES[5:6]}
    expected = on_the_processor(network).run(None, given)[0]
    assert np.array_equal(session(file).run(None, given)[0], expected)
    in_memory = session(file.read_bytes(), entries=entries[2:])
    assert np.array_equal(in_memory.run(None, given)[0], expected)
    with pytest.raises(Exception, match="compiled for a configuration with the hash"):
        session(file, device="small")
    moved = onnx.load(file)
    for node in moved.graph.node:
        for attribute in node.attribute:
            if attribute.name == "ep_cache_context":
                attribute.s = b"../" + tmp_path.name.encode() + b"/../stolen.fg"
    (tmp_path.parent / "stolen.fg").write_bytes((tmp_path / beside[0]).read_bytes())
    with pytest.raises(Exception, match="beside the model: it is a link out of the folder"):
        session(moved.SerializeToString(), entries=entries[2:])
    (tmp_path / beside[0]).unlink()
    with pytest.raises(Exception, match=f"cannot read `{beside[0]}` beside the model"):
        session(file)


def test_devices_are_presets_and_files(tmp_path):
    file = tmp_path / "core.toml"
    file.write_text('kind = "npu"\n[array]\nrows = 8\ncolumns = 8\n[memory]\nscratchpad = "32 KiB"\n')
    (found,) = session(NETWORK, device=str(file)).run(None, {"image": IMAGES[:1]})
    assert np.array_equal(found[0], LOGITS[0])


def test_figures_are_in_a_file(tmp_path):
    file = tmp_path / "report.json"
    network = session(with_a_sine(), report=str(file), clock="80MHz")
    assert json.loads(file.read_text()) == {}
    network.run(None, {"image": IMAGES[:1]})
    first, second = (part for _, part in sorted(json.loads(file.read_text()).items()))
    for part in first, second:
        assert part["inferences"] == 1 and part["clock_hz"] == 80e6 and part["cycles"] > 1000
    assert first["layers"] != second["layers"]


def test_the_mode_is_chosen():
    given = {"x": image()}
    onnx, tflm = (session(integers(), mode=mode).run(None, given)[0] for mode in ("onnx", "tflm"))
    assert np.array_equal(onnx, on_the_processor(integers()).run(None, given)[0])
    assert np.abs(onnx.astype(int) - tflm).max() <= 1


def test_threads_and_sessions_run_side_by_side():
    sessions = [session(NETWORK), session(NETWORK, device="small")]
    found = {}

    def run(row):
        found[row] = sessions[row % 2].run(None, {"image": IMAGES[row : row + 1]})[0][0]

    threads = [threading.Thread(target=run, args=(row,)) for row in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(found[row], LOGITS[row]) for row in range(6))


BAD = {
    "an option": ({"devise": "nano"}, "there is no option `devise`; did you mean `device`?"),
    "a preset": ({"device": "nanno"}, "did you mean `nano`?"),
    "a file": ({"device": "nothing.toml"}, "cannot read `nothing.toml`"),
    "a simulator": ({"simulator": "vcs"}, "there is no simulator `vcs`"),
    "a clock": ({"clock": "fast"}, "write a frequency up to 100 GHz"),
    "a report": ({"report": "nowhere/report.json"}, "cannot write `nowhere/report.json`"),
    "a mode": ({"mode": "onnxx"}, "there is no mode `onnxx`"),
}
BEGIN = f"""
import numpy as np, onnxruntime as ort
ort.register_execution_provider_library("ferrogrid", {LIBRARY!r})
devices = [device for device in ort.get_ep_devices() if device.ep_name == {OURS!r}]
settings = ort.SessionOptions()
"""


def python(code):
    return subprocess.run([sys.executable, "-c", BEGIN + code], capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("options, text", BAD.values(), ids=BAD.keys())
def test_wrong_options_raise_and_the_interpreter_lives(options, text):
    done = python(
        f"settings.add_provider_for_devices(devices, {options!r})\n"
        f"ort.InferenceSession({str(NETWORK)!r}, settings)\n"
    )
    assert done.returncode == 1 and text in done.stderr, done.stderr


def test_the_library_is_let_go_of():
    done = python(
        "settings.add_provider_for_devices(devices, {'device': 'nano'})\n"
        f"session = ort.InferenceSession({str(NETWORK)!r}, settings)\n"
        f"session.run(None, {{'image': np.load({str(DIGITS / 'images.npy')!r})[:1]}})\n"
        "del session, settings, devices\n"
        "ort.unregister_execution_provider_library('ferrogrid')\n"
        "print([device.ep_name for device in ort.get_ep_devices()])\n"
    )
    assert done.returncode == 0 and OURS not in done.stdout, done.stderr


def test_the_page_about_it_runs(monkeypatch):
    page = (ROOT / "docs/runtimes.md").read_text()
    code = page.split("## ONNX Runtime")[1].split("```python\n")[1].split("```")[0]
    begin = "onnxruntime.register_execution_provider_library("
    kept = [line for line in code.splitlines() if not line.startswith(begin)]
    assert len(kept) == len(code.splitlines()) - 1  # The library is there already, under this name.
    monkeypatch.chdir(ROOT)
    names = {}
    exec("\n".join(kept), names)
    assert np.array_equal(names["logits"][0], LOGITS[0])


MODELS = os.environ.get("FERROGRID_MODELS")
SUITE = os.environ.get("FERROGRID_SUITE")
OTHERS = sorted(Path(MODELS).glob("digits/*_q*.onnx")) if MODELS else []
# The old runtime does not read some of these on its own, and resizes otherwise.
OTHERS += sorted(Path(SUITE).glob("onnx/*.onnx")) if SUITE and not OLD else []
LEFT = {"dynamic_quantized_matmul"}
KINDS = {"tensor(float)": np.float32, "tensor(int8)": np.int8, "tensor(uint8)": np.uint8}


def some_inputs(network):
    random = np.random.default_rng(2)
    given = {}
    for port in network.get_inputs():
        sizes = [size if isinstance(size, int) else 2 for size in port.shape]
        given[port.name] = random.uniform(0, 100, sizes).astype(KINDS[port.type])
        if port.type == "tensor(float)":
            given[port.name] /= 100
    return given


@pytest.mark.parametrize("network", OTHERS, ids=lambda path: path.stem)
def test_networks_of_others(network, tmp_path):
    ours, theirs = session(network, tmp_path, device="small"), on_the_processor(network)
    given = some_inputs(theirs)
    assert all(map(np.array_equal, ours.run(None, given), theirs.run(None, given)))
    assert {provider for provider, _ in nodes(ours)} == ({CPU} if network.stem in LEFT else {OURS})


@pytest.mark.parametrize("file", OTHERS, ids=lambda path: path.stem)
def test_parts_of_networks_of_others(file, tmp_path):
    network = with_a_sine(file)
    if not network:
        return
    ours, theirs = session(network, tmp_path, device="small"), on_the_processor(network)
    given = some_inputs(theirs)
    assert all(map(np.array_equal, ours.run(None, given), theirs.run(None, given)))
    assert (CPU, "Sin") in nodes(ours)
