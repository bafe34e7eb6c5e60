"""Who could do whose work: the routes of one vehicle driven by others of its operator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.economics.outcomes.driven import Routed, drive_kinds
from geofleet.economics.outcomes.electric import electric_duties
from geofleet.economics.outcomes.model import WORK, Duties, Outcomes, StudyRoutes
from geofleet.economics.outcomes.offers import ELECTRIC, Offers, make_offers
from geofleet.economics.outcomes.physics import BURNS, Rates, columns_of, rates
from geofleet.errors import InputError, Problem

__all__ = ["duties"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]

_COLD = {"none": 0.0, "chilled": 1.0, "frozen": 2.0}


@dataclass(frozen=True)
class _Rows:
    """Rows of duties done by others: duty, vehicle and the row of the offers table."""

    duty: Integers
    vehicle: Integers
    offer: Integers


def duties(
    outcomes: Outcomes,
    *,
    extend_robust: bool = True,
    draws: int | None = None,
    defaults: Defaults | None = None,
) -> Duties:
    """Return what each vehicle with each option gives off on the routes of its fellows.

    A vehicle of the same operator can do a duty when its gross weight is about that of the
    vehicle that does it today (rows ``energy:replacement_gvw_share`` and ``…_max``), its payload
    capacity holds the largest load of the days, and it has their refrigeration and lift gate. An
    electric model must carry that load too. Each vehicle does its own duty in any case, with the
    numbers of ``outcomes.physical``.

    Parameters
    ----------
    outcomes
        Of a study, as :func:`geofleet.economics.outcomes.study_outcomes` makes them.
    extend_robust, draws
        As there.
    defaults
        Those of the study when not given.

    Raises
    ------
    InputError
        Outcomes without routes.
    """
    routes = outcomes.routes
    if routes is None:
        expected = "outcomes of a study, made by study_outcomes"
        raise InputError([Problem("outcomes", "routes", expected=expected)])
    scope = (routes.defaults if defaults is None else defaults).scope()
    routed = Routed(routes)
    vehicles = outcomes.vehicles
    offers = make_offers(
        vehicles, routes.technologies, routes.models, country=routes.country, year=routes.year,
        defaults=scope,
    )  # fmt: skip
    duty, vehicle, report = _pairs(routed, vehicles, scope)
    rows = _spread(offers, duty, vehicle)
    factor = vehicles["days_per_year"].to_numpy(np.float64) / np.maximum(routed.days, 1)
    rate = rates(routes.country, routes.year, scope)
    others, judged = _others(
        routes, routed, offers, rows, factor, rate, extend=extend_robust, draws=draws,
        defaults=scope,
    )  # fmt: skip
    others["km"] = (routed.km * factor)[rows.duty]
    kept = ~((others["cause"] == "payload").to_numpy())
    report["options_left_out_payload"] = int((~kept).sum())
    own = _own(outcomes, routed, offers)
    names = vehicles.index
    work = pd.concat([own, others[kept]], ignore_index=True)[list(WORK)]
    of_duty = np.concatenate([own["vehicle"].to_numpy(), rows.duty[kept]])
    of_vehicle = np.concatenate([own["vehicle"].to_numpy(), rows.vehicle[kept]])
    offer = np.concatenate([own["offer"].to_numpy(), rows.offer[kept]])
    option, words = pd.factorize(offers.table["option"].to_numpy(object)[offer])
    order = np.lexsort((offer, of_vehicle, of_duty))
    levels = [names.rename(None), names.rename(None), pd.Index(words)]
    codes = [of_duty[order], of_vehicle[order], option[order]]
    work = work.iloc[order].set_axis(
        pd.MultiIndex(
            levels=cast(Any, levels), codes=cast(Any, codes),
            names=["duty", "vehicle_id", "option"],
        )
    )  # fmt: skip
    provenance = tuple(sorted({*scope.used, *routes.models.provenance}))
    return Duties(work, report | judged, provenance)


def _pairs(
    routed: Routed, vehicles: pd.DataFrame, defaults: Defaults
) -> tuple[Integers, Integers, dict[str, Any]]:
    """Return pairs of a duty and another vehicle that could do it."""
    operator = pd.factorize(vehicles["operator_id"].to_numpy(object))[0]
    parts = [np.zeros((2, 0), dtype=np.int64)]
    for one in range(int(operator.max(initial=-1)) + 1):
        members = np.flatnonzero(operator == one)
        driven = members[routed.km[members] > 0.0]
        grid = np.meshgrid(driven, members, indexing="ij")
        parts.append(np.stack([axis.ravel() for axis in grid]))
    duty, vehicle = np.concatenate(parts, axis=1)
    other = duty != vehicle
    duty, vehicle = duty[other], vehicle[other]
    report: dict[str, Any] = {"pairs_looked_at": len(duty)}
    for name, able in _able(routed, vehicles, defaults).items():
        fits = able(duty, vehicle)
        report[f"pairs_left_out_{name}"] = int((~fits).sum())
        duty, vehicle = duty[fits], vehicle[fits]
    report["pairs"] = len(duty)
    return duty, vehicle, report


def _able(routed: Routed, vehicles: pd.DataFrame, defaults: Defaults) -> dict[str, Any]:
    """Return what a vehicle must have to do another's work, as tests of pairs."""
    rows = CheckedRows(defaults)
    least = rows.number("energy", "replacement_gvw_share", 0.0, 1.0, "a share from 0 to 1")
    most = rows.number("energy", "replacement_gvw_share_max", 1.0, 100.0, "a number of at least 1")
    rows.finish()
    weight = vehicles["gvw_kg"].to_numpy(np.float64)
    capacity = vehicles["payload_capacity_kg"].to_numpy(np.float64)
    load = routed.largest_load_kg
    # payloads are held in single precision: a load equal to the capacity is not too much
    room = capacity * (1.0 + np.finfo(np.float32).eps)
    cold: Floats = np.zeros(len(vehicles))
    gate = np.zeros(len(vehicles), dtype=bool)
    if "refrigeration" in vehicles.columns:
        cold = np.array([_COLD.get(str(one), 0.0) for one in vehicles["refrigeration"]])
    if "lift_gate" in vehicles.columns:
        gate = (vehicles["lift_gate"] == True).to_numpy(bool)  # noqa: E712 - may be empty

    def size(duty: Integers, vehicle: Integers) -> Booleans:
        share = weight[vehicle] / weight[duty]
        return np.asarray((share >= least) & (share <= most))

    return {
        "size": size,
        "payload": lambda duty, vehicle: load[duty] <= room[vehicle],
        "equipment": lambda duty, vehicle: (
            (cold[vehicle] >= cold[duty]) & (gate[vehicle] | ~gate[duty])
        ),
    }


