"""How much each lever contributes to what a policy package does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.policy.packages import games
from geofleet.policy.packages.comparison import Evaluate, evaluated
from geofleet.policy.packages.levers import PolicyPackage
from geofleet.policy.packages.scenario import Scenario

__all__ = ["Contributions", "Known", "Method", "contributions", "interactions"]

Method = Literal["shapley", "one_at_a_time", "last_in"]
Known: TypeAlias = Mapping[frozenset[str], Mapping[str, float]]
"""Indicators by the set of levers taken."""

_TABLE = "policy_packages"
_FEWEST = 4
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Contributions:
    """What the levers of a package contribute to its difference from the baseline.

    For every indicator ``levers`` (summed over the levers) plus ``remainder`` is ``total``.

    Parameters
    ----------
    package_id, method
        Of which package, and how.
    levers
        One row per lever, in the order of their ids; one column per indicator.
    remainder
        What the levers do together and not one by one: the interaction of ``one_at_a_time`` and
        ``last_in``. Of ``shapley``, which shares it out, nothing but rounding.
    total
        Package less baseline.
    standard_error
        Of each entry of ``levers`` where orders were drawn; None where it is exact.
    orders
        Orders of joining drawn; 0 where none was.
    coalitions
        The indicators of every set of levers that was evaluated, the baseline's among them; hand
        it to another method as ``known``.
    provenance
        Default rows used.
    """

    package_id: str
    method: Method
    levers: pd.DataFrame
    remainder: pd.Series
    total: pd.Series
    standard_error: pd.DataFrame | None
    orders: int
    coalitions: Known
    provenance: tuple[str, ...] = ()

    def table(self) -> pd.DataFrame:
        """Return levers, remainder and total in one table: rows by ``part`` and ``lever_id``.

        The remainder is called ``rounding`` of Shapley values and ``interaction`` otherwise.
        """
        name = "rounding" if self.method == "shapley" else "interaction"
        parts = {("lever", lever): row for lever, row in self.levers.iterrows()}
        rows = {**parts, (name, ""): self.remainder, ("total", ""): self.total}
        index = pd.MultiIndex.from_tuples(list(rows), names=["part", "lever_id"])
        return pd.DataFrame([row.to_numpy() for row in rows.values()], index, self.levers.columns)


def contributions(
    baseline: Scenario,
    package: PolicyPackage,
    evaluate: Evaluate,
    *,
    method: Method = "shapley",
    samples: int | None = None,
    seed: int | None = None,
    known: Known | None = None,
    executor: Executor | None = None,
    defaults: Defaults | None = None,
) -> Contributions:
    """Share out what a package does among its levers.

    ``shapley``: the mean, over all orders in which levers could be taken one after the other, of
    what each adds when its turn comes. It adds up to the whole difference; levers that do the same
    get the same; one that does nothing in any company gets nothing. ``one_at_a_time``: each lever
    alone against the baseline. ``last_in``: the package against the package without the lever. The
    latter two do not add up; what is left is the interaction.

    Parameters
    ----------
    baseline
        Without the levers.
    package
        Levers that do not contradict each other.
    evaluate
        Indicators of a scenario. Each set of levers is evaluated once.
    samples
        Orders to draw for Shapley values, in pairs of an order and its reverse: an even number of
        at least four. When not given they are exact up to ``policy_packages:exact_levers_max``
        levers; beyond, ``policy_packages:sampled_orders`` orders are drawn.
    seed
        Of the drawing; must be given where orders are drawn.
    known
        Sets of levers evaluated before, of the same baseline, package and evaluation.
    executor
        Where evaluations are done; here when not given.

    Raises
    ------
    InputError
        Levers that do not stand on the baseline or contradict each other, before any evaluation.
    ValueError
        A method that does not exist, samples that are no even number of at least four or asked of
        another method, no seed where orders are drawn, indicators that differ.

    References
    ----------
    Shapley, L. S. (1953): A value for n-person games. Contributions to the Theory of Games II.
    """
    scope = (defaults or Defaults()).scope()
    if method not in get_args(Method):
        raise ValueError(f"no method {method!r}; there are {', '.join(get_args(Method))}")
    count = len(package.levers)
    orders = _orders(count, method, samples, seed, scope)
    package.check(baseline)
    coalitions = _Coalitions(baseline, package, evaluate, executor, dict(known or {}))
    whole = (1 << count) - 1
    error: Floats | None = None
    if method == "shapley" and orders:
        assert seed is not None  # _orders says it before
        drawn = games.antithetic_permutations(count, pairs=orders // 2, seed=seed)
        rows = coalitions.rows({0, whole, *games.masks_of(drawn).ravel().tolist()})
        shares, error = games.sampled_shapley(rows, drawn)
    elif method == "shapley":
        rows = coalitions.rows(range(1 << count))
        shares = games.shapley_values(np.stack([rows[mask] for mask in range(1 << count)]))
    else:
        single = [1 << lever for lever in range(count)]
        if method == "one_at_a_time":
            rows = coalitions.rows([0, whole, *single])
            gains = [rows[mask] - rows[0] for mask in single]
        else:
            rows = coalitions.rows([0, whole, *(whole ^ mask for mask in single)])
            gains = [rows[whole] - rows[whole ^ mask] for mask in single]
        shares = np.array(gains).reshape(count, len(rows[0]))
    names = coalitions.indicators
    index = pd.Index(package.lever_ids, name="lever_id", dtype=object)
    levers = pd.DataFrame(shares, index, names)
    total = pd.Series(rows[whole] - rows[0], names)
    return Contributions(
        package.package_id, method, levers, total - levers.sum(skipna=False), total,
        None if error is None else pd.DataFrame(error, index, names), orders,
        coalitions.known, scope.used,
    )  # fmt: skip


def interactions(
    baseline: Scenario,
    package: PolicyPackage,
    evaluate: Evaluate,
    *,
    known: Known | None = None,
    executor: Executor | None = None,
    defaults: Defaults | None = None,
) -> pd.DataFrame:
    """Return by pair of levers how much more or less they do together than apart.

    Shapley's interaction index: of quantities that a package lowers, above zero says that two
    levers do the same work twice, below zero that one helps the other.

    Returns
    -------
    pandas.DataFrame
        ``lever_id, other_lever_id`` and one column per indicator; every pair once.

    Raises
    ------
    InputError
        As :func:`contributions`.
    ValueError
        More levers than ``policy_packages:exact_levers_max``.
    """
    scope = (defaults or Defaults()).scope()
    limit = int(scope.number(_TABLE, "exact_levers_max"))
    count = len(package.levers)
    if count > limit:
        raise ValueError(f"interactions of at most {limit} levers, not {count}")
    package.check(baseline)
    coalitions = _Coalitions(baseline, package, evaluate, executor, dict(known or {}))
    rows = coalitions.rows(range(1 << count))
    index = games.interaction_index(np.stack([rows[mask] for mask in range(1 << count)]))
    ids = package.lever_ids
    pairs = [(one, other) for one in range(count) for other in range(one + 1, count)]
    frame = pd.DataFrame(
        np.array([index[pair] for pair in pairs]).reshape(len(pairs), len(coalitions.indicators)),
        columns=coalitions.indicators,
    )
    frame.insert(0, "lever_id", [ids[one] for one, _ in pairs])
    frame.insert(1, "other_lever_id", [ids[other] for _, other in pairs])
    return frame


def _orders(
    count: int, method: Method, samples: int | None, seed: int | None, defaults: Defaults
) -> int:
    """Return how many orders to draw, 0 for none."""
    if method != "shapley":
        if samples is not None:
            raise ValueError(f"method {method} draws no samples")
        return 0
    if samples is None:
        if count <= defaults.number(_TABLE, "exact_levers_max"):
            return 0
        samples = int(defaults.number(_TABLE, "sampled_orders"))
    if samples < _FEWEST or samples % 2:
        raise ValueError(f"samples: an even number of at least {_FEWEST}, not {samples}")
    if seed is None:
        raise ValueError("seed: a number, where orders are drawn")
    return samples


class _Coalitions:
    """Evaluates sets of levers, each once."""

    def __init__(
        self,
        baseline: Scenario,
        package: PolicyPackage,
        evaluate: Evaluate,
        executor: Executor | None,
        known: dict[frozenset[str], Mapping[str, float]],
    ) -> None:
        self.baseline, self.package = baseline, package
        self.evaluate, self.executor = evaluate, executor
        self.known = known

    @property
    def indicators(self) -> list[str]:
        """Names, in the order of the first evaluation."""
        return list(next(iter(self.known.values())))

    def rows(self, masks: Iterable[int]) -> dict[int, Floats]:
        """Return the indicators of sets of levers, by bit mask in the order of lever ids."""
        ids = self.package.lever_ids
        wanted = {
            mask: frozenset(name for place, name in enumerate(ids) if mask >> place & 1)
            for mask in sorted(set(masks))
        }
        new = [levers for levers in wanted.values() if levers not in self.known]
        scenarios = [self.package.coalition(self.baseline, levers) for levers in new]
        found = evaluated(scenarios, self.evaluate, executor=self.executor)
        self.known.update(zip(new, found, strict=True))
        names = self.indicators
        for row in (self.known[levers] for levers in wanted.values()):
            if set(row) != set(names):
                apart = ", ".join(sorted(set(row) ^ set(names)))
                raise ValueError(f"known evaluations give other indicators: {apart}")
        return {
            mask: np.array([self.known[levers][name] for name in names], np.float64)
            for mask, levers in wanted.items()
        }
