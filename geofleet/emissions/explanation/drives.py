"""The chains of traversals: what each drove, and what its kind of vehicle makes of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.emissions.engines.mixtures import Setting, VehicleKind, vehicle_kind
from geofleet.emissions.engines.processes import (
    cold_shares,
    daily_temperature,
    idle_seconds,
    stop_seconds,
)
from geofleet.emissions.explanation.chain import VehicleChain, vehicle_chains
from geofleet.emissions.explanation.chain_engine import Drive
from geofleet.emissions.explanation.model import Step
from geofleet.emissions.explanation.steps import total, traced
from geofleet.emissions.explanation.sums import agree, sentence
from geofleet.network.access import control_delay_s

if TYPE_CHECKING:
    from geofleet.fleet import Fleet
    from geofleet.network import RoadNetwork
    from geofleet.routes import Traversals

__all__ = ["TraversalChains"]


class TraversalChains:
    """Makes the chains of traversals; vehicles of one kind share what is read for them."""

    def __init__(
        self,
        traversals: Traversals,
        network: RoadNetwork,
        fleet: Fleet,
        country: str | None,
        temperature_c: float | Sequence[float] | None,
        processes: frozenset[str],
        defaults: Defaults,
    ) -> None:
        self.network, self.processes = network, processes
        self.traversals, self.fleet, self.defaults = traversals, fleet, defaults
        self.temperature_c = daily_temperature(temperature_c)
        dates = traversals.vehicle_days["date"]
        self.setting = Setting(country, int(str(max(dates))[:4]), self.temperature_c)
        self.grade = network.arrays.grade
        self.hour = traversals.hour
        self._vehicle_id = traversals.vehicle_days["vehicle_id"].to_numpy()
        self._day = traversals.frame["vehicle_day"].to_numpy()
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

    def resolve(self, rows: Iterable[int]) -> None:
        """Find the engines of the vehicles of traversals, all at once as that is quicker."""
        names = list(dict.fromkeys(str(self._vehicle_id[self._day[row]]) for row in rows))
        vehicles = self.fleet.vehicles.loc[names]
        kinds = {vehicle_kind(vehicle) for _, vehicle in vehicles.iterrows()}
        missing = sorted(kinds - set(self._made), key=str)
        if missing:
            made = vehicle_chains(missing, setting=self.setting, defaults=self.defaults)
            self._made.update(made)

    def step(self, row: int, quantity: str, reported: npt.NDArray[np.float64]) -> Step:
        """Return the chain of a traversal, checked against what was reported."""
        vehicle = self.fleet.vehicles.loc[self.vehicle(row)["vehicle_id"]]
        self.resolve([row])
        chain = self._made[vehicle_kind(vehicle)]
        drive, facts, note = self._drive(row, vehicle, chain.category)
        what = chain.quantity(quantity, drive)
        agree(
            what.value, float(reported[row]), quantity, row=row + 1,
            made="rows and settings given here make it: give the country, temperatures and default "
            "rows with which the emissions were made",
        )  # fmt: skip
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
            "payload_over_capacity": over,
        }  # fmt: skip
        notes = [f"{payload:,.0f} of {capacity:,.0f} kg on board"]
        notes.append("slope unknown" if math.isnan(grade) else f"slope {100 * grade:+.2f} %")
        distance = Step("distance", "distance", float(one["length_m"]) / 1000.0, "km")
        hour = int(self.hour[row])
        drive = Drive(
            distance, float(one["speed_kmh"]), grade, load, hour,
            self._cold_share(row, category), self._idle(row), self._queue(row), self.processes,
        )  # fmt: skip
        return drive, facts, sentence(", ".join(notes))

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
