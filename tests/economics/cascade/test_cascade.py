"""Chains of a new, a moved and a scrapped truck: by hand, by the rules, from fleets and cities."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from geofleet.bundled import bundled_study
from geofleet.defaults import Defaults
from geofleet.economics.cascade import (
    Cascade,
    CascadeTerms,
    cascade,
    cascade_terms,
    sides_of_city,
    sides_of_fleet,
)
from geofleet.economics.renewal import survival
from geofleet.errors import InputError
from geofleet.fleet import operator_size
from geofleet.policy.programme import city_cases, grams_per_km

WHERE = {"country": "MX", "year": 2025}


def trucks(**columns: object) -> pd.DataFrame:
    """Return three trucks: a large fleet's of 2015, a micro-operator's of 1995 and of 2012."""
    table = pd.DataFrame(
        {
            "operator_id": ["large", "micro", "micro"],
            "operator_size": [">100", "1-5", "1-5"],
            "vehicle_class": "rigid_12t",
            "fuel": "diesel",
            "standard": ["epa_2004", "epa_1998", "epa_2004"],
            "model_year": [2015, 1995, 2012],
            "payload_capacity_kg": 6000.0,
            "annual_km": [40000.0, 20000.0, 30000.0],
        },
        index=pd.Index(["a", "b", "c"], name="vehicle_id"),
    )
    return table.assign(**columns)


@pytest.fixture(scope="module")
def plain() -> CascadeTerms:
    """Return terms of one year in which no filter fails."""
    return replace(cascade_terms(), years=1, failure_per_year=0.0)


def test_one_chain_by_hand(plain: CascadeTerms) -> None:
    """Grams by kilometre of each truck times the receiver's distance; money to the peso."""
    donors, receivers = sides_of_fleet(trucks(budget=50000.0))
    assert list(receivers.index) == ["b"]
    found = cascade(donors, receivers, terms=plain, harm_per_g=2.0, **WHERE)
    kinds = trucks().loc[["b", "a"]].assign(aftertreatment=["", "dpf_retrofit"])
    factor = grams_per_km(kinds, **WHERE)
    stay = survival([30.0], "rigid_12t", 1)[0, 0] * survival([10.0], "rigid_12t", 1)[0, 0]
    for name in ("bc_exhaust_g", "pm25_exhaust_g", "nox_exhaust_g"):
        difference = factor.loc["b", f"{name}_km"] - factor.loc["a", f"{name}_km"]
        assert found.chains[name].iloc[0] == pytest.approx(20000.0 * difference * stay)
    pm = found.chains[["pm25_exhaust_g", "pm25_wear_g"]].sum(axis=1).iloc[0]
    assert found.chains["harm_person_ug_m3_h"].iloc[0] == pytest.approx(2.0 * pm)
    # medium truck 1.4 million, 8 % a year over ten years; filter 200,000; 5,500 kg of scrap at 4
    used = 1400000 * 0.92**10
    row = found.chains.iloc[0]
    assert row["used_price"] == pytest.approx(used)
    assert row["receiver_pays"] == pytest.approx(50000)
    scrap = row["scrap_value"]
    assert scrap == pytest.approx(22000)
    assert row["public_money"] == pytest.approx(used + 200000 - scrap - 50000 + 3000)
    assert found.schemes.loc["cascade", "public_money"] == pytest.approx(row["public_money"])
    per_kg = row["public_money"] / (row["bc_exhaust_g"] / 1000)
    assert found.schemes.loc["cascade", "public_money_per_kg_bc"] == pytest.approx(per_kg)
    direct = found.schemes["public_money"]
    assert direct["filter on the old truck"] == pytest.approx(200000 - 50000 + 3000)
    assert direct["new truck"] == pytest.approx(1400000 - scrap - 50000 + 3000)


