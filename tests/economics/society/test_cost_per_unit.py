"""Cost per unit avoided: the worked filters, joint products once, and words where there is none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy_financial as npf
import pandas as pd
import pytest

from geofleet.defaults import Defaults
from geofleet.economics.options import Options
from geofleet.economics.society import abatement_cost, avoided, social_cost, social_terms
from geofleet.economics.society.model import of_account
from geofleet.errors import InputError


def test_the_worked_filter_costs_millions_per_tonne(filter_options: Options) -> None:
    """MXN 200,000 over ten years at 10 % and 10,000 a year, for 6, 11 and 24 kg a year."""
    found = abatement_cost(filter_options)
    millions = found["cost_per_pm25"].to_numpy() * 1000 / 1e6
    assert millions.round(1).tolist() == [7.1, 3.9, 1.8]
    yearly = -npf.pmt(0.10, 10, 200_000) + 10_000
    assert found["annual_cost"].to_numpy() == pytest.approx(yearly, rel=1e-12)


def test_cost_is_of_resources_alone(make: Callable[..., Options]) -> None:
    """Duty, tax, grant, loan, fines and the tax in the fuel change hands; the rest is spent."""
    base = {"years": 2, "discount_rate": 0.16, "energy_per_year": 100_000, "charges_per_year": 5e3}
    spent = {
        "price": 500_000, "duty": 75_000, "purchase_tax": 80_000, "charger": 40_000,
        "grant": 90_000, "trade_in": 60_000, "loan": 300_000, "loan_rate": 0.2, "loan_years": 2,
        "energy_per_year": 30_000, "insurance_share": 0.0, "vehicle_tax_per_year": 4_000,
        "access_per_year": 70_000, "downtime_per_year": 2_000, "income_tax_rate": 0.3,
        "depreciation_years": 2,
    }  # fmt: skip
    options = make({
        ("a", "keep"): (base, {"fuel_l": 4_000.0}),
        ("a", "electric:x"): ({**base, **spent, "charges_per_year": 0}, {"energy_wh": 1e7}),
    })  # fmt: skip
    found = social_cost(options, social_terms()).loc[("a", "electric:x")]
    # diesel without IEPS of 26 % of the price and IVA at 16 % in it
    yearly = 30_000 + 2_000 - (100_000 - 26_000 - 100_000 * 16 / 116)
    today = 500_000 + 40_000 - 60_000
    assert found["present_investment"] == pytest.approx(today)
    assert found["present_cost"] == pytest.approx(today + yearly / 1.1 + yearly / 1.21)


def test_inflation_leaves_the_real_cost_of_yearly_items(make: Callable[..., Options]) -> None:
    """At the real rate on top of inflation, 10,000 a year is worth what it is without it."""
    still, moving = (
        make({
            ("a", "keep"): ({"years": 6, "discount_rate": 0.2, "inflation": growth}, {}),
            ("a", "dpf_retrofit"): ({"years": 6, "discount_rate": 0.2, "inflation": growth,
                                     "filter_per_year": 10_000}, {}),
        })
        for growth in (0.0, 0.05)
    )  # fmt: skip
    terms = social_terms()
    cost = [social_cost(one, terms)["present_cost"].iloc[1] for one in (still, moving)]
    assert cost[0] == pytest.approx(-npf.pv(0.1, 6, 10_000))
    # first-year prices at the end of the first year are worth 1/1.05 of them today
    assert cost[1] * 1.05 == pytest.approx(cost[0], rel=1e-12)


def test_joint_products_are_split_and_add_up(random_options: Callable[..., Options]) -> None:
    """What is allocated is the cost, once; each ratio bears all of it and says so."""
    options = random_options(3, 12)
    found = abatement_cost(options, defaults=Defaults({"society:black_carbon": "gwp100"}))
    parts = found.filter(like="allocated_")
    known = parts.notna().all(axis=1)
    assert 5 < known.sum() < len(found)
    whole = parts[known].sum(axis=1).to_numpy()
    assert whole == pytest.approx(found.loc[known, "annual_cost"].to_numpy(), rel=1e-12)
    # where one gram is unknown, no part is known
    assert found.loc[~known, ["avoided_bc", "avoided_pm25"]].pipe(
        lambda frame: frame.isna().any(axis=1) | (frame["avoided_pm25"] <= 0.0)
    ).all()  # fmt: skip
    assert "never added" in found.attrs["note"]


def test_soot_is_no_second_harm_to_health(make: Callable[..., Options]) -> None:
    """Unless it counts as warming, black carbon bears nothing: it is in the PM2.5 already."""
    base = {"years": 10, "discount_rate": 0.1}
    physics = {"pm25_exhaust_g": 1e4, "bc_exhaust_g": 6e3, "harm_person_ug_m3_h": 1e5}
    options = make({
        ("a", "keep"): (base, physics),
        ("a", "dpf_retrofit"): ({**base, "price": 1e5}, dict.fromkeys(physics, 0.0)),
    })  # fmt: skip
    assert abatement_cost(options)["allocated_bc"].tolist() == [0.0]
    warm = abatement_cost(options, defaults=Defaults({"society:black_carbon": "gwp20"}))
    assert 0.0 < warm["allocated_bc"].iloc[0] < warm["annual_cost"].iloc[0]


def test_savings_and_nothing_avoided_get_words(make: Callable[..., Options]) -> None:
    """Never an infinity, never a ratio that ranks the wrong way."""
    base = {"years": 5, "discount_rate": 0.1, "energy_per_year": 1e5}
    dirty = {"pm25_exhaust_g": 1e4}
    options = make({
        ("a", "keep"): (base, dirty),
        ("a", "saves"): ({**base, "energy_per_year": 5e4}, {"pm25_exhaust_g": 5e3}),
        ("a", "same"): ({**base, "price": 1e4}, dirty),
        ("a", "worse"): ({**base, "price": 1e4}, {"pm25_exhaust_g": 2e4}),
        ("a", "who knows"): ({**base, "price": np.nan}, {"pm25_exhaust_g": 5e3}),
        ("a", "costs"): ({**base, "price": 1e4}, {"pm25_exhaust_g": 5e3}),
    })  # fmt: skip
    found = abatement_cost(options).droplevel(0)
    assert found["word_pm25"].to_dict() == {
        "saves": "saves money and avoids it", "same": "does not avoid it", "worse": "adds to it",
        "who knows": "unknown", "costs": "costs",
    }  # fmt: skip
    assert found["cost_per_pm25"].dropna().index.tolist() == ["costs"]
    assert found["annual_cost"].drop("who knows").notna().all()


def test_rebound_is_taken_off(filter_options: Options) -> None:
    """A tenth more kilometres with the filter emit a tenth more of what is left."""
    index = filter_options.cases.index
    extra = pd.Series(3_000.0, index=index[index.get_level_values("option") == "dpf_retrofit"])
    gross = avoided(filter_options.physical)["pm25"]
    net = avoided(filter_options.physical, rebound_km=extra)["pm25"]
    left = 30.0 - gross[extra.index]
    assert net[extra.index].to_numpy() == pytest.approx(gross[extra.index] - 0.1 * left)
    assert (net[net.index.difference(extra.index)] == 0.0).all()


def test_faults_are_named(filter_options: Options, make: Callable[..., Options]) -> None:
    """No row of keeping, another currency, a lease's fee: each is said."""
    lost = filter_options.physical.drop(("t1", "keep"))
    with pytest.raises(InputError, match="a row keep of vehicles t1"):
        avoided(lost)
    with pytest.raises(InputError, match="'CLP': expected a currency with a rate"):
        social_terms("CLP")
    base = {"years": 5, "discount_rate": 0.1}
    leased = make({("a", "keep"): (base, {}), ("a", "x"): ({**base, "fee_per_year": 9.0}, {})})
    with pytest.raises(InputError, match="before finance products"):
        social_cost(leased, social_terms())
    with pytest.raises(InputError, match="less than the price"):
        social_terms(defaults=Defaults({"society:diesel.excise_share": 0.9}))


