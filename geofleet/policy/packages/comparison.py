"""Compare policy packages with a baseline, by whatever indicators an evaluation gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, TypeAlias

import pandas as pd

from geofleet.errors import InputError, Problem
from geofleet.policy.packages.levers import PolicyPackage
from geofleet.policy.packages.scenario import Scenario

__all__ = ["BASELINE", "Comparison", "Evaluate", "compare", "evaluated"]

Evaluate: TypeAlias = Callable[[Scenario], Mapping[str, float]]
"""Gives indicators of a scenario, with the unit in the name (``pm25_g``); NaN is unknown."""

BASELINE = "baseline"


@dataclass(frozen=True, eq=False)
class Comparison:
    """Policy packages beside a baseline.

    Parameters
    ----------
    indicators
        One row per package, the baseline first; one column per indicator.
    differences
        Packages less baseline, without the row of the baseline.
    packages
        The packages, as compared.
    scenarios
        By row of ``indicators`` the scenario behind it.
    """

    indicators: pd.DataFrame
    differences: pd.DataFrame
    packages: tuple[PolicyPackage, ...]
    scenarios: Mapping[str, Scenario]

    def relative(self) -> pd.DataFrame:
        """Return differences as shares of the baseline; NaN where that is zero."""
        base = self.indicators.loc[[BASELINE]].iloc[0]
        return self.differences.div(base.replace(0.0, float("nan")))

    def sources(self) -> pd.DataFrame:
        """Return the rules that each row stands on, with authority, reference and status.

        Rules whose switches or dates keep them out are not there. Columns ``package_id, levers``
        (joined by semicolons) and those of :meth:`~geofleet.policy.rules.RuleSet.sources`.
        """
        rows: list[dict[str, Any]] = []
        for package_id, scenario in self.scenarios.items():
            counting = {
                rule.key for rule in scenario.rule_set.active
                if any(rule.valid_on(date) for date in scenario.dates)
            }  # fmt: skip
            rows += [
                {"package_id": package_id, "levers": ";".join(scenario.levers), **source}
                for source in scenario.rule_set.sources()
                if f"{source['rule_id']}@{source['version']}" in counting
            ]
        return pd.DataFrame(rows)

    def notes(self) -> pd.DataFrame:
        """Return what levers did, and to how many vehicles: ``package_id, note``."""
        rows = [
            (package_id, note)
            for package_id, scenario in self.scenarios.items() for note in scenario.notes
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=["package_id", "note"])


def compare(
    baseline: Scenario,
    packages: Sequence[PolicyPackage],
    evaluate: Evaluate,
    *,
    executor: Executor | None = None,
) -> Comparison:
    """Evaluate a baseline and policy packages.

    Parameters
    ----------
    baseline
        Without any lever.
    packages
        Each with its own id.
    evaluate
        Indicators of a scenario. It must give the same ones for each.
    executor
        Where evaluations are done; here when not given. ``evaluate`` must then be picklable.

    Raises
    ------
    InputError
        Packages of one id or that are called ``baseline``; levers that do not stand on the
        baseline or contradict each other, those of all packages at once.
    ValueError
        Evaluations whose indicators differ.
    """
    problems: list[Problem] = []
    scenarios = {BASELINE: baseline}
    seen = {BASELINE}
    for package in packages:
        if package.package_id in seen:
            expected = "a name of its own for each package"
            problems.append(Problem("packages", "package_id", 0, package.package_id, expected))
            continue
        seen.add(package.package_id)
        try:
            scenarios[package.package_id] = package.apply(baseline)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(dict.fromkeys(problems))
    found = evaluated(list(scenarios.values()), evaluate, executor=executor)
    indicators = pd.DataFrame(found, index=pd.Index(list(scenarios), name="package_id"))
    differences = indicators.drop(index=BASELINE) - indicators.loc[BASELINE]
    return Comparison(indicators, differences, tuple(packages), scenarios)


def evaluated(
    scenarios: Sequence[Scenario], evaluate: Evaluate, *, executor: Executor | None = None
) -> list[dict[str, float]]:
    """Return the indicators of scenarios, in one order.

    Raises
    ------
    ValueError
        Evaluations whose indicators differ.
    """
    results = executor.map(evaluate, scenarios) if executor else map(evaluate, scenarios)
    found: list[dict[str, float]] = []
    for result in results:
        row = {str(name): float(value) for name, value in result.items()}
        if found and set(row) != set(found[0]):
            apart = ", ".join(sorted(set(row) ^ set(found[0])))
            raise ValueError(
                f"every evaluation must give the same indicators; not all give {apart}"
            )
        found.append({name: row[name] for name in (found[0] if found else row)})
    return found
