"""Find, verify and rank what mends each vehicle-day that a model cannot run."""

from __future__ import annotations

import logging
import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.energy.day import feasibility as judge
from geofleet.energy.day.drive import prepare_days
from geofleet.energy.driving.air import TEMPERATURES_C, hourly
from geofleet.energy.equipment import fleet_equipment
from geofleet.energy.mend.check import check_inputs
from geofleet.energy.mend.costs import mend_costs, mend_rules
from geofleet.energy.mend.departure import other_departures
from geofleet.energy.mend.larger_battery import larger_batteries
from geofleet.energy.mend.model import COLUMNS, KINDS, Mend, Mends
from geofleet.energy.mend.move_stops import moved_stops
from geofleet.energy.mend.one_charge import one_charge
from geofleet.energy.mend.other_vehicle import other_vehicles
from geofleet.energy.mend.replay import routed_differently
from geofleet.energy.mend.task import Pair, Roads, Task, day_stops
from geofleet.energy.model import ElectricModels, Feasibility
from geofleet.fleet import Fleet
from geofleet.network import RoadNetwork
from geofleet.routes import Itineraries
from geofleet.routes.speeds import HourlySpeeds

__all__ = ["mends"]

_log = logging.getLogger(__name__)
_TRIED = KINDS[:5]
_W_PER_KW = 1000.0
_MINUTE_S = 60.0


def mends(
    itineraries: Itineraries,
    network: RoadNetwork,
    models: ElectricModels,
    *,
    fleet: Fleet,
    feasibility: Feasibility | None = None,
    pairs: pd.DataFrame | None = None,
    chargers: pd.DataFrame | None = None,
    kinds: Collection[str] = _TRIED,
    temperature_c: float | Sequence[float],
    pressure_pa: float | Sequence[float] | None = None,
    plug_power_w: npt.ArrayLike | None = None,
    speeds: HourlySpeeds | None = None,
    snap_limit_m: float | None = None,
    u_turn_radius_m: float | None = None,
    defaults: Defaults | None = None,
) -> Mends:
    """Say what would mend each vehicle-day × model that is not feasible, ranked by cost.

    Tried are the smallest battery (its mass carried), one charge on the way (at a stop, at the
    depot between tours, or at a charger of the table with its detour), stops moved to a sister
    route, another model that replaces the class, and another time of departure. Every mend is
    routed and driven again; ``verified`` says that the changed day is feasible and keeps its
    windows. One mend of each kind is given, the cheapest that was found; where none is verified,
    a row of kind ``none`` says what is missing.

    Parameters
    ----------
    itineraries
        Days as :func:`geofleet.routes.build_itineraries` routed them.
    network, models, temperature_c, pressure_pa, plug_power_w
        As in :func:`geofleet.energy.feasibility`; other vehicles are looked for among ``models``.
    fleet
        Vehicles of the days: classes, bodies, and the roads that are open to them.
    feasibility
        Verdicts for these days and models under the same conditions; made here when not given.
    pairs
        ``vehicle_day, model_id`` of the verdicts to mend; all that are not feasible when not
        given.
    chargers
        Chargers on the way, as :func:`geofleet.energy.charging.read_stations` returns them:
        ``charger_id, lat, lon, kind`` (``ac`` or ``dc``), ``power_kw`` (or ``power_w``) and, if
        known, ``price_per_kwh`` (pesos; without a price the cost is unknown), ``wait_min`` (row
        ``charging:unknown_wait_min`` where unknown) and ``open_s``, opening hours as pairs of
        seconds after midnight (always open without).
    kinds
        Of ``KINDS``, those to try.
    speeds, snap_limit_m, u_turn_radius_m
        As the days were routed.
    defaults
        Rows of ``mends`` and of all tables that driving and prices need.

    Raises
    ------
    InputError
        Inputs or rows that cannot be used, all faults of a kind at once.

    Notes
    -----
    A cost is that of a working day over the same day if its battery lasted, charged at night: an
    annuity of what is bought, energy, time by vehicle class, wear by km. Demand charges are not in
    it.
    """
    check_inputs(itineraries, models, fleet, chargers, kinds, feasibility)
    scope = (defaults or Defaults()).scope()
    temperature = tuple(hourly(temperature_c, "temperature_c", *TEMPERATURES_C).tolist())
    rules = mend_rules(scope)
    plugs = np.zeros(len(itineraries.stops))
    if plug_power_w is not None:
        plugs[:] = plug_power_w
    if feasibility is None:
        feasibility = judge(
            itineraries, network, models, fleet=fleet, plug_power_w=plugs,
            temperature_c=temperature, pressure_pa=pressure_pa, defaults=scope,
        )  # fmt: skip
    task = Task(
        itineraries=itineraries,
        roads=Roads(network, speeds, snap_limit_m, u_turn_radius_m),
        fleet=fleet,
        models=models,
        feasibility=feasibility,
        stops=day_stops(itineraries, plugs),
        temperature_c=temperature,
        pressure_pa=pressure_pa,
        rules=rules,
        costs=mend_costs(rules, scope),
        defaults=scope,
    )
    broken = _pairs(feasibility, pairs)
    known = [pair for pair in broken if pair.cause != "unknown"]
    found: list[Mend] = []
    if "battery" in kinds:
        equipment = fleet_equipment(fleet.vehicles, defaults=scope)
        prepared = prepare_days(
            itineraries, network, equipment=equipment, plug_power_w=plugs,
            pressure_pa=pressure_pa, defaults=scope,
        )  # fmt: skip
        found += larger_batteries(task, prepared, known)
    if "charge" in kinds:
        found += one_charge(task, known, _chargers(chargers, scope))
    if "move" in kinds:
        found += moved_stops(task, known)
    if "vehicle" in kinds:
        found += other_vehicles(task, known)
    if "departure" in kinds:
        found += other_departures(task, known)
    frame = _ranked(task, broken, found)
    report = _report(broken, frame, kinds)
    if {"charge", "move", "departure"} & set(kinds):
        days = sorted({pair.vehicle_day for pair in known})
        report["days_routed_differently"] = routed_differently(task, days)
    _log.info("mends of %d verdicts: %s", len(broken), report["verified_by_kind"])
    return Mends(frame, report, tuple(sorted({*scope.used, *models.provenance})))


