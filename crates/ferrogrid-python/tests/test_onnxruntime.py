"""The package alone brings ONNX Runtime its execution provider."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper

import ferrogrid
from ferrogrid.onnxruntime import NAME, get_library_path

DIGITS = Path(os.environ["FERROGRID_DIGITS"])


def test_a_session_runs_on_a_core_beside_the_package(tmp_path):
    onnxruntime.register_execution_provider_library("ferrogrid", get_library_path())
    devices = [device for device in onnxruntime.get_ep_devices() if device.ep_name == NAME]
    report = tmp_path / "report.json"
    options = onnxruntime.SessionOptions()
    options.add_provider_for_devices(devices, {"device": "nano", "report": str(report)})
    session = onnxruntime.InferenceSession(DIGITS / "digits_cnn.onnx", options)
    images, logits = np.load(DIGITS / "images.npy"), np.load(DIGITS / "digits_logits.npy")
    (name,) = [of.name for of in session.get_inputs()]
    for row in range(3):
        (found,) = session.run(None, {name: images[row : row + 1]})
        assert np.array_equal(found[0], logits[row])
    model = ferrogrid.compile_model(DIGITS / "digits_cnn.onnx", "nano")
    (found,) = model.infer(images[0]).values()
    assert np.array_equal(found, logits[0])
    assert NAME in session.get_providers()
    del session
    assert '"cycles"' in report.read_text()


LONG = """
import sys
import numpy as np, onnxruntime
from ferrogrid.onnxruntime import NAME, get_library_path
onnxruntime.register_execution_provider_library("ferrogrid", get_library_path())
options = onnxruntime.SessionOptions()
devices = [device for device in onnxruntime.get_ep_devices() if device.ep_name == NAME]
options.add_provider_for_devices(devices, {"device": "nano"})
session = onnxruntime.InferenceSession(sys.argv[1], options)
images = np.tile(np.load(sys.argv[2]), (1000, 1))
print("begins", flush=True)
try:
    session.run(None, {"image": images})
finally:
    for _ in range(10):
        pass  # The interrupt comes here.
"""


def test_ctrl_c_ends_a_run(tmp_path):
    network = onnx.load(DIGITS / "digits_cnn.onnx")
    for port in (*network.graph.input, *network.graph.output):
        port.type.tensor_type.shape.dim[0].dim_param = "rows"
    for constant in network.graph.initializer:
        if constant.name == "shape":
            constant.CopyFrom(numpy_helper.from_array(np.array([-1, 1, 8, 8]), "shape"))
    onnx.save(network, tmp_path / "rows.onnx")
    command = [sys.executable, "-c", LONG, tmp_path / "rows.onnx", DIGITS / "images.npy"]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert run.stdout.readline() == "begins\n"
    time.sleep(1)
    run.send_signal(signal.SIGINT)
    _, stderr = run.communicate(timeout=50)
    assert run.returncode != 0
    assert "the program has ended this run" in stderr or "cancelled" in stderr, stderr
    assert "KeyboardInterrupt" in stderr, stderr
