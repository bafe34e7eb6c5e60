"""How a number of a link of flows came about: the engines of each class, the largest first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.emissions.engines.mixtures import Setting, vehicle_kind
from geofleet.emissions.engines.processes import cold_trip_share, daily_temperature
from geofleet.emissions.explanation.chain import vehicle_chains
from geofleet.emissions.explanation.chain_engine import Drive
from geofleet.emissions.explanation.flags import FLAG_MEANING, flag_table, flags_of
from geofleet.emissions.explanation.model import COLD, HOT, IDLE, Explanation, Step
from geofleet.emissions.explanation.steps import product, traced
from geofleet.emissions.explanation.sums import agree, checked, explained, sum_of
from geofleet.emissions.model import LinkEmissions
from geofleet.errors import InputError, Problem
from geofleet.network.access import control_delay_s

if TYPE_CHECKING:
    from geofleet.fleet import FleetComposition
    from geofleet.network import RoadNetwork
    from geofleet.traffic import LinkFlows

__all__ = ["explain_flow"]

_ALL = frozenset((HOT, COLD, IDLE, "wear"))


def explain_flow(
    flows: LinkFlows,
    network: RoadNetwork,
    composition: FleetComposition,
    emissions: LinkEmissions,
    quantity: str,
    *,
    edge: int,
    hour: int,
    speed_kmh: np.ndarray,
    zone_of_edge: Sequence[str] | None = None,
    load_share: dict[str, float] | None = None,
    country: str | None = None,
    year: int | None = None,
    temperature_c: float | Sequence[float] | None = None,
    defaults: Defaults | None = None,
    spelled_out: int = 3,
    listed: int = 20,
) -> Explanation:
    """Return how the emissions of the flows of one link and hour came about.

    Every kind of vehicle that the composition knows is computed again, without the kernel, and
    their sum compared with what the table says.

    Parameters
    ----------
    flows, network, composition
        As they were given to :func:`flow_emissions`; so are the options from ``speed_kmh`` on.
    emissions
        What it returned.
    quantity
        One of ``QUANTITIES``.
    edge, hour
        Link and local hour.
    spelled_out, listed
        Kinds of vehicle whose whole chain is given, and that stand as steps of their own; rows,
        flags and warnings are of all of them in any case.

    Raises
    ------
    InputError
        An unknown quantity, ``spelled_out`` or ``listed`` that are no whole numbers of at least 0,
        a link or hour without flows, or emissions made with other settings.
    """
    unit = checked(quantity, spelled_out=spelled_out, listed=listed)
    row = int(np.searchsorted(flows.edges, edge))
    known = row < len(flows.edges) and flows.edges[row] == edge and 0 <= hour < 24
    if not known or not flows.vehicles[row, :, hour].any():
        expected = "a link and an hour with vehicles in the link flows"
        raise InputError([Problem("link flows", "edge", 0, f"{edge}, hour {hour}", expected)])
    scope = (defaults or Defaults()).fresh()
    air = daily_temperature(temperature_c)
    setting = Setting(country, year, air)
    share, cold_rows = traced(scope, lambda rows: cold_trip_share(rows, air))
    cold = Step("cold_share", "share of the distance driven with a cold engine", float(share[hour]),
                "1", rows=cold_rows)  # fmt: skip
    idle = Step("idle_h", "idling at stops is not known from flows", 0.0, "h")
    length = Step(
        "distance", "length of the link", float(network.arrays.length_m[edge]) / 1e3, "km"
    )
    delay, delay_rows = traced(scope, lambda rows: control_delay_s(network, defaults=rows.defaults))
    queue = Step("queue_s", "seconds lost at signals and stop signs", float(delay[edge]), "s",
                 rows=delay_rows if delay[edge] else ())  # fmt: skip
    zone = "" if zone_of_edge is None else str(zone_of_edge[edge])
    found: list[tuple[Step, dict[str, object]]] = []
    for place, name in enumerate(flows.classes):
        passing = float(flows.vehicles[row, place, hour])
        if passing == 0.0:
            continue
        cap, cap_row = _number(scope, "vehicle_classes", f"{name}.max_speed_kmh")
        speed = min(float(speed_kmh[row, hour]), cap)
        load, load_rows, load_note = _load(scope, name, load_share)
        vehicles = Step("vehicles", f"vehicles of class {name} in the hour", passing, "vehicles",
                        rows=(cap_row,) if speed == cap else ())  # fmt: skip
        parts = [part for _, part in composition.of(name, zone=zone).iterrows()]
        made = vehicle_chains(map(vehicle_kind, parts), setting=setting, defaults=scope)
        for part in parts:
            kind = vehicle_kind(part)
            chain = made[kind]
            own_cold = cold if chain.category == "light" else Step("cold_share", cold.label, 0.0)
            drive = Drive(length, speed, float(network.arrays.grade[edge]), load, hour, own_cold,
                          idle, queue, _ALL)  # fmt: skip
            of_class = Step("composition", "share of this kind in the class", float(part["share"]))
            what = chain.quantity(quantity, drive)
            label = f"{name}, {kind.fuel}, {kind.standard}, model year {kind.model_year}"
            step = product("flow", label, unit, vehicles, of_class, what, rows=load_rows,
                           note=load_note)  # fmt: skip
            facts: dict[str, object] = {
                "vehicle_class": name, "fuel": kind.fuel, "standard": kind.standard,
                "model_year": kind.model_year, "states": ";".join(kind.aftertreatment),
                "vehicles": passing * of_class.value, "speed_kmh": speed,
            }  # fmt: skip
            found.append((step, facts))
    found.sort(key=lambda one: -one[0].value)
    values = np.array([step.value for step, _ in found])
    agree(
        math.fsum(values), _said(emissions, quantity, edge, hour), quantity,
        made="flows, rows and settings given here make it: give those with which the emissions "
        "were made",
    )  # fmt: skip
    root = sum_of(
        values, chain=lambda place: found[place][0], words=lambda place: found[place][0].label,
        spelled_out=spelled_out, listed=listed, name="flow", noun="kinds of vehicle", unit=unit,
    )  # fmt: skip
    contributors = pd.DataFrame([facts for _, facts in found])
    whole = values.sum()
    contributors["value"] = values
    contributors["share"] = values / whole if whole else np.nan
    count = contributors["vehicles"].to_numpy(np.float64)
    raised = [flags_of(step) for step, _ in found]
    flags = flag_table(
        {name: np.array([name in one for one in raised]) for name in FLAG_MEANING},
        count=count, km=count * length.value, value=values,
    )  # fmt: skip
    return explained(
        quantity, f"of the flows on link {edge} from {hour}:00", root,
        behind=(step for step, _ in found), defaults=scope, flags=flags,
        amounts=("vehicles", float(count.sum()), float(count.sum() * length.value)),
        contributors=contributors, spelled_out=spelled_out, listed=listed,
    )  # fmt: skip


def _number(defaults: Defaults, table: str, row: str) -> tuple[float, str]:
    return defaults.number(table, row), f"{table}:{row}"


def _load(
    defaults: Defaults, name: str, given: dict[str, float] | None
) -> tuple[float, tuple[str, ...], str]:
    """Return the share of the capacity on board, its row, and where it comes from."""
    if given is not None and name in given:
        return given[name], (), f"Load: {100 * given[name]:.0f} % of the capacity, as given"
    category = defaults.text("vehicle_classes", f"{name}.emep_category")
    load, row = _number(defaults, "emissions", f"flow_load_share.{category}")
    return load, (row,), f"Load: {100 * load:.0f} % of the capacity"


def _said(emissions: LinkEmissions, quantity: str, edge: int, hour: int) -> float:
    frame = emissions.frame
    at = frame[(frame["edge"] == edge) & (frame["hour"] == hour)]
    return float(at[quantity].sum())
