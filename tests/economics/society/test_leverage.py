"""What money buys: never more than there is, never less for more, whole vehicles, by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofleet.defaults import Defaults
from geofleet.economics.ledger import switching
from geofleet.economics.options import Options
from geofleet.economics.society import (
    DeathRate,
    calibrate,
    cheaper_interest,
    compare_instruments,
    from_cases,
    grant_share,
    guarantee,
    needed_grant,
    social_terms,
    uptake_model,
    usual_grant,
    vehicle_survival,
    what_does_it_buy,
    with_scrapping,
)
from geofleet.economics.society.leverage import _bought
from geofleet.errors import InputError

RATE = DeathRate(4e-9, 0.1, 0.9, 1.1, ())


def filter_total(years: int = 10) -> float:
    """Return what a filter costs at 16 % without any gain."""
    return 200_000 + 10_000 * (1 - 1.16**-years) / 0.16


def test_dollars_buy_filters_by_hand(filter_options: Options) -> None:
    """USD 100,000 are MXN 1,855,670: seven filters with their upkeep, of which there are three."""
    every = what_does_it_buy(100_000, filter_options)
    assert every.total["units"] == 3
    assert every.spent == 3 * np.ceil(filter_total())
    assert every.total["private"] == 0.0
    many = pd.Series([50.0, 50.0, 50.0], index=["t0", "t1", "t2"])
    found = what_does_it_buy(100_000, filter_options, weights=many)
    assert found.bought["units"].to_dict() == {("t2", "dpf_retrofit"): 7}
    # no grant up to the price alone makes a filter pay whose upkeep is a loss
    none = what_does_it_buy(100_000, filter_options, instrument=needed_grant(filter_options))
    assert none.total["units"] == 0
    assert none.passed_over.to_dict() == {"not known, or not enough": 3.0}
    # with access worth 30,000 a year to it, the smallest grant is what is left of the price
    cases = filter_options.cases.copy()
    options = cases.index.get_level_values("option")
    cases["access_per_year"] = np.where(options == "dpf_retrofit", 30_000.0, 0.0)
    worth = replace(filter_options, cases=cases)
    need = np.ceil(filter_total() - 30_000 * (1 - 1.16**-10) / 0.16)
    found = what_does_it_buy(100_000, worth, deaths=RATE)
    assert found.money == pytest.approx(1_855_670)
    assert found.spent == 3 * need
    assert found.left == pytest.approx(found.money - found.spent)
    assert found.total["pm25_per_year"] == pytest.approx(41.0)
    assert found.total["bc"] == pytest.approx(0.6 * 41.0 * 10)
    assert found.total["public_per_bc"] == pytest.approx(3 * need / (0.6 * 41.0 * 10))
    assert found.total["private"] == pytest.approx(3 * (200_000 - need))
    # for one grant and a half, the one that avoids most
    one = what_does_it_buy(1.5 * need, worth, currency="MXN")
    assert one.bought.index.tolist() == [("t2", "dpf_retrofit")]
    assert one.passed_over.to_dict() == {"the money is spent": 2.0}


@settings(max_examples=120, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 50), st.integers(1, 40), st.integers(0, 5)), min_size=1,
             max_size=8),
    st.integers(0, 300), st.integers(0, 60),
)  # fmt: skip
def test_more_money_never_buys_less(
    kinds: list[tuple[int, int, int]], money: int, more: int
) -> None:
    """Nor more than it can pay; nor more vehicles than there are; nor less than a plain prefix."""
    kinds = sorted(kinds, key=lambda kind: -kind[1] / kind[0])
    price, worth, supply = (np.array(one, float) for one in zip(*kinds, strict=True))
    supply = supply.astype(np.int64)
    bought = [_bought(float(amount), price, worth, supply) for amount in (money, money + more)]
    for units, amount in zip(bought, (money, money + more), strict=True):
        assert units @ price <= amount
        assert (units <= supply).all()
        assert (units >= 0).all()
    assert bought[1] @ worth >= bought[0] @ worth
    prefix, left = 0.0, float(money)
    for one, value, count in zip(price, worth, supply, strict=True):
        units = min(int(left // one), int(count))
        prefix, left = prefix + units * value, left - units * one
        if units < count:
            break
    assert bought[0] @ worth >= prefix - 1e-9


@pytest.mark.parametrize("with_uptake", [False, True])
def test_studies_are_monotone_too(
    random_options: Callable[..., Options], with_uptake: bool
) -> None:
    """Over a range of money, with a logit and without: kg rise, money suffices, units are whole."""
    options = random_options(21, 40)
    weights = pd.Series(7.0, index=options.vehicles.index)
    uptake = None
    if with_uptake:
        gain = switching(options.cases, returns=False)["npv"]
        switched = gain.index.get_level_values("option") != "keep"
        uptake = calibrate(uptake_model(), gain[switched], observed=0.2)
    offer, last = needed_grant(options), -1.0
    for money in np.linspace(0.0, 4e7, 9):
        found = what_does_it_buy(float(money), options, currency="MXN", weights=weights,
                                 uptake=uptake, instrument=offer)  # fmt: skip
        assert found.spent <= money
        assert found.total["bc"] >= last - 1e-9
        assert (found.bought["units"] % 1 == 0).all()
        assert (found.bought["additional"] <= found.bought["units"] + 1e-12).all()
        for part in (found.by_option, found.by_segment):
            assert part["units"].sum() == found.total["units"]
        last = found.total["bc"]
    assert last > 0.0


def test_all_vehicles_are_accounted_for(random_options: Callable[..., Options]) -> None:
    """Bought, or passed over with a reason; the unknown and the forbidden are never bought."""
    options = random_options(22, 50)
    allowed = pd.Series(True, index=options.cases.index)
    allowed[allowed.index.get_level_values("option") == "euro_6"] = False
    found = what_does_it_buy(1e6, options, allowed=allowed)
    assert len(found.bought) + found.passed_over.sum() == 50
    assert "euro_6" not in set(found.bought.index.get_level_values("option"))
    assert found.bought["bc"].notna().all()
    gain = switching(options.cases, returns=False)["npv"]
    assert (gain[found.bought.index] < 0.0).all()


def test_renewal_counts_only_years_that_would_have_been(filter_options: Options) -> None:
    """A truck that would go after three years gives three years of soot avoided."""
    cases = filter_options.cases.copy()
    fitted = cases.index.get_level_values("option") == "dpf_retrofit"
    cases["access_per_year"] = np.where(fitted, 30_000.0, 0.0)
    options = replace(filter_options, cases=cases)
    survival = pd.DataFrame(1.0, index=["t0", "t1", "t2"], columns=range(1, 11))
    survival.loc["t2", 4:] = 0.0
    with_it = what_does_it_buy(1e5, options, renewal=survival, by="pm25")
    without = what_does_it_buy(1e5, options, by="pm25")
    assert without.total["pm25"] == pytest.approx(410.0)
    assert with_it.total["pm25"] == pytest.approx(60 + 110 + 72)
    assert with_it.total["pm25_per_year"] == without.total["pm25_per_year"]
    # the one that lasts goes first
    need = needed_grant(options).public_cost["t0", "dpf_retrofit"]
    first = what_does_it_buy(need, options, currency="MXN", renewal=survival, by="pm25")
    assert first.bought.index.tolist() == [("t1", "dpf_retrofit")]


def test_nobody_is_bought_for_a_few_pesos(make: Callable[..., Options]) -> None:
    """An operator who is short of 1,000 gets the share of the price that offices pay, not 1,000."""
    base = {"years": 10, "discount_rate": 0.16}
    factor = (1 - 1.16**-10) / 0.16
    saving = (1_000_000 - 1_000) / factor
    physics = {"annual_km": 30_000.0, "bc_exhaust_g": 10_000.0}
    options = make({
        ("a", "keep"): ({**base, "energy_per_year": 400_000.0}, physics),
        ("a", "euro_6"): ({**base, "energy_per_year": 400_000.0 - saving, "price": 1_000_000.0},
                          {**physics, "bc_exhaust_g": 0.0}),
    })  # fmt: skip
    assert needed_grant(options).public_cost["a", "euro_6"] == pytest.approx(1_000.0, abs=1.0)
    assert usual_grant(options).public_cost["a", "euro_6"] == 165_000.0
    found = what_does_it_buy(200_000, options, currency="MXN")
    assert found.spent == 165_000.0
    # one who is short of more than the share gets what he is short of
    dear = replace(options, cases=options.cases.assign(energy_per_year=400_000.0))
    assert np.isnan(needed_grant(make({
        ("a", "keep"): (base, physics),
        ("a", "euro_6"): ({**base, "price": 1e6, "fluid_per_year": 1.0}, physics),
    })).public_cost["a", "euro_6"])  # fmt: skip
    assert usual_grant(dear).public_cost["a", "euro_6"] == 1_000_000.0


def old_truck(make: Callable[..., Options]) -> tuple[Options, pd.DataFrame]:
    """Return a truck that emits 10 kg of soot, its successor of 1 kg, and a filter of 5 kg."""
    base = {"years": 2, "discount_rate": 0.1, "inflation": 0.0}
    new = {**base, "price": 500_000.0, "trade_in": 100_000.0}
    options = make(
        {
            ("a", "keep"): (base, {"annual_km": 1e4, "bc_exhaust_g": 10_000.0}),
            ("a", "euro_6"): (new, {"annual_km": 1e4, "bc_exhaust_g": 1_000.0}),
            ("a", "dpf_retrofit"): ({**base, "price": 450_000.0},
                                    {"annual_km": 1e4, "bc_exhaust_g": 5_000.0}),
        },
        vehicle_class=["rigid_12t"],
    )  # fmt: skip
    return options, pd.DataFrame({1: [0.9], 2: [0.8]}, index=["a"])


def test_an_old_truck_that_is_sold_goes_on(make: Callable[..., Options]) -> None:
    """With renewal a new truck avoids only where the old one is scrapped, which costs its price."""
    options, survival = old_truck(make)
    new = pd.Series(options.physical["technology"] == "euro_6")
    without = what_does_it_buy(1e6, options, currency="MXN", allowed=new)
    assert without.total["bc"] == pytest.approx(2 * 9.0)
    sold = what_does_it_buy(1e6, options, currency="MXN", allowed=new, renewal=survival)
    assert sold.total["units"] == 0
    assert sold.passed_over.to_dict() == {"avoids nothing: the old one is sold and goes on": 1.0}
    either = what_does_it_buy(1e6, options, currency="MXN", renewal=survival)
    assert list(either.bought.index) == [("a", "dpf_retrofit")]
    assert either.total["bc"] == pytest.approx(5.0 * 1.7)
    scrapped = with_scrapping(options)
    # 5,500 kg at 4 in place of 100,000
    assert scrapped.cases["trade_in"]["a", "euro_6"] == pytest.approx(22_000.0)
    found = what_does_it_buy(1e6, scrapped, currency="MXN", allowed=new, renewal=survival)
    assert found.total["bc"] == pytest.approx(9.0 * 1.7)
    assert found.spent == without.spent + 78_000
    # where each that is sold pushes another off the road, nothing goes on
    pushing = Defaults({"renewal:sold_on.pushes_out_share": 1})
    full = what_does_it_buy(
        1e6, options, currency="MXN", allowed=new, renewal=survival, defaults=pushing
    )
    assert full.total["bc"] == pytest.approx(9.0 * 1.7)


def test_no_vehicles_buy_nothing(make: Callable[..., Options]) -> None:
    """An empty fleet has no survival, and money stays unspent."""
    options, _ = old_truck(make)
    none = replace(options, cases=options.cases[:0], physical=options.physical[:0],
                   vehicles=options.vehicles.iloc[:0].assign(model_year=[]))  # fmt: skip
    survival = vehicle_survival(none, year=2025)
    found = what_does_it_buy(1e5, with_scrapping(none), renewal=survival)
    assert found.spent == 0.0
    assert found.left == found.money


def test_the_needed_grant_is_the_smallest(random_options: Callable[..., Options]) -> None:
    """With it the gain is not below zero, with a peso less it is."""
    options = random_options(23, 30)
    found = needed_grant(options)
    need = found.public_cost
    asked = need > 0.0
    assert asked.sum() > 20
    assert (found.gain_with[asked] >= 0.0).all()
    less = options.cases.assign(grant=np.where(asked, need - 1.0, 0.0))
    assert (switching(less, returns=False)["npv"][asked] < 0.0).all()


def test_instruments_by_hand(make: Callable[..., Options]) -> None:
    """A bonus of 16.5 %, four points of interest, a guarantee: money and gain of each."""
    base = {"years": 5, "discount_rate": 0.16}
    loan = {"price": 850_000, "loan": 600_000, "loan_rate": 0.16, "loan_years": 5,
            "access_per_year": 200_000}  # fmt: skip
    options = make({
        ("a", "keep"): (base, {"bc_exhaust_g": 5e3}), ("a", "euro_6"): ({**base, **loan}, {}),
    })  # fmt: skip
    row, terms = ("a", "euro_6"), social_terms()
    bonus = grant_share(options, 0.165)
    assert bonus.public_cost[row] == pytest.approx(140_250)
    assert bonus.gain_with[row] - bonus.gain_without[row] == pytest.approx(140_250)
    assert bonus.private[row] == pytest.approx(850_000 - 140_250)
    cheap = cheaper_interest(options, 0.04, terms=terms)

    def factor(rate: float) -> float:
        return (1 - (1 + rate) ** -5) / rate

    saved = 600_000 / factor(0.16) - 600_000 / factor(0.12)
    assert cheap.public_cost[row] == pytest.approx(saved * factor(0.10))
    assert cheap.gain_with[row] - cheap.gain_without[row] == pytest.approx(saved * factor(0.16))
    backed = guarantee(options, points=0.04, covered=0.5, defaulted=0.06)
    assert backed.public_cost[row] == pytest.approx(18_000)
    assert backed.gain_with[row] == pytest.approx(cheap.gain_with[row])
    uptake = calibrate(uptake_model(), bonus.gain_without[[row]], observed=0.1)
    found = compare_instruments(
        2e6, options, [bonus, cheap, backed], currency="MXN", uptake=uptake,
        weights=pd.Series({"a": 400.0}),
    )  # fmt: skip
    assert found.index.tolist() == [bonus.name, cheap.name, backed.name]
    assert (found["public"] <= 2e6).all()
    assert found["bc"].idxmax() == backed.name
    bought = found.loc[bonus.name, "units"]
    assert bought == 14  # 140,250 each
    with pytest.raises(InputError, match="rows of options"):
        from_cases("x", options, options.cases.iloc[:1], bonus.public_cost)


def test_unknown_exposure_is_no_zero(random_options: Callable[..., Options]) -> None:
    """Harm that nobody knows is unknown in every sum, and soot is counted all the same."""
    options = random_options(24, 10, unknown=False)
    physical = options.physical.assign(harm_person_ug_m3_h=np.nan)
    found = what_does_it_buy(1e6, replace(options, physical=physical), deaths=RATE)
    assert found.total["bc"] > 0.0
    assert np.isnan(found.total[["harm", "deaths", "public_per_harm"]].astype(float)).all()
    assert found.by_option["harm"].isna().all()
    assert found.by_segment["bc"].sum() == pytest.approx(found.total["bc"])


def test_liquidity_keeps_offers_from_being_taken(filter_options: Options) -> None:
    """Worth while, but nobody can pay the first month."""
    cases = filter_options.cases.copy()
    fitted = cases.index.get_level_values("option") == "dpf_retrofit"
    cases["access_per_year"] = np.where(fitted, 30_000.0, 0.0)
    able = pd.Series(False, index=cases.index)
    found = what_does_it_buy(1e5, replace(filter_options, cases=cases), able=able)
    assert found.total["units"] == 0
    assert found.passed_over.to_dict() == {"cannot be paid": 3.0}


def test_faults_are_named_together(filter_options: Options) -> None:
    """Money below zero in a currency that is none."""
    with pytest.raises(InputError) as caught:
        what_does_it_buy(-1.0, filter_options, currency="GBP")
    assert len(caught.value.problems) == 2
