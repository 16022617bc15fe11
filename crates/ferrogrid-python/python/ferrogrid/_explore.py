"""Which core to build."""

from __future__ import annotations

import json
import os
from typing import Iterable, Mapping, Optional, Union

from . import _ferrogrid


class Exploration:
    """Cores to choose from, judged by the model: for a search of your own, with Optuna for example.

        exploration = ferrogrid.Exploration(["resnet8_int8.tflite"], "space.toml")

        def objective(trial):
            values = {key: trial.suggest_categorical(key, all) for key, all in exploration.choices.items()}
            point = exploration.evaluate(values)
            if "refused" in point:
                raise optuna.TrialPruned(point["refused"])
            return point["figures"]["latency_s"], point["figures"]["area"]

        study = optuna.create_study(directions=["minimize", "minimize"])
        study.optimize(objective, n_trials=200)
        best = exploration.toml(study.best_trials[0].params)

    models: .tflite or .onnx files for NPUs, or products as "64x64x64" for matmul cores.
    space: a configuration file whose values may be lists.
    mode: whose integers networks compute, "onnx" or "tflm"; as the file's own runtime where it is left out.
    fits: the chip that cores must fit, of which they then take shares: "ecp5-25k", ...
    clock: the clock for which times are told.

    Raises FerrogridError where a file is wrong.
    """

    def __init__(
        self,
        models: Iterable[Union[str, "os.PathLike[str]"]],
        space: Union[str, "os.PathLike[str]"],
        *,
        mode: Optional[str] = None,
        fits: Optional[str] = None,
        clock: str = "100MHz",
    ) -> None:
        names = [os.fspath(model) for model in models]
        self._exploration = _ferrogrid.Exploration(names, os.fspath(space), mode, fits, clock)

    @property
    def choices(self) -> "dict[str, list[str]]":
        """The values of each key that has several."""
        return dict(self._exploration.choices)

    def evaluate(self, values: Mapping[str, str]) -> dict:
        """What the core with these values takes and does: its "number", and either "figures" or, where it cannot be
        built or does not take the models, why it was "refused"."""
        return json.loads(self._exploration.evaluate(self._place(values)))

    def toml(self, values: Mapping[str, str]) -> str:
        """The configuration with these values."""
        return self._exploration.toml(self._place(values))

    def _place(self, values: Mapping[str, str]) -> "list[int]":
        choices = self.choices
        unknown = set(values) - set(choices)
        missing = set(choices) - set(values)
        if unknown or missing:
            wrong = ", ".join(sorted(unknown or missing))
            raise ValueError(f"{'no key to choose' if unknown else 'a value is missing'}: {wrong}")
        for key, value in values.items():
            if value not in choices[key]:
                raise ValueError(f"`{key}` = {value!r}: the space has {', '.join(choices[key])}")
        return [all.index(values[key]) for key, all in choices.items()]
