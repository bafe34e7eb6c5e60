"""Technologies and states: what a filter, a broken catalyst or a new kind of vehicle changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from geofleet.defaults import Defaults, read_rows_for
from geofleet.emissions import EXHAUST, WEAR, TraversalEmissions
from geofleet.errors import InputError

Emit = Callable[..., TraversalEmissions]
HEADER = "id,value,unit,year,source,status,note\n"
CARGO_BIKE = HEADER + (
    "e_cargo_bike.parent,battery_electric,text,2026,maker,user,\n"
    "e_cargo_bike.electricity_wh_km,30,Wh/km,2026,maker,user,\n"
    "e_cargo_bike.tyre_factor,0.02,1,2026,by mass,user,\n"
    "e_cargo_bike.brake_factor,0.02,1,2026,by mass,user,\n"
    "e_cargo_bike.road_factor,0.02,1,2026,by mass,user,\n"
)


def test_a_retrofit_filter_cuts_exhaust_particles_alone(emit: Emit) -> None:
    """85 % less PM and 97 % less BC; wear and NOx as they were; more of the NOx is NO2."""
    for standard in ("euro_3", "epa_2004"):
        before, after = emit(
            [{"standard": standard}, {"standard": standard, "aftertreatment": "dpf_retrofit"}]
        ).grams.to_dict("records")
        assert after["pm25_exhaust_g"] == pytest.approx(0.15 * before["pm25_exhaust_g"], rel=1e-12)
        assert after["bc_exhaust_g"] == pytest.approx(0.03 * before["bc_exhaust_g"], rel=1e-12)
        for name in (*WEAR, "nox_exhaust_g"):
            assert after[name] == before[name]
        assert after["no2_exhaust_g"] == pytest.approx(0.35 * after["nox_exhaust_g"], rel=1e-12)
        assert after["fuel_g"] > before["fuel_g"]


@pytest.mark.parametrize(
    ("standard", "factor"), [("euro_4", 3.0), ("euro_5", 6.0), ("euro_6", 20.0)]
)
def test_a_disabled_catalyst_multiplies_nox(emit: Emit, standard: str, factor: float) -> None:
    """Three, six and twenty times the NOx of Euro IV, V and VI; particles as they were."""
    plain, broken = emit(
        [{"standard": standard}, {"standard": standard, "aftertreatment": "scr_disabled"}]
    ).grams.to_dict("records")
    assert broken["nox_exhaust_g"] == pytest.approx(factor * plain["nox_exhaust_g"], rel=1e-12)
    assert broken["pm25_exhaust_g"] == plain["pm25_exhaust_g"]


def test_a_removed_filter_is_worse_than_a_broken_one(emit: Emit) -> None:
    """Euro VI: whole < failed < removed, and a removed one stays below a truck without standard."""
    rows = [{"standard": "euro_6", "aftertreatment": state}
            for state in (None, "dpf_failed", "dpf_removed")]  # fmt: skip
    pm25 = emit([*rows, {"standard": "pre_euro"}]).grams["pm25_exhaust_g"].to_numpy()
    assert (np.diff(pm25) > 0).all()


def test_vans_of_euro_5_have_a_filter_that_can_break(emit: Emit) -> None:
    """Whole < failed < removed, and a removed one near Euro 4 vans, which have none."""
    van = {"vehicle_class": "cargo_van", "standard": "euro_5"}
    rows = [{**van, "aftertreatment": state} for state in (None, "dpf_failed", "dpf_removed")]
    grams = emit([*rows, {**van, "standard": "euro_4"}]).grams
    pm25 = grams["pm25_exhaust_g"].to_numpy()
    assert (np.diff(pm25[:3]) > 0).all()
    assert 0.1 < pm25[2] / pm25[3] < 3.0
    assert (grams["bc_exhaust_g"] + grams["oc_exhaust_g"] <= pm25).all()


def test_a_row_that_is_not_there_is_no_override(emit: Emit) -> None:
    """A slip in the name of a row, or a row that only built the table, is refused by its name."""
    for row in ("altitude:nox.no_scr.facor", "nowhere:x", "emissions:guard.swing"):
        with pytest.raises(InputError, match=row):
            emit([{}], defaults=Defaults({row: 1.0}))


def test_a_tenth_of_trucks_makes_two_thirds_of_the_particles(emit: Emit) -> None:
    """Ten trucks of which one is a high emitter emit what ten unknown ones do; it makes 65 %."""
    plain = emit([{}] * 10).grams["pm25_exhaust_g"].sum()
    states = ["high_emitter"] + ["normal_emitter"] * 9
    known = emit([{"aftertreatment": state} for state in states]).grams["pm25_exhaust_g"]
    assert known.sum() == pytest.approx(plain, rel=1e-5)
    assert known[0] / known.sum() == pytest.approx(0.65, rel=1e-5)


def test_states_combine(emit: Emit) -> None:
    """A high emitter with a retrofit filter: both factors, in any order of the list."""
    rows = [{"aftertreatment": text} for text in ("dpf_retrofit;high_emitter",
                                                  "high_emitter; dpf_retrofit")]  # fmt: skip
    one, other = emit([*rows]).grams.to_dict("records")
    plain = emit([{}]).grams.iloc[0]
    assert one == other
    assert one["pm25_exhaust_g"] == pytest.approx(0.15 * 6.5 * plain["pm25_exhaust_g"], rel=1e-12)


def test_parts_never_exceed_the_whole(emit: Emit) -> None:
    """Black and organic carbon fit into PM2.5, and NO2 into NOx, for every standard and state."""
    standards = ["pre_euro", *(f"euro_{i}" for i in range(1, 7)), "epa_1998", "epa_2004",
                 "epa_2007", "epa_2010"]  # fmt: skip
    states = [None, "doc", "dpf_retrofit", "dpf_failed", "dpf_removed", "high_emitter"]
    for vehicle_class in ("cargo_van", "rigid_20t"):
        for standard in standards:
            for state in states:
                row = {
                    "vehicle_class": vehicle_class,
                    "standard": standard,
                    "aftertreatment": state,
                }
                try:
                    grams = emit([row]).grams.iloc[0]
                except InputError:  # not every state fits every standard
                    continue
                parts = grams["bc_exhaust_g"] + grams["oc_exhaust_g"]
                assert parts <= grams["pm25_exhaust_g"] * (1 + 1e-9), row
                assert grams["no2_exhaust_g"] <= grams["nox_exhaust_g"], row


def test_gas_hybrid_and_electric_differ_as_they_should(emit: Emit) -> None:
    """Gas: next to no soot, more methane; a hybrid burns less; electric has wear alone."""
    rows = [{"standard": "euro_5"}, {"standard": "euro_5", "fuel": "cng"},
            {"standard": "euro_5", "fuel": "diesel_hybrid"},
            {"standard": "none", "fuel": "electric"}]  # fmt: skip
    diesel, gas, hybrid, electric = emit(rows, country="MX").grams.to_dict("records")
    assert gas["bc_exhaust_g"] < 0.1 * diesel["bc_exhaust_g"]
    assert gas["ch4_exhaust_g"] > 10 * diesel["ch4_exhaust_g"]
    assert hybrid["fuel_g"] == pytest.approx(0.8 * diesel["fuel_g"], rel=1e-12)
    assert all(electric[name] == 0.0 for name in EXHAUST)
    assert electric["pm10_wear_g"] > 0.0


def test_a_new_technology_is_rows_of_data(emit: Emit, tmp_path: Path) -> None:
    """An electric cargo bike: five rows in a file, no code."""
    file = tmp_path / "technologies.csv"
    file.write_text(CARGO_BIKE, encoding="utf-8")
    defaults = Defaults(tables={"technologies": read_rows_for("technologies", file)})
    row = {"vehicle_class": "small_van", "fuel": "electric", "standard": "none"}
    result = emit([row, {**row, "technology": "e_cargo_bike"}], defaults=defaults, country="MX")
    van, bike = result.grams.to_dict("records")
    assert bike["electricity_kwh"] == pytest.approx(0.030, rel=1e-12)
    assert bike["electricity_kwh"] < van["electricity_kwh"]
    assert 0.0 < bike["pm10_wear_g"] < 0.1 * van["pm10_wear_g"]
    assert all(bike[name] == 0.0 for name in EXHAUST)
    assert "technologies:e_cargo_bike.electricity_wh_km" in result.provenance
    described = defaults.describe(["technologies:e_cargo_bike.electricity_wh_km"])
    assert described.loc[0, "source"] == "maker"


def test_ones_own_rows_leave_other_vehicles_alone(emit: Emit, tmp_path: Path) -> None:
    """A new diesel technology changes the vehicles that name it and no other."""
    file = tmp_path / "technologies.csv"
    rows = (
        "hvo.kind,vehicle,text,2026,maker,user,\nhvo.parent,diesel,text,2026,maker,user,\n"
        "hvo.fuel,diesel,text,2026,maker,user,\nhvo.pm25_factor,0.5,1,2026,maker,user,\n"
    )
    file.write_text(HEADER + rows, encoding="utf-8")
    own = Defaults(tables={"technologies": read_rows_for("technologies", file)})
    plain = emit([{}]).grams["pm25_exhaust_g"][0]
    pm25 = emit([{}, {"technology": "hvo"}], defaults=own).grams["pm25_exhaust_g"]
    assert pm25[0] == plain
    assert pm25[1] == pytest.approx(0.5 * plain, rel=1e-12)


def test_a_state_that_only_some_engines_can_have(emit: Emit) -> None:
    """Of a truck of unknown standard a filter fits the engines without one; it is counted."""
    row = {"standard": "unknown", "model_year": 2022}
    result = emit([row, {**row, "aftertreatment": "dpf_retrofit"}], country="MX")
    before, after = result.grams["pm25_exhaust_g"]
    assert 0.15 * before < after < before
    assert result.flags["state_partly_applied"] == 1
    with pytest.raises(InputError, match="unknown \\(epa_1998"):
        emit([{**row, "model_year": 2000, "aftertreatment": "dpf_removed"}], country="MX")


def test_rows_of_ones_own_are_checked(tmp_path: Path) -> None:
    """A table that does not exist, a status that does not exist, an id that stands twice."""
    file = tmp_path / "rows.csv"
    file.write_text(CARGO_BIKE, encoding="utf-8")
    with pytest.raises(InputError, match="name of a default table"):
        read_rows_for("technology", file)
    file.write_text(CARGO_BIKE.replace(",user,", ",surely,"), encoding="utf-8")
    with pytest.raises(InputError, match="surely"):
        read_rows_for("technologies", file)
    file.write_text(CARGO_BIKE + CARGO_BIKE.splitlines()[1] + "\n", encoding="utf-8")
    with pytest.raises(InputError, match="row 7"):
        read_rows_for("technologies", file)


@pytest.mark.parametrize(
    ("row", "field", "words"),
    [
        ({"aftertreatment": "dpf_gold"}, "aftertreatment", "states of the technologies table"),
        ({"aftertreatment": "dpf_retrofit", "standard": "euro_6"}, "aftertreatment", "euro_6"),
        ({"aftertreatment": "scr_disabled", "standard": "euro_2"}, "aftertreatment", "euro_2"),
        (
            {"aftertreatment": "doc", "fuel": "electric", "standard": "none"},
            "aftertreatment",
            "on electric",
        ),
        (
            {"aftertreatment": "dpf_retrofit", "standard": "euro_5", "vehicle_class": "cargo_van"},
            "aftertreatment",
            "light vehicle of standard euro_5",
        ),
        ({"aftertreatment": "high_emitter;high_emitter"}, "aftertreatment", "one state of kind"),
        (
            {"aftertreatment": "dpf_failed;dpf_removed", "standard": "euro_6"},
            "aftertreatment",
            "one",
        ),
        (
            {"aftertreatment": "scr_disabled", "fuel": "cng", "standard": "euro_6"},
            "aftertreatment",
            "on cng",
        ),
        ({"standard": "euro_9"}, "standard", "epa_2010"),
        ({"standard": "epa_2010", "vehicle_class": "cargo_van"}, "standard", "rigid class"),
        ({"standard": "euro_5", "fuel": "electric"}, "standard", "none, for an electric"),
        ({"model_year": 2031}, "model_year", "at most 2025"),
        ({"model_year": 1850, "standard": "unknown"}, "model_year", "at least 1950"),
        ({"model_year": 2010.7}, "model_year", "whole year"),
        ({"aftertreatment": "dpf_removed", "standard": "euro_5"}, "aftertreatment", "a particle"),
        ({"standard": "epa_2010", "model_year": float("nan")}, "model_year", "depends on it"),
        ({"technology": "fusion"}, "technology", "vehicle technology"),
        ({"technology": "cng"}, "technology", "runs on diesel"),
    ],
)
def test_what_cannot_be_is_refused(emit: Emit, row: dict[str, str], field: str, words: str) -> None:
    """States and technologies that do not exist or do not fit are named with the vehicle."""
    with pytest.raises(InputError) as error:
        emit([row])
    (problem,) = error.value.problems
    assert problem.file == "vehicle v0"
    assert problem.field == field
    assert words in problem.expected
