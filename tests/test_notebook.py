"""The walk-through runs from top to bottom, and is kept without its outputs."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parent.parent / "notebooks" / "walkthrough.ipynb"


@pytest.fixture(scope="module")
def notebook() -> nbformat.NotebookNode:
    return nbformat.read(NOTEBOOK, as_version=4)


def test_the_notebook_is_kept_without_outputs(notebook: nbformat.NotebookNode) -> None:
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


@pytest.mark.timeout(1800)
@pytest.mark.filterwarnings("ignore")
def test_the_notebook_runs_and_reads_its_digit(
    notebook: nbformat.NotebookNode, tmp_path: Path
) -> None:
    resources = {"metadata": {"path": str(tmp_path)}}
    # On a busy machine a kernel takes long to start, and output comes long after its cell is done.
    NotebookClient(
        notebook,
        timeout=1500,
        startup_timeout=600,
        iopub_timeout=600,
        kernel_name="python3",
        resources=resources,
    ).execute()
    printed = "".join(
        output.get("text", "")
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
    )
    assert "Test accuracy: " in printed
    assert "Predicted digit: 7" in printed
