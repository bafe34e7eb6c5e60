"""Days on which measured air quality called for a contingency, and days nobody can tell."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.errors import InputError, Problem
from geofleet.policy.contingency.air import Air, Floats, days_of, moving_mean, read_air
from geofleet.policy.contingency.index import TABLE, UNITS, Bands, bands_of
from geofleet.policy.contingency.phases import (
    PhaseLimit,
    grave,
    index_valid_from,
    limits_on,
    phase_limits,
    phase_order,
)
from geofleet.policy.rules.events import Event

__all__ = ["BELOW", "EXCEEDED", "NOT_COVERED", "UNKNOWN", "Detection", "detect"]

EXCEEDED, BELOW, UNKNOWN, NOT_COVERED = "exceeded", "below", "unknown", "not covered"
_PREVENTIVE = "preventiva"
_DECIMALS = 6


@dataclass(frozen=True, eq=False)
class Detection:
    """What hourly measurements say of each day.

    Parameters
    ----------
    days
        One row per day and pollutant:

        - ``date``: local day (``datetime.date``); ``pollutant``
        - ``status``: ``exceeded``; ``below``; ``unknown``: too little was measured to say that
          nothing happened; ``not covered``: the programme of the day has no phase for it
        - ``phase``: gravest that the pollutant alone calls for, empty where none
        - ``value``, ``unit``: highest mean of the day (1 h or 24 h), NaN where none
        - ``points``: its points of the index, NaN where none
        - ``station``, ``hour_end``: where and when (end of the hour) it was reached first
        - ``first_hour_end``: end of the first hour that called for a phase
        - ``version``, ``rule_status``: programme, and how well its numbers are known
        - ``stations``, ``stations_known``: that measured the day, and that the table has
        - ``measures_on``: day on which measures hold, where a phase is called for
    calendar
        One row per day: ``date, status, phase, pollutants`` (joined by ``; ``), ``version,
        rule_status, measures_on``. Here combined phases count too.
    timezone
        Whose calendar days.
    order
        Phases from the least to the gravest.
    provenance
        Default rows used.
    """

    days: pd.DataFrame
    calendar: pd.DataFrame
    timezone: str
    order: tuple[str, ...]
    provenance: tuple[str, ...] = ()

    def events(self, *, kind: str = "contingencia", area: str = "") -> tuple[Event, ...]:
        """Return an event for each day on which measures hold.

        Nothing is announced of digits and colours: a bulletin does that, and rules that ask for
        them answer that they do not know.
        """
        found: dict[datetime.date, Event] = {}
        for row in self.called.to_dict("records"):
            day = row["measures_on"]
            found[day] = Event(
                kind, row["phase"], (day,), area=area,
                pollutants=tuple(row["pollutants"].split("; ")),
                source=f"measured on {row['date']}",
            )  # fmt: skip
        return tuple(found.values())

    @property
    def called(self) -> pd.DataFrame:
        """Rows of ``calendar`` with a phase."""
        return self.calendar[self.calendar["status"] == EXCEEDED]

    def episodes(self) -> pd.DataFrame:
        """Return days with a phase that follow each other, joined.

        Columns ``first, last, days, phase`` (the gravest of them) and ``pollutants``.
        """
        rows: list[dict[str, Any]] = []
        for row in self.called.to_dict("records"):
            date, pollutants = row["date"], row["pollutants"].split("; ")
            if rows and (date - rows[-1]["last"]).days == 1:
                old = rows[-1]
                old["last"], old["days"] = date, old["days"] + 1
                old["phase"] = grave((old["phase"], row["phase"]), self.order)
                old["pollutants"] = sorted({*old["pollutants"], *pollutants})
            else:
                rows.append({"first": date, "last": date, "days": 1, "phase": row["phase"],
                             "pollutants": pollutants})  # fmt: skip
        frame = pd.DataFrame(rows, columns=["first", "last", "days", "phase", "pollutants"])
        frame["pollutants"] = ["; ".join(names) for names in frame["pollutants"]]
        return frame


def detect(
    air: pd.DataFrame,
    *,
    timezone: str,
    clock: str = "",
    phases: Sequence[str] = (),
    defaults: Defaults | None = None,
) -> Detection:
    """Find the days on which measurements call for a phase of a contingency.

    Ozone counts by the mean of each hour, particles by the mean of each hour and the 23 before
    it, of which three quarters must be there. One station over the limit at one hour is enough.
    That none was can only be said where enough stations (table ``contingency``, rows
    ``completeness``) measured most of the day: otherwise the day is ``unknown``. Limits
    are those of the programme in force on the day (:func:`phase_limits`). An hour belongs to the
    day on which it begins; measures hold on the day after, since what is measured in an afternoon
    is announced then.

    What an authority then does is not in the numbers: it may wait, look at forecasts, or keep
    measures up for days without any hour above the limit.

    Parameters
    ----------
    air
        Hourly table as :func:`~geofleet.policy.contingency.air.read_air` describes it: ``time``
        or ``end_local`` (end of hour), ``station``, ``O3`` (ppb), ``PM10``, ``PM25`` (µg/m3).
    timezone
        IANA name of the place.
    clock
        Clock of times without zone, where it is not the place's.
    phases
        Phases to look for; all but the preventive one, which is declared on a forecast, when
        empty.

    Raises
    ------
    InputError
        All that is wrong with the table, or with rows of the default table.
    """
    scope = (defaults or Defaults()).scope()
    table = read_air(air, timezone=timezone, clock=clock)
    shares = _shares(scope)
    limits = phase_limits(defaults=scope)
    order = phase_order(scope)
    if strange := [phase for phase in phases if phase not in order]:
        expected = "one of " + ", ".join(order)
        raise InputError(Problem("detect", "phases", 0, str(name), expected) for name in strange)
    wanted = tuple(phases) or tuple(phase for phase in order if phase != _PREVENTIVE)
    limits = tuple(limit for limit in limits if limit.phase in wanted)
    index_from = index_valid_from(scope)
    day = days_of(table.starts)
    by_pollutant = {
        name: _by_day(name, table, values, day, shares, scope)
        for name, values in table.values.items()
    }
    lag = datetime.timedelta(days=int(scope.number(TABLE, "measures.lag_days")))
    rows, calendar = [], []
    for place, number in enumerate(range(int(day[0]), int(day[-1]) + 1)):
        date = datetime.date.fromordinal(number)
        found = limits_on(limits, date) if date >= index_from else ()
        mine = [
            _judged(name, facts, place, date, found, order, table, known=bool(found))
            for name, facts in by_pollutant.items()
        ]
        rows += mine
        calendar.append(_of_day(date, mine, found, order))
    for row in (*rows, *calendar):
        row["measures_on"] = row["date"] + lag if row["status"] == EXCEEDED else None
    return Detection(pd.DataFrame(rows), pd.DataFrame(calendar), timezone, order, scope.used)


def _shares(scope: Defaults) -> dict[str, float]:
    rows = CheckedRows(scope)
    found = {
        name: rows.number(TABLE, f"completeness.{name}", 0.0, 1.0, "a share above 0 and up to 1",
                          above=True)
        for name in ("mean", "day", "stations")
    }  # fmt: skip
    rows.number(TABLE, "measures.lag_days", 0.0, 7.0, "days from 0 to 7")
    rows.finish()
    return found


@dataclass(frozen=True, eq=False)
class _Days:
    """Highest means by day of one pollutant, and each hour's points."""

    bands: Bands
    highest: Floats  # by day
    where: npt.NDArray[np.int64]  # position in hours × stations of the highest, -1 none
    hours: tuple[tuple[int, int], ...]  # first row and row after the last of each day
    points: Floats  # highest of any station by hour
    enough: npt.NDArray[np.bool_]
    measured: npt.NDArray[np.int64]
    known: int


