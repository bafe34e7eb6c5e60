"""The smallest of a lever: right by hand, and checked on either side of the answer."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy_financial
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofleet.economics.finance import (
    Product,
    ProductSet,
    Scale,
    affordability,
    apply_product,
    load_products,
    smallest,
)
from geofleet.economics.ledger import new_cases
from geofleet.errors import InputError

PACKAGES = load_products("mexico").packages
Truck = Callable[..., pd.DataFrame]
Make = Callable[[str], Product]
CASE = ("a", "euro_6")
KEEP = {"energy_per_year": 240_000.0, "maintenance_per_year": 60_000.0}
LOAN = "kind: loan\nrate: 0.16\nrate_is: effective\nterm_years: 5\ndown_payment: 0.2"


def test_cash_at_hand_says_how_large_a_grant_must_be(
    truck: Truck, owner: pd.DataFrame, mexico: ProductSet
) -> None:
    """A truck of 300,000 that pays for itself, 40,000 at hand: 260,000."""
    cases = truck(price=300_000, energy_per_year=60_000, keep=KEEP)
    found = smallest("grant", cases, mexico["cash"], vehicles=owner).loc[CASE]
    assert found["value"] == pytest.approx(260_000)
    assert found["holds"]
    assert not found["holds_below"]
    assert found["lever_cost"] == found["public_cost"] == pytest.approx(260_000)
    assert (
        smallest("grant", cases, mexico["cash"], vehicles=owner, aim="willing").loc[CASE, "value"]
        == 0.0
    )


def test_gain_says_how_large_a_grant_must_be(
    truck: Truck, owner: pd.DataFrame, mexico: ProductSet
) -> None:
    """Savings of 10,000 a year over three years at 16 % are what the operator will pay."""
    cases = truck(price=100_000, energy_per_year=230_000, maintenance_per_year=60_000, keep=KEEP)
    found = smallest("grant", cases, mexico["cash"], vehicles=owner, aim="willing").loc[CASE]
    wanted = 100_000 - numpy_financial.npv(0.16, [0, *[10_000] * 3])
    assert wanted <= found["value"] <= wanted + 0.01 + 1e-6


def test_rate_that_the_month_can_bear(truck: Truck, owner: pd.DataFrame, product: Make) -> None:
    """The points off the rate at which the instalment is just what a month saves."""
    cases = truck(price=300_000, energy_per_year=186_000, maintenance_per_year=60_000, keep=KEEP)
    rich = owner.assign(cash_at_hand=60_000)
    found = smallest("rate", cases, product(LOAN), vehicles=rich, aim="able").loc[CASE]
    month = numpy_financial.rate(60, -4_500, 240_000, 0)
    bearable = (1 + month) ** 12 - 1
    assert found["value"] == pytest.approx(0.16 - bearable, abs=2e-6)
    assert found["rate"] == pytest.approx(bearable, abs=2e-6)
    gap = numpy_financial.pmt(found["rate"], 5, 240_000) - numpy_financial.pmt(0.16, 5, 240_000)
    assert found["lever_cost"] == pytest.approx(numpy_financial.npv(0.09, [0, *[gap] * 5]))


def test_term_that_the_month_can_bear(truck: Truck, owner: pd.DataFrame, product: Make) -> None:
    """Whole years: the first whose instalment a month's saving of 4,500 pays."""
    cases = truck(price=300_000, energy_per_year=186_000, maintenance_per_year=60_000, keep=KEEP)
    rich = owner.assign(cash_at_hand=60_000)
    found = smallest("term", cases, product(LOAN), vehicles=rich, aim="able").loc[CASE]
    step = 1.16 ** (1 / 12) - 1
    by_hand = next(
        years for years in range(1, 20)
        if -numpy_financial.pmt(step, 12 * years, 240_000) <= 4_500
    )  # fmt: skip
    assert found["value"] == found["term_years"] == by_hand


def test_guarantee_that_lets_the_operator_in(
    truck: Truck, owner: pd.DataFrame, product: Make, mexico: ProductSet
) -> None:
    """The down payment falls from 20 to 10 % at a cover of a half: 17 % is reached at 0.15."""
    cases = truck(price=300_000, energy_per_year=60_000, keep=KEEP)
    products = (product(LOAN), mexico["guarantee"])
    owner["cash_at_hand"] = 51_000
    found = smallest("guarantee", cases, products, vehicles=owner).loc[CASE]
    assert found["value"] == pytest.approx(0.15, abs=2e-6)
    assert (found["holds"], found["holds_below"]) == (True, False)
    owner["cash_at_hand"] = 1_000
    found = smallest("guarantee", cases, products, vehicles=owner).loc[CASE]
    assert np.isnan(found["value"])
    assert found["reason"] == "the most that is tried does not help: upfront"


