"""Check a PlanProblem: shapes, numbers and names, all problems at once."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from geofleet.errors import GeofleetError, InputError, Problem
from geofleet.plan.model import KEEP, Depots, PlanProblem, Work

__all__ = ["PlanError", "check_objective", "check_problem"]

_FILE = "plan problem"
_SHOWN = 5
_UNIT_COLUMNS = ("vehicle_id", "operator_id", "operator_size")
_SAME = 1e-6


class PlanError(RuntimeError, GeofleetError):
    """A plan that breaks a bound, or a search that ended without one."""


def check_problem(problem: PlanProblem) -> None:
    """Refuse a problem that cannot be solved as it stands.

    Raises
    ------
    InputError
        Everything wrong: arrays of other lengths, unknown (NaN) numbers in listed choices, numbers
        of units, years, kinds and depots that do not exist, money below zero, names that are
        missing.
    """
    problems = [*_shapes(problem)]
    if not problems:
        problems = [*_choices(problem), *_money(problem), *_bounds(problem)]
        if problem.depots is not None:
            problems += _depots(problem.depots, problem.years)
        if problem.work is not None:
            problems += _work(problem, problem.work)
    if problems:
        raise InputError(problems)


def check_objective(problem: PlanProblem, objective: str) -> None:
    """Refuse an objective that is no measure of the problem."""
    if objective not in problem.measures:
        expected = "one of the measures " + ", ".join(problem.measures)
        raise InputError([Problem(_FILE, "objective", value=objective, expected=expected)])


def _shapes(problem: PlanProblem) -> Iterator[Problem]:
    count, units = len(problem.unit), len(problem.units)
    for name in ("unit", "year", "option", "spend", "plugs", "kind"):
        yield from _length(name, getattr(problem, name), count, "choices")
    for name, values in problem.measures.items():
        yield from _length(f"measures {name}", values, count, "choices")
    yield from _length("depot", problem.depot, units, "units")
    yield from _length("budget", problem.budget, problem.years, "years")
    for floor in problem.floors:
        yield from _length(f"floor {floor.name}", floor.members, units, "units")
    for column in _UNIT_COLUMNS:
        if column not in problem.units.columns:
            yield Problem(_FILE, "units", expected=f"a column {column}")
    if problem.years < 1:
        yield Problem(_FILE, "years", value=str(problem.years), expected="at least 1")


def _length(name: str, values: npt.NDArray[np.generic], count: int, of: str) -> Iterator[Problem]:
    shape = np.shape(values)
    if shape != (count,):
        yield Problem(_FILE, name, value=str(shape), expected=f"({count},), one for each of {of}")


def _rows(name: str, bad: npt.NDArray[np.bool_], values: object, expected: str) -> list[Problem]:
    """One problem for each of the first bad rows, and how many more there are."""
    places = np.flatnonzero(bad)
    found = [
        Problem(_FILE, name, int(place) + 1, str(np.asarray(values)[place]), expected)
        for place in places[:_SHOWN]
    ]
    if len(places) > _SHOWN:
        found.append(Problem(_FILE, name, value=f"{len(places)} rows", expected=expected))
    return found


def _choices(problem: PlanProblem) -> Iterator[Problem]:
    units, years = len(problem.units), problem.years
    unit, kind = problem.unit, problem.kind
    outside = (unit < 0) | (unit >= units)
    yield from _rows("unit", outside, unit, f"0 to {units - 1}")
    yield from _rows(
        "year", (problem.year < 0) | (problem.year >= years), problem.year, f"0 to {years - 1}"
    )
    kept = np.array([option == KEEP for option in problem.option], bool)
    yield from _rows("option", kept, problem.option, "an option other than keep")
    for name, values in problem.measures.items():
        yield from _rows(
            f"measures {name}", ~np.isfinite(values), values,
            "a finite number: what is unknown is not listed as a choice",
        )  # fmt: skip
    for name, values in (("spend", problem.spend), ("plugs", problem.plugs)):
        yield from _rows(name, ~(np.isfinite(values) & (values >= 0.0)), values, "at least 0")
    kinds = len(problem.depots.kinds) if problem.depots is not None else 0
    wanted = f"-1 to {kinds - 1}" if kinds else "-1, as there are no chargers to choose"
    yield from _rows("kind", (kind < -1) | (kind >= kinds), kind, wanted)
    depots = len(problem.depots.names) if problem.depots is not None else 0
    if problem.depots is not None:
        yield from _rows(
            "depot", (problem.depot < -1) | (problem.depot >= depots), problem.depot,
            f"-1 to {depots - 1}",
        )  # fmt: skip
        homeless = np.zeros(len(unit), bool)
        known = ~outside
        homeless[known] = (problem.depot[unit[known]] < 0) & (kind[known] >= 0)
        yield from _rows(
            "kind", homeless, kind, "-1 for a vehicle without a depot: it has no place for one"
        )


def _money(problem: PlanProblem) -> Iterator[Problem]:
    budget = np.asarray(problem.budget, np.float64)
    yield from _rows("budget", np.isnan(budget) | (budget < 0.0), budget, "at least 0")


def _bounds(problem: PlanProblem) -> Iterator[Problem]:
    for floor in problem.floors:
        if not 0.0 <= floor.share <= 1.0:
            yield Problem(
                _FILE, f"floor {floor.name}", value=f"{floor.share:g}",
                expected="a share from 0 to 1",
            )  # fmt: skip
    for limit in problem.limits:
        if limit.measure not in problem.measures:
            yield Problem(
                _FILE, "limits", value=limit.measure,
                expected="one of the measures " + ", ".join(problem.measures),
            )  # fmt: skip
        if math.isnan(limit.most) or math.isnan(limit.least) or limit.least > limit.most:
            yield Problem(
                _FILE, f"limit {limit.measure}", value=f"{limit.least:g} to {limit.most:g}",
                expected="two numbers, the first not above the second",
            )  # fmt: skip


def _depots(depots: Depots, years: int) -> Iterator[Problem]:
    yield from _length("spare_w", depots.spare_w, len(depots.names), "depots")
    series = [("step_cost", depots.step_cost), ("step_spend", depots.step_spend)]
    for kind in depots.kinds:
        series += [(f"{kind.name} cost", kind.cost), (f"{kind.name} spend", kind.spend)]
        yield from _single(f"{kind.name} power_w", kind.power_w)
        yield from _single(f"{kind.name} most", kind.most)
    for name, values in series:
        yield from _length(name, values, years, "years")
        yield from _rows(name, ~(np.isfinite(values) & (values >= 0.0)), values, "at least 0")
    spare = np.asarray(depots.spare_w, np.float64)
    yield from _rows("spare_w", ~(np.isfinite(spare) & (spare >= 0.0)), spare, "at least 0")
    yield from _single("step_w", depots.step_w)
    yield from _single("most_steps", depots.most_steps)


def _single(name: str, value: float) -> Iterator[Problem]:
    if not (math.isfinite(value) and value >= 0.0):
        yield Problem(_FILE, name, value=f"{value:g}", expected="a finite number of at least 0")


def _work(problem: PlanProblem, work: Work) -> Iterator[Problem]:
    count, units = len(problem.unit), len(problem.units)
    rows = len(work.duty)
    shaped = [
        *_length("work unit", work.unit, rows, "rows of work"),
        *_length("work option", work.option, rows, "rows of work"),
        *_length("work alone", work.alone, count, "choices"),
    ]
    for name in problem.measures:
        for part, what, length in (
            (work.measures, "rows of work", rows),
            (work.weights, "years", problem.years),
            (work.fixed, "choices", count),
        ):
            if name not in part:
                shaped.append(Problem(_FILE, "work", value=name, expected="each of the measures"))
            else:
                shaped += _length(f"work {name}", part[name], length, what)
    if shaped:
        yield from shaped
        return
    for label, numbers in (("work duty", work.duty), ("work unit", work.unit)):
        yield from _rows(label, (numbers < 0) | (numbers >= units), numbers, f"0 to {units - 1}")
    for name in problem.measures:
        for part in (work.measures, work.weights, work.fixed):
            values = part[name]
            yield from _rows(f"work {name}", ~np.isfinite(values), values, "a finite number")
    yield from _own_work(problem, work)


def _own_work(problem: PlanProblem, work: Work) -> Iterator[Problem]:
    """Each vehicle can do its own work: as it is at no gain, and as its choices say."""
    rows = list(zip(work.duty.tolist(), work.unit.tolist(), work.option.tolist(), strict=True))
    place = {row: number for number, row in enumerate(rows)}
    if len(place) < len(rows):
        yield Problem(_FILE, "work", value="rows that stand twice", expected="each once")
        return
    operator = problem.units["operator_id"].to_numpy()
    for number in sorted({*work.duty.tolist(), *work.unit.tolist()}):
        row = place.get((number, number, KEEP))
        name = str(problem.units["vehicle_id"].iloc[number])
        if row is None:
            yield Problem(_FILE, "work", value=name, expected="a row for its own work, kept")
        elif any(values[row] != 0.0 for values in work.measures.values()):
            yield Problem(_FILE, "work", value=name, expected="0 for its own work, kept")
    apart = operator[work.duty] != operator[work.unit]
    yield from _rows("work unit", apart, work.unit, "a vehicle of the duty's own operator")
    inside = set(work.unit.tolist())
    for choice in np.flatnonzero(work.alone).tolist():
        unit = int(problem.unit[choice])
        if unit not in inside:
            continue
        row = place.get((unit, unit, problem.option[choice]))
        if row is None:
            yield Problem(
                _FILE, "work", choice + 1, str(problem.option[choice]),
                "a row for its own work, or false in alone",
            )  # fmt: skip
            continue
        for name, values in problem.measures.items():
            yearly = float(work.weights[name][problem.year[choice] :].sum())
            own = float(work.fixed[name][choice]) + yearly * float(work.measures[name][row])
            if not math.isclose(own, values[choice], rel_tol=_SAME, abs_tol=_SAME):
                yield Problem(
                    _FILE, f"measures {name}", choice + 1, f"{values[choice]:g}",
                    f"{own:g}, the sum of its fixed part and of its own work",
                )  # fmt: skip
