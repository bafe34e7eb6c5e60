"""Days driven in lanes: from prepared tables through the kernel to joules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.energy.catalogue import model_battery, vehicle_parameters
from geofleet.energy.day.halts import Halts, day_matrix, halts_of_legs, halts_of_stops
from geofleet.energy.driving import _kernels as kernels
from geofleet.energy.driving.conditions import Conditions
from geofleet.energy.driving.lanes import DrivenVehicle, Lanes, build_lanes
from geofleet.energy.driving.roads import DrivenLinks, driven_links
from geofleet.energy.equipment import Equipment
from geofleet.energy.model import ElectricModels
from geofleet.errors import InputError, Problem
from geofleet.network import RoadNetwork
from geofleet.routes import Itineraries, Traversals

__all__ = [
    "Driven",
    "PreparedDays",
    "check_plugs",
    "drive",
    "drive_by_days",
    "driven_vehicles",
    "planned",
    "prepare_days",
]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
_LANE_DAYS = 400_000  # driven at once: 11 numbers of 8 bytes each are kept, 35 MB


@dataclass(frozen=True)
class PreparedDays:
    """Vehicle-days ready to be driven by any vehicle under any conditions."""

    traversals: Traversals
    links: DrivenLinks
    halts: Halts
    days: Floats

    def __len__(self) -> int:
        return len(self.days)


@dataclass(frozen=True)
class Driven:
    """What the kernel found.

    Parameters
    ----------
    totals
        Shape (days, 11, lanes), joules (``LATE``: seconds).
    first
        Shape (days, 3, lanes): first stop that charge, power, time do not reach; -1 none.
    at_stops, on_links
        Shapes (stops, 3, lanes), (traversals, 5, lanes); empty where not asked for.
    """

    totals: Floats
    first: Integers
    at_stops: Floats
    on_links: Floats


def prepare_days(
    itineraries: Itineraries | Traversals,
    network: RoadNetwork,
    *,
    stops: pd.DataFrame | None = None,
    equipment: Mapping[str, Equipment] | None = None,
    plug_power_w: npt.ArrayLike | None = None,
    pressure_pa: float | Sequence[float] | None = None,
    defaults: Defaults,
) -> PreparedDays:
    """Gather roads, stops and bodies of vehicle-days.

    Raises
    ------
    InputError
        Traversals, stops or default rows that cannot be used.
    """
    if isinstance(itineraries, Itineraries):
        traversals = itineraries.traversals
        table: pd.DataFrame | None = itineraries.stops if stops is None else stops
    else:
        traversals, table = itineraries, stops
    links = driven_links(traversals, network, pressure_pa=pressure_pa, defaults=defaults)
    if table is None:
        halts = halts_of_legs(traversals)
        if plug_power_w is not None:
            expected = "none where there is no table of stops to plug in at"
            raise InputError([Problem("plug_power_w", expected=expected)])
    else:
        halts = halts_of_stops(table, traversals, equipment=equipment, plug_power_w=plug_power_w)
    return PreparedDays(traversals, links, halts, day_matrix(traversals, halts, table, equipment))


def driven_vehicles(models: ElectricModels, defaults: Defaults) -> list[DrivenVehicle]:
    """Return the models of a table as the kernels drive them, in its order.

    Raises
    ------
    InputError
        An empty table, numbers that no vehicle can have.
    """
    if models.frame.empty:
        raise InputError([Problem("electric models", expected="at least one model to try")])
    return [
        DrivenVehicle(
            vehicle_parameters(models, str(name), defaults=defaults),
            model_battery(models, str(name)),
        )
        for name in models.frame.index
    ]


def check_plugs(prepared: PreparedDays, models: ElectricModels) -> None:
    """Refuse models of unknown charging power where a stop offers a plug.

    Raises
    ------
    InputError
        Each such model by name: what is not known is not zero.
    """
    if not prepared.halts.plugged:
        return
    frame = models.frame
    nothing = pd.Series(np.nan, index=frame.index)
    unknown = frame.get("ac_charge_w", nothing).isna() & frame.get("dc_charge_w", nothing).isna()
    expected = "ac_charge_w or dc_charge_w, since a stop offers a plug"
    if unknown.any():
        raise InputError(
            Problem("electric models", str(name), expected=expected)
            for name in frame.index[unknown]
        )


def drive(
    prepared: PreparedDays, lanes: Lanes, *, by_stop: bool = False, by_link: bool = False
) -> Driven:
    """Drive every day in every lane at once."""
    days = np.arange(len(prepared))
    return _drive(prepared, lanes, days, by_stop=by_stop, by_link=by_link)


def drive_by_days(
    prepared: PreparedDays, lanes: Lanes, days: Integers | None = None
) -> Iterator[tuple[Integers, Driven]]:
    """Drive some days at a time, so that memory stays bounded however many there are.

    Yields the numbers of the days (all when ``days`` is not given) and what was found of them.
    """
    chosen = np.arange(len(prepared)) if days is None else np.asarray(days, dtype=np.int64)
    step = max(_LANE_DAYS // max(lanes.matrix.shape[1], 1), 1)
    for first in range(0, len(chosen), step):
        part = chosen[first : first + step]
        yield part, _drive(prepared, lanes, part, by_stop=False, by_link=False)


def _drive(
    prepared: PreparedDays, lanes: Lanes, days: Integers, *, by_stop: bool, by_link: bool
) -> Driven:
    """Drive some days; stops and links are kept for all, empty where their day is not driven."""
    links, halts = prepared.links, prepared.halts
    spans = np.stack([links.day_start[days], links.day_start[days + 1]], axis=1)
    stop_spans = np.stack([halts.start[days], halts.start[days + 1]], axis=1)
    totals, found, at_stops, on_links = kernels.drive_days(
        spans, links.leg, links.hour, links.links, prepared.days[days], stop_spans, halts.number,
        halts.hour, halts.matrix, lanes.matrix, lanes.hourly, by_stop, by_link,
    )  # fmt: skip
    keep = slice(0, lanes.count)
    return Driven(totals[:, :, keep], found[:, :, keep], at_stops[:, :, keep], on_links[:, :, keep])


def planned(
    models: ElectricModels, temperature_c: Floats, links: DrivenLinks, defaults: Defaults
) -> Lanes:
    """Return lanes of all models on a day that goes as planned, under 24 temperatures."""
    return build_lanes(
        driven_vehicles(models, defaults),
        Conditions.of_hours(temperature_c),
        links.parameters,
        defaults=defaults,
    )