def test_a_grant_beside_a_lease_pays_the_charger_first(
    truck: Truck, owner: pd.DataFrame, mexico: ProductSet
) -> None:
    """The lessor buys the truck; what blocks the operator is the charger of 200,000."""
    cases = truck("electric", price=900_000, value=900_000, value_decline=0.1, charger=200_000,
                  energy_per_year=20_000, keep={**KEEP, "energy_per_year": 600_000})  # fmt: skip
    found = smallest("grant", cases, mexico["lease"], vehicles=owner).loc[("a", "electric")]
    assert found["value"] == pytest.approx(160_000)


def test_where_even_a_whole_grant_does_not_help(
    truck: Truck, owner: pd.DataFrame, mexico: ProductSet
) -> None:
    """A vehicle given away that costs more to run than today is still refused."""
    cases = truck(price=100_000, energy_per_year=400_000, keep=KEEP)
    found = smallest("grant", cases, mexico["cash"], vehicles=owner).loc[CASE]
    assert np.isnan(found["value"])
    assert "liquidity" in found["reason"]
    unknown = truck(price=100_000, energy_per_year=np.nan, keep=KEEP)
    found = smallest("grant", unknown, mexico["cash"], vehicles=owner).loc[CASE]
    assert found["reason"] == "not known: a figure that it depends on"


def test_a_filter_given_away_still_costs_upkeep_and_support_says_how_much(
    truck: Truck, owner: pd.DataFrame, product: Make
) -> None:
    """No grant pays upkeep of 12,000 a year; 1,000 a month does, once the filter is given."""
    cases = truck("dpf_retrofit", price=200_000, filter_per_year=12_000,
                  energy_per_year=240_000, maintenance_per_year=60_000, inflation=0.04,
                  keep={**KEEP, "inflation": 0.04})  # fmt: skip
    place = ("a", "dpf_retrofit")
    found = smallest("grant", cases, product(LOAN), vehicles=owner).loc[place]
    assert np.isnan(found["value"])
    assert found["short_per_month"] == pytest.approx(1_000)
    given_away = (product(LOAN),)
    free = cases.assign(grant=[0.0, 200_000.0])
    found = smallest("support", free, given_away, vehicles=owner).loc[place]
    assert found["value"] == pytest.approx(1_000, abs=0.0101)
    assert (found["holds"], found["holds_below"], found["short_per_month"]) == (True, False, 0.0)
    paid = [0.0, *(12_000 * 1.04**year for year in range(10))]
    assert found["lever_cost"] == pytest.approx(numpy_financial.npv(0.09, paid), rel=2e-5)
    # with nothing granted it also has to pay the loan within three years
    alone = smallest("support", cases, product(LOAN), vehicles=owner).loc[place]
    yearly = -numpy_financial.pmt(0.16, 5, 160_000)
    growth = sum(1.04 ** (y - 1) / 1.16**y for y in (1, 2, 3))
    plain = sum(1.16**-y for y in (1, 2, 3))
    by_hand = 1_000 + (40_000 + yearly * plain) / growth / 12
    assert alone["value"] == pytest.approx(by_hand, abs=0.02)


def test_exemption_of_hologram_2_pays_for_a_filter(
    truck: Truck, owner: pd.DataFrame, mexico: ProductSet
) -> None:
    """104 days at 900 pesos: able and willing on credit; 76 days: a grant; 8 days: never."""
    for days, answer in ((104, "yes"), (76, "no"), (8, "no")):
        cases = truck("dpf_retrofit", price=200_000, filter_per_year=18_000, discount_rate=0.175,
                      energy_per_year=242_000, maintenance_per_year=60_000,
                      access_per_year=900 * days, keep=KEEP)  # fmt: skip
        place = ("a", "dpf_retrofit")
        products = mexico["commercial_credit"]
        found = affordability(cases, products, vehicles=owner).loc[place]
        assert found["both"] == answer
        grant = smallest("grant", cases, products, vehicles=owner).loc[place, "value"]
        if days == 104:
            assert grant == 0.0
        elif days == 76:
            # what 48,400 a year leave unpaid of 40,000 and three instalments
            yearly = -numpy_financial.pmt(0.16, 5, 160_000)
            gap = 40_000 + (yearly - 48_400) * sum(1.175**-y for y in (1, 2, 3))
            share = 0.2 + 0.8 * yearly / 160_000 * sum(1.175**-y for y in (1, 2, 3))
            assert grant == pytest.approx(gap / share, abs=0.02)
            assert 20_000 < grant < 60_000
        else:
            assert np.isnan(grant)


