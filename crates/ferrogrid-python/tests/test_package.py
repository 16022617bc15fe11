"""The package with the digits of the examples: every logit is ONNX Runtime's."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import ferrogrid

DIGITS = Path(os.environ["FERROGRID_DIGITS"])
NETWORK = DIGITS / "digits_cnn.onnx"
IMAGES = np.load(DIGITS / "images.npy")
LOGITS = np.load(DIGITS / "digits_logits.npy")
SMALL = ferrogrid.Config(array={"rows": 8, "columns": 8}, memory={"scratchpad": "32 KiB"})


@pytest.fixture(scope="module")
def model():
    return ferrogrid.compile_model(NETWORK, SMALL)


def test_logits_are_those_of_onnx_runtime(model):
    (name,) = model.outputs
    assert np.array_equal(model.infer(IMAGES[0])[name], LOGITS[0])
    (given,) = model.inputs
    assert np.array_equal(model.infer({given: IMAGES[:1]})[name], LOGITS[0])
    assert np.array_equal(model.infer([IMAGES[0]])[name], LOGITS[0])
    assert np.array_equal(model.predict(IMAGES[1:4])[name], LOGITS[1:4])


def test_inputs_and_outputs_are_described(model):
    assert list(model.inputs.values()) == [(np.dtype("int8"), (64,))]
    assert list(model.outputs.values()) == [(np.dtype("int8"), (10,))]
    assert model.mode == "onnx"


def test_a_report_has_figures_a_text_and_a_table(model):
    model.infer(IMAGES[0])
    report = model.report(clock="80MHz")
    assert report["inferences"] == 1 and report["clock_hz"] == 80e6
    assert report["cycles"] > 1000 and report["layers"][0]["runs_on"] in ("npu", "host")
    assert "cycles" in str(report)
    assert report._repr_html_().count("<tr>") == 1 + len(report["layers"])


def test_a_trace_ends_with_the_logits(model):
    layers = model.trace(IMAGES[0])
    assert np.array_equal(list(layers.values())[-1].ravel(), LOGITS[0])


def test_a_saved_network_runs_on_its_core_alone(model, tmp_path):
    file = tmp_path / "digits.fg"
    model.save(file)
    again = ferrogrid.compile_model(file, SMALL)
    (name,) = again.outputs
    assert np.array_equal(again.infer(IMAGES[5])[name], LOGITS[5])
    with pytest.raises(ferrogrid.FerrogridError, match="compiled for a configuration with the hash"):
        ferrogrid.compile_model(file, "nano")


def test_devices_are_presets_files_and_configurations(tmp_path):
    assert {"nano", "small", "edge"} <= set(ferrogrid.available_devices())
    file = tmp_path / "core.toml"
    file.write_text(SMALL.complete())
    (found,) = ferrogrid.compile_model(NETWORK, file).infer(IMAGES[0]).values()
    assert np.array_equal(found, LOGITS[0])
    assert SMALL.array["rows"] == 8
    with pytest.raises(AttributeError, match="has no `aray`"):
        SMALL.aray


def test_threads_share_a_model(model):
    (name,) = model.outputs
    found = {}

    def run(row):
        found[row] = model.infer(IMAGES[row])[name]

    threads = [threading.Thread(target=run, args=(row,)) for row in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(found[row], LOGITS[row]) for row in range(4))


BAD = {
    "wrong type": ("model.infer(IMAGES[0].astype(np.float32))", "TypeError: input `"),
    "wrong shape": ("model.infer(IMAGES[0][:9])", "takes int8 of (64,), and rows of that; the array is (9,)"),
    "too many rows": ("model.infer(IMAGES[:2])", "2 rows are given; `predict` runs more than one"),
    "no rows": ("model.predict(IMAGES[:0])", "the array is (0, 64)"),
    "unknown input": ("model.infer({'nobody': IMAGES[0]})", "the network has no input `nobody`"),
    "two arrays": ("model.infer([IMAGES[0], IMAGES[0]])", "2 arrays are given"),
    "no report yet": ("model.report()", "nothing has run yet"),
    "wrong clock": ("model.infer(IMAGES[0]); model.report('fast')", "write a frequency up to 100 GHz"),
    "no file": ("ferrogrid.compile_model('nothing.onnx', 'nano')", "cannot read `nothing.onnx`"),
    "no model": ("ferrogrid.compile_model(NETWORK.replace('digits_cnn.onnx', 'images.npy'), 'nano')", "images.npy`: "),
    "no preset": ("ferrogrid.compile_model(NETWORK, 'nanno')", "did you mean `nano`?"),
    "no configuration": ("ferrogrid.compile_model(NETWORK, 'nothing.toml')", "cannot read `nothing.toml`"),
    "no simulator": ("ferrogrid.compile_model(NETWORK, simulator='vcs')", "there is no simulator `vcs`"),
    "no mode": ("ferrogrid.compile_model(NETWORK, mode='tf')", "there is no mode `tf`"),
    "wrong size": (
        "ferrogrid.compile_model(NETWORK, ferrogrid.Config(array={'rows': 7, 'columns': 8}))",
        "`array.rows` = 7 is no power of two",
    ),
    "wrong key": (
        "ferrogrid.compile_model(NETWORK, ferrogrid.Config(array={'rows': 8, 'columns': 8}, memori={'a': 1}))",
        "memori",
    ),
}


@pytest.mark.parametrize("code, text", BAD.values(), ids=BAD.keys())
def test_bad_input_raises_and_the_interpreter_lives(code, text):
    script = (
        "import os, numpy as np, ferrogrid\n"
        f"NETWORK, IMAGES = {str(NETWORK)!r}, np.load({str(DIGITS / 'images.npy')!r})\n"
        f"model = ferrogrid.compile_model(NETWORK, {SMALL!r}) if 'model.' in {code!r} else None\n"
        f"{code}\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert done.returncode == 1, done.stderr
    assert text in done.stderr


def test_hardware_is_written(model, tmp_path):
    summary = model.build(tmp_path / "core")
    verilog = "".join(file.read_text() for file in (tmp_path / "core").rglob("*.v"))
    assert f"module {summary['top']}" in verilog
    with pytest.raises(ferrogrid.FerrogridError, match="`array.rows` = 7"):
        ferrogrid.Config(array={"rows": 7, "columns": 8}).build(tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_the_command_is_there():
    done = subprocess.run([sys.executable, "-m", "ferrogrid", "presets"], capture_output=True, text=True)
    assert done.returncode == 0 and "edge" in done.stdout
    done = subprocess.run([sys.executable, "-m", "ferrogrid", "rnu"], capture_output=True, text=True)
    assert done.returncode == 2 and "rnu" in done.stderr


def test_ctrl_c_ends_a_run():
    script = (
        "import numpy as np, ferrogrid\n"
        f"model = ferrogrid.compile_model({str(NETWORK)!r}, 'nano')\n"
        "print('begins', flush=True)\n"
        f"model.predict(np.tile(np.load({str(DIGITS / 'images.npy')!r}), (100, 1)))\n"
    )
    run = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert run.stdout.readline() == "begins\n"
    time.sleep(1)
    run.send_signal(signal.SIGINT)
    _, stderr = run.communicate(timeout=30)
    assert run.returncode != 0 and stderr.rstrip().endswith("KeyboardInterrupt")


@pytest.mark.parametrize("has_tqdm", [True, False])
def test_long_work_shows_how_far_it_is(has_tqdm, monkeypatch, capsys):
    from ferrogrid import _progress

    monkeypatch.setattr(_progress, "QUIET_SECONDS", 0)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    if has_tqdm:
        pytest.importorskip("tqdm")
    else:
        monkeypatch.setattr(_progress, "tqdm", None)
    model = ferrogrid.compile_model(NETWORK, SMALL)
    model.predict(IMAGES[:3])
    shown = capsys.readouterr().err
    assert "inferences" in shown and " cycles" in shown and "2" in shown
    assert shown.endswith("\r")
    ferrogrid.compile_model(NETWORK, SMALL, progress=False).predict(IMAGES[:3])
    assert capsys.readouterr().err == ""


def test_the_page_about_it_runs(monkeypatch, capsys):
    root = DIGITS.parent.parent
    page = (root / "docs/runtimes.md").read_text()
    code = page.split("```python\n")[1].split("```")[0]
    monkeypatch.chdir(root)
    names = {}
    exec(code, names)
    assert np.array_equal(next(iter(names["batch"].values())), LOGITS[:4])
    assert "latency" in capsys.readouterr().out
