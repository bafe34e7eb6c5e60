"""A straight flat road of 40 km with stops every so often, and trucks of round numbers on it."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from geofleet.energy import ElectricModels
from geofleet.fleet import Fleet
from geofleet.network import RoadNetwork
from geofleet.routes import Itineraries, build_itineraries
from geofleet.routes.speeds import HourlySpeeds

_SPEC = importlib.util.spec_from_file_location(
    "mend_roads", Path(__file__).parents[2] / "network" / "roads.py"
)
assert _SPEC is not None
assert _SPEC.loader is not None
_ROADS = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_ROADS)
_KM = 40


def model_row(**changes: Any) -> dict[str, Any]:
    """Return a truck of round numbers, with some of them changed."""
    return {
        "make": "Test", "model": "Truck", "segment": "light truck", "replaces": "rigid_7_5t",
        "battery_usable_wh": 18000.0, "battery_gross_wh": 20000.0, "curb_mass_kg": 4000.0,
        "gvw_kg": 7500.0, "payload_capacity_kg": 3500.0, "drag_area_m2": 4.0,
        "rolling_coefficient": 0.009, "motor_power_w": 135000.0, "auxiliary_power_w": 600.0,
        "range_claimed_km": np.nan, "source": "made for tests", "status": "illustrative",
        "estimated": "", "chemistry": "lfp", "ac_charge_w": 22000.0, "dc_charge_w": 120000.0,
        "charging_power": "0:1 0.8:0.5", "price_mxn": 1_000_000.0,
    } | changes  # fmt: skip


def some_models(**rows: dict[str, Any]) -> ElectricModels:
    """Return a table of models by name."""
    frame = pd.DataFrame([model_row(**row) for row in rows.values()])
    return ElectricModels(frame.set_axis(pd.Index(list(rows), name="model_id")))


@dataclass
class World:
    """The road, and days on it."""

    network: RoadNetwork
    speeds: HourlySpeeds
    zone: str = "America/Santiago"

    models = staticmethod(some_models)

    def place(self, km: float, off_m: float = 0.0) -> tuple[float, float]:
        """Latitude and longitude of a place along the road."""
        lon, lat = _ROADS.to_lonlat(1000.0 * km, off_m)
        return lat, lon

    def fleet(self, names: list[str], operators: list[str] | None = None) -> Fleet:
        """Return trucks of 7.5 t."""
        table = pd.DataFrame(
            {
                "operator_id": operators or ["op"] * len(names), "vehicle_class": "rigid_7_5t",
                "fuel": "diesel", "standard": "euro_4", "model_year": 2012, "gvw_kg": 7500.0,
                "payload_capacity_kg": 3500.0, "refrigeration": "none", "lift_gate": False,
            },
            index=pd.Index(names, name="vehicle_id"),
        )  # fmt: skip
        owners = sorted(set(table["operator_id"]))
        return Fleet(table, pd.DataFrame(index=pd.Index(owners, name="operator_id")))

    def day(self, vehicle: str, kms: list[float], **columns: Any) -> pd.DataFrame:
        """Return stops from km 0 by some places back to km 0; columns are of the deliveries."""
        rows = []
        for number, km in enumerate([0.0, *kms, 0.0]):
            lat, lon = self.place(km)
            ends = number in (0, len(kms) + 1)
            rows.append({
                "vehicle_id": vehicle, "date": "2024-05-14", "seq": number,
                "stop_id": "depot" if ends else f"{vehicle}-{number}",
                "kind": "depot" if ends else "delivery", "lat": lat, "lon": lon,
                "service_min": 0.0 if ends else 10.0, "window_start": np.nan,
                "window_end": np.nan, "drop_kg": 0.0, "pickup_kg": np.nan,
            })  # fmt: skip
        table = pd.DataFrame(rows)
        table.loc[0, "window_start"] = 8 * 3600.0
        for name, values in columns.items():
            table.loc[1 : len(kms), name] = values
        return table

    def route(self, fleet: Fleet, *days: pd.DataFrame) -> Itineraries:
        """Drive the days."""
        stops = pd.concat(days, ignore_index=True)
        return build_itineraries(self.network, fleet, stops, timezone=self.zone, speeds=self.speeds)


@pytest.fixture(scope="session")
def world() -> World:
    """Return the road, at 36 km/h at any hour."""
    nodes = {i: (1000.0 * i, 0.0) for i in range(_KM + 1)}
    links = [(i, i + 1) for i in range(_KM)] + [(i + 1, i) for i in range(_KM)]
    network = _ROADS.make_network(nodes, links)
    count = len(network.edges)
    speeds = HourlySpeeds(("all",), np.ones((1, 24)), np.zeros(count, np.int32))
    return World(network, speeds)
