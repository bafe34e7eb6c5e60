"""Outcomes on the roads of a study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.economics.options import KEEP
from geofleet.economics.outcomes.driven import GRAMS, HARM, Routed, drive_kinds
from geofleet.economics.outcomes.electric import electric_duties
from geofleet.economics.outcomes.mean_speed import electric_days, grams_of_kinds
from geofleet.economics.outcomes.model import MEAN_SPEED, STUDY, Outcomes, StudyRoutes
from geofleet.economics.outcomes.offers import ELECTRIC, TECHNOLOGIES, Offers, make_offers
from geofleet.economics.outcomes.physics import Rates, columns_of, lay_out, rates
from geofleet.emissions import TraversalEmissions
from geofleet.emissions.engines.processes import daily_temperature
from geofleet.energy.model import ElectricModels, Feasibility
from geofleet.energy.robust import RobustFeasibility
from geofleet.errors import InputError, Problem
from geofleet.exposure import UnitExposure
from geofleet.fleet import Fleet
from geofleet.network import RoadNetwork
from geofleet.routes import Itineraries

__all__ = ["study_outcomes", "year_of_days"]

Floats = npt.NDArray[np.float64]

_DAYS_OF_YEAR = 366.0


def study_outcomes(
    itineraries: Itineraries,
    network: RoadNetwork,
    fleet: Fleet,
    *,
    emissions: TraversalEmissions,
    unit_exposure: UnitExposure,
    feasibility: Feasibility,
    robust: RobustFeasibility,
    models: ElectricModels,
    technologies: Sequence[str] = TECHNOLOGIES,
    country: str | None,
    year: int,
    temperature_c: float | Sequence[float] | None = None,
    days_per_year: float | None = None,
    extend_robust: bool = True,
    draws: int | None = None,
    speed_kmh: float | None = None,
    defaults: Defaults | None = None,
) -> Outcomes:
    """Return what every vehicle of a study with every technology gives off and can do in a year.

    Each technology is driven over the same traversals with changed vehicles. Electric vehicles
    keep the wear of their class, have no exhaust, and take the energy of the verdicts of their
    model. Days become years by ``annual_km`` over the kilometres driven in the study, else by
    ``days_per_year`` over the vehicle's days in it. Vehicles that drive nowhere in the study have
    the grams of one mean speed, and harm and probability unknown.

    Parameters
    ----------
    itineraries, network, fleet, emissions, unit_exposure, feasibility, robust, models
        Of one run of a study; ``keep`` has the grams of ``emissions``.
    technologies
        What vehicles can become: some of ``TECHNOLOGIES``.
    country, year
        For new vehicles, certification mix and electricity.
    temperature_c
        Mean air temperature by hour of day (24).
    days_per_year
        Working days; row ``mends:working_days`` where not given.
    extend_robust
        Judge pairs of day and model that are feasible as planned and that ``robust`` lacks, with
        its own draws; else their probability is unknown.
    draws
        Days drawn for these; as many as those of ``robust`` when not given.
    speed_kmh
        Mean speed for vehicles that drive nowhere; row ``programme:speed_kmh`` when not given.
    defaults
        With the study's overrides.

    Raises
    ------
    InputError
        Inputs that do not belong together, vehicles that no emission function fits.

    Notes
    -----
    Harm is Σ grams × unit exposure of link and hour / 3600, of primary PM2.5, persons·µg/m3·h.
    """
    scope = (defaults or Defaults()).scope()
    air = daily_temperature(temperature_c)
    routes = StudyRoutes(
        itineraries, network, fleet, emissions, unit_exposure, feasibility, robust, models,
        tuple(technologies), country, year, air, scope,
    )  # fmt: skip
    routed = Routed(routes)
    vehicles = _described(routes, routed, days_per_year, scope)
    offers = make_offers(vehicles, technologies, models, country=country, year=year, defaults=scope)
    rate = rates(country, year, scope)
    owner = offers.table["vehicle"].to_numpy()
    there = (routed.km > 0.0)[owner]
    sums = _sums(routes, routed, offers, there, scope)
    scale = year_of_days(vehicles)[owner]
    yearly = {name: sums[name].to_numpy(np.float64) * scale for name in sums.columns}
    elsewhere = grams_of_kinds(
        offers, vehicles, country=country, year=year, speed_kmh=speed_kmh, rows=~there,
        defaults=scope,
    )  # fmt: skip
    for name, values in elsewhere.items():
        yearly[name][~there] = values
    numbers: dict[str, Any] = dict(
        columns_of(yearly, offers, offers.table["kind"].to_numpy(), rate)
    )
    numbers["annual_km"] = vehicles["yearly_km"].to_numpy(np.float64)[owner]
    numbers["factors_from"] = np.where(there, STUDY, MEAN_SPEED).astype(object)
    electric, judged, judged_robust = _electric(
        routes,
        routed,
        offers,
        vehicles,
        numbers,
        there,
        rate,
        extend=extend_robust,
        draws=draws,
        defaults=scope,
    )
    physical = lay_out(vehicles, offers, models, numbers, electric=electric)
    report = _report(vehicles, offers, routed, physical) | judged
    return Outcomes(
        physical, vehicles.drop(columns="yearly_km"), replace(routes, robust=judged_robust), report,
        tuple(sorted({*scope.used, *models.provenance})),
    )  # fmt: skip


def year_of_days(vehicles: pd.DataFrame) -> Floats:
    """Return the factor from the days of the study to a year; NaN where nothing is driven."""
    km = vehicles["study_km"].to_numpy(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        factor: Floats = np.where(km > 0.0, vehicles["yearly_km"].to_numpy(np.float64) / km, np.nan)
    return factor


def _described(
    routes: StudyRoutes, routed: Routed, days_per_year: float | None, defaults: Defaults
) -> pd.DataFrame:
    """Return the fleet with operator size, depot, and what makes a year of its days."""
    rows = CheckedRows(defaults)
    days = days_per_year
    if days is None:
        days = rows.number("mends", "working_days", 0.0, _DAYS_OF_YEAR, "days", above=True)
    rows.finish()
    if not 0.0 < days <= _DAYS_OF_YEAR:
        expected = "above 0 and at most 366 days"
        raise InputError([Problem("study outcomes", "days_per_year", 0, f"{days:g}", expected)])
    fleet = routes.fleet
    vehicles = fleet.vehicles.copy()
    operators = fleet.operators
    vehicles["operator_size"] = operators["operator_size"].reindex(vehicles["operator_id"]).array
    vehicles["depot_id"] = _depots(routes)
    known = np.full(len(vehicles), np.nan)
    if "annual_km" in vehicles.columns:
        known = vehicles["annual_km"].to_numpy(np.float64, na_value=np.nan)
    km, count = routed.km, routed.days
    driven = km > 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        by_days = np.where(driven, km * days / count, np.nan)
        yearly = np.where(np.isnan(known), by_days, known)
        vehicles["days_per_year"] = np.where(driven, yearly / km * count, np.nan)
    vehicles["study_km"], vehicles["study_days"] = km, count
    with np.errstate(divide="ignore", invalid="ignore"):
        vehicles["mean_payload_kg"] = np.where(driven, routed.tonne_km / km * 1000.0, np.nan)
    vehicles["payload_needed_kg"] = np.where(driven, routed.largest_load_kg, np.nan)
    scaled = np.where(np.isnan(known), np.where(driven, "days_per_year", ""), "annual_km")
    vehicles["scaled_by"] = scaled.astype(object)
    vehicles["yearly_km"] = yearly
    return vehicles


def _depots(routes: StudyRoutes) -> list[str | None]:
    """Return where each vehicle begins: its first stop of kind depot, else its operator's base."""
    stops = routes.itineraries.stops
    depots = stops[stops["kind"] == "depot"].sort_values(["vehicle_day", "stop_number"])
    first = depots.drop_duplicates("vehicle_id").set_index("vehicle_id")["stop_id"].to_dict()
    operators = routes.fleet.operators
    bases = operators["base"].to_dict() if "base" in operators.columns else {}
    found: list[str | None] = []
    for name, operator in routes.fleet.vehicles["operator_id"].items():
        place = first.get(name, bases.get(operator))
        found.append(None if place is None or place != place else str(place))
    return found


