"""One route by hand, compiled and not; what happens without the solver."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from geofleet.errors import MissingExtraError
from geofleet.redesign import _kernels, redesign_routes


@pytest.mark.parametrize("compiled", [True, False])
def test_one_route_by_hand(compiled):
    """Out with 100 kg up a hill, a wait, half an hour of service, back light and downhill."""
    replay = _kernels.replay if compiled else _kernels.replay.py_func
    time = np.array([[0.0, 600.0], [900.0, 0.0]])
    length = np.array([[0.0, 5000.0], [5000.0, 0.0]])
    # 2,000 Wh out with an empty van, 3,000 with 200 kg; 500 Wh back, gaining 300 at the end
    total = np.array([[[0.0, 0.0], [2000.0, 3000.0]], [[500.0, 700.0], [0.0, 0.0]]])
    need = np.array([[[0.0, 0.0], [2000.0, 3000.0]], [[800.0, 900.0], [0.0, 0.0]]])
    spare = np.array([[[0.0, 0.0], [2000.0, 3000.0]], [[500.0, 700.0], [0.0, 0.0]]])
    opens = np.array([-np.inf, 30_000.0, -np.inf])
    closes = np.array([np.inf, 31_000.0, 40_000.0])
    stops, totals = replay(
        np.array([0, 1, 0]), np.array([0.0, 100.0, 0.0]), np.zeros(3),
        np.array([0.0, 1800.0, 0.0]), opens, closes, np.zeros(3), time, length, total, need, spare,
        need, np.array([0.0, 200.0]), 150.0, 10_000.0, 4_000.0, 500.0, 0.1, 28_800.0, False,
    )  # fmt: skip
    # leaves 600 s before the window opens instead of waiting
    assert stops[:, _kernels.ARRIVE].tolist() == [29_400.0, 30_000.0, 32_700.0]
    assert totals[_kernels.WAITING] == 0.0
    assert totals[_kernels.DURATION] == 600.0 + 1800.0 + 900.0
    assert totals[_kernels.LATE] == 0.0
    assert stops[:, _kernels.LOAD].tolist() == [100.0, 0.0, 0.0]
    # 4,000 less 2,500 at 100 kg less 180 standing; the way back needs 800 on the way
    assert stops[:, _kernels.CHARGE].tolist() == [4000.0, 1320.0, 820.0]
    assert totals[_kernels.LOWEST] == 1320.0 - 800.0 - 500.0
    assert totals[_kernels.SHORT] == 0.0
    assert totals[_kernels.ENERGY] == 3180.0
    assert totals[_kernels.LENGTH] == 10_000.0


def test_without_the_solver_the_extra_is_named(random_task, monkeypatch):
    task, _ = random_task(1)
    monkeypatch.setitem(sys.modules, "pyvrp", None)
    with pytest.raises(MissingExtraError, match=r"geofleet\[redesign\]"):
        redesign_routes(task, date="2024-05-14", iterations=1)