def test_donors_own_renewal_counts_by_its_additional_share(plain: CascadeTerms) -> None:
    """Nothing by default; with a share, that part of old less new on the donor's distance."""
    donors, receivers = sides_of_fleet(trucks())
    runs = [
        cascade(donors, receivers, terms=replace(plain, additional_share=share), **WHERE)
        for share in (0.0, 0.5)
    ]
    before, after = (runs[0].chains[f"donor_{when}_bc_exhaust_g"].iloc[0]
                     for when in ("before", "after"))  # fmt: skip
    gain = runs[1].value - runs[0].value
    stay = survival([10.0], "rigid_12t", 1)[0, 0]
    assert gain == pytest.approx(0.5 * (before - after) * stay)


def test_the_buyer_who_loses_the_truck_counts(plain: CascadeTerms) -> None:
    """Where what is sold on pushes old trucks out anyway, a chain brings its filter alone."""
    donors, receivers = sides_of_fleet(trucks())
    found = cascade(donors, receivers, terms=replace(plain, pushes_out_share=1.0), **WHERE)
    kinds = trucks().loc[["a", "a"]].assign(aftertreatment=["", "dpf_retrofit"])
    factor = grams_per_km(kinds, **WHERE)["bc_exhaust_g_km"].to_numpy()
    stay = survival([30.0], "rigid_12t", 1)[0, 0] * survival([10.0], "rigid_12t", 1)[0, 0]
    assert found.value == pytest.approx(20000.0 * (factor[0] - factor[1]) * stay)


@pytest.mark.parametrize("size", ["1-5", "6-30", ">100"])
def test_a_side_without_trucks_makes_no_chains(size: str) -> None:
    """A fleet of small operators alone, of large ones alone, or of neither has nothing to match."""
    found = cascade(*sides_of_fleet(trucks(operator_size=size)), budget=1e6, **WHERE)
    assert found.value == 0.0
    assert found.schemes.loc["cascade", ["vehicles", "public_money"]].tolist() == [0.0, 0.0]
    assert found.counts["before"].equals(found.counts["after"])


def test_a_filter_that_may_fail_avoids_less(plain: CascadeTerms) -> None:
    """And more years avoid more."""
    donors, receivers = sides_of_fleet(trucks())
    values = [
        cascade(donors, receivers, terms=terms, **WHERE).value
        for terms in (replace(plain, failure_per_year=0.3), plain, replace(plain, years=5))
    ]
    assert values == sorted(values)
    assert values[0] < values[1]


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"operator_id": "one"}, "same operator"),
        ({"annual_km": [np.nan, 20000.0, 1.0]}, "distance unknown"),
        ({"model_year": [2005, 1995, 2012]}, "age of the truck that would move"),
        ({"model_year": [2023, 1995, 2012]}, "age of the truck that would move"),
        ({"model_year": [2015, 2012, 2013]}, "old truck not old enough"),
        ({"vehicle_class": ["rigid_26t", "rigid_7_5t", "rigid_7_5t"],
          "payload_capacity_kg": [16000.0, 3000.0, 3000.0]}, "other size of truck"),
        ({"fuel": ["electric", "diesel", "diesel"], "standard": ["none", "epa_1998", "epa_2004"]},
         "no filter, and none can be fitted"),
        ({"standard": ["epa_2004", "epa_2010", "epa_2004"]}, "not cleaner"),
    ],
)  # fmt: skip
def test_what_cannot_be_paired_is_counted_by_reason(columns: dict, reason: str) -> None:
    """Every rule keeps its pair out, and says so."""
    found = cascade(*sides_of_fleet(trucks(**columns)), **WHERE)
    assert found.report[f"not: {reason}"] == 1.0
    assert len(found.chains) == 0
    assert found.value == found.bound == found.gap == 0.0


def test_a_truck_of_another_class_that_carries_as_much_will_do(plain: CascadeTerms) -> None:
    """Unless only the same class is wanted."""
    sides = sides_of_fleet(trucks(vehicle_class=["rigid_14t", "rigid_12t", "rigid_12t"]))
    assert len(cascade(*sides, terms=plain, **WHERE).chains) == 1
    assert len(cascade(*sides, terms=replace(plain, same_class=True), **WHERE).chains) == 0


