"""The execution provider of ONNX Runtime that the package brings.

    import onnxruntime
    from ferrogrid.onnxruntime import NAME, get_library_path
    onnxruntime.register_execution_provider_library("ferrogrid", get_library_path())
"""

from . import _ferrogrid

# What ONNX Runtime calls it.
NAME = "FerrogridExecutionProvider"


def get_library_path() -> str:
    """The library for `onnxruntime.register_execution_provider_library`."""
    return _ferrogrid.__file__
