"""Models in floating point become int8: as right as before, no worse than ONNX Runtime's quantizer makes them, and the
same integers on a core as in ONNX Runtime."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

import ferrogrid
from ferrogrid.onnxruntime import NAME, get_library_path

MODELS = os.environ.get("FERROGRID_MODELS")
METHODS = ["minmax", "percentile", "entropy", "mse"]
SIDE = 8

sys.path.insert(0, os.environ["FERROGRID_SCRIPTS"])
import train_digits  # noqa: E402
import train_digits_cnn  # noqa: E402
import train_digits_residual  # noqa: E402


def squares(images):
    return images.reshape(-1, 1, 1, SIDE, SIDE).astype(np.float32) / 16


@pytest.fixture(scope="session")
def digits():
    images, tests, labels, test_labels = train_digits.dataset()
    return squares(images), squares(tests), labels, test_labels


@pytest.fixture(scope="session")
def models(tmp_path_factory, digits):
    """The networks by their names: each a file, and how its images are shaped."""
    folder = tmp_path_factory.mktemp("models")
    images, _, labels, _ = digits
    train_digits_cnn.EPOCHS = 6
    weights = train_digits_cnn.train(images[:, 0], labels)
    onnx.save(train_digits_cnn.float_model(weights), folder / "cnn.onnx")
    residual = train_digits_residual.train(images[:, 0], labels)
    onnx.save(residual, folder / "residual.onnx")
    found = {
        "cnn": (folder / "cnn.onnx", lambda images: 16 * images.reshape(-1, 1, SIDE * SIDE)),
        "residual": (folder / "residual.onnx", lambda images: images),
    }
    if MODELS:
        for name in ("mlp_float", "mlp_matmul_float", "cnn_float"):
            found[name] = (Path(MODELS) / "digits" / f"{name}.onnx", lambda images: images)
    return found


def names():
    return ["cnn", "residual"] + (["mlp_float", "mlp_matmul_float", "cnn_float"] if MODELS else [])


def logits(model, rows):
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    (name,) = [of.name for of in session.get_inputs()]
    return np.concatenate([session.run(None, {name: row})[0] for row in rows])


def ratio(wanted, found):
    return 10 * np.log10((wanted**2).sum() / ((wanted - found) ** 2).sum())


def of_onnx_runtime(model, rows, output):
    """The model as ONNX Runtime's quantizer makes it of the same samples."""

    class Rows(CalibrationDataReader):
        def __init__(self):
            self.rows = iter(rows)
            (self.name,) = [of.name for of in onnx.load(model).graph.input]

        def get_next(self):
            row = next(self.rows, None)
            return None if row is None else {self.name: row}

    kinds = {"activation_type": QuantType.QInt8, "weight_type": QuantType.QInt8}
    form = QuantFormat.QDQ
    quantize_static(model, output, Rows(), quant_format=form, per_channel=True, **kinds)


@pytest.mark.parametrize("name", names())
def test_it_is_as_right_as_before_and_no_worse_than_another_quantizer_makes_it(name, models, digits, tmp_path):
    model, shaped = models[name]
    images, tests, _, test_labels = digits
    calibration, tests = shaped(images[:200]), shaped(tests)
    report = ferrogrid.quantize(
        model, calibration, tmp_path / "int8.onnx", labels=test_labels, validation=tests
    )
    of_onnx_runtime(model, calibration, tmp_path / "other.onnx")
    before, after, other = (
        logits(of, tests) for of in (model, tmp_path / "int8.onnx", tmp_path / "other.onnx")
    )
    right, right_after, right_other = (
        (of.argmax(1) == test_labels).sum() for of in (before, after, other)
    )
    assert right_after >= right - 0.005 * len(tests)
    assert right_after >= right_other
    assert ratio(before, after) >= ratio(before, other)
    assert report["accuracy"] == {
        "samples": len(tests),
        "float": right,
        "quantized": right_after,
    }
    assert report["left"] == [] and report["unsupported"] is None


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", ["cnn", "residual"])
def test_a_core_computes_what_onnx_runtime_does(name, method, models, digits, tmp_path):
    model, shaped = models[name]
    images, tests, _, _ = digits
    output = tmp_path / "int8.onnx"
    ferrogrid.quantize(model, shaped(images[:64]), output, method=method)
    tests = shaped(tests[:3])
    wanted = logits(output, tests)
    compiled = ferrogrid.compile_model(output, "nano")
    (found,) = compiled.predict(tests[:, 0]).values()
    assert np.array_equal(found, wanted)


