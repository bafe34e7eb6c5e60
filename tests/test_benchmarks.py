"""Benchmarks run; what they measure is not tested."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


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


def test_the_benchmark_of_the_trace_runs(repository: Path) -> None:
    """Two short cycles: kernel and NumPy beside it, second by second."""
    command = [sys.executable, "benchmarks/energy_trace.py", "--cycles", "2", "--stops", "4"]
    command += ["--conditions", "3"]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "kernel_over_numpy" in done.stdout


def test_the_benchmark_of_links_runs(repository: Path) -> None:
    """A few days of ten links: the kernel equals its NumPy twin before it is timed."""
    command = [sys.executable, "benchmarks/energy.py", "--days", "3", "--links", "10"]
    command += ["--conditions", "4", "--repeats", "1"]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "times_numpy" in done.stdout


def test_the_benchmark_of_charging_runs(repository: Path) -> None:
    """A few seeded routes, some of them feasible."""
    command = [sys.executable, "benchmarks/charging.py", "--routes", "2", "--json"]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert 0 < found["feasible"] < found["routes"]


def test_the_benchmark_of_redesign_runs(repository: Path, tiny_study: Path) -> None:
    """The days of a tiny study in another order."""
    pytest.importorskip("pyvrp")
    command = [sys.executable, "benchmarks/redesign.py", str(tiny_study)]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "2 days" in done.stdout


def test_the_benchmark_of_energy_runs(repository: Path) -> None:
    """A few days: links equal to NumPy's, then whole verdicts."""
    command = [sys.executable, "benchmarks/energy.py", "--days", "2", "--links", "40"]
    command += ["--conditions", "32", "--repeats", "1"]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "times_numpy" in done.stdout


@pytest.mark.parametrize("pack", ["mexico", "colombia"])
def test_the_benchmark_of_rules_runs(repository: Path, pack: str) -> None:
    """Few trucks and days of a pack: every answer equals that of the plain evaluator."""
    command = [sys.executable, "benchmarks/policy_year.py", "--vehicles", "60", "--days", "9"]
    command += ["--sample", "50", "--pack", pack]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["equal_share"] == 1.0


def test_the_benchmark_of_ledgers_runs(repository: Path) -> None:
    """A few cases: totals equal the explained ledgers before they are timed."""
    command = [sys.executable, "benchmarks/ledgers.py", "--cases", "500", "--sample", "3"]
    command += ["--vehicles", "20"]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_benchmark_of_ranking_runs(repository: Path) -> None:
    """A small city: ranked, and the sample equal to a plain loop."""
    command = [sys.executable, "benchmarks/ranking.py", "--vehicles", "300", "--sample", "20"]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