def test_terms_speak_any_currency_with_a_rate() -> None:
    """Dollars and pesos of Mexico are each turned by the newest rate of their own."""
    euros = social_terms("EUR")
    assert euros.per_usd == pytest.approx(1 / 1.053)
    assert euros.per_mxn == pytest.approx(0.0556 / 1.053)
    assert euros.value_of_life[1] == pytest.approx(2_000_000 / 1.053)
    at_home = social_terms(
        "EUR", defaults=Defaults({"pricing:currency": "EUR", "pricing:usd": 0.9})
    )
    assert (at_home.per_usd, at_home.per_mxn) == (0.9, euros.per_mxn)


def test_a_row_of_the_user_is_in_money_of_account() -> None:
    """Pesos of Mexico are turned; what a study gives itself is not turned again."""
    row = "society:verification.fee"
    euros = social_terms("EUR")
    assert of_account(row, euros, Defaults()) == euros.per_mxn
    assert of_account(row, euros, Defaults({row: 30.0})) == 1.0


def test_terms_speak_dollars_and_pesos() -> None:
    """Prices in dollars are pesos by one row, and nothing else changes."""
    pesos, dollars = social_terms("MXN"), social_terms("USD")
    assert pesos.value_of_life[0] == pytest.approx(210_880 * 18.5567)
    assert dollars.value_of_life == (210_880, 2_000_000, 3_300_000)
    assert np.divide(pesos.carbon_price, dollars.carbon_price) == pytest.approx(18.5567)
    assert (dollars.per_usd, pesos.per_mxn) == (1.0, 1.0)
