"""Grams per kilometre of vehicles against published factors and the study's own path."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from geofleet.errors import InputError
from geofleet.fleet import Fleet
from geofleet.policy.programme import grams_per_km, vehicle_year
from geofleet.policy.programme.measures import Measure
from geofleet.policy.programme.plan import check_plan
from geofleet.routes.model import TRAVERSAL_COLUMNS, Traversals


def _vehicles(*rows: dict) -> pd.DataFrame:
    plain = {
        "operator_id": "A", "vehicle_class": "rigid_12t", "fuel": "diesel", "standard": "euro_3",
        "model_year": 2005, "technology": None, "aftertreatment": None,
        "payload_capacity_kg": 6000.0, "annual_km": 20000.0,
    }  # fmt: skip
    index = pd.Index([f"v{n}" for n in range(len(rows))], name="vehicle_id")
    return pd.DataFrame([{**plain, **row} for row in rows], index=index)


@pytest.mark.parametrize(
    ("standard", "speed", "nox"),
    [("euro_5", 12, 8.50), ("euro_3", 12, 7.92), ("euro_5", 30, 3.90), ("euro_3", 30, 4.29),
     ("euro_5", 60, 1.27), ("euro_3", 60, 3.54)],
)  # fmt: skip
def test_published_nox_of_a_truck(standard: str, speed: float, nox: float) -> None:
    """A 7.5-12 t rigid, half load, level: values printed from another implementation."""
    found = grams_per_km(
        _vehicles({"standard": standard}), country="MX", year=2025, speed_kmh=speed
    )
    assert round(float(found["nox_exhaust_g_km"].iloc[0]), 2) == nox


def test_wear_by_hand() -> None:
    """Two axles, half load, 30 km/h: 0.0550 g/km PM2.5 of a heavy truck, whatever its engine."""
    found = grams_per_km(
        _vehicles({}, {"standard": "euro_6"}), country="MX", year=2025, speed_kmh=30.0
    )
    assert found["pm25_wear_g_km"].round(4).tolist() == [0.0550, 0.0550]


def test_an_unknown_standard_is_the_mix_of_its_country() -> None:
    """A Mexican truck of 2009 to 2018 is nine parts EPA 2004 and one part Euro IV."""
    found = grams_per_km(
        _vehicles(
            {"standard": "unknown", "model_year": 2012}, {"standard": "epa_2004"},
            {"standard": "euro_4"},
        ),
        country="MX", year=2025,
    )["pm25_exhaust_g_km"]  # fmt: skip
    assert found["v0"] == pytest.approx(0.9 * found["v1"] + 0.1 * found["v2"], rel=1e-9)


def test_equal_vehicles_have_equal_grams_wherever_they_stand() -> None:
    """The order of the table and what else is in it change nothing."""
    rows = [
        {"standard": "euro_6"}, {"vehicle_class": "cargo_van", "standard": "euro_4"},
        {"vehicle_class": "articulated_50t", "standard": "epa_2007"},
        {"fuel": "electric", "standard": "none"}, {"standard": "euro_6"},
    ]  # fmt: skip
    table = _vehicles(*rows)
    together = grams_per_km(table, country="MX", year=2025)
    for name in table.index:
        alone = grams_per_km(table.loc[[name]], country="MX", year=2025)
        np.testing.assert_array_equal(together.loc[name], alone.loc[name])
    back = grams_per_km(table.iloc[::-1], country="MX", year=2025)
    pd.testing.assert_frame_equal(back.iloc[::-1], together)
    assert together.loc["v0"].equals(together.loc["v4"].rename("v0"))
    assert len(grams_per_km(table.iloc[:0], country="MX", year=2025)) == 0


def test_speeds_that_are_none_are_refused() -> None:
    """Nor is a standing truck one that emits per kilometre."""
    with pytest.raises(InputError, match="150 km/h"):
        grams_per_km(_vehicles({}), country="MX", year=2025, speed_kmh=0.0)


def _driven(fleet: Fleet, legs: list[tuple[int, float, float]]) -> tuple[Traversals, object]:
    """Return traversals on level roads: vehicle, kilometres and km/h of each link, half loaded."""
    names = list(fleet.vehicles.index)
    days = pd.DataFrame(
        {
            "vehicle_id": names,
            "operator_id": "A",
            "vehicle_class": fleet.vehicles["vehicle_class"].to_numpy(),
            "date": "2025-05-14",
        }
    )
    frame = pd.DataFrame(
        {
            "vehicle_day": [leg[0] for leg in legs], "seq": range(len(legs)),
            "edge": range(len(legs)), "stop_before": 0, "enter_s": 36000.0,
            "length_m": [leg[1] * 1000.0 for leg in legs], "speed_kmh": [leg[2] for leg in legs],
            "payload_kg": 3000.0, "from_fraction": 0.0, "to_fraction": 1.0,
        }
    ).astype(TRAVERSAL_COLUMNS)  # fmt: skip
    network = SimpleNamespace(
        arrays=SimpleNamespace(grade=np.zeros(len(legs))),
        edges=pd.DataFrame(index=range(len(legs))),
    )
    return Traversals(frame, days, "America/Mexico_City"), network


def test_a_study_says_how_a_vehicle_drives() -> None:
    """Two links of one truck, weighted by length; one that does not drive has the mean speed."""
    fleet = Fleet(_vehicles({}, {}), pd.DataFrame())
    traversals, network = _driven(fleet, [(0, 3.0, 12.0), (0, 1.0, 60.0)])
    found = vehicle_year(
        fleet, country="MX", year=2025, traversals=traversals, network=network, speed_kmh=30.0
    )
    assert found["factors_from"].tolist() == ["study", "mean speed"]
    # the published values, as above
    assert found.loc["v0", "nox_exhaust_g_km"] == pytest.approx((3 * 7.92 + 3.54) / 4, abs=0.005)
    assert found.loc["v1", "nox_exhaust_g_km"] == pytest.approx(4.29, abs=0.005)
    assert found.loc["v0", "nox_exhaust_g"] == pytest.approx(
        20000.0 * found.loc["v0", "nox_exhaust_g_km"], rel=1e-12
    )
    with pytest.raises(InputError, match="network"):
        vehicle_year(fleet, country="MX", year=2025, traversals=traversals)


def test_a_plan_is_checked_on_the_roads_of_the_study() -> None:
    """A retrofit cuts by the same share wherever the truck drives."""
    fleet = Fleet(_vehicles({}, {}), pd.DataFrame())
    traversals, network = _driven(fleet, [(0, 3.0, 12.0), (1, 1.0, 60.0)])
    found = check_plan(
        fleet, [Measure("v0", "retrofit")], required_share=0.1, country="MX", year=2025,
        traversals=traversals, network=network,
    )  # fmt: skip
    table = found.by_vehicle["pm25_exhaust_g_before"]
    assert found.cut_share == pytest.approx(0.85 * table["v0"] / table.sum(), rel=1e-6)
    assert found.passes is True


def test_an_unknown_distance_leaves_grams_unknown() -> None:
    """No kilometres are made up."""
    fleet = Fleet(_vehicles({"annual_km": None}), pd.DataFrame())
    found = vehicle_year(fleet, country="MX", year=2025).iloc[0]
    assert np.isnan(found["pm25_exhaust_g"])
    assert found["pm25_exhaust_g_km"] > 0
