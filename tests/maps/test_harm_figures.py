"""Key figures of the harm agree with slow sums over the tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from geofleet.layers import Layer
from geofleet.maps.harm_figures import StreetHours, harm_figures, street_hours


def _made(harm: list[list[float]], length: list[float], names: list[str | None]) -> StreetHours:
    """Streets of which each has harm in the given hours, from hour 0 on."""
    values = np.zeros((len(harm), 24))
    for row, hours in enumerate(harm):
        values[row, : len(hours)] = hours
    streets = pd.DataFrame({"name": names, "length_m": length})
    return StreetHours(streets, {"harm_nox": values, "nox_exhaust_g": np.ones_like(values)})


def test_hours_of_a_street_are_those_of_its_directions(demo_layers: dict[str, Layer]) -> None:
    """Summed by hand over every row of the tables."""
    found = street_hours(demo_layers)
    links, hours = demo_layers["links"].frame, demo_layers["link_hours"].frame
    street = dict(zip(links["edge"], links["street"], strict=True))
    wanted: dict[tuple[int, int], float] = {}
    for edge, hour, harm in zip(hours["edge"], hours["hour"], hours["harm_nox"], strict=True):
        key = (street[edge], hour)
        wanted[key] = wanted.get(key, 0.0) + harm
    place = {name: row for row, name in enumerate(found.streets.index)}
    for (name, hour), value in wanted.items():
        assert found.values["harm_nox"][place[name], hour] == pytest.approx(value)
    assert found.values["harm_nox"].sum() == pytest.approx(sum(wanted.values()))
    km = found.streets["length_m"].to_numpy() / 1000
    assert found.per_km("harm_nox").sum(axis=1) * km == pytest.approx(found.day("harm_nox"))


def test_half_of_the_harm_and_its_hours() -> None:
    """Ten streets of 100 m: one with 60 of 105 holds half of it on 0.875 of its length."""
    hours = _made([[0, 60.0], *[[5.0]] * 9], [100.0] * 10, ["Uno", *["Otras"] * 9])
    found = harm_figures(hours, "harm_nox")
    assert found.total == pytest.approx(105.0)
    assert found.half_km_share == pytest.approx(52.5 / 60 / 10)
    assert found.worst_share == pytest.approx(6 / 105)  # a hundredth is a tenth of the worst
    assert (found.hour, found.half_hours) == (1, (1, 1))
    assert found.worst == ("Uno", "Otras")


def test_hours_may_go_over_midnight() -> None:
    """Half of what falls at 23 and at 0 is one span."""
    values = np.zeros((1, 24))
    values[0, [23, 0, 12]] = [5.0, 5.0, 4.0]
    streets = pd.DataFrame({"name": ["A"], "length_m": [10.0]})
    made = StreetHours(streets, {"harm_nox": values, "nox_exhaust_g": values})
    assert harm_figures(made, "harm_nox").half_hours == (23, 0)


def test_what_is_unknown_is_not_zero() -> None:
    """A street of unknown harm is left out of the shares, and its grams are told."""
    hours = _made([[1.0], [np.nan]], [100.0, 900.0], [None, "B"])
    found = harm_figures(hours, "harm_nox")
    assert found.total == 1.0
    assert found.grams_unknown == 24.0
    assert found.half_km_share == pytest.approx(0.5)
    assert found.worst == ()
    nothing = harm_figures(_made([[np.nan]], [1.0], ["A"]), "harm_nox")
    assert not nothing.known
    assert np.isnan(nothing.total)
    assert nothing.half_hours is None
    none = harm_figures(_made([[0.0]], [1.0], ["A"]), "harm_nox")
    assert (none.total, none.known) == (0.0, False)
