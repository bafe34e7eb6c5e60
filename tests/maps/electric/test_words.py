"""The verdict on a day in a planner's words, in both languages."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from geofleet.energy.mend.model import KINDS
from geofleet.energy.model import CAUSES
from geofleet.maps.electric.words import (
    figures,
    headline,
    mend_words,
    verdicts,
    worst_words,
    year_words,
)
from geofleet.wording import Readers

READERS = Readers.of("MX")


@pytest.mark.parametrize(
    ("probability", "english", "spanish"),
    [
        (1.0, "more than 99.9 of 100 days", "más de 99.9 de cada 100 días"),
        (0.9975, "99.8 of 100 days", "99.8 de cada 100 días"),
        (0.97, "97 of 100 days", "97 de cada 100 días"),
        (0.171, "17 of 100 days", "17 de cada 100 días"),
        (0.004, "0.4 of 100 days", "0.4 de cada 100 días"),
        (0.0004, "fewer than 0.1 of 100 days", "menos de 0.1 de cada 100 días"),
        (0.0, "none of 100 days", "ninguno de cada 100 días"),
    ],
)
def test_a_probability_is_told_in_days(probability: float, english: str, spanish: str) -> None:
    """Nothing is rounded to certainty."""
    words = year_words(probability, READERS)
    assert words is not None
    assert (words["en"], words["es"]) == (english, spanish)


def test_a_day_done_less_often_than_promised_looks_different() -> None:
    """Feasible as planned is not enough; a year that was not tried is not held against a day."""
    able, chance = ["feasible"] * 5, [0.995, 0.9, 0.5, 0.1, np.nan]
    routes = pd.DataFrame({
        "electric_status": [*able, "not feasible", "unknown"],
        "probability": [*chance, 0.999, np.nan],
    })  # fmt: skip
    expected = ["always", "most", "planned", "planned", "untried", "fails", "unknown"]
    assert verdicts(routes, 0.99).tolist() == expected
    assert verdicts(routes, 0.4).tolist()[:4] == ["always", "always", "always", "planned"]


ROW = {"margin_kwh": 4.0, "margin_kg": -118.3, "probability": 0.38, "first_failing_stop": 3,
       "cause": "none"}  # fmt: skip


def test_the_headline_says_what_is_not_promised() -> None:
    """A day that works as planned and on few other days does not look like a good one."""
    assert headline(ROW, "always", READERS)["en"] == (
        "Can do this day as planned, with 4\u00a0kWh to spare"
    )
    assert headline(ROW, "most", READERS)["en"].endswith("but only 38 of 100 days of a year")
    assert headline(ROW, "planned", READERS)["es"].endswith("pero solo 38 de cada 100 días del año")


def test_every_cause_has_words() -> None:
    """No day that fails goes without its reason, its amount and its first stop."""
    for cause in set(CAUSES) - {"none", "unknown", "no model"}:
        words = headline({**ROW, "cause": cause}, "fails", READERS)
        for text in words.values():
            assert ": " in text, cause
            assert "3" in text
    short = headline({**ROW, "cause": "energy", "margin_kwh": -2.0}, "fails", READERS)["en"]
    assert short.endswith("2\u00a0kWh short, first at stop 3")
    heavy = headline({**ROW, "cause": "payload", "first_failing_stop": 0}, "fails", READERS)["es"]
    assert heavy.endswith("sobran 119\u00a0kg, desde que sale de la base")
    unknown = headline({**ROW, "cause": "no model"}, "unknown", READERS)["en"]
    assert unknown.startswith("Not known")


def test_figures_say_nothing_of_what_is_not_known() -> None:
    """Energy per km is energy over distance; a minus marks what is short."""
    names = (
        "electric_model",
        "battery_kwh",
        "energy_kwh",
        "energy_p10_kwh",
        "energy_p90_kwh",
        "distance_km",
        "margin_kwh",
        "margin_km",
        "margin_kg",
        "probability",
        "worst_day",
    )
    blank = figures(dict.fromkeys(names, np.nan), READERS)
    assert set(blank.values()) == {None}
    row = dict.fromkeys(names, np.nan) | {
        "energy_kwh": 18.946, "distance_km": 50.0, "energy_p10_kwh": 16.49,
        "energy_p90_kwh": 22.66, "margin_kg": -118.3,
    }  # fmt: skip
    said = {name: words["en"] for name, words in figures(row, READERS).items() if words}
    assert said == {
        "energy": "18.9\u00a0kWh", "spread": "16.5 to 22.7\u00a0kWh",
        "per_km": "0.379\u00a0kWh/km", "margin_kg": "−118\u00a0kg",
    }  # fmt: skip


def test_the_worst_day_has_a_name() -> None:
    """Days of records are dates, those of a climate table months; other labels stay."""

    def said(label: object) -> tuple[str, str] | None:
        words = worst_words(label, READERS)
        return None if words is None else (words["en"], words["es"])

    assert said("2024-07-03") == ("3 July 2024", "3 de julio de 2024")
    assert said("month 07, typical day 3") == ("July, typical day 3", "julio, día típico 3")
    assert said("month 13, typical day 3") == ("month 13, typical day 3",) * 2
    assert said("year, typical day 1") == ("typical day 1 of the year", "día típico 1 del año")
    assert said("") is None
    assert said(None) is None


def test_every_mend_has_words() -> None:
    """Cost, saving, and what is not known of them."""
    row = {
        "place": "Patio", "minutes": 20.0, "power_kw": 22.0, "kwh": 7.0, "payload_lost_kg": 30.0,
        "stops_moved": "a;b", "to_vehicle": "van-2", "model": "E3", "depart_shift_min": -15.0,
        "cost_per_day": 31.4, "verified": True,
    }  # fmt: skip
    for kind in KINDS:
        words = mend_words({**row, "kind": kind}, READERS, "MXN")
        assert all("{" not in text for text in words.values())
        assert ("MXN\u00a031" in words["en"]) is (kind not in ("none", "unknown"))
    charge = mend_words({**row, "kind": "charge", "cost_per_day": np.nan}, READERS, "MXN")
    assert charge["en"] == ("Charge 20 min at Patio with 22\u00a0kW: 7\u00a0kWh; cost not known")
    saved = mend_words({**row, "kind": "move", "cost_per_day": -14.0}, READERS, "MXN")
    assert saved["es"].endswith("ahorra MXN\u00a014 por día laborable")
    unsure = mend_words({**row, "kind": "departure", "verified": False}, READERS, "MXN")
    assert unsure["en"].startswith("Leave 15 min earlier")
    assert unsure["en"].endswith("(not driven again to check)")
