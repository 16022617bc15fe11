"""Models in floating point."""

from __future__ import annotations

import json
import os
from typing import Mapping, Optional, Union

import numpy as np

from . import _ferrogrid
from ._files import is_same_file
from ._progress import Bar

Samples = Union[np.ndarray, Mapping[str, np.ndarray]]


def quantize(
    model: Union[str, "os.PathLike[str]"],
    calibration: Samples,
    output: Union[str, "os.PathLike[str]"],
    *,
    method: str = "mse",
    percentile: float = 99.99,
    equalize: bool = True,
    correct_biases: bool = True,
    mixed: Optional[float] = None,
    labels: Optional[np.ndarray] = None,
    validation: Optional[Samples] = None,
    progress: bool = True,
) -> dict:
    """Quantizes an ONNX model in floating point to int8; gives what became of it.

    model: an .onnx file, operator set 13 or newer.
    calibration: samples of what the network will see: an array, or one for each input by its name; the first axis is
        that of the samples.
    output: the file to write; ONNX Runtime and `compile_model` take it.
    method: how the range of an activation is found, "minmax", "percentile", "entropy" or "mse".
    percentile: the values that "percentile" keeps, in percent.
    equalize: bring channels between two layers to like sizes.
    correct_biases: correct biases by what quantization adds to the mean of a channel.
    mixed: give the most sensitive activations 16 bits until the outputs are so many decibels above what quantization adds.
    labels: the index of the right class of each sample; right answers are counted, before and after.
    validation: other samples that right answers are counted of.
    progress: show a bar.

    Raises FerrogridError where the model or the samples are wrong.
    """
    if is_same_file(model, output):
        raise ValueError(f"`{os.fspath(output)}` is the model itself: choose another file for the output")
    with Bar(progress) as bar:
        data, report = _ferrogrid.quantize(
            os.fspath(model),
            _arrays(calibration),
            None if validation is None else _arrays(validation),
            None if labels is None else _array("labels", labels),
            method,
            percentile,
            equalize,
            correct_biases,
            mixed,
            bar.show,
        )
    with open(output, "wb") as file:
        file.write(data)
    return json.loads(report)


def _arrays(samples: Samples) -> list[tuple[str, list[int], bytes]]:
    named = samples.items() if isinstance(samples, Mapping) else [("", samples)]
    return [_array(name, array) for name, array in named]


def _array(name: str, array: np.ndarray) -> tuple[str, list[int], bytes]:
    array = np.asarray(array)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"samples are numbers; the array {name or 'given'} is {array.dtype}")
    return name, list(array.shape), np.ascontiguousarray(array).astype("<f4").tobytes()
