"""For any number of the emission tables: how it came about, down to published rows and sources."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.emissions.engines.mixtures import Setting, VehicleKind, vehicle_kind
from geofleet.emissions.engines.processes import cold_shares, idle_seconds, stop_seconds
from geofleet.emissions.explanation.chain import VehicleChain
from geofleet.emissions.explanation.chain_engine import Drive
from geofleet.emissions.explanation.chain_hot import total, traced
from geofleet.emissions.explanation.model import COLD, HOT, IDLE, Explanation, Step
from geofleet.emissions.explanation.rows import rows_behind, warnings_of
from geofleet.emissions.model import MEANING, QUANTITIES, TraversalEmissions, unit_of
from geofleet.errors import InputError, Problem
from geofleet.network.access import control_delay_s

if TYPE_CHECKING:
    from geofleet.fleet import Fleet
    from geofleet.network import RoadNetwork
    from geofleet.routes import Traversals

__all__ = ["explain"]

_TOLERANCE = 1e-9


def explain(
    traversals: Traversals,
    network: RoadNetwork,
    fleet: Fleet,
    emissions: TraversalEmissions,
    quantity: str,
    *,
    traversal: int | None = None,
    edge: int | None = None,
    hour: int | None = None,
    vehicle_day: int | None = None,
    vehicle_id: str | None = None,
    country: str | None = None,
    temperature_c: Sequence[float] | None = None,
    defaults: Defaults | None = None,
    spelled_out: int = 3,
    listed: int = 20,
) -> Explanation:
    """Return how a number came about: one traversal, a link, an hour, a vehicle or all of them.

    The chain is computed a second time, from the figures and the published functions and without
    the kernel that made the tables, and compared with what they say.

    Parameters
    ----------
    traversals, network, fleet, emissions
        The traversals and what they emit, as :func:`traversal_emissions` made it.
    quantity
        One of ``QUANTITIES``.
    traversal
        Row position in ``traversals.frame``: the chain of this one.
    edge, hour, vehicle_day, vehicle_id
        The sum over the traversals of a link, a local hour, a vehicle-day (row position in
        ``vehicle_days``) or a vehicle; over those that meet all that is given, over all
        traversals where nothing is.
    country, temperature_c, defaults
        As they were given to :func:`traversal_emissions`.
    spelled_out
        In a sum, the number of largest traversals whose whole chain is given.
    listed
        In a sum, the number of traversals that stand as steps of their own; ``contributors`` holds
        all.

    Returns
    -------
    Explanation
        The number with its chain, rows and sources.

    Raises
    ------
    InputError
        An unknown quantity, no traversal that meets what is asked, or emissions that were made
        with another country, temperature or default rows than those given here.
    """
    unit = _checked(quantity)
    frame = traversals.frame
    reported = emissions.grams[quantity].to_numpy(np.float64)
    chosen = _chosen(traversals, traversal, edge, hour, vehicle_day, vehicle_id)
    scope = (defaults or Defaults()).fresh()
    counted = frozenset(emissions.processes.index) or frozenset((HOT, COLD, IDLE, "wear"))
    chains = _Chains(traversals, network, fleet, country, temperature_c, counted, scope)
    largest = chosen[np.argsort(-reported[chosen], kind="stable")]
    if traversal is not None:
        step = chains.step(int(largest[0]), quantity, reported)
        rows = rows_behind(step, scope)
        subject = f"{MEANING[quantity].capitalize()} of {step.label}"
        return Explanation(
            quantity, step.value, unit, subject, step, rows, warnings=warnings_of(step, rows)
        )
    steps = [chains.step(int(row), quantity, reported) for row in largest[:spelled_out]]
    steps += [
        Step("traversal", chains.words(int(row)), float(reported[row]), unit)
        for row in largest[spelled_out:listed]
    ]
    rest = largest[max(spelled_out, listed) :]
    if len(rest):
        label = f"{len(rest)} more traversals, none of them larger"
        steps.append(Step("others", label, math.fsum(reported[rest]), unit))
    subject = _subject(quantity, len(chosen), edge, hour, vehicle_day, vehicle_id, traversals)
    chain = total("sum", "sum over traversals, the largest first", unit, *steps)
    days = traversals.vehicle_days.iloc[frame["vehicle_day"].to_numpy()[largest]]
    values = reported[largest]
    whole = math.fsum(values)
    contributors = pd.DataFrame(
        {
            "traversal": largest,
            **{name: days[name].to_numpy() for name in ("vehicle_id", "operator_id", "date")},
            "vehicle_class": days["vehicle_class"].to_numpy(),
            "standard": fleet.vehicles["standard"].reindex(days["vehicle_id"]).to_numpy(),
            "edge": frame["edge"].to_numpy()[largest],
            "hour": traversals.hour[largest],
            "length_m": frame["length_m"].to_numpy()[largest],
            "speed_kmh": frame["speed_kmh"].to_numpy()[largest],
            "value": values,
            "share": values / whole if whole else np.full(len(values), np.nan),
        }
    )
    rows = rows_behind(chain, scope)
    return Explanation(
        quantity, chain.value, unit, subject, chain, rows, contributors, warnings_of(chain, rows)
    )


def _checked(quantity: str) -> str:
    if quantity not in QUANTITIES:
        expected = "one of " + ", ".join(QUANTITIES)
        raise InputError([Problem("explain", "quantity", value=quantity, expected=expected)])
    return unit_of(quantity)


def _chosen(
    traversals: Traversals,
    traversal: int | None,
    edge: int | None,
    hour: int | None,
    vehicle_day: int | None,
    vehicle_id: str | None,
) -> npt.NDArray[np.int64]:
    frame = traversals.frame
    keep = np.ones(len(frame), dtype=np.bool_)
    if traversal is not None:
        keep &= np.arange(len(frame)) == traversal
    if edge is not None:
        keep &= frame["edge"].to_numpy() == edge
    if hour is not None:
        keep &= traversals.hour == hour
    if vehicle_day is not None:
        keep &= frame["vehicle_day"].to_numpy() == vehicle_day
    if vehicle_id is not None:
        of_day = (traversals.vehicle_days["vehicle_id"] == vehicle_id).to_numpy(np.bool_)
        keep &= of_day[frame["vehicle_day"].to_numpy()]
    chosen = np.flatnonzero(keep)
    if not len(chosen):
        asked = {"traversal": traversal, "edge": edge, "hour": hour, "vehicle_day": vehicle_day,
                 "vehicle_id": vehicle_id}  # fmt: skip
        given = ", ".join(f"{name} {value}" for name, value in asked.items() if value is not None)
        expected = "at least one traversal of what is asked for"
        raise InputError([Problem("traversals", "", value=given, expected=expected)])
    return chosen


def _subject(
    quantity: str,
    count: int,
    edge: int | None,
    hour: int | None,
    vehicle_day: int | None,
    vehicle_id: str | None,
    traversals: Traversals,
) -> str:
    where = []
    if edge is not None:
        where.append(f"on link {edge}")
    if hour is not None:
        where.append(f"from {hour}:00 to {hour + 1}:00")
    if vehicle_day is not None:
        day = traversals.vehicle_days.iloc[vehicle_day]
        where.append(f"of vehicle {day['vehicle_id']} on {day['date']}")
    if vehicle_id is not None:
        where.append(f"of vehicle {vehicle_id}")
    place = " ".join(where) or "in all"
    noun = "traversal" if count == 1 else "traversals"
    return f"{MEANING[quantity].capitalize()} {place}, {count} {noun}"


class _Chains:
    """Makes the chains of traversals; vehicles of one kind share what is read for them."""

    def __init__(
        self,
        traversals: Traversals,
        network: RoadNetwork,
        fleet: Fleet,
        country: str | None,
        temperature_c: Sequence[float] | None,
        processes: frozenset[str],
        defaults: Defaults,
    ) -> None:
        self.network, self.processes = network, processes
        self.traversals, self.fleet, self.defaults = traversals, fleet, defaults
        self.temperature_c = None if temperature_c is None else tuple(temperature_c)
        dates = traversals.vehicle_days["date"]
        self.setting = Setting(country, int(str(max(dates))[:4]), self.temperature_c)
        self.grade = network.arrays.grade
        self._made: dict[VehicleKind, VehicleChain] = {}
        self._delay: tuple[npt.NDArray[np.float64], tuple[str, ...]] | None = None
        self._cold: tuple[npt.NDArray[np.float32], tuple[str, ...]] | None = None

    def vehicle(self, row: int) -> pd.Series:
        """Return the vehicle-day of a traversal."""
        number = int(self.traversals.frame["vehicle_day"].iloc[row])
        day: pd.Series = self.traversals.vehicle_days.iloc[number]
        return day

    def words(self, row: int) -> str:
        """Return what a traversal is, in words."""
        one, day = self.traversals.frame.iloc[row], self.vehicle(row)
        clock = int(one["enter_s"]) % 86400
        return (
            f"traversal {row}: vehicle {day['vehicle_id']} ({day['vehicle_class']}) on "
            f"{day['date']} at {clock // 3600:02d}:{clock % 3600 // 60:02d}, link "
            f"{int(one['edge'])}, {one['length_m'] / 1000:.3f} km at {one['speed_kmh']:.1f} km/h"
        )

    def step(self, row: int, quantity: str, reported: npt.NDArray[np.float64]) -> Step:
        """Return the chain of a traversal, checked against what was reported."""
        vehicle = self.fleet.vehicles.loc[self.vehicle(row)["vehicle_id"]]
        kind = vehicle_kind(vehicle)
        if kind not in self._made:
            self._made[kind] = VehicleChain(kind, self.setting, self.defaults)
        chain = self._made[kind]
        drive, facts, note = self._drive(row, vehicle, chain.category)
        what = chain.quantity(quantity, drive)
        said = float(reported[row])
        if not math.isclose(what.value, said, rel_tol=_TOLERANCE, abs_tol=1e-200):
            expected = (
                f"{what.value!r}, as the rows and settings given here make it: give the country, "
                "temperatures and default rows with which the emissions were made"
            )
            raise InputError([Problem("emissions", quantity, row + 1, repr(said), expected)])
        return total("traversal", self.words(row), what.unit, what, facts=facts, note=note)

    def _drive(
        self, row: int, vehicle: pd.Series, category: str
    ) -> tuple[Drive, dict[str, object], str]:
        one = self.traversals.frame.iloc[row]
        payload, capacity = np.float32(one["payload_kg"]), float(vehicle["payload_capacity_kg"])
        over = bool(payload > np.float32(capacity))
        load = 1.0 if over else min(1.0, float(payload) / capacity) if payload > 0.0 else 0.0
        grade = float(self.grade[int(one["edge"])])
        facts: dict[str, object] = {
            "vehicle_id": str(vehicle.name), "operator_id": str(vehicle.get("operator_id", "")),
            "edge": int(one["edge"]), "length_m": float(one["length_m"]),
            "speed_kmh": float(one["speed_kmh"]), "payload_kg": float(payload),
            "capacity_kg": capacity, "load_share": load, "grade": grade,
            "grade_unknown": math.isnan(grade), "grade_clamped": abs(grade) > 0.06,
            "payload_over_capacity": over,
        }  # fmt: skip
        notes = [f"{payload:,.0f} of {capacity:,.0f} kg on board"]
        notes.append("slope unknown" if math.isnan(grade) else f"slope {100 * grade:+.2f} %")
        distance = Step("distance", "distance", float(one["length_m"]) / 1000.0, "km")
        hour = int(self.traversals.hour[row])
        drive = Drive(
            distance, float(one["speed_kmh"]), grade, load, hour,
            self._cold_share(row, category), self._idle(row), self._queue(row), self.processes,
        )  # fmt: skip
        return drive, facts, ", ".join(notes).capitalize()

    def _cold_share(self, row: int, category: str) -> Step:
        label = "share of the distance driven with a cold engine"
        if category != "light":
            return Step("cold_share", label, 0.0, "1")
        if self._cold is None:
            traversals = self.traversals
            self._cold = traced(
                self.defaults,
                lambda rows: cold_shares(
                    traversals.frame, traversals.hour, rows=rows, temperature_c=self.temperature_c
                ),
            )
        share, read = self._cold
        return Step("cold_share", label, float(share[row]), "1", rows=read)

    def _idle(self, row: int) -> Step:
        near = self.traversals.frame.iloc[max(row - 1, 0) : row + 1]
        seconds, read = traced(self.defaults, lambda rows: idle_seconds(near, rows=rows))
        facts = {"stood_s": float(stop_seconds(near)[-1]), "idling_s": float(seconds[-1])}
        label = f"hours of idling in {facts['stood_s']:.0f} s at the stop before"
        return Step("idle_h", label, float(seconds[-1]) / 3600.0, "h", rows=read, facts=facts)

    def _queue(self, row: int) -> Step:
        """Return seconds lost at the signals of a link; none if the drive ends before them."""
        one = self.traversals.frame.iloc[row]
        label = "seconds lost at signals and stop signs"
        if one["to_fraction"] < 1.0:
            return Step("queue_s", label, 0.0, "s")
        if self._delay is None:
            network = self.network
            self._delay = traced(
                self.defaults, lambda rows: control_delay_s(network, defaults=rows.defaults)
            )
        delay, read = self._delay
        # The stage holds it in single precision.
        seconds = float(np.float32(delay[int(one["edge"])]))
        return Step("queue_s", label, seconds, "s", rows=read if seconds else ())
