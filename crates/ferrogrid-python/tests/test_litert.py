"""The package alone brings LiteRT its delegate."""

import os
import signal
import subprocess
import sys
import time
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


LONG = """
import sys
from ai_edge_litert.interpreter import Interpreter, load_delegate
from ferrogrid.litert import get_library_path
delegate = load_delegate(get_library_path(), {"device": "small"})
interpreter = Interpreter(sys.argv[1], experimental_delegates=[delegate])
(given,) = interpreter.get_input_details()
interpreter.resize_tensor_input(given["index"], [2000, 640])
interpreter.allocate_tensors()
print("begins", flush=True)
try:
    interpreter.invoke()
finally:
    for _ in range(10):
        pass  # The interrupt comes here.
"""


@pytest.mark.skipif(not MODELS, reason="FERROGRID_MODELS is not set")
def test_ctrl_c_ends_a_run():
    command = [sys.executable, "-c", LONG, Path(MODELS, "ad_autoencoder_int8.tflite")]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert run.stdout.readline() == "begins\n"
    time.sleep(1)
    run.send_signal(signal.SIGINT)
    _, stderr = run.communicate(timeout=50)
    assert run.returncode != 0
    assert "the run was cancelled" in stderr and "KeyboardInterrupt" in stderr, stderr
