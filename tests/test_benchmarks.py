"""Benchmarks run; what they measure is not tested."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_the_benchmark_of_emissions_runs(repository: Path) -> None:
    """A small city: kernel, NumPy beside it, flows of a fleet, traversals."""
    command = [sys.executable, "benchmarks/emissions.py", "--links", "200", "--classes", "4"]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "numpy_over_kernel" in done.stdout


def test_the_benchmark_of_prices_runs(repository: Path) -> None:
    """A small grid: one price and the whole frontier, equal to networkx."""
    command = [sys.executable, "benchmarks/pricing.py", "--side", "12", "--pairs", "2"]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "networkx_over_least" in done.stdout


def test_the_benchmark_of_exposure_runs(repository: Path) -> None:
    """A small town: stages, look-ups equal to NumPy's, the sum over weather rows beside them."""
    command = [sys.executable, "benchmarks/exposure.py", "--links", "200", "--receptors", "600"]
    command += ["--rows-per-hour", "2"]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "times_numpy" in done.stdout
