"""A bar while a core runs, or a model is quantized."""

from __future__ import annotations

import sys
import time

try:
    from tqdm.auto import tqdm
except ImportError:  # It is not needed: a line of text does.
    tqdm = None

# Shorter work shows none.
QUIET_SECONDS = 0.5


class Bar:
    """Shows how much is done, in a terminal and in a notebook with tqdm where that is installed."""

    def __init__(self, shown: bool) -> None:
        self.shown = shown and (tqdm is not None or sys.stderr.isatty())
        self.begin = time.monotonic()
        self.bar = None
        self.is_written = False

    def show(self, what: str, done: int, of: int, note: str = "") -> None:
        """So much is done of what there is."""
        if not self.shown or time.monotonic() - self.begin < QUIET_SECONDS:
            return
        if tqdm is None:
            self.is_written = True
            sys.stderr.write(f"\r{what}: {done} of {of} {note} ")
            return
        if self.bar is None or self.bar.desc != f"{what}: ":
            self.close()
            self.bar = tqdm(total=of, desc=what, leave=False)
        self.bar.update(done - self.bar.n)
        self.bar.set_postfix_str(note)

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        if self.is_written:
            sys.stderr.write("\r" + 70 * " " + "\r")


class Runs(Bar):
    """Rows that a core runs, and the cycles of the one that it is at."""

    def __init__(self, shown: bool, what: str, rows: int) -> None:
        super().__init__(shown)
        self.what, self.rows = what, rows

    def watch(self, row: int, cycle: int) -> None:
        """Is called while the core runs."""
        self.show(self.what, row, self.rows, f"{cycle:,} cycles")