def _by_day(
    name: str,
    table: Air,
    values: Floats,
    day: npt.NDArray[np.int64],
    shares: Mapping[str, float],
    scope: Defaults,
) -> _Days:
    hours = int(scope.number(TABLE, f"index.{name}.mean_hours"))
    means = moving_mean(values, hours=hours, completeness=shares["mean"])
    bands = bands_of(name, scope)
    count = int(day[-1] - day[0]) + 1
    edges = np.searchsorted(day, np.arange(day[0], day[-1] + 2))
    spans = tuple(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))
    known = int((~np.isnan(values)).any(axis=0).sum())
    highest, where = np.full(count, np.nan), np.full(count, -1, np.int64)
    measured = np.zeros(count, np.int64)
    lengths = _hours_in(table, day)
    for place, (first, last) in enumerate(spans):
        part = means[first:last]
        valid = ~np.isnan(part)
        if valid.any():
            spot = int(np.nanargmax(np.round(part, _DECIMALS)))
            highest[place] = part.ravel()[spot]
            where[place] = first * means.shape[1] + spot
        needed = np.ceil(np.round(shares["day"] * lengths[place], 9))
        measured[place] = int((valid.sum(axis=0) >= needed).sum())
    enough = measured >= max(1.0, np.ceil(np.round(shares["stations"] * known, 9)))
    top = np.where(np.isnan(means), -np.inf, means).max(axis=1)
    points = np.full(len(top), np.nan)
    there = np.isfinite(top)
    points[there] = np.floor(np.round(bands.points(top[there]), _DECIMALS) + 0.5)
    return _Days(bands, highest, where, spans, points, enough, measured, known)


