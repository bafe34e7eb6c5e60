"""Who can pay and who would, against a month worked by hand and the ledger's own comparison."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy_financial
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofleet.defaults import Defaults
from geofleet.economics.finance import (
    Product,
    ProductSet,
    affordability,
    apply_product,
    by_segment,
    explain_affordability,
    lender_sheet,
    load_products,
    smallest,
)
from geofleet.economics.ledger import new_cases, switching
from geofleet.errors import InputError

PACKAGES = load_products("mexico").packages
Truck = Callable[..., pd.DataFrame]
Make = Callable[[str], Product]
CASE = ("a", "euro_6")
KEEP = {"energy_per_year": 240_000.0, "maintenance_per_year": 60_000.0}
LOAN = "kind: loan\nrate: 0.16\nrate_is: effective\nterm_years: 5\ndown_payment: 0.2"


def test_month_by_hand(truck: Truck, owner: pd.DataFrame, product: Make) -> None:
    """Instalment + energy + upkeep against today's outlay and the margin of recovered days."""
    cases = truck(
        price=200_000, energy_per_year=230_000, maintenance_per_year=36_000, filter_per_year=12_000,
        access_per_year=48_000, keep=KEEP,
    )  # fmt: skip
    found = affordability(cases, product(LOAN), vehicles=owner).loc[CASE]
    instalment = -numpy_financial.pmt(1.16 ** (1 / 12) - 1, 60, 160_000)
    assert found["instalment"] == pytest.approx(instalment, rel=1e-12)
    assert found["outlay_today"] == pytest.approx(25_000)
    assert found["energy"] + found["upkeep"] == pytest.approx(278_000 / 12)
    assert found["recovered_margin"] == pytest.approx(4_000)
    room = 25_000 + 4_000 - instalment - 278_000 / 12
    assert found["liquidity_room"] == pytest.approx(room)
    # earnings: running costs of today and a quarter more
    cover = (25_000 * 1.25 + 4_000 - 278_000 / 12) / instalment
    assert found["cover"] == pytest.approx(cover)
    assert (found["upfront"], found["cash_at_hand"]) == (pytest.approx(40_000), 40_000)
    assert found["able"] == "yes"
    assert found["credit_share"] == pytest.approx(1 / 15, rel=1e-4)
    gain = [-40_000.0, *[22_000 + 48_000 - 0.0] * 10]
    yearly = -numpy_financial.pmt(0.16, 5, 160_000)
    gain = [-40_000.0] + [70_000 - (yearly if year <= 5 else 0.0) for year in range(1, 11)]
    assert found["npv"] == pytest.approx(numpy_financial.npv(0.16, gain))
    assert found["gain_by_limit"] == pytest.approx(numpy_financial.npv(0.16, gain[:4]))
    assert found["payback_limit_years"] == 3.0
    assert found["willing"] == "yes"
    assert found["both"] == "yes"


def test_gain_without_cash_is_willing_and_not_able(
    truck: Truck, owner: pd.DataFrame, mexico: ProductSet
) -> None:
    """The usual case of a small operator: worth while, and nobody can pay it."""
    cases = truck(price=300_000, energy_per_year=60_000, keep=KEEP)
    found = affordability(cases, mexico["cash"], vehicles=owner).loc[CASE]
    assert (found["able"], found["willing"], found["both"]) == ("no", "yes", "no")
    assert found["reason"] == "more to pay today than cash at hand"
    told = explain_affordability(affordability(cases, mexico["cash"], vehicles=owner), CASE)
    assert told.loc["upfront", "room"] == pytest.approx(-260_000)
    assert told["passed"].to_dict() == {
        "eligible": "yes", "upfront": "no", "liquidity": "yes", "cover": "yes", "npv": "yes",
        "payback": "yes",
    }  # fmt: skip


def test_limits_by_size(truck: Truck, owner: pd.DataFrame, product: Make) -> None:
    """Small operators wait three years; larger ones the term of the loan, five without one."""
    cases = truck(price=200_000, keep=KEEP, energy_per_year=240_000.0)
    limits = {}
    for size in ("1-5", "6-30", "31-100", ">100"):
        owner["operator_size"] = size
        for name, lines in (
            ("loan", LOAN.replace("term_years: 5", "term_years: 8")),
            ("cash", "kind: cash"),
        ):
            found = affordability(cases, product(lines), vehicles=owner).loc[CASE]
            limits[size, name] = found["payback_limit_years"]
    assert list(limits.values()) == [3, 3, 3, 3, 8, 5, 8, 5]


