"""What a vehicle is: a high emitter or not, and which engine it has."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from geofleet.defaults.checked import CheckedRows
from geofleet.emissions import traversal_emissions
from geofleet.emissions.uncertainty.certification import shares_in_draws
from geofleet.emissions.uncertainty.intervals import intervals, spread, variance_shares
from geofleet.emissions.uncertainty.shared_factors import Draws

Z95 = 1.6449
NOX, PM, BC = "nox_exhaust_g", "pm25_exhaust_g", "bc_exhaust_g"
WEAR = "pm10_wear_g"
Case = Callable[..., Any]
MX = {"country": "MX"}


# --- high emitters ----------------------------------------------------------------------------

EMITTERS = {"inventory:intervals.high_emitter_share": 0.1}
HIGH_SD = math.sqrt(0.1 * 0.9) * (6.5 - 0.35 / 0.9)


def test_one_truck_may_be_a_high_emitter(case: Case, certain: Case) -> None:
    """Nine in ten: 0.389 of the mean; one in ten: 6.5 times; the mean stays."""
    table = intervals(*case([{}]), draws=20_000, altitude_m=0.0, defaults=certain(**EMITTERS))
    for quantity, high, normal in ((PM, 6.5, 0.35 / 0.9), (NOX, 4.4, 0.56 / 0.9)):
        one = table.xs(quantity, level="quantity").iloc[0]
        one = one / one["central"]
        assert one["p05"] == pytest.approx(normal, rel=1e-5)
        assert one["p95"] == pytest.approx(high, rel=1e-5)
        assert one["mean"] == pytest.approx(1.0, abs=0.05)
    assert table.xs("co2_g", level="quantity")["sd"].iloc[0] == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("count", [4, 100])
def test_large_fleets_are_known_better(case: Case, count: int, certain: Case) -> None:
    """Relative deviation of the sum of n equal trucks: that of one over √n."""
    table = intervals(
        *case([{}] * count), quantities=[PM], draws=4000, altitude_m=0.0,
        defaults=certain(**EMITTERS),
    ).iloc[0]  # fmt: skip
    assert table["sd"] / table["central"] == pytest.approx(HIGH_SD / math.sqrt(count), rel=0.06)


def test_a_vehicle_is_what_it_is_on_all_its_links(case: Case, certain: Case) -> None:
    """Links of one truck are as uncertain as their sum, an uncertain standard shares the draw."""
    traversals, network, fleet = case([{"standard": "unknown"}] * 5)
    traversals.vehicle_days["vehicle_id"] = "v0"
    options = {**MX, "quantities": [PM], "draws": 300, "defaults": certain(**EMITTERS)}
    links = intervals(traversals, network, fleet, by=["edge"], **options)
    total = intervals(traversals, network, fleet, **options).iloc[0]
    wanted = (total / total["central"]).to_numpy()
    for _, one in links.iterrows():
        np.testing.assert_allclose(one / one["central"], wanted, rtol=1e-9)


def test_known_emitters_are_not_drawn(case: Case, certain: Case) -> None:
    """A stated state has no chance in it, only the spread of the factor of high emitters."""
    defaults = certain(**EMITTERS, **{"uncertainty:composition.high_emitter.gsd": 1.2})
    rows = [{"aftertreatment": "high_emitter"}, {"aftertreatment": "normal_emitter"}]
    table = intervals(*case(rows), by=["vehicle_id"], quantities=[PM], draws=9000, altitude_m=0.0,
                      defaults=defaults)  # fmt: skip
    high, normal = table.iloc[0] / table["central"].iloc[0], table.iloc[1]
    assert normal["sd"] < 1e-12
    assert (high["p05"], high["p95"]) == pytest.approx((1.2**-Z95, 1.2**Z95), rel=0.01)


# --- engines of vehicles of unknown standard --------------------------------------------------

UNKNOWN: dict[str, Any] = {"standard": "unknown"}
MIX_2021 = {"epa_2007": 0.765, "euro_5": 0.085, "epa_2010": 0.135, "euro_6": 0.015}


def levels(case: Case, quantity: str) -> pd.Series:
    """Return what a truck of 2021 emits by standard."""
    rows = [{"standard": name} for name in MIX_2021]
    emissions = traversal_emissions(*case(rows, years=[2021] * 4), **MX)
    return pd.Series(emissions.grams[quantity].to_numpy(), index=list(MIX_2021))


@pytest.mark.parametrize("quantity", [NOX, PM, BC])
def test_one_unknown_truck_has_one_engine(case: Case, quantity: str, certain: Case) -> None:
    """Draws are the levels of the four standards, as often as the mix says; the mean stays."""
    options: dict[str, Any] = {**MX, "altitude_m": 0.0, "draws": 20_000, "defaults": certain()}
    made = spread(*case([UNKNOWN], years=[2021]), **options)
    drawn = made.samples(quantities=quantity)[0, 0]
    level = levels(case, quantity)
    for standard, share in MIX_2021.items():
        hits = np.isclose(drawn, level[standard], rtol=1e-5).mean()
        assert hits == pytest.approx(share, abs=0.01)
    table = made.intervals(quantities=quantity).iloc[0]
    assert table["p05"] <= level["epa_2010"] * (1 + 1e-9)
    assert table["p95"] >= level["euro_5"] * (1 - 1e-9)
    assert table["mean"] == pytest.approx(table["central"], rel=0.02)
    assert table["central"] == pytest.approx(sum(level * pd.Series(MIX_2021)))


def test_with_all_sources_the_interval_covers_both_levels(case: Case) -> None:
    for quantity in (NOX, PM):
        level = levels(case, quantity)
        table = intervals(*case([UNKNOWN], years=[2021]), **MX, altitude_m=0.0, quantities=quantity)
        ends = table.iloc[0]
        assert ends["p05"] < min(level["euro_5"], level["epa_2010"])
        assert ends["p95"] > max(level["euro_5"], level["epa_2010"])


def test_an_engine_is_the_same_on_all_links_and_beside_others(case: Case, certain: Case) -> None:
    """Two links of one truck move together, draw by draw; another truck changes nothing."""
    traversals, network, fleet = case([UNKNOWN] * 2, years=[2021] * 2)
    options: dict[str, Any] = {**MX, "by": ["edge"], "draws": 200, "defaults": certain()}
    apart = spread(traversals, network, fleet, **options).samples(quantities=[NOX])[:, 0]
    assert not np.allclose(apart[0], apart[1], rtol=1e-9)
    alone = spread(*case([UNKNOWN], years=[2021]), **options).samples(quantities=[NOX])[0, 0]
    np.testing.assert_array_equal(apart[0], alone)
    traversals.vehicle_days["vehicle_id"] = "v0"
    one = spread(traversals, network, fleet, **options).samples(quantities=[NOX])[:, 0]
    np.testing.assert_allclose(one[0], one[1], rtol=1e-9)


def test_many_unknown_trucks_are_their_mixture(case: Case, certain: Case, only: Case) -> None:
    """Relative deviation falls by √n; what is left is how sure the mix is."""
    options: dict[str, Any] = {**MX, "altitude_m": 0.0, "draws": 4000, "quantities": [NOX]}
    found = [
        intervals(*case([UNKNOWN] * n, years=[2021] * n), **options, defaults=certain()).iloc[0]
        for n in (1, 100)
    ]
    relative = [one["sd"] / one["central"] for one in found]
    assert relative[1] == pytest.approx(relative[0] / 10, rel=0.06)
    judged = only("certification.us_path.gsd", 1.8)
    many = intervals(*case([UNKNOWN] * 400, years=[2021] * 400), **options, defaults=judged).iloc[0]
    share = intervals(*case([UNKNOWN], years=[2021]), **options, defaults=judged)
    assert many["sd"] / many["central"] < share.iloc[0]["sd"] / share.iloc[0]["central"]
    assert many["sd"] / many["central"] > relative[0] / 20


@pytest.mark.parametrize("source", ["us_path", "newer"])
def test_the_mix_itself_varies_by_odds(source: str, only: Case) -> None:
    """Odds of a path, and of the newer standard, divided and multiplied by gsd^1.645."""
    row = f"certification.{source}.gsd"
    mix = tuple(MIX_2021.items())
    draws = Draws(CheckedRows(only(row, 1.8)), 1, 20_000, 0.0)
    part = dict(zip(MIX_2021, shares_in_draws(mix, draws), strict=True))
    np.testing.assert_allclose(sum(part.values()), 1.0)
    high, low = ("epa_2007", "euro_5") if source == "us_path" else ("epa_2010", "epa_2007")
    odds = part[high] / part[low] / (MIX_2021[high] / MIX_2021[low])
    ends = np.quantile(odds, [0.05, 0.5, 0.95])
    np.testing.assert_allclose(ends, [1.8**-Z95, 1.0, 1.8**Z95], rtol=0.02)
    us = part["epa_2007"] + part["epa_2010"]
    assert np.median(us) == pytest.approx(0.9, abs=0.002)
    if source == "newer":
        np.testing.assert_allclose(us, 0.9)


def test_certification_is_a_source_of_its_own(case: Case) -> None:
    """One truck: which engine it has; of many, more how sure the mix is. Known ones: neither."""
    options: dict[str, Any] = {**MX, "altitude_m": 0.0, "draws": 400, "quantities": [PM]}
    one, many, known = (
        variance_shares(*case([kind] * n, years=[2021] * n), **options)["share"].droplevel([0, 1])
        for kind, n in ((UNKNOWN, 1), (UNKNOWN, 300), ({"standard": "epa_2010"}, 1))
    )
    assert one["certification.vehicles"] > 0.1
    assert many["certification.us_path"] > many["certification.vehicles"]
    assert not any(name.startswith("certification") for name in known.index)


def test_interpolated_stages_are_not_drawn(case: Case, certain: Case) -> None:
    """EPA 2010 of 2015 lies between its two stages: that is a mean of a year, not a chance."""
    table = intervals(*case([{"standard": "epa_2010"}], years=[2015]), **MX, altitude_m=0.0,
                      draws=50, defaults=certain())  # fmt: skip
    np.testing.assert_allclose(table["p95"], table["p05"], rtol=1e-9)
