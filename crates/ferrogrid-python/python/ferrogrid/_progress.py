"""A bar while a core runs, or a model is quantized."""

from __future__ import annotations

import sys
import time

try:
    from tqdm.auto import tqdm
except ImportError:  # It is not needed: a line of text does.
    tqdm = None

# Shorter runs show none.
QUIET_SECONDS = 0.5


class Bar:
    """Shows rows and cycles, in a terminal and in a notebook with tqdm where that is installed."""

    def __init__(self, shown: bool, unit: str, rows: int) -> None:
        self.shown = shown and (tqdm is not None or sys.stderr.isatty())
        self.unit, self.rows = unit, rows
        self.begin = time.monotonic()
        self.bar = None
        self.is_written = False

    def watch(self, row: int, cycle: int) -> None:
        """Is called while the core runs."""
        if not self.shown or time.monotonic() - self.begin < QUIET_SECONDS:
            return
        if tqdm is None:
            self.is_written = True
            sys.stderr.write(f"\r{row} of {self.rows} {self.unit}, {cycle:,} cycles of the next ")
            return
        if self.bar is None:
            self.bar = tqdm(total=self.rows, unit=self.unit, leave=False)
        self.bar.update(row - self.bar.n)
        self.bar.set_postfix_str(f"{cycle:,} cycles")

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.close()
        if self.is_written:
            sys.stderr.write("\r" + 70 * " " + "\r")


class Stages:
    """Shows the stages of long work, with tqdm where that is installed."""

    def __init__(self, shown: bool) -> None:
        self.shown = shown and tqdm is not None
        self.begin = time.monotonic()
        self.bar = None

    def watch(self, stage: str, done: int, of: int) -> None:
        """Is called while the work goes on."""
        if not self.shown or time.monotonic() - self.begin < QUIET_SECONDS:
            return
        if self.bar is None or self.bar.desc != f"{stage}: ":
            self.close()
            self.bar = tqdm(total=of, desc=stage, leave=False)
        self.bar.update(done - self.bar.n)

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()

    def __enter__(self) -> Stages:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