def test_large_fleets_carry_a_dearer_month(
    truck: Truck, owner: pd.DataFrame, mexico: ProductSet
) -> None:
    """1,000 a month more: too much for one truck, not for a fleet whose truck leaves 25,000 x s."""
    cases = truck(price=20_000, energy_per_year=252_000, maintenance_per_year=60_000, keep=KEEP)
    rooms = {}
    for size in ("1-5", "6-30", "31-100", ">100"):
        found = affordability(cases, mexico["cash"], vehicles=owner.assign(operator_size=size))
        rooms[size] = found.loc[CASE, "liquidity_room"]
    assert list(rooms.values()) == pytest.approx(
        [-1_000, -1_000, 25_000 * 0.3 * 0.5 - 1_000, 25_000 * 0.35 - 1_000]
    )
    told = explain_affordability(found, CASE)
    assert told.loc["liquidity", "room"] == pytest.approx(rooms[">100"])


def test_unknown_is_never_affordable(truck: Truck, owner: pd.DataFrame, mexico: ProductSet) -> None:
    """An unknown price, an unknown operator: unknown; what fails for certain is no."""
    cases = truck(price=200_000, energy_per_year=np.nan, keep=KEEP)
    found = affordability(cases, mexico["cash"], vehicles=owner.assign(cash_at_hand=1e6)).loc[CASE]
    assert (found["able"], found["willing"], found["both"]) == ("unknown",) * 3
    assert found["reason"] == "not known: liquidity"
    found = affordability(cases, mexico["cash"], vehicles=owner).loc[CASE]
    assert (found["able"], found["both"]) == ("no", "no")
    blind = truck(price=20_000, keep={**KEEP, "energy_per_year": 260_000.0},
                  energy_per_year=200_000, discount_rate=np.nan)  # fmt: skip
    found = affordability(blind, mexico["cash"], vehicles=owner).loc[CASE]
    assert (found["able"], found["willing"]) == ("yes", "unknown")
    nobody = owner.assign(operator_size=None)
    found = affordability(truck(price=1.0, keep=KEEP), mexico["cash"], vehicles=nobody).loc[CASE]
    assert found["able"] == "unknown"


def test_margins_and_columns_of_the_vehicles_count(
    truck: Truck, owner: pd.DataFrame, mexico: ProductSet
) -> None:
    """Cash at hand of the truck's own; margins by vehicle, by case or for all."""
    cases = truck(price=50_000, energy_per_year=250_000, maintenance_per_year=60_000, keep=KEEP)
    rich = owner.assign(cash_at_hand=60_000)
    assert affordability(cases, mexico["cash"], vehicles=rich).loc[CASE, "able"] == "no"
    index = pd.MultiIndex.from_tuples([CASE], names=["vehicle_id", "option"])
    for margins in (900.0, pd.Series([900.0], index=["a"]), pd.Series([900.0], index=index)):
        found = affordability(cases, mexico["cash"], vehicles=rich, margins=margins).loc[CASE]
        assert found["able"] == "yes"
        assert found["liquidity_room"] == pytest.approx(900 - 10_000 / 12)


def test_overrides_reach_the_tests(truck: Truck, owner: pd.DataFrame, mexico: ProductSet) -> None:
    """A study's own row decides, and a row out of its limits is named."""
    cases = truck(price=50_000, keep=KEEP)
    own = Defaults({"finance:cash_at_hand.1-5": 50_000})
    assert affordability(cases, mexico["cash"], vehicles=owner).loc[CASE, "able"] == "no"
    assert (
        affordability(cases, mexico["cash"], vehicles=owner, defaults=own).loc[CASE, "able"]
        == "yes"
    )
    assert "finance:cash_at_hand.1-5" in own.used
    with pytest.raises(InputError, match="cover_min"):
        affordability(cases, mexico["cash"], vehicles=owner,
                      defaults=Defaults({"finance:cover_min": 1e6}))  # fmt: skip


