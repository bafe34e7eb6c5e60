"""From the days of a study to stays at the depot."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from geofleet.energy.depot import depot_stays
from geofleet.energy.model import ElectricModels, Feasibility
from geofleet.errors import InputError
from geofleet.routes import Itineraries, Traversals
from geofleet.routes.model import TRAVERSAL_COLUMNS


def study(kinds: list[str], soc: list[float], *, cause: str = "none") -> Any:
    """Return one vehicle-day: a stop each hour from 8 h, ten minutes long, charge on arrival."""
    count = len(kinds)
    hours = 8 * 3600.0 + 3600.0 * np.arange(count)
    stops = pd.DataFrame(
        {
            "vehicle_day": 0,
            "stop_number": np.arange(count),
            "kind": kinds,
            "arrive_s": hours,
            "depart_s": hours + 600.0,
            "status": "reached",
        }
    )
    days = pd.DataFrame({"vehicle_id": ["a"], "date": ["2025-02-04"]})
    empty = pd.DataFrame({name: [] for name in TRAVERSAL_COLUMNS})
    traversals = Traversals(empty, days, "America/Mexico_City")
    verdicts = pd.DataFrame({"vehicle_day": [0], "model_id": ["truck"], "cause": [cause]})
    charge = pd.DataFrame(
        {"vehicle_day": 0, "model_id": "truck", "stop_number": np.arange(count), "soc": soc}
    )
    models = ElectricModels(
        pd.DataFrame({"battery_usable_wh": [100e3]}, index=pd.Index(["truck"], name="model_id"))
    )
    return Itineraries(traversals, stops), Feasibility(verdicts, charge, verdicts), models


POWER = {"truck": (22e3, 60e3)}


def test_a_day_becomes_a_night() -> None:
    """Back at 11 h with 40 %, away at 8:10 h with a full battery."""
    parts = study(["depot", "delivery", "delivery", "depot"], [1.0, 0.8, 0.6, 0.4])
    found = depot_stays(*parts, date="2025-02-04", power_w=POWER)
    (stay,) = found.stays
    assert (stay.arrival_s, stay.departure_s) == (11 * 3600.0, 8 * 3600.0 + 600.0)
    assert (stay.arrival_wh, stay.departure_wh) == pytest.approx((40e3, 100e3))
    assert stay.overnight
    assert found.vehicles[0].battery_wh == 100e3
    assert found.left_out.empty


def test_a_stop_at_the_depot_mends_a_day_that_runs_short() -> None:
    """At noon 50 %, home with 5 %: ten points are needed to keep a reserve of fifteen."""
    parts = study(
        ["depot", "delivery", "depot", "delivery", "depot"], [1, 0.7, 0.5, 0.3, 0.05],
        cause="energy",
    )  # fmt: skip
    noon, night = depot_stays(*parts, date="2025-02-04", power_w=POWER).stays
    assert (noon.arrival_wh, noon.departure_wh) == pytest.approx((50e3, 60e3))
    assert not noon.overnight
    assert (night.arrival_wh, night.departure_wh) == pytest.approx((15e3, 100e3))


@pytest.mark.parametrize(
    ("kinds", "soc", "cause", "reason"),
    [
        (["depot", "delivery", "depot"], [1.0, 0.3, 0.1], "energy", "energy"),
        (["depot", "delivery", "depot"], [1.0, 0.5, np.nan], "none", "time"),
        (["delivery", "delivery", "depot"], [1.0, 0.5, 0.4], "none", "depot"),
        (["depot", "delivery", "depot"], [1.0, 0.9, 0.8], "payload", "payload"),
        (["depot", "delivery", "depot"], [1.0, np.nan, np.nan], "unknown", "unknown"),
    ],
)
def test_days_that_cannot_be_served_are_named(
    kinds: list[str], soc: list[float], cause: str, reason: str
) -> None:
    """Too much energy, a stop not reached, no depot, other causes: left out and counted."""
    found = depot_stays(*study(kinds, soc, cause=cause), date="2025-02-04", power_w=POWER)
    assert found.stays == ()
    assert found.left_out["reason"].tolist() == [reason]


def test_unknown_dates_and_powers_are_refused() -> None:
    """No day, no power, a model that was not tried."""
    parts = study(["depot", "delivery", "depot"], [1.0, 0.9, 0.8])
    with pytest.raises(InputError, match="a date of the study"):
        depot_stays(*parts, date="2025-02-05", power_w=POWER)
    with pytest.raises(InputError, match="the power it takes"):
        depot_stays(*parts, date="2025-02-04", power_w={})
    with pytest.raises(InputError, match="a model that was tried"):
        depot_stays(*parts, date="2025-02-04", power_w=POWER, model_of={"a": "other"})
