"""The plan of a fleet: the cut is compared exactly, and what measures do is what they say."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofleet.defaults import Defaults
from geofleet.errors import InputError
from geofleet.fleet import Fleet
from geofleet.policy.programme.mass import grams_per_km
from geofleet.policy.programme.measures import Measure, apply_plan, read_plan
from geofleet.policy.programme.plan import check_plan, plan_check

_KINDS = [
    ("old", "rigid_12t", "diesel", "euro_2", 1999, None, 30000.0),
    ("middle", "rigid_12t", "diesel", "euro_4", 2012, None, 30000.0),
    ("new", "rigid_12t", "diesel", "euro_6", 2021, None, 30000.0),
    ("broken", "rigid_12t", "diesel", "euro_6", 2021, "dpf_removed;scr_disabled", 30000.0),
]


def _fleet(*, km: dict[str, float | None] | None = None) -> Fleet:
    vehicles = pd.DataFrame(
        [
            {
                "vehicle_id": name, "operator_id": "A", "vehicle_class": kind, "fuel": fuel,
                "standard": standard, "model_year": year, "gvw_kg": 11000.0,
                "payload_capacity_kg": 6000.0, "aftertreatment": states, "annual_km": annual_km,
                "programme_membership": "autorregulacion_cdmx",
            }
            for name, kind, fuel, standard, year, states, annual_km in _KINDS
        ]
    ).set_index("vehicle_id")  # fmt: skip
    for name, value in (km or {}).items():
        vehicles.loc[name, "annual_km"] = value
    return Fleet(vehicles, pd.DataFrame(index=pd.Index(["A"], name="operator_id")))


@pytest.mark.parametrize(
    ("before", "after", "share", "passes"),
    [
        (1000.0, 900.0, 0.10, True),
        (1000.0, 901.0, 0.10, False),
        (1000.0, 900.1, 0.10, False),
        (1000.0, 899.9, 0.10, True),
        # 0.3 - 0.27 is below 0.03 in binary; as decimals the cut is exactly 10 %
        (0.3, 0.27, 0.10, True),
        (1.1, 0.99, 0.10, True),
        (10.0, 9.0000000001, 0.10, False),
        (7.0, 7.0, 0.0, True),
        (7.0, 7.1, 0.0, False),
        # a tenth less by the arithmetic of binary numbers: 0.09000000000000001 and 0.3 are left
        (0.1, 0.1 * (1 - 0.1), 0.10, True),
        (1 / 3, 1 / 3 * (1 - 0.1), 0.10, True),
        (1000.0, 900.5, 0.10, False),
        (1000.0, 1000.0 * (1 - 0.0999999999), 0.10, False),
        (0.0, 5.0, 0.10, False),
        (5.0, 0.0, 1.0, True),
        (0.0, 0.0, 0.10, None),
        (math.nan, 1.0, 0.10, None),
        (1.0, math.nan, 0.10, None),
    ],
)
def test_the_cut(before: float, after: float, share: float, passes: bool | None) -> None:
    """10.0 % passes and 9.9 % fails, by the decimals that are printed."""
    assert plan_check(before, after, share) is passes


@given(
    st.integers(1, 10**9),
    st.integers(0, 10**9),
    st.integers(0, 1000),
    st.sampled_from([1, 10, 100]),
)
def test_the_cut_in_whole_numbers(before: int, after: int, per_mille: int, scale: int) -> None:
    """Cross-multiplied whole numbers say the same, whatever unit the masses are in."""
    expected = (before - after) * 1000 >= per_mille * before
    assert plan_check(before / scale, after / scale, per_mille / 1000) is expected


@pytest.mark.parametrize(
    ("before", "after", "share"), [(-1.0, 0.0, 0.1), (1.0, math.inf, 0.1), (1.0, 1.0, 1.5)]
)
def test_what_is_no_mass_is_refused(before: float, after: float, share: float) -> None:
    """Masses are not negative or infinite, shares not above one."""
    with pytest.raises(InputError):
        plan_check(before, after, share)


def _check(fleet: Fleet, *measures: Measure, share: float = 0.1, **more: object):
    return check_plan(
        fleet, measures, required_share=share, country="MX", year=2025, speed_kmh=20.0, **more
    )


def test_masses_are_grams_per_kilometre_times_distance() -> None:
    """Fleet mass by hand from the factors of each vehicle; the plan changes one of them."""
    fleet = _fleet()
    factors = grams_per_km(fleet.vehicles, country="MX", year=2025, speed_kmh=20.0)
    grams = factors["pm25_exhaust_g_km"] * 30000.0
    found = _check(fleet, Measure("old", "retire"))
    assert found.pm_before_g == pytest.approx(grams.sum(), rel=1e-12)
    assert found.pm_after_g == pytest.approx(grams.sum() - grams["old"], rel=1e-12)
    assert found.cut_share == pytest.approx(grams["old"] / grams.sum(), rel=1e-12)


def test_a_fleet_of_equal_trucks_cuts_by_the_share_that_is_retired() -> None:
    """One of ten equal trucks is exactly a tenth; one of eleven is less."""
    for count, passes in ((10, True), (11, False)):
        row = _fleet().vehicles.loc[["middle"]]
        vehicles = pd.concat([row] * count)
        vehicles.index = pd.Index([f"v{n}" for n in range(count)], name="vehicle_id")
        # a distance that makes sums of binary numbers inexact
        vehicles["annual_km"] = 33333.3
        fleet = Fleet(vehicles, pd.DataFrame())
        found = _check(fleet, Measure("v3", "retire"))
        assert found.cut_share == pytest.approx(1 / count, rel=1e-9)
        assert found.passes is passes


def test_a_retrofit_cuts_what_its_row_says() -> None:
    """The mass of the truck is multiplied by the retrofit's factor; the others stay."""
    factor = 0.15  # row technologies:dpf_retrofit.pm25_factor, set here
    defaults = Defaults({"technologies:dpf_retrofit.pm25_factor": factor})
    found = _check(_fleet(), Measure("middle", "retrofit"), defaults=defaults)
    table = found.by_vehicle
    assert table.loc["middle", "pm25_exhaust_g_after"] == pytest.approx(
        factor * table.loc["middle", "pm25_exhaust_g_before"], rel=1e-6
    )
    others = ["old", "new", "broken"]
    np.testing.assert_array_equal(
        table.loc[others, "pm25_exhaust_g_after"], table.loc[others, "pm25_exhaust_g_before"]
    )
    assert table.loc["middle", "particle_filter_before"] == "none"
    assert table.loc["middle", "particle_filter_after"] == "retrofit"
    assert (table["programme_membership"] == "autorregulacion_cdmx").all()


