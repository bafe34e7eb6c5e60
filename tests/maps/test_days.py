"""The card of a vehicle-day tells what the electric model can do, in a planner's words."""

from __future__ import annotations

import numpy as np
import pytest

from geofleet.energy.model import CAUSES
from geofleet.layers import Layer
from geofleet.maps import days, study_map
from geofleet.maps.days import _range, _spare, _verdict, _worst, _year, route_legend, routes_source
from geofleet.maps.elements import Source


@pytest.mark.parametrize(
    ("probability", "words"),
    [
        (1.0, "can do more than 99.9 of 100 days"),
        (0.9975, "can do 99.8 of 100 days"),
        (0.97, "can do 97 of 100 days"),
        (0.171, "can do 17 of 100 days"),
        (0.004, "can do 0.4 of 100 days"),
        (0.0004, "can do fewer than 0.1 of 100 days"),
        (0.0, "can do none of 100 days"),
        (np.nan, None),
    ],
)
def test_a_probability_is_told_in_days(probability: float, words: str | None) -> None:
    """Nothing is rounded to certainty, and what is not known is not told."""
    assert _year({"probability": probability}) == words


def test_what_is_to_spare_has_three_units() -> None:
    """Charge, way and load; a minus where something is short, nothing where nothing is known."""
    row = {"margin_kwh": 12.34, "margin_km": 41.2, "margin_kg": -118.3}
    assert _spare(row) == "12.3 kWh, 41 km, −118 kg of load"
    assert _spare({**row, "margin_kwh": np.nan, "margin_km": np.nan}) == "−118 kg of load"
    assert _spare(dict.fromkeys(row, np.nan)) is None


def test_energy_is_told_with_its_spread() -> None:
    """As planned, and from the 10th to the 90th percentile where a year was driven."""
    row = {"energy_kwh": 18.946, "energy_p10_kwh": 16.49, "energy_p90_kwh": 22.66}
    assert _range(row) == "18.9 kWh as planned; 16.5 to 22.7 on 8 of 10 days"
    assert _range({**row, "energy_p90_kwh": np.nan}) == "18.9 kWh as planned"
    assert _range({**row, "energy_kwh": np.nan}) is None


def test_the_worst_day_has_a_name() -> None:
    """Days of records are dates, those of a climate table months; other labels stay."""
    assert _worst("2024-07-03") == "3 July 2024"
    assert _worst("month 07, typical day 3") == "July, typical day 3"
    assert _worst("month 13, typical day 3") == "month 13, typical day 3"
    assert _worst("year, typical day 1") == "year, typical day 1"
    assert _worst("") is None
    assert _worst(None) is None


def test_every_cause_has_words() -> None:
    """No day that fails goes without its reason."""
    failing = set(CAUSES) - {"none", "unknown", "no model"}
    assert set(days._CAUSES) == failing
    row = {"electric_status": "not feasible", "margin_kwh": 4.0, "first_failing_stop": 3}
    assert _verdict({**row, "cause": "time window"}) == (
        "Cannot do this day: it comes to a stop after its time window, first at stop 3"
    )
    text = _verdict({**row, "margin_kwh": -2.0, "cause": "charging"})
    assert text.endswith("2 kWh short, first at stop 3")


def _texts(source: Source, column: str) -> list[str | None]:
    numbers = source.packed.columns[column].tolist()
    return [None if number < 0 else source.packed.strings[number] for number in numbers]


def test_a_day_done_less_often_than_promised_looks_different(demo_layers: dict[str, Layer]) -> None:
    """Feasible as planned is not enough; without a year nothing is held against a day."""
    routes, stops = demo_layers["routes"], demo_layers["stops"]
    feasible = (routes.frame["electric_status"] == "feasible").to_numpy()
    source = routes_source(routes, stops, promised=0.99)
    assert "not always" not in _texts(source, "status")
    frame = routes.frame.assign(probability=np.where(feasible, 0.9, 0.0))
    easy, strict = (
        _texts(routes_source(Layer(frame, routes.schema), stops, promised=promised), "status")
        for promised in (0.89, 0.91)
    )
    assert easy.count("feasible") == strict.count("not always") == feasible.sum() > 0


def test_the_headline_says_what_is_not_promised(demo_layers: dict[str, Layer]) -> None:
    """A day that works as planned and on few other days does not look like a good one."""
    routes, stops = demo_layers["routes"], demo_layers["stops"]
    layer = Layer(routes.frame.assign(probability=0.384), routes.schema)
    source = routes_source(layer, stops, promised=0.99)
    rows = zip(_texts(source, "status"), _texts(source, "verdict"), strict=True)
    found = [words or "" for status, words in rows if status == "not always"]
    assert found
    assert all(words.startswith("Can do this day as planned") for words in found)
    assert all(words.endswith("but only 38 of 100 days of a year") for words in found)
    names = days.route_names(layer, promised=0.99)
    assert sum(name.endswith("· not always") for name in names) == len(found)


def test_the_key_names_what_is_promised(demo_layers: dict[str, Layer]) -> None:
    """The limit of the study is in the key of its map."""
    labels = " ".join(item["label"] for item in route_legend(0.95)["items"])
    assert "fewer than 95 of 100 days" in labels
    page = study_map(demo_layers, title="Demo", promised=0.9).get_root().render()
    assert "fewer than 90 of 100 days" in page