def test_other_years_than_today_are_refused(
    truck: Truck, owner: pd.DataFrame, mexico: ProductSet
) -> None:
    """What is compared lasts as long and is discounted alike."""
    cases = truck(price=1.0, keep=KEEP)
    cases.loc[CASE, "years"] = 8.0
    with pytest.raises(InputError, match="10, as going on as today has"):
        affordability(cases, mexico["cash"], vehicles=owner)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_gain_is_that_of_switching(seed: int) -> None:
    """NPV and payback equal those of the ledger's comparison of the financed cases."""
    rng = np.random.default_rng(seed)
    index = pd.MultiIndex.from_product([list("abcde"), ["keep", "euro_6"]],
                                       names=["vehicle_id", "option"])  # fmt: skip
    price = np.tile([0.0, 1.0], 5) * rng.uniform(1e5, 1e6, 10)
    cases = new_cases(
        index, years=8, discount_rate=0.15, inflation=0.04, price=price, value=price,
        value_decline=0.1, insurance_share=0.04, energy_per_year=rng.uniform(5e4, 5e5, 10),
        maintenance_per_year=rng.uniform(1e4, 1e5, 10), access_per_year=rng.uniform(0, 5e4, 10),
        income_tax_rate=rng.choice([0.0, 0.3]), depreciation_years=4,
    )  # fmt: skip
    vehicles = pd.DataFrame(
        {"operator_size": rng.choice(["1-5", "6-30", "31-100", ">100"], 5),
         "vehicle_class": "rigid_7_5t"}, index=pd.Index(list("abcde"), name="vehicle_id"),
    )  # fmt: skip
    name = rng.choice(["cash", "loan", "lease", "guarantee", "interest_subsidy"])
    found = affordability(cases, PACKAGES[name], vehicles=vehicles)
    worth = switching(apply_product(cases, PACKAGES[name], vehicles=vehicles).cases, returns=False)
    np.testing.assert_allclose(found["npv"], worth["npv"], rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(found["payback_years"], worth["discounted_payback_years"])
    np.testing.assert_allclose(found["upfront"], worth["upfront"], rtol=1e-12, atol=1e-9)
    month = found["outlay"] - cases["access_per_year"] / 12
    np.testing.assert_allclose(month, worth["month_one"], rtol=1e-12)


def test_columns_of_the_vehicles_are_read_or_refused(
    truck: Truck, owner: pd.DataFrame, mexico: ProductSet
) -> None:
    """What is no number never turns into a default: all faults at once, by vehicle."""
    bad = owner.assign(cash_at_hand="much", surplus_share=-0.2)
    with pytest.raises(InputError, match=r"(?s)vehicle a.*cash_at_hand.*much.*surplus_share"):
        affordability(truck(price=1.0, keep=KEEP), mexico["cash"], vehicles=bad)
    bad = owner.assign(operator_size="micro", gvw_kg="heavy")
    with pytest.raises(InputError, match=r"(?s)micro.*one of 1-5.*gvw_kg.*heavy"):
        affordability(truck(price=1.0, keep=KEEP), mexico["cash"], vehicles=bad)
    twice = pd.concat([owner, owner])
    for ask in (affordability, smallest_grant, segments):
        with pytest.raises(InputError, match="each vehicle once"):
            ask(truck(price=1.0, keep=KEEP), mexico["cash"], vehicles=twice)


def smallest_grant(cases: pd.DataFrame, product: Product, *, vehicles: pd.DataFrame) -> object:
    return smallest("grant", cases, product, vehicles=vehicles)


def segments(cases: pd.DataFrame, product: Product, *, vehicles: pd.DataFrame) -> object:
    return by_segment(cases, {"cash": product}, vehicles=vehicles)


def test_an_unknown_margin_is_not_nothing(
    truck: Truck, owner: pd.DataFrame, mexico: ProductSet
) -> None:
    """A margin that is listed and empty leaves the answer open; one not listed is none."""
    cases = truck(price=20_000, energy_per_year=200_000, keep=KEEP)
    open_ = pd.Series([np.nan], index=["a"])
    found = affordability(cases, mexico["cash"], vehicles=owner, margins=open_).loc[CASE]
    assert (found["able"], found["reason"]) == ("unknown", "not known: liquidity")
    other = pd.Series([500.0], index=["b"])
    assert affordability(cases, mexico["cash"], vehicles=owner, margins=other).loc[
        CASE, "recovered_margin"
    ] == 0.0  # fmt: skip
    with pytest.raises(InputError, match="each row once"):
        affordability(cases, mexico["cash"], vehicles=owner, margins=pd.concat([other, other]))


def test_cash_of_some_vehicles_leaves_others_their_row_in_the_currency_of_the_cases(
    truck: Truck, owner: pd.DataFrame, mexico: ProductSet
) -> None:
    """Rows are in MXN; a column is in the currency of the cases."""
    cases = truck(price=1.0, keep=KEEP)
    plain = affordability(cases, mexico["cash"], vehicles=owner, currency="USD").loc[CASE]
    empty = owner.assign(cash_at_hand=np.nan)
    found = affordability(cases, mexico["cash"], vehicles=empty, currency="USD").loc[CASE]
    assert found["cash_at_hand"] == plain["cash_at_hand"]
    assert 1_500 < found["cash_at_hand"] < 3_000


def test_no_option_but_to_go_on_as_today(owner: pd.DataFrame, mexico: ProductSet) -> None:
    """Segments of nothing are an empty table, and a truck that does not drive breaks nothing."""
    index = pd.MultiIndex.from_tuples([("a", "keep")], names=["vehicle_id", "option"])
    cases = new_cases(index, years=5, discount_rate=0.16)
    found = by_segment(cases, PACKAGES, vehicles=owner)
    assert found.empty
    assert list(found.index.names) == ["operator_size", "option", "package"]
    sheet = lender_sheet(cases, mexico["cash"], vehicles=owner)
    assert sheet["break_even_km_per_day"].isna().all()
    with pytest.raises(InputError, match="at least one package"):
        by_segment(cases, {}, vehicles=owner)
