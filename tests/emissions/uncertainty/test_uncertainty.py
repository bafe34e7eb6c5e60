"""Intervals: closed forms where there are any, shared factors shared, the rest independent."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numba
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geofleet.defaults import Defaults, read_table
from geofleet.emissions import QUANTITIES, traversal_emissions
from geofleet.emissions.inventories.inventory import inventory
from geofleet.emissions.uncertainty.bands import factor_bands
from geofleet.emissions.uncertainty.intervals import intervals, spread, variance_shares
from geofleet.errors import InputError

Z95 = 1.6449
NOX, PM, BC = "nox_exhaust_g", "pm25_exhaust_g", "bc_exhaust_g"
WEAR = "pm10_wear_g"
Case = Callable[..., Any]
MX = {"country": "MX"}


@pytest.mark.parametrize("aged", [0, 1])
@pytest.mark.parametrize("by", [[], ["edge"], ["vehicle_id"], ["hour", "standard"]])
def test_central_values_are_those_of_the_inventory(mixed: Any, by: list[str], aged: int) -> None:
    """Taken apart and put together again, emissions are what they were, in every group."""
    defaults = Defaults({"deterioration:applied": aged})
    emissions = traversal_emissions(*mixed, **MX, defaults=defaults)
    want = inventory(mixed[0], emissions, *mixed[1:], by=by)
    table = intervals(*mixed, **MX, by=by, draws=3, defaults=defaults)
    central = table["central"].unstack("quantity")[list(QUANTITIES)]
    assert central.index.to_list() == want.index.to_list()
    np.testing.assert_allclose(central, want[list(QUANTITIES)], rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("by", [[], ["edge", "hour"]])
def test_without_spread_there_is_no_interval(mixed: Any, by: list[str], certain: Case) -> None:
    """All deviations 1, sea level, high emitters and engines known: all draws are central."""
    mixed[2].vehicles["standard"] = mixed[2].vehicles["standard"].replace("unknown", "euro_4")
    aged = certain(**{"deterioration:applied": 1})
    table = intervals(*mixed, **MX, by=by, altitude_m=0.0, draws=20, defaults=aged)
    for column in ("p05", "p95", "mean"):
        np.testing.assert_allclose(table[column], table["central"], rtol=1e-11, atol=1e-12)
    assert (table["sd"] <= 1e-11 * table["central"]).all()


@pytest.mark.parametrize(
    ("row", "quantity", "vehicle"),
    [
        ("old.nox.gsd", NOX, {}),
        ("old.nox.gsd", "no2_exhaust_g", {}),
        ("old.no2.gsd", "no2_exhaust_g", {}),
        ("mid.pm25.gsd", BC, {"standard": "euro_4"}),
        ("new.co.gsd", "co_exhaust_g", {"standard": "euro_6"}),
        ("old.energy.gsd", "co2_g", {}),
        ("epa.energy.gsd", NOX, {"standard": "epa_2007"}),
        ("epa.nox.gsd", NOX, {"standard": "epa_2007"}),
        ("all.n2o.gsd", "n2o_exhaust_g", {}),
        ("all.ch4.gsd", "ch4_exhaust_g", {"fuel": "cng", "standard": "euro_6"}),
        ("upstream.diesel.gsd", "co2e_wtt_g", {}),
        ("upstream.cng.gsd", "co2e_wtt_g", {"fuel": "cng", "standard": "euro_6"}),
        ("upstream.electricity.gsd", "co2e_wtw_g", {"fuel": "electric", "standard": "none"}),
        ("electric.energy.gsd", "electricity_kwh", {"fuel": "electric", "standard": "none"}),
        ("electric.cruising.gsd", "electricity_kwh", {"fuel": "electric", "standard": "none"}),
        ("electric.wear.gsd", WEAR, {"fuel": "electric", "standard": "none"}),
        ("old.wear.gsd", WEAR, {}),
    ],
)
def test_one_lognormal_factor_in_closed_form(
    case: Case, row: str, quantity: str, vehicle: dict[str, Any], only: Case
) -> None:
    """Median 1, 5 and 95 % at gsd^∓1.645, mean exp(s²/2), variance exp(s²)(exp(s²) − 1)."""
    table = intervals(
        *case([vehicle]), quantities=[quantity], draws=20_000, altitude_m=0.0, defaults=only(row)
    )
    one = table.iloc[0] / table["central"].iloc[0]
    s = math.log(1.3)
    assert one["p05"] == pytest.approx(1.3**-Z95, rel=0.01)
    assert one["p95"] == pytest.approx(1.3**Z95, rel=0.01)
    assert one["mean"] == pytest.approx(math.exp(s**2 / 2), rel=0.01)
    assert one["sd"] ** 2 == pytest.approx(math.exp(s**2) * math.expm1(s**2), rel=0.06)
    others = intervals(*case([vehicle]), draws=50, altitude_m=0.0, defaults=only(row))
    exact = {NOX, PM, WEAR, "co_exhaust_g"} - {quantity}
    for name in exact if row.split(".")[1] != "energy" else ():
        if (row, name) != ("mid.pm25.gsd", PM) and (quantity, name) != ("no2_exhaust_g", NOX):
            assert others.xs(name, level="quantity")["sd"].iloc[0] < 1e-9


def test_one_family_errs_together_and_two_do_not(case: Case, only: Case) -> None:
    """Two equal links of one family: as wide as each. Of two families: narrower by √2."""
    rows = [{"edge": 0}, {"edge": 1}]
    options: dict[str, Any] = {"quantities": [NOX], "draws": 20_000, "altitude_m": 0.0}
    links = intervals(*case(rows), by=["edge"], **options, defaults=only("old.nox.gsd"))
    both = intervals(*case(rows), **options, defaults=only("old.nox.gsd")).iloc[0]
    for _, one in links.iterrows():
        for end in ("p05", "p95", "sd"):
            assert one[end] / one["central"] == pytest.approx(both[end] / both["central"])

    # Euro III and IV with the same spread, and kilometres such that both give the same NOx.
    length = links["central"].iloc[0]
    other = intervals(*case([{"standard": "euro_4"}]), **options)["central"].iloc[0]
    rows = [{}, {"standard": "euro_4", "length_m": 1000.0 * length / other}]
    defaults = only("old.nox.gsd", **{"uncertainty:mid.nox.gsd": 1.3})
    two = intervals(*case(rows), **options, defaults=defaults).iloc[0]
    ratio = (two["sd"] / two["central"]) / (both["sd"] / both["central"])
    assert ratio == pytest.approx(math.sqrt(0.5), rel=0.03)


def test_wear_is_one_draw_for_all(case: Case, certain: Case) -> None:
    """Diesel of three families and electric: the total is as uncertain as each."""
    kinds = [{}, {"standard": "euro_6"}, {"standard": "epa_2004"},
             {"standard": "none", "fuel": "electric"}]  # fmt: skip
    rows = {f"uncertainty:{family}.wear.gsd": 1.4 for family in ("old", "new", "epa", "electric")}
    one, all_of_them = (
        intervals(*case(some), quantities=[WEAR], draws=500, defaults=certain(**rows)).iloc[0]
        for some in (kinds[:1], kinds)
    )
    np.testing.assert_allclose(one / one["central"], all_of_them / all_of_them["central"])


@settings(max_examples=15, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(
    row=st.sampled_from(["old.nox", "old.pm25", "old.energy", "old.bc", "old.no2", "all.n2o",
                         "upstream.diesel", "old.wear", "composition.high_emitter"]),
    gsd=st.floats(1.0, 2.0), wider=st.floats(1.01, 2.0),
)  # fmt: skip
def test_a_wider_factor_never_narrows(
    case: Case, row: str, gsd: float, wider: float, certain: Case
) -> None:
    """No quantity of a single vehicle becomes more certain."""
    tables = [
        intervals(
            *case([{"aftertreatment": "high_emitter"}]), draws=200, altitude_m=0.0,
            defaults=certain(**{f"uncertainty:{row}.gsd": value}),
        )
        for value in (gsd, gsd * wider)
    ]  # fmt: skip
    narrow, wide = (table["p95"] - table["p05"] for table in tables)
    assert (wide >= narrow * (1 - 1e-12) - 1e-12).all()
    assert (wide > narrow * 1.005).any()


def test_same_seed_same_bits_on_any_number_of_threads(mixed: Any) -> None:
    """Once more on one thread: equal to the last bit. Another seed is another world."""
    options: dict[str, Any] = {**MX, "by": ["edge", "hour"], "draws": 40, "seed": 9}
    first = intervals(*mixed, **options)
    threads = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        alone = intervals(*mixed, **options)
    finally:
        numba.set_num_threads(threads)
    pd.testing.assert_frame_equal(first, alone, check_exact=True)
    assert not first["p95"].equals(intervals(*mixed, **{**options, "seed": 10})["p95"])


def test_another_vehicle_changes_no_draw(case: Case) -> None:
    """What is known of v0 is the same with v1, of another standard, beside it."""
    one = intervals(*case([{}]), by=["vehicle_id"], draws=100)
    two = intervals(*case([{}, {"standard": "epa_2004"}]), by=["vehicle_id"], draws=100)
    pd.testing.assert_frame_equal(one, two.loc[["v0"]], check_exact=True)


# --- altitude, US path, shares ----------------------------------------------------------------


def test_band_of_altitude_reaches_to_one_side(case: Case, certain: Case) -> None:
    """Even odds from 1 to 1.3 at 2,240 m, twice as far at 4,480 m, nothing at sea level."""
    options: dict[str, Any] = {"quantities": [NOX], "draws": 20_000, "defaults": certain()}
    for height, top in ((0.0, 1.0), (-5.0, 1.0), (2240.0, 1.3), (4480.0, 1.6)):
        given_height = intervals(*case([{}]), **options, altitude_m=height)
        of_network = intervals(*case([{}], height_m=height), **options)
        pd.testing.assert_frame_equal(given_height, of_network)
        one = given_height.iloc[0] / given_height["central"].iloc[0]
        assert one["p05"] == pytest.approx(1 + 0.05 * (top - 1), abs=0.005)
        assert one["p95"] == pytest.approx(1 + 0.95 * (top - 1), abs=0.005)


def test_a_factor_that_is_set_stands_inside_its_band(case: Case, certain: Case) -> None:
    """A study that sets 1.3 for altitude with the band 1 to 1.6: the central value is inside."""
    rows = {"altitude:nox.no_scr.factor": 1.3, "altitude:nox.no_scr.high": 1.6}
    plain, own = (
        intervals(*case([{}]), quantities=[NOX], draws=20_000, altitude_m=2240,
                  defaults=certain(**some)).iloc[0]
        for some in ({}, rows)
    )  # fmt: skip
    assert own["central"] == pytest.approx(1.3 * plain["central"])
    assert own["p05"] / own["central"] == pytest.approx(1.03 / 1.3, rel=0.01)
    assert own["p95"] / own["central"] == pytest.approx(1.57 / 1.3, rel=0.01)


def test_unknown_height_is_said_and_has_no_band(case: Case) -> None:
    """No elevation and none given: as at sea level, and the table says why."""
    traversals, network, fleet = case([{}])
    network.nodes["elevation_m"] = np.nan
    at_sea = intervals(traversals, network, fleet, draws=20, altitude_m=0.0)
    unknown = intervals(traversals, network, fleet, draws=20)
    pd.testing.assert_frame_equal(unknown, at_sea)
    assert at_sea.attrs["altitude_m"] == 0.0
    assert at_sea.attrs["notes"] == ()
    assert unknown.attrs["altitude_m"] is None
    assert "height above the sea is not known" in unknown.attrs["notes"][0]
    assert intervals(*case([{}], height_m=2240), draws=2).attrs["altitude_m"] == 2240.0
    shares = variance_shares(traversals, network, fleet, draws=20, seed=7)
    assert shares.attrs["altitude_m"] is None
    assert (shares.attrs["draws"], shares.attrs["seed"]) == (20, 7)
    assert any("speeds" in one for one in shares.attrs["not_drawn"])
    assert not any(name.startswith("altitude") for name in shares.index.unique("source"))


def test_multipliers_of_us_standards_have_their_own_spread(case: Case, certain: Case) -> None:
    """Smallest and largest of the multiplier as 5 and 95 %, whatever the European function does."""
    rows = {"us_path:epa_2007.nox.per_fuel_low": 0.4, "us_path:epa_2007.nox.per_fuel_high": 0.9}
    table = intervals(*case([{"standard": "epa_2007"}]), quantities=[NOX], draws=20_000,
                      altitude_m=0, defaults=certain(**rows)).iloc[0]  # fmt: skip
    assert table["p95"] / table["p05"] == pytest.approx(0.9 / 0.4, rel=0.01)
    assert math.sqrt(table["p95"] * table["p05"]) == pytest.approx(table["central"], rel=0.01)


def test_parts_never_exceed_the_whole(case: Case, certain: Case) -> None:
    """However wide the shares: black carbon within PM2.5, NO2 within NOx, nothing below zero."""
    rows = {f"uncertainty:{family}.{share}.gsd": 4.0
            for family in ("old", "mid", "new") for share in ("bc", "no2")}  # fmt: skip
    for standard in ("euro_3", "euro_5", "euro_6"):
        table = intervals(*case([{"standard": standard}]), draws=2000, altitude_m=0.0,
                          defaults=certain(**rows)).droplevel(0)  # fmt: skip
        assert table.loc[BC, "p95"] <= table.loc[PM, "central"] * (1 + 1e-12)
        assert table.loc["no2_exhaust_g", "p95"] <= table.loc[NOX, "central"] * (1 + 1e-12)
        assert table.loc["oc_exhaust_g", "p05"] >= 0.0
        assert table.loc[BC, "p05"] < table.loc[BC, "central"] < table.loc[BC, "p95"]


def test_sums_of_climate_gases_hold_in_every_draw(mixed: Any) -> None:
    """Well to wheel is the sum of its parts, draw by draw and so in the mean."""
    mean = intervals(*mixed, **MX, draws=30)["mean"].droplevel(0)
    assert mean["co2e_wtw_g"] == pytest.approx(mean["co2e_ttw_g"] + mean["co2e_wtt_g"], rel=1e-12)
    potential = read_table("upstream")["value"].astype(float, errors="ignore")
    want = mean["co2_g"] + float(potential["gwp100.ch4"]) * mean["ch4_exhaust_g"]
    want += float(potential["gwp100.n2o"]) * mean["n2o_exhaust_g"]
    assert mean["co2e_ttw_g"] == pytest.approx(want, rel=1e-12)


def test_cold_starts_idling_and_age_have_factors_of_their_own(mixed: Any, only: Case) -> None:
    """Each moves the emissions of its part, by its part: relative deviation times share."""
    mixed[2].vehicles["standard"] = mixed[2].vehicles["standard"].replace("unknown", "euro_4")
    defaults = Defaults({"deterioration:applied": 1})
    whole = traversal_emissions(*mixed, **MX, defaults=defaults)
    s = math.log(1.3)
    deviation = math.sqrt(math.exp(s**2) * math.expm1(s**2))
    plain = traversal_emissions(*mixed, **MX).grams["voc_exhaust_g"].sum()
    still = SimpleNamespace(**{**vars(mixed[1]), "edges": mixed[1].edges.drop(columns="signals")})
    stops = traversal_emissions(mixed[0], still, mixed[2], **MX, defaults=defaults).processes
    parts = {
        "idle.stop.gsd": stops.loc["idle", "voc_exhaust_g"],
        "cold.all.gsd": whole.processes.loc["cold_start", "voc_exhaust_g"],
        "idle.all.gsd": whole.processes.loc["idle", "voc_exhaust_g"],
        "deterioration.all.gsd": whole.grams["voc_exhaust_g"].sum() - plain,
    }
    assert parts["idle.stop.gsd"] < 0.99 * parts["idle.all.gsd"]
    for row, part in parts.items():
        assert part > 0.0
        table = intervals(
            *mixed, **MX, quantities=["voc_exhaust_g"], draws=5000, altitude_m=0.0,
            defaults=only(row, **{"deterioration:applied": 1}),
        ).iloc[0]  # fmt: skip
        assert table["sd"] == pytest.approx(part * deviation, rel=0.05)


def test_electric_trucks_have_wear_and_electricity_alone(case: Case) -> None:
    table = intervals(*case([{"fuel": "electric", "standard": "none"}]), draws=200).droplevel(0)
    exhaust = [name for name in QUANTITIES if name.endswith("exhaust_g")]
    assert (table.loc[[*exhaust, "fuel_g", "co2_g", "co2e_ttw_g"]] == 0.0).all(axis=None)
    for name in ("electricity_kwh", "energy_mj", "co2e_wtw_g", WEAR):
        assert 0 < table.loc[name, "p05"] < table.loc[name, "central"] < table.loc[name, "p95"]


def test_central_values_lie_inside_at_sea_level(mixed: Any) -> None:
    """With all sources but the one-sided band, for every quantity in all."""
    table = intervals(*mixed, **MX, altitude_m=0.0, draws=500)
    assert (table["p05"] <= table["central"]).all()
    assert (table["central"] <= table["p95"]).all()


# --- what matters most ------------------------------------------------------------------------


def test_shares_of_variance_by_hand(case: Case, only: Case) -> None:
    """Two factors on NOx of one truck: variances exp(s²)(exp(s²) − 1), and nothing else."""
    defaults = only("epa.nox.gsd", 1.5, **{"uncertainty:epa.energy.gsd": 1.2})
    table = variance_shares(*case([{"standard": "epa_2007"}]), quantities=[NOX], draws=20_000,
                            altitude_m=0.0, defaults=defaults)  # fmt: skip
    part = [math.exp(s**2) * math.expm1(s**2) for s in (math.log(1.5), math.log(1.2))]
    share = table["share"].droplevel([0, 1])
    assert set(share.index) == {"epa.nox", "epa.energy"}
    assert share["epa.nox"] == pytest.approx(part[0] / sum(part), rel=0.03)
    assert share.sum() == pytest.approx(1.0)


def test_shares_sum_to_one_and_name_the_largest(mixed: Any, case: Case) -> None:
    table = variance_shares(*mixed, **MX, by=["standard"], draws=60)
    sums = table["share"].groupby(["standard", "quantity"]).sum()
    np.testing.assert_allclose(sums, 1.0)
    one = variance_shares(*case([{}]), quantities=[PM], draws=500, altitude_m=0.0)["share"]
    assert one.droplevel([0, 1]).idxmax() == "high_emitter.vehicles"
    many = variance_shares(*case([{}] * 300), quantities=[PM], draws=500, altitude_m=0.0)["share"]
    assert many.droplevel([0, 1]).idxmax() == "old.pm25"


# --- bands of the table of factors ------------------------------------------------------------


def test_bands_stand_beside_the_factors(mixed: Any) -> None:
    """Family, deviation and ends of every function that was used, by the rows of the table."""
    factors = traversal_emissions(*mixed, **MX).factors
    table = factor_bands(factors)
    pd.testing.assert_frame_equal(table[list(factors.columns)], factors)
    rows = read_table("uncertainty")
    for _, one in table.iterrows():
        assert one["family"] == rows.loc[f"standard.{one['standard']}.family", "value"]
        gsd = float(rows.loc[f"{one['family']}.{one['pollutant']}.gsd", "value"])
        assert (one["gsd"], one["p05"] * one["p95"]) == pytest.approx((gsd, 1.0))
        assert one["p95"] == pytest.approx(gsd**Z95, rel=1e-4)
    assert factor_bands(factors.iloc[:0]).columns.to_list() == table.columns.to_list()
    with pytest.raises(InputError, match=r"old\.nox\.gsd"):
        factor_bands(factors, defaults=Defaults({"uncertainty:old.nox.gsd": 0.2}))


def test_wrong_input_is_named(case: Case) -> None:
    """Spreads below 1, too few draws, unknown quantities and keys."""
    plain = case([{}])
    with pytest.raises(InputError, match=r"old\.nox\.gsd.*from 1 to 20"):
        intervals(*plain, defaults=Defaults({"uncertainty:old.nox.gsd": 0.5}))
    for draws in (1, 10.5, 10.0, "10", True):
        with pytest.raises(InputError, match=r"draws.*a whole number of at least 2"):
            intervals(*plain, draws=draws)  # type: ignore[arg-type]
    for seed in ("abc", 0.5):
        with pytest.raises(InputError, match=r"seed.*a whole number"):
            intervals(*plain, seed=seed)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"intervals\.draws|draws"):
        intervals(*plain, defaults=Defaults({"inventory:intervals.draws": 10.5}))
    with pytest.raises(InputError, match="altitude_m"):
        intervals(*plain, altitude_m=math.nan)
    with pytest.raises(InputError, match="dust"):
        intervals(*plain, quantities=["dust"])
    with pytest.raises(InputError, match="colour"):
        spread(*plain, by=["colour"])


@pytest.mark.parametrize("altitude_m", [9e9, -1000.0, float("nan")])
def test_heights_without_roads_are_refused(case: Case, altitude_m: float) -> None:
    """The band of thin air is not carried on without end."""
    with pytest.raises(InputError, match="height above the sea"):
        intervals(*case([{}]), altitude_m=altitude_m, draws=10)
