"""The charge along the way is that of the stops and of the day."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from geofleet.energy import charge_profiles, electric_models, feasibility
from geofleet.routes import Itineraries

PLUG_W = 40_000.0


@pytest.fixture
def judged(road):
    """Three days of four legs over hills, two models in turn, a plug at the second stop."""
    rng = np.random.default_rng(5)
    network = road.chain(
        rng.uniform(20, 900, 60), rng.uniform(-0.06, 0.06, 60), highway="residential"
    )
    legs = np.repeat(np.arange(4), 15)
    traversals = road.drive(network, rng.uniform(8, 60, 60), 3000.0 - 800.0 * legs, legs, days=3)
    stops = pd.DataFrame({
        "vehicle_day": np.repeat(np.arange(3), 5), "stop_number": np.tile(np.arange(5), 3),
        "vehicle_id": "v", "service_min": np.tile([30.0, 10.0, 25.0, 5.0, 60.0], 3),
        "kind": np.tile(["depot", "delivery", "delivery", "delivery", "depot"], 3),
        "status": "reached",
    })  # fmt: skip
    models = electric_models(["fuso_ecanter_2017", "byd_t3"])
    options = {"temperature_c": 5.0, "plug_power_w": np.tile([0.0, 0.0, PLUG_W, 0.0, 0.0], 3)}
    days = Itineraries(traversals, stops)
    verdicts = feasibility(days, network, models, **options)
    chosen = ["fuso_ecanter_2017", "byd_t3", ""]
    best = pd.DataFrame({"vehicle_day": range(3), "model_id": chosen, "cause": "none"})
    return days, network, models, verdicts, best, options


def test_links_lead_from_stop_to_stop(judged) -> None:
    """Each leg ends with the charge that the next stop finds, each day begins full."""
    days, network, models, verdicts, best, options = judged
    way = charge_profiles(days, network, models, best=best, **options)
    way["leg"] = days.traversals.frame["stop_before"].to_numpy()
    assert way.loc[way["vehicle_day"] == 2, ["energy_wh", "soc_exit"]].isna().all(axis=None)
    for day, model in ((0, "fuso_ecanter_2017"), (1, "byd_t3")):
        own = way[way["vehicle_day"] == day]
        stops = verdicts.stops.set_index(["vehicle_day", "model_id"])
        at = stops.loc[(day, model)].set_index("stop_number")["soc"]
        ends = own.groupby("leg")["soc_exit"].last()
        np.testing.assert_allclose(ends, at.loc[1:4], rtol=0, atol=1e-12)
        assert own["soc_enter"].iloc[0] == pytest.approx(1.0)
        row = verdicts.verdicts.set_index(["vehicle_day", "model_id"]).loc[(day, model)]
        spent = own["energy_wh"].sum() + row["stop_auxiliary_wh"]
        assert spent == pytest.approx(row["energy_wh"], rel=1e-9)
        # what the plug gave is the step at its stop, less what standing took
        step = own.groupby("leg")["soc_enter"].first()[2] - at[2]
        assert step > 0
        assert step * row["battery_wh"] <= row["charged_wh"]


def test_what_is_not_known_is_not_drawn(judged) -> None:
    """On a day of unknown cause the energy of its links stands, the charge does not."""
    days, network, models, _, best, options = judged
    way = charge_profiles(days, network, models, best=best.assign(cause="unknown"), **options)
    first = way[way["vehicle_day"] == 0]
    assert first["energy_wh"].notna().all()
    assert first["soc_exit"].isna().all()
