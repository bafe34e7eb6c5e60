"""Redesign: variants against a fleet of six trucks, sums by hand."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest

from geofleet.errors import InputError
from geofleet.policy.programme import (
    electric_only,
    eligibility,
    filter_only,
    load_programmes,
    opacity_based,
    redesign,
    standard_variants,
    with_age_cap,
    with_operator_sizes,
    with_weight_above,
)
from geofleet.policy.programme.comparison import age_bands

MEXICO = load_programmes("mexico")
CDMX = MEXICO.programme("autorregulacion_cdmx")
ON = datetime.date(2025, 6, 1)

# id, fuel, standard, model year, filter, opacity, size, gvw, km, grams, member
_TRUCKS = [
    ("clean", "diesel", "euro_6", 2022, "factory", 0.1, ">100", 11000, 40000, 200.0, "yes"),
    ("fitted", "diesel", "euro_4", 2012, "retrofit", 0.2, "31-100", 11000, 30000, 600.0, "no"),
    ("plain", "diesel", "euro_4", 2012, "none", 1.1, "6-30", 11000, 30000, 3000.0, "yes"),
    ("old", "diesel", "euro_2", 1998, "none", 2.0, "1-5", 11000, 20000, 8000.0, "no"),
    ("small", "diesel", "euro_5", 2020, "factory", 0.3, "1-5", 3000, 25000, 50.0, "no"),
    ("electric", "electric", "none", 2024, "none", None, ">100", 7000, 30000, 0.0, "no"),
]


def _cases() -> tuple[pd.DataFrame, pd.DataFrame]:
    cases = pd.DataFrame(
        [
            {
                "use": "freight", "vehicle_class": "rigid_12t", "fuel": fuel, "standard": standard,
                "model_year": float(year), "particle_filter": filt, "opacity_per_m": opacity,
                "operator_size": size, "gvw_kg": float(gvw), "plate_jurisdiction": "local",
                "drives_in": "CDMX",
                "programme_membership": "autorregulacion_cdmx" if member == "yes" else "none",
                "membership_until": "2030-01-01",
            }
            for _, fuel, standard, year, filt, opacity, size, gvw, _, _, member in _TRUCKS
        ],
        index=[row[0] for row in _TRUCKS],
    )  # fmt: skip
    mass = pd.DataFrame(
        {"annual_km": [float(row[8]) for row in _TRUCKS],
         "pm25_exhaust_g": [row[9] for row in _TRUCKS]}, index=cases.index,
    )  # fmt: skip
    return cases, mass


def _who(programme) -> set[str]:
    cases, _ = _cases()
    found = eligibility(programme, cases, ON, attributes=MEXICO.attributes)
    return set(found.index[found["answer"] == "eligible"])


@pytest.mark.parametrize(
    ("programme", "who"),
    [
        (CDMX, {"clean", "fitted", "plain", "small"}),
        (opacity_based(CDMX), {"clean", "fitted", "plain", "small"}),
        (filter_only(CDMX), {"clean", "fitted", "small"}),
        (electric_only(CDMX), {"electric"}),
        (with_age_cap(CDMX, 10), {"clean", "small"}),
        (with_age_cap(CDMX, 13), {"clean", "fitted", "plain", "small"}),
        (with_age_cap(CDMX, 12), {"clean", "small"}),
        (with_age_cap(CDMX, None), {"clean", "fitted", "plain", "small", "old"}),
        (with_age_cap(opacity_based(CDMX), None), {"clean", "fitted", "plain", "small"}),
        (with_weight_above(filter_only(CDMX), 3000), {"clean", "fitted"}),
        (with_weight_above(filter_only(CDMX), 2999), {"clean", "fitted", "small"}),
        (with_operator_sizes(CDMX, ("1-5",)), {"small"}),
        (filter_only(MEXICO.programme("autorregulacion_edomex_heavy")), {"clean", "fitted"}),
    ],
)
def test_who_may_join_a_variant(programme, who: set[str]) -> None:
    """Each variant by hand."""
    assert _who(programme) == who


def test_sums_by_hand() -> None:
    """Eligible vehicles, their kilometres, grams, and grams per exempt kilometre."""
    cases, mass = _cases()
    found = redesign(
        {"as_is": CDMX, "filter": filter_only(CDMX), "electric": electric_only(CDMX)},
        cases, mass, on=ON, attributes=MEXICO.attributes,
    ).variants  # fmt: skip
    assert found["eligible"].tolist() == [4, 3, 1]
    assert found["not_eligible"].tolist() == [2, 3, 5]
    assert found["exempt_km"].tolist() == [125000, 95000, 30000]
    assert found["pm25_exhaust_g"].tolist() == [3850, 850, 0]
    assert found["pm25_exhaust_g_per_exempt_km"].tolist() == [3850 / 125000, 850 / 95000, 0]
    assert found["pm25_share"].tolist() == [3850 / 11850, 850 / 11850, 0]
    assert found["members_kept"].tolist() == [2, 1, 0]
    assert found["members_lost"].tolist() == [0, 1, 2]
    # the plain truck lacks nothing but a filter; the old one is too old besides
    assert found["retrofit_would_open"].tolist() == [0, 1, 0]
    assert found.loc["filter", "retrofit_cut_g"] == pytest.approx(3000 * 0.85)


def test_who_is_left_out() -> None:
    """By operator size, class, age and reason; shares are of the group."""
    cases, mass = _cases()
    left = redesign({"filter": filter_only(CDMX)}, cases, mass, on=ON).left_out

    def group(by: str, name: str) -> pd.Series:
        return left[(left["by"] == by) & (left["group"] == name)].iloc[0]

    assert group("operator_size", "1-5")["vehicles"] == 1
    assert group("operator_size", "1-5")["share_of_group"] == 0.5
    assert group("age", "21-30 years")["pm25_exhaust_g"] == 8000.0
    assert group("reason", "filter")["vehicles"] == 1
    assert group("reason", "too_old")["vehicles"] == 1
    for by in ("operator_size", "vehicle_class", "age", "reason"):
        assert left.loc[left["by"] == by, "vehicles"].sum() == 3


def test_a_wider_cap_never_leaves_out_more() -> None:
    """Each vehicle is counted once in every variant, and the caps of the standard set nest."""
    cases, mass = _cases()
    found = redesign(standard_variants(CDMX), cases, mass, on=ON).variants
    assert (found[["eligible", "unknown", "not_eligible"]].sum(axis=1) == 6).all()
    caps = [f"filter_only, at most {years} years" for years in (10, 15, 20)]
    nested = found.loc[[*caps, "filter_only, any age"], "eligible"].to_numpy()
    assert (np.diff(nested) >= 0).all()


def test_weights_count_vehicles() -> None:
    """A case that stands for three counts three times."""
    cases, mass = _cases()
    weights = pd.Series([3.0, 1, 1, 1, 1, 1], index=cases.index)
    found = redesign({"filter": filter_only(CDMX)}, cases, mass, on=ON, weights=weights).variants
    assert found.loc["filter", "eligible"] == 5
    assert found.loc["filter", "exempt_km"] == 95000 + 2 * 40000


def test_unknown_mass_is_in_no_sum() -> None:
    """It is counted instead, and the ratio is that of the known ones."""
    cases, mass = _cases()
    mass.loc["small", "annual_km"] = np.nan
    row = redesign({"filter": filter_only(CDMX)}, cases, mass, on=ON).variants.loc["filter"]
    assert row["vehicles_without_mass"] == 1
    assert row["pm25_exhaust_g_per_exempt_km"] == pytest.approx(800 / 70000)


def test_unmeasured_smoke_is_unknown() -> None:
    """A variant by opacity cannot tell who was not measured."""
    cases, mass = _cases()
    found = redesign(
        {"smoke": opacity_based(CDMX)}, cases.drop(columns="opacity_per_m"), mass, on=ON
    ).variants
    assert found.loc["smoke", "eligible"] == 0
    assert found.loc["smoke", "unknown"] == 4


def test_mass_of_other_cases_is_refused() -> None:
    """A table in another order would give every truck another's grams."""
    cases, mass = _cases()
    with pytest.raises(InputError, match="same order"):
        redesign({"as_is": CDMX}, cases, mass.iloc[::-1], on=ON)
    with pytest.raises(InputError, match="at least 0"):
        redesign(
            {"as_is": CDMX}, cases, mass, on=ON, weights=pd.Series([-1.0] * 6, index=cases.index)
        )


def test_age_bands() -> None:
    """Edges belong to the younger band; a model year of next year is age 0."""
    years = [2026.0, 2020.0, 2019.0, 2010.0, 2009.0, 2005.0, 2004.0, 1995.0, 1994.0, np.nan]
    assert age_bands(years, ON).tolist() == [
        "0-5 years", "0-5 years", "6-10 years", "11-15 years", "16-20 years", "16-20 years",
        "21-30 years", "21-30 years", "over 30 years", "unknown age",
    ]  # fmt: skip
