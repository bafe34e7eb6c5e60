"""From which points on a phase is called for, by the programme that was in force."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.policy.contingency.index import POLLUTANTS, TABLE

__all__ = ["PhaseLimit", "grave", "limits_on", "phase_limits", "phase_of", "phase_order"]

PARTICLES = ("pm10", "pm25")
_JOINED = "_"  # in names of rows, where phases have a space


@dataclass(frozen=True, slots=True)
class PhaseLimit:
    """Points above which a phase is called for.

    Parameters
    ----------
    version
        Year of the programme.
    phase
        ``preventiva``, ``I``, ``II``, ``I combinada``, ``II combinada``.
    above
        By pollutant the points that must be exceeded. Of a combined phase ozone and at least one
        of the particles must be, of another phase any one.
    valid_from, valid_to
        First and last day of the programme, None where it is open.
    statuses
        How well each number is known.
    """

    version: str
    phase: str
    above: Mapping[str, float]
    valid_from: datetime.date
    valid_to: datetime.date | None
    statuses: Mapping[str, str]

    @property
    def combined(self) -> bool:
        """Whether several pollutants must come together."""
        return self.phase.endswith("combinada")

    @property
    def status(self) -> str:
        """The least certain of its numbers' statuses."""
        order = ("verified", "derived", "memory", "illustrative", "user")
        return max(self.statuses.values(), key=order.index)

    def valid_on(self, date: datetime.date) -> bool:
        """Whether the programme was in force."""
        return self.valid_from <= date and (self.valid_to is None or date <= self.valid_to)

    def exceeded(self, points: Mapping[str, float]) -> tuple[str, ...]:
        """Return the pollutants that call for the phase; unknown ones (NaN) do not."""
        over = tuple(
            name for name, limit in self.above.items() if points.get(name, float("nan")) > limit
        )
        if not self.combined:
            return over
        return over if "o3" in over and any(name in over for name in PARTICLES) else ()


def phase_limits(*, defaults: Defaults | None = None) -> tuple[PhaseLimit, ...]:
    """Return the limits of every programme, oldest first.

    Points are those of the index, rounded to whole ones; a limit is exceeded by more points than
    it. Combined phases are less certain than the others, see ``status``.

    Raises
    ------
    InputError
        A day in the table that is none.
    """
    scope = (defaults or Defaults()).scope()
    names = list(scope.values(TABLE))
    versions = [name.split(".")[1] for name in names if name.startswith("version.")]
    starts = {version: _day(scope, f"version.{version}.valid_from") for version in versions}
    ordered = sorted(starts, key=lambda version: starts[version])
    found = []
    for place, version in enumerate(ordered):
        following = ordered[place + 1 : place + 2]
        last = starts[following[0]] - datetime.timedelta(days=1) if following else None
        rows: dict[str, dict[str, str]] = {}
        for name in names:
            parts = name.split(".")
            if parts[0] == "phase" and parts[1] == version:
                rows.setdefault(parts[2], {})[parts[3]] = name
        for phase, limits in rows.items():
            statuses = {row: str(scope.table(TABLE).loc[row, "status"]) for row in limits.values()}
            found.append(
                PhaseLimit(
                    version, phase.replace(_JOINED, " "),
                    {name: scope.number(TABLE, row) for name, row in limits.items()},
                    starts[version], last, statuses,
                )
            )  # fmt: skip
    return tuple(found)


def _day(defaults: Defaults, row: str) -> datetime.date:
    text = defaults.text(TABLE, row)
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        expected = "a date like 2016-04-06"
        raise InputError([Problem("defaults", f"{TABLE}:{row}", 0, text, expected)]) from None


def index_valid_from(defaults: Defaults) -> datetime.date:
    """Return the first day on which the bands of the index hold."""
    return _day(defaults, "index.valid_from")


def phase_order(defaults: Defaults) -> tuple[str, ...]:
    """Return the phases from the least to the gravest."""
    return tuple(part.strip() for part in defaults.text(TABLE, "phases.order").split(";"))


def limits_on(limits: Sequence[PhaseLimit], date: datetime.date) -> tuple[PhaseLimit, ...]:
    """Return the limits of the programme in force on a day."""
    return tuple(limit for limit in limits if limit.valid_on(date))


def grave(phases: Sequence[str], order: Sequence[str]) -> str:
    """Return the gravest of several phases, empty where there is none."""
    return max(phases, key=order.index, default="")


def phase_of(
    points: Mapping[str, float],
    date: datetime.date,
    *,
    preventive: bool = False,
    defaults: Defaults | None = None,
) -> str:
    """Return the gravest phase that points of the index call for.

    Parameters
    ----------
    points
        Whole points by pollutant (``o3``, ``pm10``, ``pm25``); one that is missing or NaN calls
        for nothing.
    date
        Which programme is asked.
    preventive
        Count the preventive phase, which is declared on a forecast, too.

    Returns
    -------
    str
        ``preventiva``, ``I combinada``, ``I``, ``II combinada``, ``II``, or empty: none.

    Raises
    ------
    InputError
        No programme is known for the date; no such pollutant.
    """
    scope = (defaults or Defaults()).scope()
    wrong = [name for name in points if name not in POLLUTANTS]
    problems = [Problem("points", name, 0, "", "one of " + ", ".join(POLLUTANTS)) for name in wrong]
    limits = limits_on(phase_limits(defaults=scope), date)
    if not limits:
        expected = f"a date on which a programme of table {TABLE} was in force"
        problems.append(Problem("points", "date", 0, str(date), expected))
    if problems:
        raise InputError(problems)
    called = [limit.phase for limit in limits if limit.exceeded(points)]
    if not preventive:
        called = [phase for phase in called if phase != "preventiva"]
    return grave(called, phase_order(scope))
