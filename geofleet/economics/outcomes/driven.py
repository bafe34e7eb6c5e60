"""Grams and harm of any kind of vehicle on the routes of any vehicle of a study."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.economics.outcomes.model import StudyRoutes
from geofleet.emissions.engines.mixtures import Setting, VehicleKind
from geofleet.emissions.engines.resolve import make_engines
from geofleet.emissions.model import QUANTITIES
from geofleet.emissions.prepare import Prepared, evaluate, prepare
from geofleet.errors import InputError, Problem

__all__ = ["GRAMS", "HARM", "Jobs", "Routed", "drive_kinds", "driven_jobs"]

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

GRAMS = (
    "pm25_exhaust_g", "pm25_wear_g", "bc_exhaust_g", "nox_exhaust_g", "co2e_wtw_g", "energy_mj",
    "electricity_kwh",
)  # fmt: skip
"""Sums over the traversals of a vehicle."""

HARM = {
    "harm_exhaust_person_ug_m3_h": "pm25_exhaust_g",
    "harm_wear_person_ug_m3_h": "pm25_wear_g",
    "harm_bc_person_ug_m3_h": "bc_exhaust_g",
}
"""Harm, and the quantity behind it."""

_SECONDS_PER_HOUR = 3600.0
_ROWS = 500_000  # at once: 20 quantities of 8 bytes each, 80 MB
_NOWHERE = -1


class Routed:
    """The traversals of a study by vehicle, with what a gram on each does to people.

    Parameters
    ----------
    routes
        Of the study.
    """

    def __init__(self, routes: StudyRoutes) -> None:
        traversals, fleet = routes.itineraries.traversals, routes.fleet
        frame = traversals.frame
        owner = fleet.vehicles.index.get_indexer(pd.Index(traversals.vehicle_days["vehicle_id"]))
        if (owner < 0).any():
            lost = traversals.vehicle_days["vehicle_id"][owner < 0].unique()[:5]
            raise InputError(
                Problem("vehicle-days", "vehicle_id", 0, str(name), "a vehicle of the fleet")
                for name in lost
            )
        if len(routes.emissions.grams) != len(frame):
            expected = f"{len(frame)} rows, one per traversal"
            shown = str(len(routes.emissions.grams))
            raise InputError([Problem("emissions", "grams", 0, shown, expected)])
        self.count = len(fleet.vehicles)
        self.day_owner = owner.astype(np.int64)
        self.owner = self.day_owner[frame["vehicle_day"].to_numpy(np.int64)]
        self.harm_per_gram = _harm_per_gram(routes)
        self.days = np.bincount(self.day_owner, minlength=self.count)
        length = frame["length_m"].to_numpy(np.float64)
        payload = frame["payload_kg"].to_numpy(np.float64)
        self.km = self.sums(length) / 1000.0
        self.tonne_km = self.sums(length * payload) / 1e6
        self.largest_load_kg = np.zeros(self.count)
        np.maximum.at(self.largest_load_kg, self.owner, payload)

    def sums(self, values: Floats, rows: slice | Integers = slice(None)) -> Floats:
        """Return sums by vehicle of one number per traversal."""
        found = np.bincount(self.owner[rows], weights=values, minlength=self.count)
        return np.asarray(found, np.float64)

    def table(self, grams: dict[str, Floats], rows: slice | Integers = slice(None)) -> Floats:
        """Return sums by vehicle, shape (GRAMS + HARM, vehicles)."""
        weight = self.harm_per_gram[rows]
        found = [self.sums(grams[name], rows) for name in GRAMS]
        found += [self.sums(grams[name] * weight, rows) for name in HARM.values()]
        return np.stack(found)


def _harm_per_gram(routes: StudyRoutes) -> Floats:
    """Return persons·µg/m3·h behind a gram on each traversal; NaN where it is not known."""
    unit, traversals = routes.unit_exposure, routes.itineraries.traversals
    edge = traversals.frame["edge"].to_numpy(np.int64)
    known = np.isin(edge, unit.edges)
    value = np.full(len(edge), np.nan)
    place = np.searchsorted(unit.edges, edge[known])
    value[known] = unit.values[place, traversals.hour.astype(np.int64)[known]]
    return value / _SECONDS_PER_HOUR


def drive_kinds(
    routes: StudyRoutes,
    routed: Routed,
    *,
    duty: Integers,
    kind: Integers,
    capacity_kg: Floats,
    kinds: Sequence[VehicleKind],
    defaults: Defaults,
) -> pd.DataFrame:
    """Return what kinds of vehicle give off on the routes of vehicles, over the service dates.

    Parameters
    ----------
    duty, kind, capacity_kg
        Of each job: whose routes (position in the fleet), which of ``kinds``, its payload capacity.

    Returns
    -------
    pandas.DataFrame
        One row per job, columns ``GRAMS`` and ``HARM``.
    """
    columns = [*GRAMS, *HARM]
    jobs = Jobs.of(duty, kind, capacity_kg)
    found = np.empty((len(columns), len(jobs.duty)))
    for here, parts in driven_jobs(routes, routed, jobs, kinds=kinds, defaults=defaults):
        total = np.zeros((len(columns), routed.count))
        for rows, grams in parts:
            total += routed.table(grams, rows)
        found[:, here] = total[:, jobs.duty[here]]
    return pd.DataFrame(found[:, jobs.place].T, columns=columns)


@dataclass(frozen=True, eq=False)
class Jobs:
    """Work that differs: whose routes are driven by what.

    Parameters
    ----------
    duty, kind, capacity_kg
        Of each job that differs from all others, as for :func:`drive_kinds`.
    place
        Which of these each job that was asked for is.
    """

    duty: Integers
    kind: Integers
    capacity_kg: Floats
    place: Integers

    @classmethod
    def of(cls, duty: Integers, kind: Integers, capacity_kg: Floats) -> Jobs:
        """Put equal jobs together."""
        if not len(duty):
            return cls(duty, kind, capacity_kg, np.zeros(0, np.int64))
        place = _distinct(duty, kind, capacity_kg)
        first = np.unique(place, return_index=True)[1]
        return cls(duty[first], kind[first], capacity_kg[first], place)


def driven_jobs(
    routes: StudyRoutes,
    routed: Routed,
    jobs: Jobs,
    *,
    kinds: Sequence[VehicleKind],
    defaults: Defaults,
) -> Iterator[tuple[Integers, Iterator[tuple[Integers, dict[str, Floats]]]]]:
    """Drive jobs in rounds in each of which the routes of a vehicle are driven once at most.

    Yields
    ------
    tuple
        The jobs of a round, and its traversals part by part with the grams (``GRAMS``) of each.
    """
    if not len(jobs.duty):
        return
    used, number = np.unique(jobs.kind, return_inverse=True)
    base = _prepared(routes, [kinds[one] for one in used], defaults)
    turn = pd.Series(jobs.duty).groupby(jobs.duty, sort=False).cumcount().to_numpy()
    for now in range(int(turn.max()) + 1):
        here = np.flatnonzero(turn == now)
        of_owner = np.full(routed.count, _NOWHERE, dtype=np.int64)
        of_owner[jobs.duty[here]] = here
        yield here, _drive_round(routed, base, of_owner, number, jobs.capacity_kg)


def _distinct(duty: Integers, kind: Integers, capacity_kg: Floats) -> Integers:
    """Return a number for each job that is the same for equal jobs."""
    _, size = np.unique(capacity_kg, return_inverse=True)
    key = (duty * (int(kind.max()) + 1) + kind) * (int(size.max()) + 1) + size
    code: Integers = np.unique(key, return_inverse=True)[1]
    return code


def _prepared(routes: StudyRoutes, kinds: list[VehicleKind], defaults: Defaults) -> Prepared:
    """Return the traversals ready to be driven by any of some kinds."""
    temperature = routes.temperature_c
    base = prepare(
        routes.itineraries.traversals, routes.network, routes.fleet, country=routes.country,
        temperature_c=temperature, defaults=defaults,
    )  # fmt: skip
    setting = Setting(
        country=routes.country,
        year=routes.year,
        temperature_c=None if temperature is None else tuple(temperature),
    )
    return replace(base, engines=make_engines(kinds, setting=setting, defaults=defaults))


def _drive_round(
    routed: Routed, base: Prepared, job_of_owner: Integers, kind: Integers, capacity_kg: Floats
) -> Iterator[tuple[Integers, dict[str, Floats]]]:
    """Drive a round in which each vehicle's routes are driven once at most, part by part."""
    job = job_of_owner[routed.day_owner]
    driven = job >= 0
    day_kind = np.where(driven, kind[job], 0)
    capacity = np.where(driven, capacity_kg[job], 1.0)
    rows = np.flatnonzero(job_of_owner[routed.owner] >= 0)
    for start in range(0, len(rows), _ROWS):
        part = rows[start : start + _ROWS]
        work = replace(
            base,
            frame=base.frame.iloc[part],
            hour=base.hour[part],
            cold_share=base.cold_share[part],
            idle_s=base.idle_s[part],
            queue_s=base.queue_s[part],
            day_kind=day_kind,
            capacity_kg=capacity,
        )
        grams, _ = evaluate(work)
        yield part, {name: grams[QUANTITIES.index(name)] for name in GRAMS}
