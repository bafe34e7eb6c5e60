"""The matching: which truck goes to whom, as much avoided as public money can buy, with proof."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

__all__ = ["match"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_FOUND = (0, 1)
_TRIES = 5
_ROUNDING = 1e-12
_FORGIVEN = 1e-6


def match(
    donor: Ints,
    receiver: Ints,
    value: Floats,
    money: Floats,
    *,
    supply: Floats,
    demand: Floats,
    budget: float,
    gap: float,
    seconds: float,
) -> tuple[Floats, float]:
    """Return how many chains of each pair are taken, and a proven bound of their value.

    Maximises Σ value × chains with Σ of a donor's chains ≤ its trucks, Σ of a receiver's ≤ its
    trucks and Σ money × chains ≤ budget: an assignment with a budget, solved by HiGHS. Chains are
    whole where the trucks of all groups are; fractions of a truck, as shares of a city give them,
    stay fractions.

    Parameters
    ----------
    donor, receiver
        Of each pair (pairs,), places in ``supply`` and ``demand``.
    value, money
        Of one chain (pairs,), value above zero.
    budget
        May be infinite.

    Raises
    ------
    RuntimeError
        No answer within the seconds, or none that keeps the budget.
    """
    if not len(value):
        return np.zeros(0), 0.0
    pairs = np.arange(len(value))
    ones = np.ones(len(value))
    rows = [
        sparse.csr_array((ones, (donor, pairs)), shape=(len(supply), len(value))),
        sparse.csr_array((ones, (receiver, pairs)), shape=(len(demand), len(value))),
    ]
    most = [supply, demand]
    # scaled, so that the tolerances of the solver are far below a unit of money
    scale = max(float(money.max()), 1.0)
    if np.isfinite(budget):
        rows.append(sparse.csr_array((money / scale)[None, :]))
        most.append(np.array([budget / scale]))
    whole = bool((supply == np.floor(supply)).all() and (demand == np.floor(demand)).all())
    unit = float(value.max())
    bound = np.inf
    for _ in range(_TRIES):
        found = milp(
            -value / unit,
            constraints=LinearConstraint(sparse.vstack(rows), -np.inf, np.concatenate(most)),
            bounds=Bounds(0.0, np.minimum(supply[donor], demand[receiver])),
            integrality=np.full(len(value), int(whole)),
            options={"mip_rel_gap": gap, "time_limit": seconds},
        )
        if found.status not in _FOUND or found.x is None:
            raise RuntimeError(f"no matching found: {found.message}")
        if np.isinf(bound):
            dual = getattr(found, "mip_dual_bound", None) if whole else None
            bound = -float(found.fun if dual is None else dual) * unit
        chains: Floats = np.maximum(np.round(found.x) if whole else found.x, 0.0)
        total = float(chains @ money)
        if not whole and total > budget:
            chains = chains * (budget / total)
        if not whole or total <= budget * (1.0 + _ROUNDING):
            return chains, max(bound, float(chains @ value))
        # the solver forgives a little: ask again for less, so that the budget is kept
        most[-1] = most[-1] - 2.0 * (total - budget) / scale - _FORGIVEN
    raise RuntimeError("no matching found that keeps the budget")