def session_on_core(model, name, report):
    """A session whose nodes run on a core where that can be."""
    onnxruntime.register_execution_provider_library(name, get_library_path())
    devices = [device for device in onnxruntime.get_ep_devices() if device.ep_name == NAME]
    options = onnxruntime.SessionOptions()
    options.add_provider_for_devices(devices[-1:], {"device": "nano", "report": str(report)})
    return onnxruntime.InferenceSession(model, options)


def test_the_execution_provider_takes_it(models, digits, tmp_path):
    for name in ("cnn", "residual"):
        model, shaped = models[name]
        images, tests, _, _ = digits
        output, report = tmp_path / f"{name}.onnx", tmp_path / f"{name}.json"
        ferrogrid.quantize(model, shaped(images[:32]), output)
        tests = shaped(tests[:1])
        session = session_on_core(output, name, report)
        assert NAME in session.get_providers()
        (found,) = session.run(None, {"image": tests[0]})
        assert np.array_equal(found, logits(output, tests))
        del session
        assert '"cycles"' in report.read_text()


def test_sixteen_bits_are_for_runtimes_that_have_them(models, digits, tmp_path):
    model, shaped = models["cnn"]
    images, tests, _, _ = digits
    calibration, tests = shaped(images[:64]), shaped(tests[:64])
    ratios = {}
    for mixed in (None, 45):
        output = tmp_path / f"{mixed}.onnx"
        report = ferrogrid.quantize(model, calibration, output, mixed=mixed)
        ratios[mixed] = ratio(logits(model, tests), logits(output, tests))
        wide = [of["name"] for of in report["tensors"] if of["bits"] == 16]
        assert bool(wide) == bool(mixed)
    assert ratios[45] > ratios[None] + 1
    assert "int16" in report["unsupported"]
    # What a core lacks stays on the CPU.
    session = session_on_core(tmp_path / "45.onnx", "mixed", tmp_path / "report.json")
    (found,) = session.run(None, {"image": tests[0]})
    assert np.array_equal(found, logits(tmp_path / "45.onnx", tests[:1]))


BAD = {
    "nan": (
        "images[3, 0, 5] = numpy.nan; quantize(images)",
        "sample 3 of `image` holds NaN at [0, 5]",
    ),
    "infinite": ("images[0, 0, 0] = numpy.inf; quantize(images)", "sample 0 of `image` holds inf"),
    "shape": ("quantize(images[:, :, :60])", "the samples of `image` are of shape [8, 1, 60]"),
    "none": ("quantize(images[:0])", "there are no samples"),
    "name": ("quantize({'imag': images})", "no samples of the input `image`; there is `imag`"),
    "method": ("quantize(images, method='mean')", "there is no method `mean`"),
    "percentile": ("quantize(images, method='percentile', percentile=0)", "0 % of the values"),
    "labels": ("quantize(images, labels=numpy.zeros(3))", "there are 3 labels for 8 samples"),
    "label": ("quantize(images, labels=numpy.full(8, 0.5))", "0.5 is no label"),
    "text": ("quantize(numpy.array(['a']))", "samples are numbers"),
    "file": ("ferrogrid.quantize('none.onnx', images, 'out.onnx')", "cannot read `none.onnx`"),
    "itself": ("ferrogrid.quantize('model.onnx', images, 'model.onnx')", "`model.onnx` is the model itself"),
    "quantized": ("ferrogrid.quantize('int8.onnx', images, 'out.onnx')", "quantized already"),
}


@pytest.mark.parametrize("kind", BAD)
def test_what_is_wrong_is_an_exception(kind, models, tmp_path):
    code, wanted = BAD[kind]
    (tmp_path / "model.onnx").write_bytes(models["cnn"][0].read_bytes())
    digits = Path(os.environ["FERROGRID_DIGITS"])
    (tmp_path / "int8.onnx").write_bytes((digits / "digits_cnn.onnx").read_bytes())
    script = f"""
import numpy, ferrogrid
images = numpy.zeros((8, 1, 64), numpy.float32)
def quantize(images, **options):
    ferrogrid.quantize("model.onnx", images, "out.onnx", **options)
try:
    {code}
except (ferrogrid.FerrogridError, TypeError, ValueError) as error:
    print(str(error).replace("\\n", " ").replace("│ ", "").replace("  ", ""))
    raise SystemExit(7)
"""
    run = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 7, run.stderr
    assert wanted in run.stdout
    assert not (tmp_path / "out.onnx").exists()