def _hours_in(table: Air, day: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the hours of each day, measured or not: 23 or 25 where the clock is moved."""
    zone = table.starts.tz
    dates = [datetime.date.fromordinal(n) for n in range(int(day[0]), int(day[-1]) + 2)]
    midnights = pd.DatetimeIndex([pd.Timestamp(date) for date in dates]).tz_localize(
        zone, ambiguous=np.ones(len(dates), bool), nonexistent="shift_forward"
    )
    instants = midnights.tz_convert("UTC").tz_localize(None).to_numpy()
    return (np.diff(instants) / np.timedelta64(1, "h")).round().astype(np.int64)


def _judged(
    name: str,
    facts: _Days,
    place: int,
    date: datetime.date,
    limits: Sequence[PhaseLimit],
    order: Sequence[str],
    table: Air,
    *,
    known: bool,
) -> dict[str, Any]:
    """Say of one day what one pollutant calls for."""
    single = [limit for limit in limits if not limit.combined and name in limit.above]
    value, spot = float(facts.highest[place]), int(facts.where[place])
    first, last = facts.hours[place]
    hourly = facts.points[first:last]
    points = float(np.nanmax(hourly)) if spot >= 0 else float("nan")
    called = [limit for limit in single if limit.exceeded({name: points})]
    phase = grave([limit.phase for limit in called], order)
    status = EXCEEDED if called else BELOW if facts.enough[place] else UNKNOWN
    if not single:
        status = NOT_COVERED if known else UNKNOWN
    least = min((limit.above[name] for limit in single), default=np.inf)
    over = np.flatnonzero(hourly > least)
    stations = len(table.stations)
    named = next((limit for limit in single if limit.phase == phase), None)
    return {
        "date": date, "pollutant": name, "status": status, "phase": phase,
        "value": value, "unit": UNITS[name], "points": points if known else float("nan"),
        "station": table.stations[spot % stations] if spot >= 0 else "",
        "hour_end": table.ends[spot // stations] if spot >= 0 else pd.NaT,
        "first_hour_end": table.ends[first + int(over[0])] if len(over) else pd.NaT,
        "version": single[0].version if single else "",
        "rule_status": named.status if named else "",
        "stations": int(facts.measured[place]), "stations_known": facts.known,
    }  # fmt: skip


def _of_day(
    date: datetime.date,
    rows: Sequence[Mapping[str, Any]],
    limits: Sequence[PhaseLimit],
    order: Sequence[str],
) -> dict[str, Any]:
    """Put the pollutants of a day together; combined phases ask for several."""
    points = {row["pollutant"]: row["points"] for row in rows}
    called = [limit for limit in limits if limit.exceeded(points)]
    phase = grave([limit.phase for limit in called], order)
    gravest = [limit for limit in called if limit.phase == phase]
    pollutants = [name for name in points if any(name in one.exceeded(points) for one in gravest)]
    statuses = {row["status"] for row in rows}
    status = EXCEEDED if called else UNKNOWN if UNKNOWN in statuses or not limits else BELOW
    return {
        "date": date, "status": status, "phase": phase, "pollutants": "; ".join(pollutants),
        "version": limits[0].version if limits else "",
        "rule_status": gravest[0].status if gravest else "",
    }  # fmt: skip
