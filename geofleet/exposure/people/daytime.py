"""Where people are by day: at work places, schools and shops instead of home."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.exposure.people.checks import plain_numbers

__all__ = ["daytime_people", "groups_by_day", "presence_by_hour"]

_NAMED = 5
_SLACK = 1e-9  # of the people: what summing may round off

Floats = npt.NDArray[np.float64]


def presence_by_hour(defaults: Defaults | None = None) -> tuple[float, ...]:
    """Return for each hour how far people are where they are by day, 0 to 1 (24 numbers).

    Raises
    ------
    InputError
        A number outside 0 to 1.
    """
    used = defaults or Defaults()
    shares = tuple(used.number("presence", f"day_share.{hour:02d}") for hour in range(24))
    problems = [
        Problem("default table presence", f"day_share.{hour:02d}", 0, f"{share:g}", "0 to 1")
        for hour, share in enumerate(shares)
        if not 0.0 <= share <= 1.0
    ]
    if problems:
        raise InputError(problems)
    return shares


def daytime_people(
    zones: gpd.GeoDataFrame,
    places_column: str,
    *,
    away_share: float | None = None,
    moving: Sequence[str] = (),
    places: Literal["weights", "persons"] = "weights",
    defaults: Defaults | None = None,
) -> gpd.GeoDataFrame:
    """Return zones with ``people_day``, the people who are there in the middle of a working day.

    A part of the people of every zone leaves home; they arrive at places of work and study (jobs
    or counts of establishments by zone). Who stays is at home. This is a proxy: who goes where
    is not known, and everybody who leaves a zone of the study arrives in one of them, unless
    places are persons.

    Parameters
    ----------
    zones
        As from :func:`read_zones`, with the column ``places_column`` kept. Zones whose places
        are unknown (empty) draw nobody, and are counted in ``attrs["zones_places_unknown"]``.
    away_share
        Part of the people, or of the moving groups, who are away from home;
        ``presence:away_share`` when not given.
    moving
        Groups that move (those of working age); the others stay at home. They get a column
        ``<group>_day`` of their own. Everybody moves alike when not given.
    places
        ``weights``: those who leave are divided among the places, and the total is kept.
        ``persons``: places are persons who come (jobs held); what leaves and comes may differ,
        and the difference is people who leave or enter the study area
        (``attrs["people_leaving_by_day"]``, negative when they come).

    Raises
    ------
    InputError
        No such column, numbers that are negative or not finite, no place at all.
    """
    used = (defaults or Defaults()).scope()
    away = used.number("presence", "away_share") if away_share is None else away_share
    problems = [
        Problem("zones", name, expected=f"a column {name!r}")
        for name in (places_column, "people", *moving)
        if name not in zones.columns
    ]
    if not 0.0 <= away <= 1.0:
        problems.append(Problem("away_share", value=f"{away:g}", expected="0 to 1"))
    if problems:
        raise InputError(problems)
    drawn = plain_numbers(zones[places_column])
    unknown = zones[places_column].isna().to_numpy()
    wrong = ~unknown & ~(np.isfinite(drawn) & (drawn >= 0.0))
    # By zone and not by row: zones with unknown people are no longer there to be counted.
    problems = [
        Problem("zones", places_column, 0, f"{value} in zone {zone}", "a number of at least 0")
        for zone, value in zones.loc[wrong, ["zone_id", places_column]].head(_NAMED).to_numpy()
    ]
    drawn = np.where(unknown, 0.0, drawn)
    if not problems and drawn.sum() <= 0.0:
        problems.append(Problem("zones", places_column, expected="places in at least one zone"))
    if problems:
        raise InputError(problems)
    result = zones.copy()
    change = np.zeros(len(zones))
    columns = tuple(moving) or ("people",)
    leaving = {name: away * zones[name].to_numpy(np.float64) for name in columns}
    total = float(sum(values.sum() for values in leaving.values()))
    for name, values in leaving.items():
        part = values.sum() / total if total > 0.0 else 0.0
        come = drawn / drawn.sum() * values.sum() if places == "weights" else drawn * part
        result[f"{name}_day"] = zones[name].to_numpy(np.float64) - values + come
        change += come - values
    result["people_day"] = zones["people"].to_numpy(np.float64) + change
    result.attrs = {
        **zones.attrs,
        "zones_places_unknown": int(unknown.sum()),
        "people_leaving_by_day": float(-change.sum()),
    }
    return result


def groups_by_day(
    zones: gpd.GeoDataFrame, groups: Sequence[str]
) -> tuple[dict[str, Floats], dict[str, Floats], int]:
    """Return persons of each group by day: who moved, and who stays at home; by zone.

    Groups are at home all day in zones that do not say where they are by day. Where they would
    then be more than the people by day, so many of each leave with the others that all of these
    are of the groups.

    Parameters
    ----------
    zones
        With ``people_day``, and ``<group>_day`` where known; NaN is not known.

    Returns
    -------
    moved, stay, short
        Persons by group, shape (zones,); the number of zones where groups leave with the others.
    """
    people = zones["people_day"].to_numpy(np.float64)
    moved, stay = {}, {}
    for name in groups:
        home = zones[name].to_numpy(np.float64)
        day = f"{name}_day"
        own = zones[day].to_numpy(np.float64) if day in zones else np.full(len(zones), np.nan)
        here = np.isnan(own) | np.isnan(people)
        moved[name], stay[name] = np.where(here, 0.0, own), np.where(here, home, 0.0)
    room = np.maximum(people - sum(moved.values(), np.zeros(len(zones))), 0.0)
    staying = sum(stay.values(), np.zeros(len(zones)))
    short = staying > room * (1.0 + _SLACK) + _SLACK
    part = np.divide(room, staying, out=np.ones(len(zones)), where=short)
    return moved, {name: values * part for name, values in stay.items()}, int(short.sum())
