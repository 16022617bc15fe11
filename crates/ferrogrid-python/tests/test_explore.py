"""A search of the user's own through the cores of a space."""

import os
from pathlib import Path

import numpy as np
import optuna
import pytest

import ferrogrid

FOLDER = Path(os.environ["FERROGRID_DIGITS"])
DIGITS = FOLDER / "digits_cnn.onnx"
IMAGES = np.load(FOLDER / "images.npy")
SPACE = """kind = "npu"
[array]
rows = [4, 8]
columns = [4, 8]
[memory]
scratchpad = ["8 KiB", '32 KiB']
"""


@pytest.fixture
def space(tmp_path):
    path = tmp_path / "space.toml"
    path.write_text(SPACE)
    return path


def test_optuna_finds_the_fastest_core(space):
    exploration = ferrogrid.Exploration([DIGITS], space)
    assert exploration.choices == {
        "array.rows": ["4", "8"],
        "array.columns": ["4", "8"],
        "memory.scratchpad": ["8 KiB", "32 KiB"],
    }

    def objective(trial):
        values = {key: trial.suggest_categorical(key, all) for key, all in exploration.choices.items()}
        point = exploration.evaluate(values)
        if "refused" in point:
            raise optuna.TrialPruned(point["refused"])
        return point["figures"]["latency_s"]

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.GridSampler(exploration.choices))
    study.optimize(objective, n_trials=20)
    assert study.best_params["array.rows"] == study.best_params["array.columns"] == "8"
    # The core that was found takes the cycles that were told.
    toml = exploration.toml(study.best_params)
    assert "rows = 8" in toml
    (space.parent / "best.toml").write_text(toml)
    model = ferrogrid.compile_model(DIGITS, space.parent / "best.toml", effort="none")
    model.infer(IMAGES[0])
    cycles = exploration.evaluate(study.best_params)["figures"]["cycles"][0]
    assert abs(cycles / model.report()["cycles"] - 1) < 0.03


def test_what_is_wrong_is_told(space):
    exploration = ferrogrid.Exploration(["64x64x64"], _matmul(space))
    assert exploration.evaluate({"array.rows": "4"})["figures"]["cycles"][0] > 0
    with pytest.raises(ValueError, match="a value is missing: array.rows"):
        exploration.evaluate({})
    with pytest.raises(ValueError, match="no key to choose: rows"):
        exploration.evaluate({"rows": "4"})
    with pytest.raises(ValueError, match="the space has 4, 8"):
        exploration.toml({"array.rows": "5"})
    with pytest.raises(ferrogrid.FerrogridError, match="is a product of matrices"):
        ferrogrid.Exploration(["64x64x64"], space)
    with pytest.raises(ferrogrid.FerrogridError, match="there is no chip `ecp6`"):
        ferrogrid.Exploration([DIGITS], space, fits="ecp6")
    with pytest.raises(ferrogrid.FerrogridError, match="cannot read"):
        ferrogrid.Exploration([DIGITS], "none.toml")


def _matmul(space):
    path = space.parent / "matmul.toml"
    path.write_text('kind = "matmul"\n[array]\nrows = [4, 8]\ncolumns = 4\n')
    return path
