"""The notebooks of the examples run to their end; what they assert holds."""

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(os.environ["FERROGRID_DIGITS"]).parent / "python").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path):
    notebook = nbformat.read(path, 4)
    assert not any(cell.get("outputs") for cell in notebook.cells), "its outputs are not stored"
    NotebookClient(notebook, timeout=300).execute()
    data = [output["data"] for cell in notebook.cells for output in cell.get("outputs", []) if "data" in output]
    assert any("<table>" in of.get("text/html", "") for of in data), "the report is a table"
