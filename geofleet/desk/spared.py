"""Harm of vehicles with other technologies on the links that they drive: exact, and a dot product.

What a vehicle gives off with another technology lies elsewhere on its way than what it gives off
today: cold starts, slow streets and hills weigh differently. So each vehicle is driven over its own
traversals with each technology, once, and what that does to people is kept by link and hour.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from geofleet.desk.driven import HOURS, DrivenHarm
from geofleet.economics.options import KEEP
from geofleet.economics.outcomes.driven import Jobs, Routed, driven_jobs
from geofleet.economics.outcomes.offers import Offers, make_offers

if TYPE_CHECKING:
    from geofleet.economics.outcomes import StudyRoutes
    from geofleet.study import Results

__all__ = ["Done", "SparedHarm"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_PARTS = ("pm25_exhaust_g", "pm25_wear_g")  # as harm of outcomes


@dataclass(frozen=True, eq=False)
class Done:
    """Work that is done by vehicles as they have become, by row.

    Parameters
    ----------
    duty, vehicle
        Whose routes, and which vehicle drives them: positions in the fleet.
    option
        What that vehicle is then.
    years
        In how many years of the plan.
    """

    duty: Ints
    vehicle: Ints
    option: npt.NDArray[np.object_]
    years: Floats


class SparedHarm:
    """Harm of a year by link and hour, of every vehicle as it is and as what it can become.

    A row of ``today`` or ``changed`` is a vehicle's year, a column is a link in an hour; the sum
    over columns is ``harm_person_ug_m3_h`` of :class:`geofleet.economics.outcomes.Outcomes`.

    Parameters
    ----------
    results
        The run, with the outcomes of its vehicles.
    driven
        Its traversals.
    """

    def __init__(self, results: Results, driven: DrivenHarm) -> None:
        routes = results.outcomes.routes
        if routes is None:
            raise TypeError("outcomes of a study have routes")
        self._routes: StudyRoutes = routes
        self._vehicles = results.outcomes.vehicles
        self.links = len(driven.edges)
        self._routed = Routed(routes)
        self._defaults = routes.defaults.scope()
        self._offers = self._all_offers()
        self._capacity = routes.fleet.vehicles["payload_capacity_kg"].to_numpy(np.float64)
        # places that a vehicle comes to, all of one vehicle together
        owner, places = self._routed.owner, self.links * HOURS
        key, self._cell = np.unique(
            owner * places + driven.link * HOURS + driven.hour, return_inverse=True
        )
        self._place = (key % places).astype(np.int64)
        self._bounds = np.searchsorted(key // places, np.arange(self._routed.count + 1))
        days = np.maximum(self._routed.days, 1)
        self._year = self._vehicles["days_per_year"].to_numpy(np.float64) / days
        grams = np.asarray(driven.grams.sum(axis=0), np.float64)
        self.today = self._matrix(np.arange(self._routed.count), self._by_cell(grams))
        self._rows: dict[tuple[int, int, float], int] = {}
        self._changed: list[sparse.csr_array] = []
        self._prepare_own()

    def today_of(self, vehicles: Ints) -> Floats:
        """Return the harm of a year of some vehicles as they are (links, 24)."""
        count = np.zeros(self._routed.count)
        count[vehicles] = 1.0
        return self._by_link(count @ self.today)

    def avoided(self, done: Done) -> Floats:
        """Return what work that is done otherwise spares people (links, 24).

        The harm of each duty done by its own vehicle as it is, less that of the duty as it is done:
        unit exposure times grams that are not given off, link by link and hour by hour.
        """
        there = self._routed.days[done.duty] > 0
        duty, vehicle, option = done.duty[there], done.vehicle[there], done.option[there]
        years = done.years[there]
        kept = (option == KEEP) & (duty == vehicle)
        duty, vehicle, option, years = (part[~kept] for part in (duty, vehicle, option, years))
        if not len(duty):
            return np.zeros((self.links, HOURS))
        rows = self._rows_of(duty, vehicle, option)
        before = np.bincount(duty, weights=years, minlength=self._routed.count)
        if len(self._changed) > 1:
            self._changed = [sparse.vstack(self._changed, format="csr")]
        whole = self._changed[0]
        after = np.bincount(rows, weights=years, minlength=whole.shape[0])
        used, met = np.flatnonzero(before), np.flatnonzero(after)
        found = before[used] @ self.today[used] - after[met] @ whole[met]
        return self._by_link(np.asarray(found, np.float64))

    def _all_offers(self) -> pd.Series:
        """Return the kind of vehicle that each option of each vehicle is."""
        routes = self._routes
        offers: Offers = make_offers(
            self._vehicles, routes.technologies, routes.models, country=routes.country,
            year=routes.year, defaults=self._defaults,
        )  # fmt: skip
        self._kinds = offers.kinds
        table = offers.table
        index = pd.MultiIndex.from_arrays([table["vehicle"], table["option"]])
        return pd.Series(table["kind"].to_numpy(np.int64), index=index)

    def _prepare_own(self) -> None:
        """Drive every vehicle over its own routes as all that it can become."""
        index = self._offers.index
        vehicle = index.get_level_values(0).to_numpy(np.int64)
        option = index.get_level_values(1).to_numpy(object)
        own = (option != KEEP) & (self._routed.days[vehicle] > 0)
        self._rows_of(vehicle[own], vehicle[own], option[own])

    def _rows_of(self, duty: Ints, vehicle: Ints, option: npt.NDArray[np.object_]) -> Ints:
        """Return the row of each duty done by a vehicle as an option; new ones are driven."""
        if not len(duty):
            return np.zeros(0, np.int64)
        pairs = pd.MultiIndex.from_arrays([vehicle, option])
        kind = self._offers.loc[pairs].to_numpy(np.int64)
        capacity = self._capacity[vehicle]
        keys = list(zip(duty.tolist(), kind.tolist(), capacity.tolist(), strict=True))
        new = [place for place, key in enumerate(keys) if key not in self._rows]
        if new:
            jobs = Jobs.of(duty[new], kind[new], capacity[new])
            first = sum(part.shape[0] for part in self._changed)
            self._changed.append(self._driven(jobs))
            for place, row in zip(new, jobs.place.tolist(), strict=True):
                self._rows[keys[place]] = first + row
        return np.array([self._rows[key] for key in keys], np.int64)

    def _driven(self, jobs: Jobs) -> sparse.csr_array:
        sizes = np.diff(self._bounds)[jobs.duty]
        starts = np.concatenate([[0], np.cumsum(sizes)])
        values = np.zeros(int(starts[-1]))
        for here, parts in driven_jobs(
            self._routes, self._routed, jobs, kinds=self._kinds, defaults=self._defaults
        ):
            cells = np.zeros(len(self._place))
            for rows, grams in parts:
                cells += self._by_cell(grams[_PARTS[0]] + grams[_PARTS[1]], rows)
            for job in here.tolist():
                duty = jobs.duty[job]
                part = slice(self._bounds[duty], self._bounds[duty + 1])
                values[starts[job] : starts[job + 1]] = cells[part]
        return self._matrix(jobs.duty, values)

    def _by_cell(self, grams: Floats, rows: Ints | slice = slice(None)) -> Floats:
        """Return harm by vehicle, link and hour of grams by traversal, over the service dates."""
        harm = grams * self._routed.harm_per_gram[rows]
        found = np.bincount(self._cell[rows], weights=harm, minlength=len(self._place))
        return np.asarray(found, np.float64)

    def _matrix(self, duty: Ints, values: Floats) -> sparse.csr_array:
        """Return a year of duties by link and hour."""
        sizes = np.diff(self._bounds)[duty]
        starts = np.concatenate([[0], np.cumsum(sizes)])
        at = np.arange(int(starts[-1])) - np.repeat(starts[:-1], sizes)
        places = self._place[at + np.repeat(self._bounds[duty], sizes)]
        year = np.nan_to_num(self._year[duty])
        data = values * np.repeat(year, sizes)
        shape = (len(duty), self.links * HOURS)
        return sparse.csr_array((data, places.astype(np.int32), starts), shape=shape)

    def _by_link(self, values: Floats) -> Floats:
        return np.asarray(values, np.float64).reshape(self.links, HOURS)
