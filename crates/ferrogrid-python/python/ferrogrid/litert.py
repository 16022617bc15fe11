"""The external delegate of LiteRT that the package brings.

    from ai_edge_litert.interpreter import Interpreter, load_delegate
    from ferrogrid.litert import get_library_path
    delegate = load_delegate(get_library_path(), {"device": "nano"})
"""

from . import _ferrogrid


def get_library_path() -> str:
    """The library for `load_delegate`."""
    return _ferrogrid.__file__