def _chargers(chargers: pd.DataFrame | None, defaults: Defaults) -> pd.DataFrame | None:
    """Chargers by name (no answer depends on the order of a table), with power, wait and hours."""
    if chargers is None or chargers.empty:
        return None
    frame = chargers.sort_values("charger_id", kind="stable").reset_index(drop=True)
    if "power_w" not in frame:
        frame["power_w"] = frame["power_kw"].astype(float) * _W_PER_KW
    wait = frame["wait_min"] if "wait_min" in frame else pd.Series(np.nan, index=frame.index)
    wait = pd.to_numeric(wait).astype(float)
    if wait.isna().any():
        wait = wait.fillna(defaults.number("charging", "unknown_wait_min"))
    frame["wait_s"] = wait * _MINUTE_S
    if "open_s" not in frame:
        frame["open_s"] = [()] * len(frame)
    return frame


def _pairs(result: Feasibility, wanted: pd.DataFrame | None) -> list[Pair]:
    """Return the verdicts to mend, in order of vehicle-day and model."""
    rows = result.verdicts[~result.verdicts["feasible"].to_numpy(bool)]
    if wanted is not None:
        keys = set(zip(wanted["vehicle_day"].astype(int), wanted["model_id"].astype(str),
                       strict=True))  # fmt: skip
        chosen = [
            (int(day), str(model)) in keys
            for day, model in zip(rows["vehicle_day"], rows["model_id"], strict=True)
        ]
        rows = rows[np.asarray(chosen, dtype=bool)]
    fields = list(Pair.__dataclass_fields__)
    return [
        Pair(**{name: _plain(row[name]) for name in fields})
        for row in rows.sort_values(["vehicle_day", "model_id"]).to_dict("records")
    ]


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _ranked(task: Task, pairs: Sequence[Pair], found: Sequence[Mend]) -> pd.DataFrame:
    """Put the mends of each pair in order, and say where nothing mends it."""
    by_pair: dict[tuple[int, str], list[Mend]] = {}
    for mend in found:
        by_pair.setdefault((mend.vehicle_day, mend.model_id), []).append(mend)
    ids = task.itineraries.traversals.vehicle_days["vehicle_id"]
    records = []
    for pair in pairs:
        mine = by_pair.get((pair.vehicle_day, pair.model_id), [])
        if not any(mend.verified for mend in mine):
            mine = [*mine, _nothing(pair)]
        for rank, mend in enumerate(sorted(mine, key=_order), start=1):
            records.append({
                **asdict(mend), "vehicle_id": ids.iloc[pair.vehicle_day], "cause": pair.cause,
                "cost_known": not math.isnan(mend.cost_mxn_per_day), "rank": rank,
            })  # fmt: skip
    return pd.DataFrame(records, columns=list(COLUMNS)).astype(COLUMNS)


def _order(mend: Mend) -> tuple[bool, bool, bool, float, int]:
    cost = mend.cost_mxn_per_day
    unknown = math.isnan(cost)
    unproven = not (mend.verified or mend.kind in ("none", "unknown"))
    return (
        unproven,
        mend.kind in ("none", "unknown"),
        unknown,
        0.0 if unknown else cost,
        (KINDS.index(mend.kind)),
    )


def _nothing(pair: Pair) -> Mend:
    """Say what is missing."""
    if pair.cause == "unknown":
        words = "not known whether it works: a stop was not reached or grades are missing"
        return Mend(pair.vehicle_day, pair.model_id, "unknown", words, False)
    missing = []
    if pair.margin_wh < 0.0:
        missing.append(f"{-pair.margin_wh / 1000.0:.1f} kWh ({-pair.margin_km:.0f} km) short")
    if pair.margin_kg < 0.0:
        missing.append(f"{-pair.margin_kg:.0f} kg too heavy")
    if pair.cause == "power":
        missing.append("a grade too steep for its motor")
    if pair.late_s > 0.0:
        missing.append(f"{pair.late_s / 60.0:.0f} min late")
    words = "nothing that was tried mends it: " + ", ".join(missing)
    return Mend(pair.vehicle_day, pair.model_id, "none", words, False, late_s=pair.late_s)


def _report(pairs: Sequence[Pair], frame: pd.DataFrame, kinds: Collection[str]) -> dict[str, Any]:
    """Count what was asked and what was found."""
    verified = frame[frame["verified"]]
    best = frame[frame["rank"] == 1]
    return {
        "currency": "MXN",
        "kinds_tried": [kind for kind in _TRIED if kind in kinds],
        "verdicts_to_mend": len(pairs),
        "verdicts_by_cause": dict(Counter(pair.cause for pair in pairs)),
        "verified_by_kind": {kind: int((verified["kind"] == kind).sum()) for kind in _TRIED},
        "cheapest_by_kind": {kind: int((best["kind"] == kind).sum()) for kind in KINDS},
        "cost_unknown": int((~verified["cost_known"]).sum()),
    }
