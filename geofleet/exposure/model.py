"""Receptors, weather and unit exposure: who breathes one gram emitted on a link."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.errors import InputError, Problem
from geofleet.exposure.grouping import slots_by_name, slots_by_time, values_of
from geofleet.schema import Column, TableSchema

__all__ = ["WEATHER_SCHEMA", "HourlyExposure", "Receptors", "UnitExposure", "Weather"]

WEATHER_SCHEMA = TableSchema(
    "weather",
    "Hourly weather, measured or a climate table",
    (
        Column("hour", "integer", "local hour of day that the row begins at", "h", minimum=0,
               maximum=23),
        Column("weight_hours", "number", "hours of the year that the row stands for", "h",
               minimum=0),
        Column("month", "integer", "month", required=False, nullable=True, minimum=1, maximum=12),
        Column("day_kind", "text", "kind of day", required=False, nullable=True,
               choices=("weekday", "saturday", "sunday")),
        Column("wind_speed_m_s", "number", "wind speed at the measuring height", "m/s",
               minimum=0, maximum=60),
        Column("wind_from_deg", "number", "direction the wind comes from, clockwise from north",
               "degrees", minimum=0, maximum=360),
        Column("temperature_c", "number", "air temperature", "°C", minimum=-60, maximum=60),
        Column("pressure_pa", "number", "air pressure", "Pa", required=False, nullable=True,
               minimum=30000, maximum=110000),
        Column("cloud_cover", "number", "part of the sky covered", "1", required=False,
               nullable=True, minimum=0, maximum=1),
        Column("relative_humidity_percent", "number", "relative humidity", "%", required=False,
               nullable=True, minimum=0, maximum=105),
        Column("solar_radiation_w_m2", "number", "global solar radiation", "W/m2",
               required=False, nullable=True, minimum=-50, maximum=1500),
        Column("friction_velocity_m_s", "number", "u*, when known", "m/s", required=False,
               nullable=True, minimum=0.001, maximum=5),
        Column("obukhov_length_m", "number", "L, when known", "m", required=False, nullable=True),
        Column("mixing_height_m", "number", "zi, when known", "m", required=False, nullable=True,
               minimum=5, maximum=6000),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Weather:
    """Weather rows with the boundary-layer quantities that dispersion needs.

    Parameters
    ----------
    frame
        Columns ``hour, weight_hours, wind_speed_m_s, wind_from_deg, temperature_c,
        friction_velocity_m_s, obukhov_length_m, mixing_height_m, sigma_v_m_s,
        convective_velocity_m_s``; every row complete. Where known also ``time`` (start of the
        hour, with time zone), ``month``, ``day_kind`` (weekday, saturday or sunday; public
        holidays are not known), ``station``, and ``roughness_m`` where it differs by row.
    reference_height_m
        Height of the wind measurement.
    roughness_m
        Roughness length used for the wind profile, in rows that have none of their own.
    report
        Calms, hours filled or left out, and where each quantity came from.
    """

    frame: pd.DataFrame
    reference_height_m: float
    roughness_m: float
    label: str = ""
    report: Mapping[str, Any] = field(default_factory=dict)
    provenance: tuple[str, ...] = ()

    @property
    def row_roughness_m(self) -> npt.NDArray[np.float64]:
        """Roughness length of each row (that of the city in rows of the urban option)."""
        if "roughness_m" in self.frame:
            return np.asarray(self.frame["roughness_m"], dtype=np.float64)
        return np.full(len(self.frame), self.roughness_m)

    def mean_by_hour(self, column: str) -> npt.NDArray[np.float64]:
        """Return the weighted mean of a column for each hour of the day, shape (24,).

        NaN for hours that no row with weight stands for.
        """
        hour = self.frame["hour"].to_numpy(np.int64)
        weight = self.frame["weight_hours"].to_numpy(np.float64)
        values = self.frame[column].to_numpy(np.float64)
        totals = np.bincount(hour, weights=weight * values, minlength=24)
        hours = np.bincount(hour, weights=weight, minlength=24)
        means = np.full(24, np.nan)
        np.divide(totals, hours, out=means, where=hours > 0.0)
        return means

    def where(self, **wanted: Any) -> Weather:
        """Return the rows of some months, seasons, kinds of day, hours or stations.

        Everything derived (mixing heights grow over whole days) stays as it was derived from the
        whole record; weights stay too.

        Parameters
        ----------
        wanted
            One value or several by name: ``hour`` (0-23), ``month`` (1-12), ``season`` (djf, mam,
            jja, son), ``day_kind`` (weekday, saturday, sunday), ``station``.

        Raises
        ------
        InputError
            A name that is none of these or is not known of every row, or nothing left.
        """
        file = self.label or "weather"
        mask = self.frame["weight_hours"].to_numpy(np.float64) > 0.0
        for name, value in wanted.items():
            values = [value] if isinstance(value, str) or np.isscalar(value) else list(value)
            here = pd.Index(values_of(self.frame, name, file=file))
            absent = [str(item) for item in values if not (mask & (here == item)).any()]
            if absent or not values:
                expected = f"{name} with rows in the weather; there are " + ", ".join(
                    map(str, here[mask].unique())
                )
                raise InputError([Problem(file, name, value=", ".join(absent), expected=expected)])
            mask = mask & np.asarray(here.isin(values))
        words = ", ".join(f"{name} {value}" for name, value in wanted.items())
        return self._rows(mask, words)

    def split(self, by: str | tuple[str, ...]) -> dict[Hashable, Weather]:
        """Return the weather of each group, by its value or, for several names, their tuple.

        Raises
        ------
        InputError
            A combination that no row is of, or a name that is not known of every row.
        """
        names = (by,) if isinstance(by, str) else tuple(by)
        labels, slot = self.slots(names, every_hour=False)
        parts: dict[Hashable, Weather] = {}
        for number, label in enumerate(labels.itertuples(index=False, name=None)):
            words = ", ".join(f"{name} {value}" for name, value in zip(names, label, strict=True))
            parts[label[0] if isinstance(by, str) else label] = self._rows(slot == number, words)
        return parts

    def at(self, times: Collection[Any]) -> Weather:
        """Return single hours: those that hold the given times (with time zone).

        Raises
        ------
        InputError
            Times without time zone, weather without times, or hours that it does not have.
        """
        labels, slot = slots_by_time(self.frame, times, file=self.label or "weather")
        return self._rows(slot >= 0, f"{len(labels)} hours from {labels['time'].iloc[0]}")

    def slots(
        self, by: str | Collection[Any] = ("hour",), *, every_hour: bool = True
    ) -> tuple[pd.DataFrame, npt.NDArray[np.int64]]:
        """Give each row the number of its group, for sums over groups.

        Parameters
        ----------
        by
            Names out of ``hour, month, season, day_kind, station``; the last runs fastest. Or
            times (with time zone), one slot for each hour that holds some.
        every_hour
            Whether ``hour`` must have all 24; else those that occur.

        Returns
        -------
        labels, slot
            A row of labels for each slot, and for each row of ``frame`` the number of its slot,
            -1 for rows that belong to none (no weight, or none of the times).

        Raises
        ------
        InputError
            A group without any row, named; or what a row is called is not known.
        """
        names = [by] if isinstance(by, str) else list(by)
        file = self.label or "weather"
        if all(isinstance(name, str) for name in names):
            return slots_by_name(self.frame, names, file=file, every_hour=every_hour)
        return slots_by_time(self.frame, names, file=file)

    def _rows(self, mask: npt.NDArray[np.bool_], words: str) -> Weather:
        frame = self.frame[mask]
        if frame.empty:
            expected = f"weather rows with weight of {words or 'any kind'}"
            raise InputError([Problem(self.label or "weather", expected=expected)])
        earlier = [self.report["selection"]] if self.report.get("selection") else []
        chosen = {
            "selection": ", ".join([*earlier, words]),
            "selection_rows": len(frame),
            "selection_hours": float(frame["weight_hours"].sum()),
        }
        label = f"{self.label or 'weather'} ({words})" if words else self.label
        return replace(
            self, frame=frame.reset_index(drop=True), label=label, report={**self.report, **chosen}
        )


@dataclass(frozen=True)
class Receptors:
    """Points that stand for people.

    Parameters
    ----------
    frame
        GeoDataFrame in a projected CRS in metres: ``receptor_id`` (int), ``zone_id`` (text),
        ``people`` (float), ``geometry`` (point). The people of a zone are conserved. Optional:
        a column of persons for each of ``groups``; ``people_day`` and ``<group>_day``, persons
        in the middle of a working day; ``share`` and ``share_day``, the part of its zone that
        a point stands for.
    height_m
        Breathing height.
    groups
        Names of the columns that hold part of the people (age groups).
    day_share
        For each of the 24 hours, how far the people are where the ``_day`` columns have them:
        0 at night, 1 in the middle of a working day. Empty where there is no such column.

    Raises
    ------
    InputError
        No column of people or of zones, a group without a column, day columns without 24 shares
        between 0 and 1.
    """

    frame: gpd.GeoDataFrame
    height_m: float
    report: Mapping[str, Any] = field(default_factory=dict)
    provenance: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    day_share: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Check that columns and shares fit each other."""
        problems = [
            Problem("receptors", name, expected=f"a column {name!r} of {meaning}")
            for name, meaning in (
                ("zone_id", "ids of zones"),
                ("people", "persons"),
                *((group, "persons of this group") for group in self.groups),
            )
            if name not in self.frame.columns
        ]
        if self.day_columns or self.day_share:
            share = np.asarray(self.day_share, dtype=np.float64)
            if share.shape != (24,) or not np.all((share >= 0.0) & (share <= 1.0)):
                shown = ", ".join(f"{value:g}" for value in self.day_share)
                expected = "24 numbers from 0 to 1, one for each hour of the day"
                problems.append(Problem("receptors", "day_share", value=shown, expected=expected))
        if problems:
            raise InputError(problems)

    @property
    def people(self) -> float:
        """People in all."""
        return float(self.frame["people"].sum())

    @property
    def day_columns(self) -> tuple[str, ...]:
        """Columns of people by day, ``people_day`` first."""
        names = [f"{name}_day" for name in ("people", *self.groups)]
        return tuple(name for name in names if name in self.frame.columns)

    def people_by_hour(self, group: str = "people") -> npt.NDArray[np.float64]:
        """Return the persons at each receptor in each hour of the day, shape (receptors, 24).

        Without a column of people by day, everybody is at home all day. With one, an hour is
        the mean of home and day weighted by ``day_share``.

        Parameters
        ----------
        group
            ``"people"`` for all, or one of ``groups``.

        Raises
        ------
        InputError
            No such group.
        """
        if group != "people" and group not in self.groups:
            expected = "people, or one of the groups: " + (
                ", ".join(self.groups) or "there is none"
            )
            raise InputError([Problem("receptors", "group", value=group, expected=expected)])
        home = self.frame[group].to_numpy(np.float64)
        if f"{group}_day" not in self.frame.columns:
            return np.repeat(home[:, None], 24, axis=1)
        share = np.asarray(self.day_share, dtype=np.float64)
        away = self.frame[f"{group}_day"].to_numpy(np.float64)
        hourly: npt.NDArray[np.float64] = home[:, None] * (1.0 - share) + away[:, None] * share
        return hourly

    def with_zone(
        self,
        zone_id: str,
        people: float | None = None,
        *,
        groups: Mapping[str, float] | None = None,
        day: Mapping[str, float] | None = None,
    ) -> Receptors:
        """Return receptors with other people in one zone, spread as they were.

        Parameters
        ----------
        zone_id
            The zone to change; it must have receptors.
        people
            Its people from now on. Groups and people by day that are not given keep their part
            of them.
        groups
            Persons by group, each one of ``groups``.
        day
            Persons by day: ``people`` or a group to persons, where there is a ``_day`` column.

        Raises
        ------
        InputError
            A zone without receptors, an unknown group, numbers that are negative or not finite,
            groups that are more than the people.
        """
        rows = np.flatnonzero(self.frame["zone_id"].to_numpy(object) == zone_id)
        new = {
            **({} if people is None else {"people": people}),
            **(groups or {}),
            **{f"{name}_day": value for name, value in (day or {}).items()},
        }
        columns = ["people", *self.groups, *self.day_columns]
        problems = _wrong_persons(new, columns)
        if not len(rows):
            expected = "the id of a zone that has receptors"
            problems.append(Problem("receptors", "zone_id", value=str(zone_id), expected=expected))
        if problems:
            raise InputError(problems)
        frame = self.frame.copy()
        before = {name: float(frame[name].to_numpy(np.float64)[rows].sum()) for name in columns}
        if people is not None and before["people"] > 0.0:
            factor = people / before["people"]
            new = {name: value * factor for name, value in before.items()} | new
        after = before | new
        _check_groups(after, self.groups, zone_id)
        for name, total in new.items():
            values = frame[name].to_numpy(np.float64, copy=True)
            values[rows] = total * self._shares(rows, name)
            frame[name] = values
        report = {**self.report, "zones_edited": self.report.get("zones_edited", 0) + 1}
        return replace(self, frame=frame, report=report)

    def _shares(self, rows: npt.NDArray[np.int64], name: str) -> npt.NDArray[np.float64]:
        """Part of a zone's total in a column that each of its receptors has."""
        kept = "share_day" if name.endswith("_day") else "share"
        for column in (name, kept, "people"):
            if column in self.frame.columns:
                values = self.frame[column].to_numpy(np.float64)[rows]
                if values.sum() > 0.0:
                    return np.asarray(values / values.sum())
        expected = "receptors with a column 'share', or people in the zone to scale"
        raise InputError([Problem("receptors", name, expected=expected)])