def test_levers_need_what_they_work_on(
    truck: Truck, owner: pd.DataFrame, mexico: ProductSet
) -> None:
    """A rate without a loan, a guarantee that is not there, words that mean nothing."""
    cases = truck(price=1.0, keep=KEEP)
    for lever, products in (("rate", mexico["lease"]), ("guarantee", mexico["commercial_credit"])):
        with pytest.raises(InputError, match="among the products"):
            smallest(lever, cases, products, vehicles=owner)
    with pytest.raises(InputError, match=r"(?s)one of grant.*one of able"):
        smallest("luck", cases, mexico["cash"], vehicles=owner, aim="happy")


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    package=st.sampled_from(["cash", "loan", "lease", "guarantee", "interest_subsidy", "bono"]),
)
def test_grants_hold_at_the_answer_and_not_below(seed: int, package: str) -> None:
    """A grant product of the answer makes all say yes; of a cent less, not all."""
    rng = np.random.default_rng(seed)
    index = pd.MultiIndex.from_product([list("abc"), ["keep", "electric"]],
                                       names=["vehicle_id", "option"])  # fmt: skip
    price = np.tile([0.0, 1.0], 3) * rng.uniform(1e5, 1.2e6, 6)
    cases = new_cases(
        index, years=10, discount_rate=0.15, inflation=0.04, price=price, value=price,
        value_decline=0.1, insurance_share=0.04,
        energy_per_year=np.tile([1.0, 0.3], 3) * rng.uniform(1e5, 6e5, 6),
        maintenance_per_year=rng.uniform(1e4, 1e5, 6), trade_in=price * 0.05,
        income_tax_rate=rng.choice([0.0, 0.3]), depreciation_years=4,
    )  # fmt: skip
    vehicles = pd.DataFrame(
        {"operator_size": rng.choice(["1-5", "6-30", "31-100", ">100"], 3),
         "vehicle_class": "rigid_7_5t"}, index=pd.Index(list("abc"), name="vehicle_id"),
    )  # fmt: skip
    products = PACKAGES[package]
    found = smallest("grant", cases, products, vehicles=vehicles)
    known = found["value"].notna()
    assert found.loc[known, "holds"].all()
    assert not found.loc[known, "holds_below"].any()
    before = affordability(cases, products, vehicles=vehicles)["both"] == "yes"
    assert (before == (found["value"] == 0.0)).all()
    for case in found.index[known & (found["value"] > 0.0)]:
        for off, answer in ((0.0, "yes"), (0.01, "no")):
            granted = _with_grant(products, found.loc[case, "value"] - off)
            after = affordability(cases, granted, vehicles=vehicles).loc[case, "both"]
            assert after == answer


def _with_grant(products: tuple[Product, ...], amount: float) -> tuple[Product, ...]:
    grant = Product(
        "more", "more", "grant", "treasury", "MXN", {"amount": Scale("all", {"": amount})}
    )
    return (*products, grant)


def test_larger_grants_never_hurt(truck: Truck, owner: pd.DataFrame, product: Make) -> None:
    """All rooms of the tests grow with the grant, before and after tax, bought or leased."""
    lease = "kind: lease\nrate: 0.13\nrate_is: effective\nterm_years: 4\nincludes: [insurance]"
    for lines in ("kind: cash", LOAN, lease):
        cases = truck(price=600_000, energy_per_year=60_000, income_tax_rate=0.3, value=6e5,
                      value_decline=0.1, depreciation_years=4, keep=KEEP)  # fmt: skip
        base = product(lines)
        rows = [
            affordability(cases, _with_grant((base,), amount), vehicles=owner).loc[CASE]
            for amount in np.linspace(0, 600_000, 7)
        ]
        for figure, sign in (
            ("npv", 1),
            ("gain_by_limit", 1),
            ("liquidity_room", 1),
            ("upfront", -1),
        ):
            steps = np.diff([sign * row[figure] for row in rows])
            assert (steps >= -1e-6).all(), (lines, figure)
    assert apply_product(cases, base, vehicles=owner).cases.loc[CASE, "grant"] == 0.0
