"""Quantized networks on generated AI accelerators, simulated cycle by cycle from their hardware.

    import ferrogrid
    model = ferrogrid.compile_model("resnet8_int8.tflite", "edge")
    outputs = model.infer(image)
    model.report()
"""

from ._device import Config, available_devices
from ._explore import Exploration
from ._ferrogrid import FerrogridError
from ._model import CompiledModel, compile_model
from ._quantize import quantize
from ._report import Report

__all__ = [
    "CompiledModel",
    "Config",
    "Exploration",
    "FerrogridError",
    "Report",
    "available_devices",
    "compile_model",
    "quantize",
]