def _wrong_persons(new: Mapping[str, float], columns: list[str]) -> list[Problem]:
    problems = []
    for name, value in new.items():
        if name not in columns:
            expected = f"one of {', '.join(columns)}"
            problems.append(Problem("receptors", name, value=str(value), expected=expected))
        elif not (np.isfinite(value) and value >= 0.0):
            expected = "a number of persons of at least 0"
            problems.append(Problem("receptors", name, value=str(value), expected=expected))
    return problems


def _check_groups(total: Mapping[str, float], groups: tuple[str, ...], zone_id: str) -> None:
    for ending in ("", "_day"):
        if f"people{ending}" not in total:
            continue
        people = total[f"people{ending}"]
        # A group without people by day of its own is at home all day.
        summed = sum(total.get(f"{name}{ending}", total[name]) for name in groups)
        if summed > people * (1.0 + 1e-9) + 1e-9:
            expected = f"groups that are together no more than the {people:g} people of the zone"
            value = f"{summed:g} in zone {zone_id}"
            raise InputError([Problem("receptors", ", ".join(groups), 0, value, expected)])


@dataclass(frozen=True)
class UnitExposure:
    """Persons x µg/m3 for each gram per second emitted on a link, by hour of day.

    Parameters
    ----------
    edges
        Edge numbers, ascending (int32).
    values
        Shape (len(edges), 24), persons·µg/m3 per g/s, weighted mean over the weather rows of
        that hour of the day.
    people
        People at all receptors.
    """

    edges: npt.NDArray[np.int32]
    values: npt.NDArray[np.float64]
    people: float
    report: Mapping[str, Any] = field(default_factory=dict)
    provenance: tuple[str, ...] = ()

    def harm(self, grams: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return persons·µg/m3·h over the day for grams of shape (len(edges), 24).

        The grams of an hour are spread over its 3,600 s, so that each product is the person-
        weighted concentration of that hour, times one hour.
        """
        return self.values * grams / 3600.0


@dataclass(frozen=True)
class HourlyExposure:
    """Persons x µg/m3 for each gram per second emitted on a link, in single hours.

    Parameters
    ----------
    edges
        Edge numbers, ascending (int32).
    times
        Start of each hour, with time zone.
    values
        Shape (len(edges), len(times)), persons·µg/m3 per g/s.
    """

    edges: npt.NDArray[np.int32]
    times: tuple[pd.Timestamp, ...]
    values: npt.NDArray[np.float64]
    report: Mapping[str, Any] = field(default_factory=dict)
    provenance: tuple[str, ...] = ()
