"""How a number of a link of flows came about: the engines of each class, the largest first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.emissions.engines.mixtures import Setting, vehicle_kind
from geofleet.emissions.engines.processes import cold_trip_share
from geofleet.emissions.explanation.chain import VehicleChain
from geofleet.emissions.explanation.chain_engine import Drive
from geofleet.emissions.explanation.chain_hot import product, total, traced
from geofleet.emissions.explanation.model import COLD, HOT, IDLE, Explanation, Step
from geofleet.emissions.explanation.rows import rows_behind, warnings_of
from geofleet.emissions.model import MEANING, QUANTITIES, LinkEmissions, unit_of
from geofleet.errors import InputError, Problem
from geofleet.network.access import control_delay_s

if TYPE_CHECKING:
    from geofleet.fleet import FleetComposition
    from geofleet.network import RoadNetwork
    from geofleet.traffic import LinkFlows

__all__ = ["explain_flow"]

_TOLERANCE = 1e-9
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
    temperature_c: Sequence[float] | None = None,
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
        Kinds of vehicle whose whole chain is given, and that stand as steps of their own.

    Raises
    ------
    InputError
        An unknown quantity, a link or hour without flows, or emissions made with other settings.
    """
    unit = _checked(quantity)
    row = int(np.searchsorted(flows.edges, edge))
    known = row < len(flows.edges) and flows.edges[row] == edge and 0 <= hour < 24
    if not known or not flows.vehicles[row, :, hour].any():
        expected = "a link and an hour with vehicles in the link flows"
        raise InputError([Problem("link flows", "edge", 0, f"{edge}, hour {hour}", expected)])
    scope = (defaults or Defaults()).fresh()
    air = None if temperature_c is None else tuple(temperature_c)
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
    found: list[tuple[float, Step, dict[str, object]]] = []
    for place, name in enumerate(flows.classes):
        passing = float(flows.vehicles[row, place, hour])
        if passing == 0.0:
            continue
        cap, cap_row = _number(scope, "vehicle_classes", f"{name}.max_speed_kmh")
        speed = min(float(speed_kmh[row, hour]), cap)
        load, load_note = _load(scope, name, load_share)
        vehicles = Step("vehicles", f"vehicles of class {name} in the hour", passing, "vehicles",
                        rows=(cap_row,) if speed == cap else ())  # fmt: skip
        for _, part in composition.of(name, zone=zone).iterrows():
            kind = vehicle_kind(part)
            chain = VehicleChain(kind, setting, scope)
            own_cold = cold if chain.category == "light" else Step("cold_share", cold.label, 0.0)
            drive = Drive(length, speed, float(network.arrays.grade[edge]), load, hour, own_cold,
                          idle, queue, _ALL)  # fmt: skip
            of_class = Step("composition", "share of this kind in the class", float(part["share"]))
            what = chain.quantity(quantity, drive)
            label = f"{name}, {kind.fuel}, {kind.standard}, model year {kind.model_year}"
            step = product("flow", label, unit, vehicles, of_class, what, note=load_note)
            facts: dict[str, object] = {
                "vehicle_class": name, "fuel": kind.fuel, "standard": kind.standard,
                "model_year": kind.model_year, "states": ";".join(kind.aftertreatment),
                "vehicles": passing * of_class.value, "speed_kmh": speed,
            }  # fmt: skip
            found.append((step.value, step, facts))
    found.sort(key=lambda one: -one[0])
    whole = math.fsum(value for value, _, _ in found)
    _compare(whole, emissions, quantity, edge, hour)
    steps = [step for _, step, _ in found[:spelled_out]]
    steps += [Step("flow", step.label, value, unit) for value, step, _ in found[spelled_out:listed]]
    rest = [value for value, _, _ in found[max(spelled_out, listed) :]]
    if rest:
        label = f"{len(rest)} more kinds of vehicle, none of them larger"
        steps.append(Step("others", label, math.fsum(rest), unit))
    root = total("sum", "sum over the kinds of vehicle, the largest first", unit, *steps)
    contributors = pd.DataFrame(
        [
            {**facts, "value": value, "share": value / whole if whole else float("nan")}
            for value, _, facts in found
        ]
    )
    subject = f"{MEANING[quantity].capitalize()} of the flows on link {edge} from {hour}:00"
    rows = rows_behind(root, scope)
    return Explanation(
        quantity, root.value, unit, subject, root, rows, contributors, warnings_of(root, rows)
    )


def _checked(quantity: str) -> str:
    if quantity not in QUANTITIES:
        expected = "one of " + ", ".join(QUANTITIES)
        raise InputError([Problem("explain", "quantity", value=quantity, expected=expected)])
    return unit_of(quantity)


def _number(defaults: Defaults, table: str, row: str) -> tuple[float, str]:
    return defaults.number(table, row), f"{table}:{row}"


def _load(defaults: Defaults, name: str, given: dict[str, float] | None) -> tuple[float, str]:
    """Return the share of the capacity on board and where it comes from."""
    if given is not None and name in given:
        return given[name], f"Load: {100 * given[name]:.0f} % of the capacity, as given"
    category = defaults.text("vehicle_classes", f"{name}.emep_category")
    load, row = _number(defaults, "emissions", f"flow_load_share.{category}")
    return load, f"Load: {100 * load:.0f} % of the capacity ({row})"


def _compare(value: float, emissions: LinkEmissions, quantity: str, edge: int, hour: int) -> None:
    frame = emissions.frame
    at = frame[(frame["edge"] == edge) & (frame["hour"] == hour)]
    said = float(at[quantity].sum())
    if not math.isclose(value, said, rel_tol=_TOLERANCE, abs_tol=1e-200):
        expected = (
            f"{value!r}, as the flows, rows and settings given here make it: give those with which "
            "the emissions were made"
        )
        raise InputError([Problem("emissions", quantity, value=repr(said), expected=expected)])
