"""The cores that networks run on."""

from __future__ import annotations

import os
from typing import Mapping, Optional, Union

from ._build import Folder, build
from ._ferrogrid import Device, presets


class Config:
    """A hardware description: the sections and keys of its TOML.

    >>> config = Config(array={"rows": 8, "columns": 8}, memory={"scratchpad": "32 KiB"})
    >>> config.array["rows"]
    8
    """

    def __init__(self, **keys: object) -> None:
        keys.setdefault("kind", "npu")
        self.keys = keys

    def __getattr__(self, key: str) -> object:
        if key != "keys" and key in self.keys:
            return self.keys[key]
        raise AttributeError(f"this configuration has no `{key}`")

    def __repr__(self) -> str:
        return f"ferrogrid.Config({', '.join(f'{key}={value!r}' for key, value in self.keys.items())})"

    def toml(self) -> str:
        """The description as TOML, as `ferrogrid generate` takes it."""
        sections = {key: value for key, value in self.keys.items() if isinstance(value, Mapping)}
        lines = [_line(key, value) for key, value in self.keys.items() if key not in sections]
        for name, section in sections.items():
            lines += ["", f"[{name}]", *(_line(key, value) for key, value in section.items())]
        return "\n".join(lines) + "\n"

    def complete(self) -> str:
        """The whole description as TOML, with what was left out; raises FerrogridError where it is wrong."""
        return device_of(self, "native").toml

    def build(self, folder: Folder, *, board: Optional[str] = None, clock: Optional[int] = None) -> dict:
        """Writes the core into a folder: Verilog, register map, test bench, and what FPGA tools need.

        board: make a bitstream for it too, in a folder beside, as `ferrogrid synth --board` does.
        clock: the clock to work for, in MHz.
        """
        return build(self.toml(), folder, board, clock)


DeviceLike = Union[str, "os.PathLike[str]", Config]


def available_devices() -> list[str]:
    """The presets that `compile_model` takes; it takes a `Config` and the path of a TOML file too."""
    return presets()


def device_of(device: DeviceLike, simulator: str) -> Device:
    """The core of a preset's name, of a file, or of a configuration."""
    if isinstance(device, Config):
        return Device.configuration("Config", device.toml(), simulator)
    return Device.named(os.fspath(device), simulator)


def _line(key: str, value: object) -> str:
    if isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, int):
        text = str(value)
    else:
        quoted = str(value).replace("\\", "\\\\").replace('"', '\\"')
        text = f'"{quoted}"'
    return f"{key} = {text}"
