"""Outcomes: what every vehicle with every technology would emit, use and be able to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from geofleet.economics.options import PHYSICAL

if TYPE_CHECKING:
    from geofleet.defaults import Defaults
    from geofleet.emissions import TraversalEmissions
    from geofleet.energy.model import ElectricModels, Feasibility
    from geofleet.energy.robust import RobustFeasibility
    from geofleet.exposure import UnitExposure
    from geofleet.fleet import Fleet
    from geofleet.network import RoadNetwork
    from geofleet.routes import Itineraries

__all__ = ["COLUMNS", "MEAN_SPEED", "STUDY", "WORK", "Duties", "Outcomes", "StudyRoutes"]

STUDY, MEAN_SPEED = "study", "mean speed"
"""Where grams come from: the roads driven in a study, or one mean speed."""

COLUMNS = {
    **PHYSICAL,
    "harm_exhaust_person_ug_m3_h": "the part of the harm that is behind exhaust particles",
    "harm_wear_person_ug_m3_h": "the part of the harm that is behind wear",
    "harm_bc_person_ug_m3_h": "the part of the exhaust's harm that is black carbon",
    "grid_wh": "electricity from the grid of a year, losses of the charger in it; 0 for fuels",
    "cause": "what keeps the option from doing the work on the day that goes as planned: none, a "
    "cause of the energy stage, or depot charging; unknown where it cannot be judged",
    "factors_from": "study or mean speed: where grams and energy come from",
    "charger_kind": "smallest charger that refills every day's energy in the hours parked; empty "
    "where none is needed, or none does",
    "charger_power_w": "of that charger; 0 where none is needed, NaN where none is known",
    "peak_power_w": "most that the vehicle draws from the grid at it; likewise",
    "plug_share": "hours charged over hours parked, of the worst day: the share of a charger's "
    "time that the vehicle needs; likewise",
    "make": "who sells the electric model; empty where none",
    "assembly_country": "of the electric model, ISO 3166 codes joined by ';'; empty where none",
}
"""Columns of ``Outcomes.physical`` and what they hold."""

WORK = (
    "harm_person_ug_m3_h", "harm_exhaust_person_ug_m3_h", "harm_wear_person_ug_m3_h",
    "pm25_exhaust_g", "pm25_wear_g", "bc_exhaust_g", "nox_exhaust_g", "co2e_wtw_g", "fuel_l",
    "adblue_l", "energy_wh", "grid_wh", "probability", "cause", "charger_kind", "charger_power_w",
    "plug_share", "km",
)  # fmt: skip
"""Columns of ``Duties.work``, as those of ``Outcomes.physical``; ``km`` is the duty's of a year."""


@dataclass(frozen=True)
class StudyRoutes:
    """A study's routes and all that says what a vehicle does on them.

    Parameters
    ----------
    temperature_c
        Mean air temperature by hour of day (24); None takes the default row of cold starts.
    defaults
        With the overrides of the study.
    """

    itineraries: Itineraries
    network: RoadNetwork
    fleet: Fleet
    emissions: TraversalEmissions
    unit_exposure: UnitExposure
    feasibility: Feasibility
    robust: RobustFeasibility
    models: ElectricModels
    technologies: tuple[str, ...]
    country: str | None
    year: int
    temperature_c: Sequence[float] | None
    defaults: Defaults


@dataclass(frozen=True)
class Outcomes:
    """Physics of every vehicle × option, of a year.

    Parameters
    ----------
    physical
        Indexed ``(vehicle_id, option)``, ``keep`` first: ``COLUMNS``.
    vehicles
        Indexed by ``vehicle_id``: columns of the fleet table, ``operator_size`` and ``depot_id``
        where known, ``weight`` (vehicles that the row stands for, where it is a group),
        ``days_per_year`` (working days like those of the study, NaN where unknown), and of a
        study ``study_km, study_days, scaled_by`` (``annual_km`` or ``days_per_year``),
        ``mean_payload_kg`` (over the distance) and ``payload_needed_kg`` (largest load).
    routes
        What reassignment needs, see :func:`geofleet.economics.outcomes.duties`; None without
        routes.
    report
        Counts of what was assumed, left out and why.
    provenance
        Default rows used.
    """

    physical: pd.DataFrame
    vehicles: pd.DataFrame
    routes: StudyRoutes | None = None
    report: Mapping[str, Any] = field(default_factory=dict)
    provenance: tuple[str, ...] = ()


@dataclass(frozen=True)
class Duties:
    """The work of one vehicle done by another of the same operator, of a year.

    Parameters
    ----------
    work
        Indexed ``(duty, vehicle_id, option)``: ``WORK``. A duty is all vehicle-days of the vehicle
        whose name it bears; only vehicles and options that can carry it are listed, and each
        vehicle with its own.
    report
        Pairs of vehicles looked at, and those left out by reason.
    provenance
        Default rows used.
    """

    work: pd.DataFrame
    report: Mapping[str, Any] = field(default_factory=dict)
    provenance: tuple[str, ...] = ()
