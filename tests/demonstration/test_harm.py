"""Harm by vehicle-day adds up to the harm of all links."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from geofleet.demonstration import exhaust_harm
from geofleet.emissions import TraversalEmissions
from geofleet.errors import InputError
from geofleet.exposure import UnitExposure
from geofleet.routes import Traversals
from geofleet.routes.model import TRAVERSAL_COLUMNS


def made_up() -> tuple[Traversals, TraversalEmissions, UnitExposure]:
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({name: np.zeros(40) for name in TRAVERSAL_COLUMNS})
    frame["vehicle_day"] = np.repeat([0, 2], 20)
    frame["edge"] = rng.choice([3, 5, 8], 40)
    frame["enter_s"] = rng.uniform(0, 86400, 40)
    days = pd.DataFrame({"vehicle_id": ["a", "b", "c"]})
    grams = pd.DataFrame({"pm25_exhaust_g": rng.uniform(0, 1, 40), "pm25_wear_g": 1.0})
    exposure = UnitExposure(np.array([3, 5, 8], dtype=np.int32), rng.uniform(0, 9, (3, 24)), 100.0)
    frame = frame.astype(TRAVERSAL_COLUMNS)
    return Traversals(frame, days, "America/Lima"), TraversalEmissions(grams), exposure


def test_days_add_up_to_the_links() -> None:
    """The same sum by link and hour, as exposure sums it; a day without driving has none."""
    traversals, emissions, exposure = made_up()
    harm = exhaust_harm(traversals, emissions, exposure)
    grams = np.zeros((3, 24))
    place = {3: 0, 5: 1, 8: 2}
    for edge, hour, g in zip(
        traversals.frame["edge"], traversals.hour, emissions.grams["pm25_exhaust_g"], strict=True
    ):
        grams[place[edge], hour] += g
    assert harm.sum() == pytest.approx(exposure.harm(grams).sum())
    assert harm[1] == 0.0


def test_links_without_exposure_leave_the_day_unknown() -> None:
    """Unknown, not zero, and the other day keeps its number."""
    traversals, emissions, exposure = made_up()
    whole = exhaust_harm(traversals, emissions, exposure)
    traversals.frame.loc[0, "edge"] = 4
    harm = exhaust_harm(traversals, emissions, exposure)
    assert np.isnan(harm[0])
    assert harm[2] == whole[2]
    with pytest.raises(InputError, match="pm25_exhaust_g"):
        exhaust_harm(traversals, emissions, exposure, quantity="pm25_wear_g")
