"""Tariffs and depots that can be reckoned by hand."""

from __future__ import annotations

from typing import Any

import pytest

from geofleet.energy.depot import (
    Chargers,
    DailyStay,
    DateRule,
    DemandCharge,
    Depot,
    DepotMonth,
    DepotVehicle,
    Tariff,
    mexican_tariff,
    month_horizon,
    repeated_month,
)

ZONE = "America/Mexico_City"
DIVISION = "Valle de México Centro"


def simple_tariff(**changes: Any) -> Tariff:
    """Return a tariff in round numbers: cheap nights, a dear evening, demand limited by energy."""
    fields: dict[str, Any] = {
        "name": "simple",
        "region": "nowhere",
        "prices_of": "2025-01",
        "currency": "MXN",
        "energy_per_kwh": {"night": 1.0, "day": 2.0, "evening": 3.0},
        "fixed_per_month": 100.0,
        "demand": (
            DemandCharge("distribution", 10.0, load_factor=0.5),
            DemandCharge("capacity", 50.0, ("evening",), 0.5, whole_kw=True),
        ),
        "hours": {
            ("all", kind): "0-6 night; 6-18 day; 18-22 evening; 22-24 day"
            for kind in ("weekday", "saturday", "sunday")
        },
        "holidays": (DateRule("01-01"),),
        "status": "illustrative",
    }
    return Tariff(**(fields | changes))


def gdmth() -> Tariff:
    return mexican_tariff("GDMTH", division=DIVISION, prices_of="2021-07")


def vehicle(name: str, **changes: Any) -> DepotVehicle:
    fields: dict[str, Any] = {"battery_wh": 80e3, "ac_power_w": 20e3, "dc_power_w": 60e3}
    return DepotVehicle(name, **(fields | changes))


def depot(count: int, power_w: float = 20e3, *, efficiency: float = 1.0, **changes: Any) -> Depot:
    return Depot(Chargers(count, power_w, "AC", efficiency), **changes)


def nights(
    needs_wh: dict[str, float],
    *,
    arrival_h: float = 18.0,
    departure_h: float = 6.0,
    month: str = "2025-02",
    tariff: Tariff | None = None,
    slot_min: float = 60.0,
    taper: tuple[tuple[float, float], ...] = (),
) -> DepotMonth:
    """Return a month of weekday nights, each vehicle in need of so much."""
    vehicles = [vehicle(name, taper=taper) for name in needs_wh]
    stays = [
        DailyStay(name, arrival_h * 3600.0, departure_h * 3600.0, 70e3 - need, 70e3)
        for name, need in needs_wh.items()
    ]
    horizon = month_horizon(month, timezone=ZONE, slot_min=slot_min)
    return repeated_month(stays, vehicles, horizon, tariff=tariff)


class Yard:
    """The helpers above, handed to tests as one fixture."""

    zone = ZONE
    division = DIVISION
    simple_tariff = staticmethod(simple_tariff)
    gdmth = staticmethod(gdmth)
    vehicle = staticmethod(vehicle)
    depot = staticmethod(depot)
    nights = staticmethod(nights)


@pytest.fixture(scope="session")
def yard() -> type[Yard]:
    return Yard
