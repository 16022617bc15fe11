"""The hardware of a core: Verilog, and a bitstream."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Optional, Union

from ._ferrogrid import FerrogridError

Folder = Union[str, "os.PathLike[str]"]


def build(toml: str, folder: Folder, board: Optional[str], clock: Optional[int]) -> dict:
    """What `ferrogrid generate` says of a configuration, and under "synth" what `ferrogrid synth` says for a board."""
    with tempfile.TemporaryDirectory() as temporary:
        config = Path(temporary, "core.toml")
        config.write_text(toml, encoding="utf-8")
        summary = _command("generate", config, "-o", folder, "--json")
        if board is not None:
            options = [] if clock is None else ["--clock", str(clock)]
            output = Path(folder).with_name(Path(folder).name + "-bitstream")
            summary["synth"] = _command(
                "synth", config, "--board", board, *options, "-o", output, "--json"
            )
    return summary


def _command(*arguments: object) -> dict:
    words = [sys.executable, "-m", "ferrogrid", *map(str, arguments)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise FerrogridError(done.stderr.strip().removeprefix("× "))
    return json.loads(done.stdout)
