"""Files that are read, and files that are written."""

from __future__ import annotations

import os
from typing import Union

Path = Union[str, "os.PathLike[str]"]


def is_same_file(one: Path, other: Path) -> bool:
    """Whether two paths lead to one file that is there."""
    return os.path.exists(one) and os.path.exists(other) and os.path.samefile(one, other)
