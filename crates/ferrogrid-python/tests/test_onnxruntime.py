"""The package alone brings ONNX Runtime its execution provider."""

import os
from pathlib import Path

import numpy as np
import onnxruntime

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
