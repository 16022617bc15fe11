"""The figures of a run."""

from __future__ import annotations

import html


class Report(dict):
    """The figures of inferences, as `ferrogrid run --json` prints them; a table in a notebook.

    `pandas.DataFrame(report["layers"])` is the table of layers.
    """

    def __init__(self, figures: dict, text: str) -> None:
        super().__init__(figures)
        self._text = text

    def __str__(self) -> str:
        return self._text

    def _repr_html_(self) -> str:
        keys = ["name", "operator", "runs_on", "macs", "cycles", "utilization"]
        heads = "".join(f"<th>{key.replace('_', ' ')}</th>" for key in keys)
        rows = "".join(
            "<tr>" + "".join(f"<td>{_cell(key, layer.get(key))}</td>" for key in keys) + "</tr>"
            for layer in self["layers"]
        )
        summary = (
            f"<p>{html.escape(self['core'])}: {self['cycles']:,} cycles, {1e3 * self['latency_s']:.3f} ms, "
            f"{100 * self['utilization']:.1f} % of the multipliers</p>"
        )
        return f"{summary}<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _cell(key: str, value: object) -> str:
    if value is None or (key == "macs" and value == 0):
        return ""
    if key == "utilization":
        return f"{100 * value:.1f} %"
    return f"{value:,}" if isinstance(value, int) else html.escape(str(value))
