"""Particle mass of vehicles: grams per kilometre of each, and grams of a year."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.errors import InputError, Problem

if TYPE_CHECKING:
    from geofleet.emissions.engines.resolve import Engines
    from geofleet.fleet import Fleet
    from geofleet.network import RoadNetwork
    from geofleet.routes import Traversals

__all__ = ["FACTORS", "grams_per_km", "grams_per_km_driven", "vehicle_year"]

FACTORS = ("pm25_exhaust_g", "pm25_wear_g", "bc_exhaust_g", "nox_exhaust_g")
"""What is told of each vehicle: exhaust particles, wear, black carbon and nitrogen oxides."""

_TABLE = "programme"
_HOURS = 24
_KM_M = 1000.0
_KIND = ("vehicle_class", "fuel", "standard", "model_year", "technology", "aftertreatment")


def grams_per_km(
    vehicles: pd.DataFrame,
    *,
    country: str | None,
    year: int | None,
    speed_kmh: float | None = None,
    quantities: Sequence[str] = FACTORS,
    defaults: Defaults | None = None,
) -> pd.DataFrame:
    """Return what vehicles emit per kilometre at one mean speed, on a level road.

    The functions, technologies and states of :mod:`geofleet.emissions`, at the load share of rows
    ``emissions:flow_load_share``, mean over the day (vans drive cold for the usual share of a
    trip). A vehicle of unknown standard is the certification mix of its country and model year.

    Parameters
    ----------
    vehicles
        As ``VEHICLE_SCHEMA``, or rows of a fleet composition.
    country, year
        ISO 3166 code and calendar year.
    speed_kmh
        Mean speed; row ``programme:speed_kmh`` where it is not given.
    quantities
        Columns of emission tables that are wanted (``geofleet.emissions.QUANTITIES``).

    Returns
    -------
    pandas.DataFrame
        Indexed as the vehicles, columns ``quantities`` with ``_km`` added: ``pm25_exhaust_g_km``…

    Raises
    ------
    InputError
        Vehicles that no emission function fits, all at once; a speed that is none.
    """
    from geofleet.emissions.engines.mixtures import Setting, vehicle_kind
    from geofleet.emissions.engines.resolve import make_engines

    scope = (defaults or Defaults()).scope()
    rows = CheckedRows(scope)
    speed = speed_kmh
    if speed is None:
        speed = rows.number(_TABLE, "speed_kmh", 0.0, 150.0, "a speed in km/h", above=True)
    rows.finish()
    if not 0.0 < speed <= 150.0:
        raise InputError(
            [Problem("speed", "speed_kmh", 0, f"{speed:g}", "above 0 and at most 150 km/h")]
        )
    columns = [f"{name}_km" for name in quantities]
    if vehicles.empty:
        return pd.DataFrame(np.zeros((0, len(columns))), index=vehicles.index, columns=columns)
    told = [name for name in _KIND if name in vehicles.columns]
    cells = vehicles[told].astype(object)
    codes, _ = pd.factorize(pd.MultiIndex.from_frame(cells.mask(cells.isna(), "")))
    _, first = np.unique(codes, return_index=True)
    distinct = [vehicle_kind(row) for _, row in vehicles.iloc[first].iterrows()]
    names = [str(name) for name in vehicles.index[first]]
    engines = make_engines(
        distinct, setting=Setting(country=country, year=year), defaults=scope, names=names
    )
    classes = tuple(dict.fromkeys(kind.vehicle_class for kind in distinct))
    class_of = np.array([classes.index(kind.vehicle_class) for kind in distinct])
    found = _one_km(engines, classes, class_of, speed, quantities, scope)
    return pd.DataFrame(found[codes], index=vehicles.index, columns=columns)


def _one_km(
    engines: Engines,
    classes: tuple[str, ...],
    class_of: npt.NDArray[np.int64],
    speed_kmh: float,
    quantities: Sequence[str],
    defaults: Defaults,
) -> npt.NDArray[np.float64]:
    """Return grams of one kilometre of each kind of vehicle, shape ``(kinds, quantities)``.

    Each kind drives a road of one kilometre of its own: flows of one vehicle in every hour.
    """
    from geofleet.emissions.engines.gases import situation_limits
    from geofleet.emissions.engines.processes import cold_trip_share
    from geofleet.emissions.engines.wear import wear_arrays
    from geofleet.emissions.flows import FlowWork, flow_grams
    from geofleet.emissions.model import QUANTITIES
    from geofleet.traffic import LinkFlows

    rows = CheckedRows(defaults)
    count, width = len(class_of), len(classes)
    own = np.arange(count) * width + class_of
    vehicles = np.zeros((count, width, _HOURS), np.float32)
    vehicles[np.arange(count), class_of] = 1.0
    wear = np.zeros((count * width, engines.wear.shape[1]))
    wear[own] = engines.wear
    sizes = np.zeros(count * width, np.int64)
    sizes[own] = np.diff(engines.first)
    limits = [
        rows.number("vehicle_classes", f"{name}.max_speed_kmh", 0.0, 300.0, "a speed", above=True)
        for name in classes
    ]
    loads = [
        rows.number(
            "emissions",
            f"flow_load_share.{defaults.text('vehicle_classes', f'{name}.emep_category')}",
            0.0, 1.0, "a share from 0 to 1",
        )
        for name in classes
    ]  # fmt: skip
    work = FlowWork(
        flows=LinkFlows(np.arange(count, dtype=np.int32), classes, vehicles),
        length_m=np.full(count, _KM_M),
        grade=np.zeros(count),
        queue_s=np.zeros(count),
        speed_kmh=np.full((count, _HOURS), speed_kmh, np.float32),
        zone=np.arange(count, dtype=np.int32),
        engines=engines,
        first=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32),
        number=engines.number,
        weight=engines.weight,
        cap_kmh=np.array(limits),
        load=np.array(loads),
        wear=wear,
        flag_share={},
        speed_wear=wear_arrays(rows),
        limits_kmh=situation_limits(rows),
        cold=1.0 + engines.cold * cold_trip_share(rows, None)[None, :, None],
        kinds=(),
        year=None,
        kind_first=np.zeros(1, np.int64),
        kind_number=np.zeros(0, np.int64),
        kind_share=np.zeros(0),
    )
    rows.finish()
    grams = flow_grams(work)[0].mean(axis=2)
    wanted = [QUANTITIES.index(name) for name in quantities]
    result: npt.NDArray[np.float64] = grams[:, wanted]
    return result


def grams_per_km_driven(
    fleet: Fleet,
    traversals: Traversals,
    network: RoadNetwork,
    *,
    country: str | None,
    defaults: Defaults | None = None,
) -> pd.DataFrame:
    """Return what each vehicle emits per kilometre on the roads that it drives in a study.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``vehicle_id``, for the vehicles that drive: columns as of :func:`grams_per_km`,
        and ``driven_km``. Cold starts and idling at stops are in it.
    """
    from geofleet.emissions import traversal_emissions

    emissions = traversal_emissions(traversals, network, fleet, country=country, defaults=defaults)
    days = traversals.frame["vehicle_day"].to_numpy()
    vehicle = traversals.vehicle_days["vehicle_id"].to_numpy()[days]
    table = emissions.grams[list(FACTORS)].assign(
        driven_km=traversals.frame["length_m"].to_numpy(np.float64) / _KM_M
    )
    sums = table.groupby(vehicle).sum()
    sums = sums[sums["driven_km"] > 0.0]
    found = sums[list(FACTORS)].div(sums["driven_km"], axis=0).add_suffix("_km")
    found["driven_km"] = sums["driven_km"]
    found.index.name = "vehicle_id"
    return found


def vehicle_year(
    fleet: Fleet,
    *,
    country: str | None,
    year: int | None,
    traversals: Traversals | None = None,
    network: RoadNetwork | None = None,
    speed_kmh: float | None = None,
    defaults: Defaults | None = None,
) -> pd.DataFrame:
    """Return what each vehicle emits in a year: its grams per kilometre times its distance.

    Grams per kilometre are those of the study's roads where traversals are given and the vehicle
    drives in them, else those of one mean speed (:func:`grams_per_km`). A vehicle without
    ``annual_km`` has unknown grams (NaN).

    Returns
    -------
    pandas.DataFrame
        Indexed by ``vehicle_id``: ``annual_km``, ``factors_from`` (``study`` or ``mean speed``),
        ``FACTORS`` per kilometre (``pm25_exhaust_g_km``…) and per year (``pm25_g``…).

    Raises
    ------
    InputError
        Traversals without network; vehicles that no emission function fits.
    """
    if (traversals is None) != (network is None):
        expected = "both traversals and their network, or neither"
        raise InputError([Problem("vehicle_year", "traversals, network", expected=expected)])
    out = grams_per_km(
        fleet.vehicles, country=country, year=year, speed_kmh=speed_kmh, defaults=defaults
    )
    factors = list(out.columns)
    out.insert(0, "factors_from", "mean speed")
    if traversals is not None and network is not None:
        driven = grams_per_km_driven(fleet, traversals, network, country=country, defaults=defaults)
        here = driven.index.intersection(out.index)
        out.loc[here, factors] = driven.loc[here, factors]
        out.loc[here, "factors_from"] = "study"
    km = pd.Series(np.nan, index=out.index)
    if "annual_km" in fleet.vehicles.columns:
        km = pd.to_numeric(fleet.vehicles["annual_km"], errors="coerce").astype(float)
    out.insert(0, "annual_km", km)
    for name in FACTORS:
        out[name] = out[f"{name}_km"] * out["annual_km"]
    return out