def _sums(
    routes: StudyRoutes,
    routed: Routed,
    offers: Offers,
    there: npt.NDArray[np.bool_],
    defaults: Defaults,
) -> pd.DataFrame:
    """Return sums over the service dates of each option: of those kept as they were found."""
    table = offers.table
    kept = (table["technology"] == KEEP).to_numpy()
    owner = table["vehicle"].to_numpy()
    columns = [*GRAMS, *HARM]
    sums = pd.DataFrame(np.nan, index=table.index, columns=columns)
    grams = routes.emissions.grams
    found = routed.table({name: grams[name].to_numpy(np.float64) for name in GRAMS})
    sums.loc[kept & there] = found[:, owner[kept & there]].T
    # several models of a class are one kind: wear is that of the class
    jobs = np.flatnonzero(~kept & there)
    capacity = routes.fleet.vehicles["payload_capacity_kg"].to_numpy(np.float64)
    driven = drive_kinds(
        routes, routed, duty=owner[jobs], kind=table["kind"].to_numpy()[jobs],
        capacity_kg=capacity[owner[jobs]], kinds=offers.kinds, defaults=defaults,
    )  # fmt: skip
    sums.iloc[jobs] = driven.to_numpy()
    return sums


def _electric(
    routes: StudyRoutes,
    routed: Routed,
    offers: Offers,
    vehicles: pd.DataFrame,
    numbers: dict[str, Any],
    there: npt.NDArray[np.bool_],
    rate: Rates,
    *,
    extend: bool,
    draws: int | None,
    defaults: Defaults,
) -> tuple[dict[str, npt.NDArray[Any]], dict[str, Any], RobustFeasibility]:
    """Return the columns of electric options: of the energy stage on routes, else by class."""
    table = offers.table
    chosen = np.flatnonzero((table["technology"] == ELECTRIC).to_numpy())
    owner, model = table["vehicle"].to_numpy()[chosen], table["model"].to_numpy()[chosen]
    on_routes = there[chosen]
    factor = year_of_days(vehicles)[owner[on_routes]]
    found, report, robust = electric_duties(
        routes, routed, duty=owner[on_routes], model=model[on_routes], extend=extend,
        draws=draws, defaults=defaults,
    )  # fmt: skip
    for name in ("energy_wh", "grid_wh"):
        found[name] = found[name] * factor
    found["co2e_wtw_g"] = found["grid_wh"] / 1000.0 * rate.grid_g_kwh
    rest = ~on_routes
    elsewhere = electric_days(
        routes.models, model[rest],
        energy_wh={name: numbers[name][chosen[rest]] for name in ("energy_wh", "grid_wh")},
        annual_km=numbers["annual_km"][chosen[rest]], daily_km=np.full(int(rest.sum()), np.nan),
        overloaded=np.zeros(int(rest.sum()), dtype=bool),
        range_share=None, rate=rate, defaults=defaults,
    )  # fmt: skip
    merged = {}
    for name in found.columns:
        column = np.empty(len(chosen), dtype=found[name].to_numpy().dtype)
        column[on_routes] = found[name].to_numpy()
        column[rest] = elsewhere[name]
        merged[name] = column
    return merged, report, robust


def _report(
    vehicles: pd.DataFrame, offers: Offers, routed: Routed, physical: pd.DataFrame
) -> dict[str, Any]:
    """Count what was assumed and left out."""
    days = vehicles["days_per_year"].to_numpy(np.float64)
    scaled = vehicles["scaled_by"]
    unknown = physical["harm_person_ug_m3_h"].isna().groupby(level="vehicle_id", sort=False).any()
    return {
        "vehicles": len(vehicles),
        "options": {
            str(name): int(count) for name, count in physical["technology"].value_counts().items()
        },
        "not_offered": offers.refused,
        "vehicles_by_annual_km": int(((scaled == "annual_km") & (routed.km > 0.0)).sum()),
        "vehicles_by_days_per_year": int((scaled == "days_per_year").sum()),
        "vehicles_without_routes": int((routed.km <= 0.0).sum()),
        "vehicles_of_more_days_than_a_year": int((days > _DAYS_OF_YEAR).sum()),
        "vehicles_of_unknown_harm": int(unknown.sum()),
        "electric_by_cause": {
            str(name): int(count)
            for name, count in physical.loc[physical["technology"] == ELECTRIC, "cause"]
            .value_counts()
            .items()
        },
    }
