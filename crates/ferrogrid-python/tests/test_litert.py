"""The package alone brings LiteRT its delegate."""

import os
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter, load_delegate

import ferrogrid
from ferrogrid.litert import get_library_path

MODELS = os.environ.get("FERROGRID_MODELS")


def test_wrong_options_are_errors_of_litert():
    with pytest.raises(ValueError, match="did you mean `device`"):
        load_delegate(get_library_path(), {"devise": "nano"})


@pytest.mark.skipif(not MODELS, reason="FERROGRID_MODELS is not set")
def test_an_interpreter_runs_on_a_core_beside_the_package(tmp_path):
    file, report = Path(MODELS, "ad_autoencoder_int8.tflite"), tmp_path / "report.json"
    golden = np.load(file.with_suffix(".golden.npz"))
    delegate = load_delegate(get_library_path(), {"device": "nano", "mode": "tflm", "report": report})
    interpreter = Interpreter(str(file), experimental_delegates=[delegate])
    interpreter.allocate_tensors()
    (given,), (left,) = interpreter.get_input_details(), interpreter.get_output_details()
    interpreter.set_tensor(given["index"], golden["x"][:1].reshape(given["shape"]))
    interpreter.invoke()
    found = interpreter.get_tensor(left["index"])
    assert np.array_equal(found.ravel(), golden["y_tflm"][0].ravel())
    (same,) = ferrogrid.compile_model(file, "nano").infer(golden["x"][0]).values()
    assert np.array_equal(found.ravel(), same.ravel())
    assert '"cycles"' in report.read_text()
