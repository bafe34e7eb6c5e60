"""The benchmark of line sources runs; what it measures is not tested."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def test_the_benchmark_of_dispersion_runs(repository: Path) -> None:
    """A small town: three levels, NumPy and the reference beside them, agreeing."""
    command = [sys.executable, "benchmarks/dispersion.py", "--links", "20", "--receptors", "24",
               "--rows", "2", "--json"]  # fmt: skip
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["finest_error_p99"] < 1e-4
    assert figures["coarse_error_p99"] < 5e-3
    assert {"numpy_per_s", "reference_per_s", "slope_links", "slope_rows"} <= set(figures)
