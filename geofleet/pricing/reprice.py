"""A whole fleet: harm as driven, by least-harm streets, and at other hours."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.errors import InputError
from geofleet.fleet import Fleet, FleetComposition
from geofleet.network.routing.paths import RoutingGraph
from geofleet.pricing.links import (
    Setting,
    Unknown,
    harm_pollutants,
    harm_table,
    open_group,
    prices_of,
)
from geofleet.pricing.model import COST, DISTANCE, HARM, TIME, Blend, LinkPrices
from geofleet.pricing.routes import best_path, detour_limit
from geofleet.pricing.search import Place, whole_milliseconds
from geofleet.routes.itinerary import road_groups
from geofleet.routes.speeds import HourlySpeeds, hourly_speeds

if TYPE_CHECKING:
    from geofleet.exposure import UnitExposure
    from geofleet.network import RoadNetwork
    from geofleet.routes import Itineraries

__all__ = ["Repriced", "reprice"]

Floats = npt.NDArray[np.float64]

_HOURS = 24
_S_PER_H, _S_PER_MIN, _M_PER_KM = 3600.0, 60.0, 1000.0


@dataclass(frozen=True)
class Repriced:
    """What other streets or other hours would save, for vehicle-days as they are.

    Parameters
    ----------
    days
        One row per vehicle-day (row position as in ``Traversals.vehicle_days``): ``vehicle_id,
        vehicle_class, date, legs``; ``harm_driven``, ``harm_rerouted``, ``saved_harm``,
        ``saved_harm_share`` and ``added_min, added_km, added_cost`` of other streets at the same
        hours; ``best_shift_h``, ``harm_shifted``, ``saved_by_shift``, ``saved_by_shift_share``,
        ``shift_added_min`` of the same streets at other hours; ``legs_unknown``, which are in none
        of the sums.
    legs
        One row per leg: ``vehicle_day, stop_before, stop_after, hour``, prices as driven
        (``time_s``, ``distance_m``, ``cost``, harm) and rerouted (``new_…``), and ``how`` the new
        way was found.
    shifts
        ``vehicle_day, shift_h, harm, time_s``: the day as driven, moved by whole hours.
    harm, currency
        Name of the harm in these tables, and currency of costs.
    report
        Counts of legs, and of links of unknown harm by vehicle class.
    """

    days: pd.DataFrame
    legs: pd.DataFrame
    shifts: pd.DataFrame
    harm: str
    currency: str
    report: Mapping[str, Any] = field(default_factory=dict)
    provenance: tuple[str, ...] = ()

    def total(self) -> dict[str, float]:
        """Return sums over all vehicle-days, and the shares that could be saved."""
        days = self.days
        summed = ("harm_driven", "harm_rerouted", "saved_harm", "added_min", "added_km",
                  "added_cost", "saved_by_shift", "shift_added_min")  # fmt: skip
        out = {name: float(days[name].sum()) for name in summed}
        driven = out["harm_driven"] or np.nan
        out["saved_harm_share"] = out["saved_harm"] / driven
        out["saved_by_shift_share"] = out["saved_by_shift"] / driven
        minutes = float(self.legs[TIME].sum()) / _S_PER_MIN
        out["added_time_share"] = out["added_min"] / minutes if minutes else np.nan
        return out


@dataclass(frozen=True, slots=True)
class _Leg:
    """One leg as driven."""

    stop_before: int
    stop_after: int
    hour: int
    edges: npt.NDArray[np.int32]
    share: Floats
    origin: Place
    destination: Place


def reprice(
    itineraries: Itineraries,
    network: RoadNetwork,
    fleet: Fleet,
    unit_exposure: UnitExposure,
    *,
    speeds: HourlySpeeds | None = None,
    objective: str = "least_harm",
    blend: Blend | None = None,
    max_detour: float | None = None,
    shifts: Sequence[int] = tuple(range(-11, 13)),
    pollutants: Sequence[str] | None = None,
    harm_prices: Mapping[str, Floats] | None = None,
    harm: str = HARM,
    unknown: Unknown = "refuse",
    country: str | None = None,
    year: int | None = None,
    temperature_c: float | Sequence[float] | None = None,
    u_turn_radius_m: float | None = None,
    workers: int | None = None,
    defaults: Defaults | None = None,
    progress: Callable[[float], None] | None = None,
) -> Repriced:
    """Hold every vehicle-day against other streets and other hours.

    The same stops in the same order. Each leg is priced at the hour it begins, as driven and
    rerouted alike, with the vehicle's own engine and its mean load of the day, so that a rerouted
    leg never costs more of what it is the best by. Shifted days keep streets and move every leg by
    the same whole number of hours, round the clock. Idling and cold starts at stops are the same in
    all of them and not counted.

    Parameters
    ----------
    itineraries, network, fleet
        Vehicle-days as driven.
    unit_exposure
        Of all links, see :func:`geofleet.pricing.network_unit_exposure`.
    speeds
        Speed factors by hour, those the itineraries were driven with.
    objective, blend
        What new routes are the best by: ``least_harm``, ``blended``, ``cheapest``…
    max_detour
        Longest time of a new leg over that of the leg as driven; row ``pricing:maximum_detour``
        when not given.
    shifts
        Whole hours to move a day by; ``best_shift_h`` is one of them, the smallest of equals.
    pollutants, harm_prices, harm, unknown, country, year, temperature_c, u_turn_radius_m
        As for :func:`geofleet.pricing.link_prices`.
    workers
        Threads; one for each core when not given. The answer does not depend on it.
    progress
        Called with the fraction done.

    Raises
    ------
    InputError
        As :func:`geofleet.pricing.link_prices`.
    """
    scope = (defaults or Defaults()).scope()
    factor = detour_limit(max_detour, scope)
    chosen = harm_pollutants(pollutants, scope)
    table = harm_table(network, unit_exposure, harm_prices)
    hourly = speeds or hourly_speeds(network.edges["highway"], defaults=scope)
    days = itineraries.traversals.vehicle_days
    loads = _load_shares(itineraries, fleet)
    legs = _legs_by_day(itineraries)
    moved = sorted({int(shift) for shift in shifts}, key=lambda shift: (abs(shift), -shift)) or [0]
    leg_rows: list[dict[str, Any]] = []
    shift_rows: list[dict[str, Any]] = []
    report: dict[str, Any] = {}
    used: set[str] = set()
    currency = scope.text("pricing", "currency")
    most = int(scope.number("pricing", "repricing_labels"))
    done = 0
    with ThreadPoolExecutor(max_workers=workers or os.cpu_count() or 1) as pool:
        for group in road_groups(network, fleet, sorted(set(days["vehicle_id"])), scope):
            group, links = open_group(network, group, table, unknown=unknown)
            report.setdefault("links", {})[group.profile.name] = links
            graph = group.graph(network, u_turn_radius_m, scope)
            free = partial(group.graph, network, 0.0, scope)
            for number in np.flatnonzero(days["vehicle_id"].isin(group.vehicles)).tolist():
                vehicle_id = str(days["vehicle_id"].iloc[number])
                prices = prices_of(
                    network, graph, _one(fleet, vehicle_id),
                    str(days["vehicle_class"].iloc[number]), table=table, speeds=hourly,
                    hours=range(_HOURS), pollutants=chosen, harm=harm, quantities=(),
                    load_share=loads[number], setting=Setting(country, year, temperature_c),
                    report=links, provenance=(), defaults=scope,
                )  # fmt: skip
                drive = partial(
                    _new_leg, prices, free=free, objective=objective, blend=blend, factor=factor,
                    most=most,
                )  # fmt: skip
                mine = legs.get(number, [])
                leg_rows += [{"vehicle_day": number, **row} for row in pool.map(drive, mine)]
                shift_rows += [
                    {"vehicle_day": number, "shift_h": shift, **_shifted(prices, mine, shift)}
                    for shift in moved
                ]
                used.update(prices.provenance)
                done += 1
                if progress is not None:
                    progress(done / len(days))
    leg_table = _frame(leg_rows, harm).sort_values(["vehicle_day", "stop_before"], kind="stable")
    shift_table = pd.DataFrame(shift_rows, columns=["vehicle_day", "shift_h", "harm", "time_s"])
    report["legs"] = len(leg_table)
    report["legs_unknown"] = int(leg_table[f"new_{harm}"].isna().sum())
    return Repriced(
        days=_day_table(days, leg_table, shift_table, harm),
        legs=leg_table.reset_index(drop=True),
        shifts=shift_table.sort_values(["vehicle_day", "shift_h"]).reset_index(drop=True),
        harm=harm,
        currency=currency,
        report=report,
        provenance=tuple(sorted({*scope.used, *used, *unit_exposure.provenance})),
    )


def _one(fleet: Fleet, vehicle_id: str) -> FleetComposition:
    """Return the composition of one vehicle."""
    row = fleet.vehicles.loc[[vehicle_id]]
    return FleetComposition.of_fleet(Fleet(row, fleet.operators), weights="vehicles")


def _load_shares(itineraries: Itineraries, fleet: Fleet) -> Floats:
    """Return the mean share of the capacity on board, by length driven, of each vehicle-day."""
    frame, days = itineraries.traversals.frame, itineraries.traversals.vehicle_days
    day = frame["vehicle_day"].to_numpy()
    length = frame["length_m"].to_numpy(np.float64)
    moved = np.bincount(day, length * frame["payload_kg"].to_numpy(np.float64), len(days))
    capacity = fleet.vehicles["payload_capacity_kg"].reindex(days["vehicle_id"])
    driven = np.bincount(day, length, len(days)) * capacity.to_numpy(np.float64)
    share = np.divide(moved, driven, out=np.zeros(len(days)), where=driven > 0.0)
    return np.asarray(np.clip(share, 0.0, 1.0))


def _legs_by_day(itineraries: Itineraries) -> dict[int, list[_Leg]]:
    """Return the legs of each vehicle-day that were driven, in order."""
    frame, stops = itineraries.traversals.frame, itineraries.stops
    reached = stops[stops["status"] == "reached"]
    place = {
        (int(day), int(number)): Place(int(edge), float(fraction))
        for day, number, edge, fraction in zip(
            reached["vehicle_day"], reached["stop_number"], reached["edge"], reached["fraction"],
            strict=True,
        )
    }  # fmt: skip
    after = {
        (int(day), int(a)): int(b)
        for day, group in reached.groupby("vehicle_day")["stop_number"]
        for a, b in zip(group, group.iloc[1:], strict=False)
    }
    key = frame["vehicle_day"].to_numpy(np.int64) << 32 | frame["stop_before"].to_numpy(np.int64)
    bounds = [*np.flatnonzero(np.append(True, key[1:] != key[:-1])).tolist(), len(frame)]
    edge = frame["edge"].to_numpy(np.int32)
    share = (frame["to_fraction"] - frame["from_fraction"]).to_numpy(np.float64)
    hour = (frame["enter_s"].to_numpy() // _S_PER_H % _HOURS).astype(np.int64)
    out: dict[int, list[_Leg]] = {}
    for a, b in pairwise(bounds):
        day, before = int(key[a] >> 32), int(key[a] & 0xFFFFFFFF)
        then = after[day, before]
        leg = _Leg(before, then, int(hour[a]), edge[a:b], share[a:b],
                   place[day, before], place[day, then])  # fmt: skip
        out.setdefault(day, []).append(leg)
    return out


def _new_leg(
    prices: LinkPrices,
    leg: _Leg,
    *,
    free: Callable[[], RoutingGraph],
    objective: str,
    blend: Blend | None,
    factor: float,
    most: int,
) -> dict[str, Any]:
    """Return what a leg costs as driven and rerouted; NaN where its links have no price."""
    names = (TIME, DISTANCE, COST, prices.harm)
    driven = {n: float(prices.at(n, leg.hour)[leg.edges] @ leg.share) for n in names}
    row = {"stop_before": leg.stop_before, "stop_after": leg.stop_after, "hour": leg.hour, **driven}
    if np.isnan(driven[prices.harm]):
        unknown = dict.fromkeys(driven, np.nan)
        return {**row, **unknown, **{f"new_{n}": np.nan for n in names}, "how": "harm not known"}
    time_ms = whole_milliseconds(prices.at(TIME, leg.hour))[leg.edges]
    find = partial(
        best_path, origin=leg.origin, destination=leg.destination, hour=leg.hour,
        objective=objective, blend=blend, most=most,
        # parts of links are rounded to whole milliseconds, so the same way may be one longer
        longest_ms=factor * float(np.rint(time_ms * leg.share).sum()) + 2.0,
    )  # fmt: skip
    try:
        path, how = find(prices)
    except InputError:
        # a leg that was driven by turning round near a restricted junction
        path, how = find(replace(prices, graph=free()))
    new = prices.totals(path, leg.hour)
    by = prices.objective(objective, leg.hour, blend=blend)
    if by[path.edges] @ path.share > by[leg.edges] @ leg.share:  # by rounding: the same way
        new, how = driven, "as driven"
    return {**row, **{f"new_{name}": new[name] for name in names}, "how": how}


def _shifted(prices: LinkPrices, legs: Sequence[_Leg], shift: int) -> dict[str, float]:
    """Return harm and time of a day as driven, moved by whole hours."""
    out = {"harm": 0.0, "time_s": 0.0}
    for leg in legs:
        hour = (leg.hour + shift) % _HOURS
        harm = float(prices.at(prices.harm, hour)[leg.edges] @ leg.share)
        if not np.isnan(harm):
            out["harm"] += harm
            out["time_s"] += float(prices.at(TIME, hour)[leg.edges] @ leg.share)
    return out


def _frame(rows: list[dict[str, Any]], harm: str) -> pd.DataFrame:
    names = (TIME, DISTANCE, COST, harm)
    columns = ["vehicle_day", "stop_before", "stop_after", "hour", *names,
               *(f"new_{name}" for name in names), "how"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _day_table(
    days: pd.DataFrame, legs: pd.DataFrame, shifts: pd.DataFrame, harm: str
) -> pd.DataFrame:
    """Sum legs and choose the best shift of each vehicle-day."""
    out = days[["vehicle_id", "vehicle_class", "date"]].reset_index(drop=True)
    by_day = legs.groupby("vehicle_day")
    number = out.index
    out["legs"] = by_day.size().reindex(number, fill_value=0)
    unknown = legs[f"new_{harm}"].isna().groupby(legs["vehicle_day"]).sum()
    out["legs_unknown"] = unknown.reindex(number, fill_value=0).astype(int)
    sums = by_day.sum(numeric_only=True).reindex(number, fill_value=0.0)
    out["harm_driven"], out["harm_rerouted"] = sums[harm], sums[f"new_{harm}"]
    out["saved_harm"] = out["harm_driven"] - out["harm_rerouted"]
    driven = out["harm_driven"].where(out["harm_driven"] > 0.0)
    out["saved_harm_share"] = out["saved_harm"] / driven
    out["added_min"] = (sums[f"new_{TIME}"] - sums[TIME]) / _S_PER_MIN
    out["added_km"] = (sums[f"new_{DISTANCE}"] - sums[DISTANCE]) / _M_PER_KM
    out["added_cost"] = sums[f"new_{COST}"] - sums[COST]
    # idxmin takes the first of equals, and shifts come by size
    best = shifts.loc[shifts.groupby("vehicle_day")["harm"].idxmin()].set_index("vehicle_day")
    best = best.reindex(number)
    out["best_shift_h"] = best["shift_h"]
    out["harm_shifted"] = best["harm"]
    out["saved_by_shift"] = out["harm_driven"] - best["harm"]
    out["saved_by_shift_share"] = out["saved_by_shift"] / driven
    out["shift_added_min"] = (best["time_s"] - sums[TIME]) / _S_PER_MIN
    return out
