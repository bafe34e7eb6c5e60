"""Run notebooks from top to bottom and keep what they show: ``python notebooks/renew.py [NAME …]``.

NAME is the beginning of a file name, ``03`` say; all notebooks when none is given. Times of the run
and random ids are not kept, so that a notebook changes only where its results do.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import nbclient
import nbformat

FOLDER = Path(__file__).resolve().parent


def renew(path: Path) -> None:
    """Execute one notebook in place."""
    notebook = nbformat.read(path, as_version=4)
    client = nbclient.NotebookClient(
        notebook, timeout=600, record_timing=False, resources={"metadata": {"path": str(FOLDER)}}
    )
    client.execute()
    for cell in notebook.cells:
        # compiled solvers print lines of their own now and then
        if cell["cell_type"] != "code":
            continue
        cell["outputs"] = [
            output for output in cell.get("outputs", [])
            if not str(output.get("text", "")).startswith("HighsMipSolverData")
        ]  # fmt: skip
        for output in cell["outputs"]:
            data = output.get("data", {})
            if "text/html" in data:  # ids of styled tables are drawn anew each time
                data["text/html"] = re.sub(r"T_[0-9a-f]{5}", "T_00000", data["text/html"])
            if "text/plain" in data:  # so are addresses in memory
                data["text/plain"] = re.sub(r" at 0x[0-9a-f]+>", ">", data["text/plain"])
    nbformat.write(notebook, path)


def main(names: list[str]) -> int:
    """Renew the notebooks named, or all."""
    paths = [
        path
        for path in sorted(FOLDER.glob("*.ipynb"))
        if not names or any(path.name.startswith(name) for name in names)
    ]
    if not paths:
        print(__doc__)
        return 2
    for path in paths:
        print(path.name)
        renew(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
