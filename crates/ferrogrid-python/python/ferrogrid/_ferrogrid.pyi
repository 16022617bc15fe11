from typing import Callable, Optional

Array = tuple[str, list[int], bytes]

class FerrogridError(RuntimeError): ...

def command(words: list[str]) -> int: ...
def presets() -> list[str]: ...
def quantize(
    path: str,
    calibration: list[Array],
    validation: Optional[list[Array]],
    labels: Optional[Array],
    method: str,
    percentile: float,
    equalize: bool,
    correct_biases: bool,
    mixed: Optional[float],
    watch: Callable[[str, int, int], None],
) -> tuple[bytes, str]: ...

class Device:
    name: str
    toml: str
    config_hash: int
    @staticmethod
    def named(name: str, simulator: str) -> Device: ...
    @staticmethod
    def configuration(name: str, toml: str, simulator: str) -> Device: ...

class Exploration:
    choices: list[tuple[str, list[str]]]
    def __init__(
        self, workloads: list[str], space: str, mode: Optional[str], fits: Optional[str], clock: str
    ) -> None: ...
    def evaluate(self, place: list[int]) -> str: ...
    def toml(self, place: list[int]) -> str: ...

class Model:
    inputs: list[tuple[str, str, list[int]]]
    outputs: list[tuple[str, str, list[int]]]
    mode: str
    toml: str
    @staticmethod
    def open(path: str, device: Device, mode: Optional[str], fold: bool, effort: str) -> Model: ...
    def infer(
        self, rows: list[list[bytes]], watch: Optional[Callable[[int, int], None]]
    ) -> list[list[bytes]]: ...
    def trace(
        self, row: list[bytes], watch: Optional[Callable[[int, int], None]]
    ) -> list[tuple[str, str, list[int], bytes]]: ...
    def report(self, clock: str) -> Optional[tuple[str, str]]: ...
    def save(self) -> bytes: ...
    def reset(self) -> None: ...