def test_a_repair_gives_the_filter_back() -> None:
    """The repaired truck emits the particles of the sound one; its other states stay."""
    found = _check(_fleet(), Measure("broken", "repair"))
    table = found.by_vehicle
    assert table.loc["broken", "pm25_exhaust_g_after"] == pytest.approx(
        table.loc["new", "pm25_exhaust_g_after"], rel=1e-12
    )
    assert found.after.vehicles.loc["broken", "aftertreatment"] == "scr_disabled"
    assert table.loc["broken", "particle_filter_after"] == "factory"


def test_an_electric_truck_has_no_exhaust_and_wears() -> None:
    """Replacement by an electric one takes all exhaust particles and leaves wear."""
    found = _check(_fleet(), Measure("old", "replace", "electric", "none", 2025))
    row = found.by_vehicle.loc["old"]
    assert row["pm25_exhaust_g_after"] == 0.0
    assert row["pm25_wear_g_after"] > 0.0


def test_distance_of_a_retired_truck_may_go_to_others() -> None:
    """Kilometres are conserved when they are handed on."""
    fleet = _fleet()
    after = apply_plan(fleet, [Measure("old", "retire", km_to=("middle", "new"))])
    assert after.vehicles["annual_km"].to_dict() == {
        "old": 0.0, "middle": 45000.0, "new": 45000.0, "broken": 30000.0,
    }  # fmt: skip
    assert fleet.vehicles.loc["old", "annual_km"] == 30000.0


def test_an_unknown_distance_leaves_the_check_open() -> None:
    """Unknown mass is not zero: nothing passes, and the truck is named."""
    found = _check(_fleet(km={"new": None}), Measure("old", "retire"))
    assert found.passes is None
    assert math.isnan(found.pm_before_g)
    assert found.missing == ("new",)
    assert _check(_fleet(km={"new": None}), vehicles=["old", "middle"]).passes is False


def test_a_plan_cuts_within_its_agreement_alone() -> None:
    """Distance handed to trucks outside of it would be a cut on paper; a truck counts once."""
    handed = Measure("old", "retire", km_to=("middle",))
    with pytest.raises(InputError, match=r"km_to: 'middle': expected a vehicle of the agreement"):
        _check(_fleet(), handed, vehicles=["old", "new"])
    with pytest.raises(InputError, match="expected a vehicle of the agreement"):
        _check(_fleet(), handed, vehicles=["middle"])
    with pytest.raises(InputError, match="each vehicle once"):
        _check(_fleet(), vehicles=["old", "old"])
    assert _check(_fleet(), handed, vehicles=["old", "middle"]).passes is not None


def test_a_fleet_without_exhaust_has_no_share_to_cut() -> None:
    """Electric trucks alone: the check stays open, unless the plan adds exhaust."""
    vehicles = _fleet().vehicles.loc[["old", "new"]].assign(fuel="electric", standard="none")
    fleet = Fleet(vehicles.assign(aftertreatment=None), pd.DataFrame())
    assert _check(fleet, Measure("old", "retire")).passes is None
    assert _check(fleet, Measure("old", "replace", "diesel", "euro_6", 2024)).passes is False


def test_a_plan_file_is_read(tmp_path: Path) -> None:
    """One row for each vehicle."""
    path = tmp_path / "plan.csv"
    path.write_text(
        "vehicle_id,measure,fuel,standard,model_year,km_to\n"
        "old,retire,,,,middle;new\nmiddle,retrofit,,,,\nnew,replace,electric,none,2025,\n",
        encoding="utf-8",
    )
    assert read_plan(path, _fleet()) == (
        Measure("old", "retire", km_to=("middle", "new")),
        Measure("middle", "retrofit"),
        Measure("new", "replace", "electric", "none", 2025),
    )


def test_every_fault_of_a_plan_is_named(tmp_path: Path) -> None:
    """All at once, with row and field."""
    path = tmp_path / "plan.csv"
    path.write_text(
        "vehicle_id,measure,fuel,standard,model_year,km_to\n"
        "nobody,retrofit,,,,\nold,replace,electric,euro_6,,\nmiddle,repair,,,,\n"
        "new,retire,,,,new\nbroken,retrofit,,,,old\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError) as error:
        read_plan(path, _fleet())
    assert [(problem.row, problem.field) for problem in error.value.problems] == [
        (2, "vehicle_id"),
        (3, "standard"),
        (3, "model_year"),
        (4, "measure"),
        (5, "km_to"),
        (6, "km_to"),
    ]


def test_a_retrofit_where_a_filter_is_already_is_refused() -> None:
    """The emission functions have no retrofit of a Euro VI engine."""
    with pytest.raises(InputError, match="dpf_retrofit"):
        _check(_fleet(), Measure("new", "retrofit"))
