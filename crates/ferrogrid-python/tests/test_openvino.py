"""A core as an operator of OpenVINO, alone and between nodes of its own."""

import os
from pathlib import Path

import numpy as np
import openvino
from openvino import opset13 as opset

import ferrogrid
from ferrogrid.openvino import Network, as_model

DIGITS = Path(os.environ["FERROGRID_DIGITS"])
IMAGES = np.load(DIGITS / "images.npy")
LOGITS = np.load(DIGITS / "digits_logits.npy")


def test_a_network_is_a_model_for_any_number_of_rows():
    model = ferrogrid.compile_model(DIGITS / "digits_cnn.onnx", "small")
    compiled = openvino.Core().compile_model(as_model(model), "CPU")
    for rows in (1, 3):
        assert np.array_equal(compiled([IMAGES[:rows]])[0], LOGITS[:rows])
    assert list(compiled.inputs[0].names) == list(model.inputs)
    assert list(compiled.outputs[0].names) == list(model.outputs)


def test_a_network_stands_between_nodes_of_openvino():
    model = ferrogrid.compile_model(DIGITS / "digits_cnn.onnx", "small")
    image = opset.parameter([1, 8, 8], openvino.Type.i8)
    flat = opset.reshape(image, opset.constant(np.array([1, 64])), special_zero=False)
    network = Network(model, [flat.output(0)])
    best = opset.topk(network.output(0), opset.constant(1), 1, "max", "value")
    whole = openvino.Model([opset.result(best.output(1))], [image], "digits")
    compiled = openvino.Core().compile_model(whole, "CPU")
    for row in range(4):
        found = compiled([IMAGES[row].reshape(1, 8, 8)])[0]
        assert found.ravel()[0] == LOGITS[row].argmax()


def test_the_page_about_it_runs(monkeypatch):
    root = DIGITS.parent.parent
    page = (root / "docs/runtimes.md").read_text().split("## OpenVINO")[1]
    monkeypatch.chdir(root)
    names = {}
    exec(page.split("```python\n")[1].split("```")[0], names)
    assert np.array_equal(names["logits"], LOGITS[:4])
