"""Networks on cores."""

from __future__ import annotations

import json
import os
from typing import Mapping, Optional, Sequence, Union

import numpy as np

from ._build import Folder, build
from ._device import DeviceLike, device_of
from ._ferrogrid import Model
from ._files import is_same_file
from ._progress import Runs
from ._report import Report

Arrays = Union[np.ndarray, Sequence[np.ndarray], Mapping[str, np.ndarray]]


def compile_model(
    model: Union[str, "os.PathLike[str]"],
    device: DeviceLike = "edge",
    *,
    mode: Optional[str] = None,
    fold: bool = True,
    effort: str = "some",
    simulator: str = "native",
    progress: bool = True,
) -> CompiledModel:
    """Compiles a quantized network for a core.

    model: a .tflite or .onnx file, or one that `CompiledModel.save` wrote.
    device: a preset (`available_devices`), the path of a .toml file, or a `Config`.
    mode: whose integers are computed, "onnx" or "tflm"; as the model's format says where it is left out.
    fold: channels that are the same for every input are not computed.
    effort: how long to look for a faster program, "none", "some" or "much".
    simulator: "native", "verilator" or "icarus".
    progress: show a bar while the core runs.

    Raises FerrogridError where the model or the configuration is wrong, or one does not fit the other.
    """
    native = Model.open(os.fspath(model), device_of(device, simulator), mode, fold, effort)
    return CompiledModel(native, progress, os.fspath(model))


class CompiledModel:
    """A network on a core. Threads may share it: one at a time runs."""

    def __init__(self, native: Model, progress: bool, path: str) -> None:
        self._native = native
        self._path = path
        self._progress = progress

    @property
    def inputs(self) -> dict[str, tuple[np.dtype, tuple[int, ...]]]:
        """Type and shape of each input, without the batch axis, in the order of the model's runtime."""
        return {name: (np.dtype(kind), tuple(shape)) for name, kind, shape in self._native.inputs}

    @property
    def outputs(self) -> dict[str, tuple[np.dtype, tuple[int, ...]]]:
        """Type and shape of each output, without the batch axis."""
        return {name: (np.dtype(kind), tuple(shape)) for name, kind, shape in self._native.outputs}

    @property
    def mode(self) -> str:
        """Whose integers are computed, "onnx" or "tflm"."""
        return self._native.mode

    def infer(self, inputs: Arrays) -> dict[str, np.ndarray]:
        """Runs the network once; gives each output, of the shape that `outputs` says.

        inputs: an array, or one for each input in a sequence or by its name; a batch axis of 1 may stand in front.
        """
        rows = self._rows(inputs)
        if len(rows) != 1:
            raise ValueError(f"{len(rows)} rows are given; `predict` runs more than one")
        return {name: rows[0] for name, rows in self._run(rows).items()}

    def predict(self, inputs: Arrays) -> dict[str, np.ndarray]:
        """Runs the network on every row of the inputs; gives each output with the axis of rows in front."""
        return self._run(self._rows(inputs))

    __call__ = predict

    def trace(self, inputs: Arrays) -> dict[str, np.ndarray]:
        """The integers that every layer of the core leaves, by the names of the layers."""
        rows = self._rows(inputs)
        with Runs(self._progress, "layers", 1) as bar:
            layers = self._native.trace(rows[0], bar.watch)
        return {
            name: np.frombuffer(data, np.dtype(kind)).reshape(shape).copy()
            for name, kind, shape, data in layers
        }

    def report(self, clock: str = "100MHz") -> Report:
        """The figures of the rows that ran last, at a clock."""
        report = self._native.report(clock)
        if report is None:
            raise ValueError("nothing has run yet: call `infer` or `predict` first")
        return Report(json.loads(report[0]), report[1])

    def save(self, path: Union[str, "os.PathLike[str]"]) -> None:
        """Writes the compiled network to a file that `compile_model` and `ferrogrid run` take."""
        if is_same_file(path, self._path):
            raise ValueError(f"`{os.fspath(path)}` is the model itself: choose another file")
        with open(path, "wb") as file:
            file.write(self._native.save())

    def build(self, folder: Folder, *, board: Optional[str] = None, clock: Optional[int] = None) -> dict:
        """Writes the hardware of the core: see `Config.build`."""
        return build(self._native.toml, folder, board, clock)

    def reset(self) -> None:
        """Forgets what a streaming network keeps from one inference to the next."""
        self._native.reset()

    def _run(self, rows: list[list[bytes]]) -> dict[str, np.ndarray]:
        with Runs(self._progress, "inferences", len(rows)) as bar:
            outputs = self._native.infer(rows, bar.watch)
        found = {}
        for place, (name, kind, shape) in enumerate(self._native.outputs):
            data = b"".join(row[place] for row in outputs)
            found[name] = np.frombuffer(data, np.dtype(kind)).reshape([len(rows), *shape]).copy()
        return found

    def _rows(self, inputs: Arrays) -> list[list[bytes]]:
        """The bytes of each input, row by row."""
        ports = self._native.inputs
        names = [name for name, _, _ in ports]
        if isinstance(inputs, Mapping):
            for name in inputs:
                if name not in names:
                    raise ValueError(f"the network has no input `{name}`; it has {_list(names)}")
            missing = [name for name in names if name not in inputs]
            if missing:
                raise ValueError(f"no array is given for {_list(missing)}")
            arrays = [inputs[name] for name in names]
        elif isinstance(inputs, np.ndarray) or len(names) == 1 and not isinstance(inputs, (list, tuple)):
            arrays = [inputs]
        else:
            arrays = list(inputs)
        if len(arrays) != len(names):
            raise ValueError(f"{len(arrays)} arrays are given; the network has the inputs {_list(names)}")
        columns = [_rows_of(np.asarray(array), *port) for array, port in zip(arrays, ports)]
        if len({len(column) for column in columns}) != 1:
            counts = ", ".join(f"{len(column)} for `{name}`" for column, name in zip(columns, names))
            raise ValueError(f"the inputs have different numbers of rows: {counts}")
        return [list(row) for row in zip(*columns)]


def _rows_of(array: np.ndarray, name: str, kind: str, shape: Sequence[int]) -> list[bytes]:
    shape = tuple(shape)
    wanted = f"input `{name}` takes {kind} of {shape}, and rows of that"
    if array.dtype != np.dtype(kind):
        raise TypeError(f"{wanted}; the array is {array.dtype}")
    front = array.shape[: array.ndim - len(shape)]
    fits = array.ndim >= len(shape) and array.shape[array.ndim - len(shape) :] == shape
    if not fits or not (len(front) < 2 or len(front) == 2 and front[1] == 1) or 0 in front:
        raise ValueError(f"{wanted}; the array is {array.shape}")
    rows = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False)
    return [row.tobytes() for row in rows.reshape([-1, *shape])]


def _list(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