def test_unknown_harm_is_never_chosen(plain: CascadeTerms) -> None:
    """Chosen by harm nothing is known of, nothing is taken; chosen by soot, harm stays unknown."""
    sides = sides_of_fleet(trucks())
    by_harm = cascade(*sides, terms=plain, measure="harm_person_ug_m3_h", **WHERE)
    assert len(by_harm.chains) == 0
    assert by_harm.report["not: price, budget or harm unknown"] == 1.0
    by_soot = cascade(*sides, terms=plain, **WHERE)
    assert by_soot.chains["harm_person_ug_m3_h"].isna().all()
    assert np.isnan(by_soot.schemes.loc["cascade", "public_money_per_harm"])


@pytest.fixture(scope="module")
def bundled() -> pd.DataFrame:
    """Return the vehicles of the bundled study with the size of their operators."""
    folder = bundled_study()
    vehicles = pd.read_csv(folder / "vehicles.csv", index_col="vehicle_id")
    operators = pd.read_csv(folder / "operators.csv", index_col="operator_id")["fleet_size"]
    size = {name: operator_size(Defaults(), int(n)) for name, n in operators.items()}
    return vehicles.assign(operator_size=vehicles["operator_id"].map(size))


def chained(vehicles: pd.DataFrame, budget: float) -> Cascade:
    """Let all but micro-operators pass on, each micro-operator scrap two."""
    donors, receivers = sides_of_fleet(vehicles, donor_sizes=("6-30", "31-100", ">100"), each=2)
    return cascade(donors, receivers, country="CL", year=2026, budget=budget)


def test_bundled_fleet_conserves_trucks_and_keeps_to_the_budget(bundled: pd.DataFrame) -> None:
    """Each truck once; more money never avoids less; the order of rows does not matter."""
    budgets = (0.0, 1e6, 3e6, np.inf)
    runs = [chained(bundled, budget) for budget in budgets]
    values = [run.value for run in runs]
    assert values == sorted(values)
    assert 0.0 == values[0] < values[1] < values[-1]
    for run, budget in zip(runs, budgets, strict=True):
        assert run.chains["public_money"].sum() <= budget
        assert run.chains["donor_id"].is_unique
        assert run.chains["receiver_id"].is_unique
        assert (run.counts["after"] == run.counts["before"]).all()
        assert run.gap <= 1e-6
        assert (run.chains["receiver_pays"] <= 40000.0 + 1e-6).all()
    shuffled = chained(bundled.sample(frac=1.0, random_state=1), 3e6)
    assert shuffled.value == pytest.approx(runs[2].value)


def test_city_groups_are_shares_of_trucks() -> None:
    """From groups of a whole city; the budget is spent and the optimum proven."""
    city = city_cases({"rigid_7_5t": 900.0, "rigid_26t": 400.0}, year=2025, by_operator_size=True)
    donors, receivers = sides_of_city(city)
    found = cascade(donors, receivers, budget=5e6, **WHERE)
    spent = found.chains["public_money"] @ found.chains["vehicles"]
    assert spent == pytest.approx(5e6)
    assert found.gap < 1e-9
    assert found.counts["after"].to_numpy() == pytest.approx(found.counts["before"].to_numpy())
    taken = found.chains.groupby("receiver_id")["vehicles"].sum()
    assert (taken <= receivers.loc[taken.index, "vehicles"] + 1e-9).all()
    with pytest.raises(InputError, match="groups by operator size"):
        sides_of_city(city_cases({"rigid_26t": 10.0}, year=2025))


def test_faults_come_together() -> None:
    """Unknown standard, measure, technology and budget at once; too many pairs; odd sizes."""
    donors, receivers = sides_of_fleet(trucks(standard=["unknown", "epa_1998", "epa_2004"]))
    with pytest.raises(InputError) as caught:
        cascade(donors, receivers, budget=-1.0, measure="noise", technology="steam", **WHERE)
    assert len(caught.value.problems) == 4
    with pytest.raises(InputError, match="group equal trucks"):
        cascade(*sides_of_fleet(trucks()), terms=replace(cascade_terms(), pairs_most=0), **WHERE)
    with pytest.raises(InputError, match="do not pass on themselves"):
        sides_of_fleet(trucks(), donor_sizes=("1-5",))
    with pytest.raises(InputError, match="a column model_year"):
        sides_of_fleet(trucks().drop(columns="model_year"))
