"""Links by hour add up to links by day."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from geofleet.layers.links import link_hours_layer, links_layer
from geofleet.layers.schemas import HARMS


def test_harm_of_the_hours_is_that_of_the_day(demo_study: dict[str, Any]) -> None:
    """Each pollutant, each link; the unit exposure of the hour times its grams a second."""
    emissions, unit = demo_study["link_emissions"], demo_study["unit_exposure"]
    day = links_layer(demo_study["network"], link_emissions=emissions, unit_exposure=unit).frame
    hours = link_hours_layer(emissions, unit_exposure=unit).frame
    for name, source in HARMS.items():
        sums = hours.groupby("edge")[name].sum()
        assert sums.to_numpy() == pytest.approx(day.set_index("edge")[name].to_numpy())
        row = hours.iloc[len(hours) // 2]
        place = np.searchsorted(unit.edges, row["edge"])
        wanted = unit.values[place, int(row["hour"])] * row[source] / 3600
        assert row[name] == pytest.approx(wanted)


def test_harm_stays_unknown_without_unit_exposure(demo_study: dict[str, Any]) -> None:
    """Empty, not zero."""
    hours = link_hours_layer(demo_study["link_emissions"]).frame
    assert hours[list(HARMS)].isna().all().all()