def _spread(offers: Offers, duty: Integers, vehicle: Integers) -> _Rows:
    """Return every option of the vehicle of each pair."""
    owner = offers.table["vehicle"].to_numpy()
    first = np.searchsorted(owner, np.arange(int(owner.max(initial=-1)) + 2))
    sizes = np.diff(first)[vehicle]
    pair = np.repeat(np.arange(len(duty)), sizes)
    start = np.cumsum(sizes) - sizes
    offer = np.arange(len(pair)) - start[pair] + first[vehicle][pair]
    return _Rows(duty[pair], vehicle[pair], offer)


def _others(
    routes: StudyRoutes,
    routed: Routed,
    offers: Offers,
    rows: _Rows,
    factor: Floats,
    rate: Rates,
    *,
    extend: bool,
    draws: int | None,
    defaults: Defaults,
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return a year of duties done by others."""
    table = offers.table.iloc[rows.offer]
    kind = table["kind"].to_numpy()
    capacity = routes.fleet.vehicles["payload_capacity_kg"].to_numpy(np.float64)
    sums = drive_kinds(
        routes, routed, duty=rows.duty, kind=kind, capacity_kg=capacity[rows.vehicle],
        kinds=offers.kinds, defaults=defaults,
    )  # fmt: skip
    year = factor[rows.duty]
    yearly = {name: sums[name].to_numpy(np.float64) * year for name in sums.columns}
    frame = pd.DataFrame(columns_of(yearly, offers, kind, rate))
    for name, filler in BURNS.items():
        frame[name] = pd.Series(
            [filler] * len(frame), dtype=object if filler in ("", "none") else float
        )
    chosen = np.flatnonzero((table["technology"] == ELECTRIC).to_numpy())
    model = table["model"].to_numpy()[chosen]
    key = rows.duty[chosen] * (len(routes.models.frame) + 1) + model
    _, first, place = np.unique(key, return_index=True, return_inverse=True)
    found, report, _ = electric_duties(
        routes, routed, duty=rows.duty[chosen][first], model=model[first], extend=extend,
        draws=draws, defaults=defaults,
    )  # fmt: skip
    for name in found.columns:
        values = found[name].to_numpy()[place]
        if name in ("energy_wh", "grid_wh"):
            values = values * year[chosen]
        column = frame[name].to_numpy(copy=True)
        column[chosen] = values
        frame[name] = column
    grams = frame["co2e_wtw_g"].to_numpy(copy=True)
    grams[chosen] = frame["grid_wh"].to_numpy()[chosen] / 1000.0 * rate.grid_g_kwh
    frame["co2e_wtw_g"] = grams
    return frame, report


def _own(outcomes: Outcomes, routed: Routed, offers: Offers) -> pd.DataFrame:
    """Return each vehicle's own duty, of those that drive."""
    owner = offers.table["vehicle"].to_numpy()
    driven = (routed.km > 0.0)[owner]
    frame: pd.DataFrame = outcomes.physical.loc[driven].reset_index(drop=True)
    columns = {"km": frame["annual_km"], "vehicle": owner[driven], "offer": np.flatnonzero(driven)}
    return frame.assign(**columns)
