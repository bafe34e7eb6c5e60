"""State of charge along the way: what each link takes from the battery of the chosen model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.energy.day.drive import PreparedDays, planned, prepare_days
from geofleet.energy.driving import _kernels as kernels
from geofleet.energy.driving.air import TEMPERATURES_C, hourly
from geofleet.energy.driving.lanes import Lanes
from geofleet.energy.equipment import fleet_equipment
from geofleet.energy.model import ElectricModels
from geofleet.fleet import Fleet
from geofleet.network import RoadNetwork
from geofleet.routes import Itineraries

__all__ = ["charge_profiles"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
_JOULES_PER_WH = 3600.0
_LINKS_AT_ONCE = 20_000  # each keeps 160 numbers of 8 bytes while it is driven: 26 MB
_TRACTION, _RETURNED, _AUXILIARIES = range(3)  # of LINK_ROWS


def charge_profiles(
    itineraries: Itineraries,
    network: RoadNetwork,
    models: ElectricModels,
    *,
    best: pd.DataFrame,
    fleet: Fleet | None = None,
    plug_power_w: npt.ArrayLike | None = None,
    temperature_c: float | Sequence[float],
    pressure_pa: float | Sequence[float] | None = None,
    defaults: Defaults | None = None,
) -> pd.DataFrame:
    """Return the charge at the beginning and end of every traversal, for one model a day.

    The same drive as ``feasibility`` with the same arguments, kept link by link: the charge at
    the end of the last link before a stop is that stop's ``soc``; between the end of one leg and
    the beginning of the next lies what standing took and a plug gave.

    Parameters
    ----------
    itineraries, network, models, fleet, plug_power_w, temperature_c, pressure_pa, defaults
        As in ``feasibility``.
    best
        ``vehicle_day``, ``model_id`` (empty: none) and ``cause``, one row per vehicle-day, as
        ``Feasibility.best``.

    Returns
    -------
    DataFrame
        One row per traversal, in its order: ``vehicle_day, seq``, ``energy_wh`` (from the battery,
        net of what comes back; negative downhill), ``soc_enter, soc_exit`` (1 = full; below 0 says
        how much is missing). NaN without a model; on a day of cause ``unknown`` only the energy of
        what is known, no charge.

    Raises
    ------
    InputError
        Traversals, stops, models or default rows that cannot be used.
    """
    scope = (defaults or Defaults()).scope()
    equipment = None if fleet is None else fleet_equipment(fleet.vehicles, defaults=scope)
    prepared = prepare_days(
        itineraries, network, equipment=equipment, plug_power_w=plug_power_w,
        pressure_pa=pressure_pa, defaults=scope,
    )  # fmt: skip
    temperature = hourly(temperature_c, "temperature_c", *TEMPERATURES_C)
    frame = prepared.traversals.frame
    energy, enter, leave = (np.full(len(frame), np.nan) for _ in range(3))
    for model_id, days in _by_model(best):
        one = ElectricModels(models.frame.loc[[model_id]], models.provenance)
        lanes = planned(one, temperature, prepared.links, scope)
        for part in _parts(days, np.diff(prepared.links.day_start)):
            rows, joules, depth = _drive_part(prepared, lanes, part)
            energy[rows] = joules / _JOULES_PER_WH
            battery = float(lanes.battery_wh[0]) * _JOULES_PER_WH
            leave[rows] = 1.0 - depth / battery
            enter[rows] = 1.0 - (depth - joules) / battery
    unknown = np.isin(
        frame["vehicle_day"].to_numpy(), best.loc[best["cause"] == "unknown", "vehicle_day"]
    )
    enter[unknown] = leave[unknown] = np.nan
    return (
        frame[["vehicle_day", "seq"]]
        .reset_index(drop=True)
        .assign(energy_wh=energy, soc_enter=enter, soc_exit=leave)
    )


def _by_model(best: pd.DataFrame) -> Iterator[tuple[str, Integers]]:
    """Yield each model with the days that it is best for."""
    named = best[best["model_id"].notna() & (best["model_id"].astype(str) != "")]
    for model_id, rows in named.groupby("model_id", sort=True):
        yield str(model_id), rows["vehicle_day"].to_numpy(np.int64)


def _parts(days: Integers, links: Integers) -> Iterator[Integers]:
    """Split days so that no part drives many more links than fit at once."""
    driven = days[links[days] > 0]
    part = np.cumsum(links[driven]) // _LINKS_AT_ONCE
    for number in np.unique(part):
        yield driven[part == number]


def _drive_part(
    prepared: PreparedDays, lanes: Lanes, days: Integers
) -> tuple[Integers, Floats, Floats]:
    """Drive some days in one lane.

    Returns rows of their traversals, net joules of each, and joules below full at its end.
    """
    links, halts = prepared.links, prepared.halts
    rows, starts = _gather(links.day_start, days)
    stops, stop_starts = _gather(halts.start, days)
    leg = links.leg[rows]
    totals, _, at_stops, on_links = kernels.drive_days(
        np.stack([starts[:-1], starts[1:]], axis=1), leg, links.hour[rows], links.links[rows],
        prepared.days[days], np.stack([stop_starts[:-1], stop_starts[1:]], axis=1),
        halts.number[stops], halts.hour[stops], halts.matrix[stops], lanes.matrix, lanes.hourly,
        True, True,
    )  # fmt: skip
    on = on_links[:, :, 0]
    joules = on[:, _TRACTION] + on[:, _AUXILIARIES] - on[:, _RETURNED]
    depth = np.empty(len(rows))
    for day in range(len(days)):
        span, at = slice(starts[day], starts[day + 1]), slice(*stop_starts[day : day + 2])
        arrived = np.append(at_stops[at, 0, 0], totals[day, kernels.DEPTH, 0])
        ahead = np.searchsorted(halts.number[stops[at]], leg[span], side="right")
        # what a link leaves is what the next stop finds, less what lies between them
        summed = np.cumsum(joules[span])
        last = np.searchsorted(leg[span], leg[span], side="right") - 1
        depth[span] = arrived[ahead] - (summed[last] - summed)
    return rows, joules, depth


def _gather(start: Integers, days: Integers) -> tuple[Integers, Integers]:
    """Return the rows of some days one after another, and where each day begins among them."""
    counts = start[days + 1] - start[days]
    starts = np.concatenate([[0], np.cumsum(counts)])
    rows = np.arange(starts[-1]) + np.repeat(start[days] - starts[:-1], counts)
    return rows, starts
