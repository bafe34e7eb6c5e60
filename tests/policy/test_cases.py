"""Cases of a fleet say what its tables say, and leave unknown what they do not."""

from __future__ import annotations

import pandas as pd
import pytest

from geofleet.defaults import Defaults
from geofleet.errors import InputError
from geofleet.fleet import Fleet
from geofleet.policy.cases import fleet_cases, particle_filters, plate_digit
from geofleet.policy.rules import Facts

_ROW = {
    "operator_id": "A", "vehicle_class": "rigid_12t", "fuel": "diesel", "standard": "euro_3",
    "model_year": 2005, "gvw_kg": 11000.0, "payload_capacity_kg": 6000.0, "aftertreatment": None,
}  # fmt: skip


def _fleet(*rows: dict) -> Fleet:
    vehicles = pd.DataFrame([{**_ROW, **row} for row in rows])
    vehicles.index = pd.Index([f"v{n}" for n in range(len(rows))], name="vehicle_id")
    operators = pd.DataFrame(
        {"name": ["A"], "fleet_size": [3], "operator_size": ["1-5"]},
        index=pd.Index(["A"], name="operator_id"),
    )
    return Fleet(vehicles, operators, ("x:y",))


def test_what_the_tables_say() -> None:
    """Class rows, weights by subtraction, and the operator's size; membership stays unknown."""
    cases = fleet_cases(_fleet({"plate": "AB-123-C"}))
    one = cases.loc["v0"]
    assert one["use"] == "freight"
    assert (one["body"], one["axles"], one["length_m"]) == ("rigid", 2.0, 8.5)
    assert one["unladen_kg"] == 5000.0
    assert one["operator_size"] == "1-5"
    assert one["plate_digit"] == "3"
    assert one["particle_filter"] == "none"
    assert "programme_membership" not in cases or one["programme_membership"] is None
    assert cases.attrs["derived"]["unladen_kg, from gross weight and payload"] == 1
    assert {"x:y", "vehicle_classes:rigid_12t.body", "standards:euro_3.dpf"} <= set(
        cases.attrs["provenance"]
    )


def test_the_rows_own_words_go_before_those_of_the_class() -> None:
    """A length and a filter in the table are taken; only the empty cell is derived."""
    cases = fleet_cases(
        _fleet(
            {"length_m": 7.2, "particle_filter": "factory", "body": "rigid"},
            {"length_m": None, "particle_filter": None, "body": "articulated"},
        )
    )
    assert cases["length_m"].tolist() == [7.2, 8.5]
    assert cases["particle_filter"].tolist() == ["factory", "none"]
    assert cases["body"].tolist() == ["rigid", "articulated"]
    assert "vehicle_classes:rigid_12t.body" not in cases.attrs["provenance"]
    assert cases.attrs["derived"]["length_m, from the vehicle class"] == 1


def test_articulated_classes_are_articulated() -> None:
    """The heaviest class in use is a tractor with its trailer."""
    cases = fleet_cases(_fleet({"vehicle_class": "articulated_50t", "gvw_kg": 46000.0}))
    assert cases.loc["v0", "body"] == "articulated"


@pytest.mark.parametrize(
    ("vehicle", "expected"),
    [
        ({"standard": "euro_6"}, "factory"),
        ({"standard": "epa_2010"}, "factory"),
        ({"standard": "epa_2007"}, "factory"),
        ({"standard": "epa_2004"}, "none"),
        ({"standard": "euro_5"}, "none"),
        ({"standard": "euro_5", "vehicle_class": "cargo_van"}, "factory"),
        ({"standard": "euro_4", "vehicle_class": "cargo_van"}, "none"),
        ({"standard": "euro_4", "aftertreatment": "dpf_retrofit"}, "retrofit"),
        ({"standard": "euro_4", "aftertreatment": "scr_disabled;dpf_retrofit"}, "retrofit"),
        ({"standard": "euro_4", "aftertreatment": "dpf_retrofit_failed"}, "none"),
        ({"standard": "euro_6", "aftertreatment": "dpf_removed"}, "none"),
        ({"standard": "euro_6", "aftertreatment": "dpf_failed;high_emitter"}, "none"),
        ({"standard": "euro_6", "aftertreatment": "scr_disabled"}, "factory"),
        ({"standard": "unknown"}, None),
        ({"standard": "unknown", "aftertreatment": "dpf_retrofit"}, "retrofit"),
        ({"standard": "unknown", "programme_membership": "autorregulacion_cdmx"}, None),
        ({"standard": "euro_6", "fuel": "diesel_hybrid"}, "factory"),
        ({"standard": "euro_6", "fuel": "cng"}, "none"),
        ({"standard": "none", "fuel": "electric"}, "none"),
        ({"standard": "unknown", "fuel": "electric"}, "none"),
    ],
)
def test_particle_filters(vehicle: dict, expected: str | None) -> None:
    """By standard and state, and unknown where the standard is; never by membership."""
    assert fleet_cases(_fleet(vehicle)).loc["v0", "particle_filter"] == expected


def test_a_study_may_say_that_a_standard_has_filters() -> None:
    """Rows of table standards decide, so an override shows."""
    defaults = Defaults({"standards:euro_5.dpf": "yes"})
    fleet = _fleet({"standard": "euro_5"})
    assert particle_filters(fleet.vehicles, defaults=defaults).tolist() == ["factory"]


@pytest.mark.parametrize(
    ("plate", "digit"),
    [
        ("LB-12-345", "5"), ("345-XYZ", "5"), ("12AB3C", "3"), ("A0", "0"), ("DIPLO", "none"),
        ("", None), (None, None), (float("nan"), None), ("٣A", "none"),
        (1234567.0, "7"), (20, "0"),
    ],
)  # fmt: skip
def test_plate_digits(plate: object, digit: str | None) -> None:
    """The last numeric digit, wherever letters stand; no plate is not a plate without digits."""
    assert plate_digit(plate) == digit


def test_unknown_stays_unknown_and_none_is_known() -> None:
    """An empty standard or membership asks for nothing; the word none answers."""
    cases = fleet_cases(
        _fleet(
            {"standard": "unknown", "programme_membership": None, "refrigeration": "none"},
            {"programme_membership": "none", "refrigeration": None},
        )
    )
    facts = Facts(cases)
    assert (facts.texts("standard")[0] >= 0).tolist() == [False, True]
    assert (facts.texts("programme_membership")[0] >= 0).tolist() == [False, True]
    assert (facts.texts("refrigeration")[0] >= 0).tolist() == [True, False]


def test_assumptions_fill_empty_cells_and_are_counted() -> None:
    """Filled cells are named; what was said stays."""
    fleet = _fleet({"hologram": "2"}, {"hologram": None}, {"hologram": "Exento"})
    cases = fleet_cases(fleet, assume={"hologram": "1", "programme_membership": "none"})
    assert cases["hologram"].tolist() == ["2", "1", "exento"]
    assert cases["programme_membership"].tolist() == ["none"] * 3
    assert cases.attrs["assumed"] == {"hologram": 1, "programme_membership": 3}


def test_further_attributes_and_those_of_zones_are_taken_along() -> None:
    """Columns named like attributes are; the name of a vehicle is not that of a road."""
    cases = fleet_cases(
        _fleet({"permits": "a;b", "trip_relation:centro": "through", "name": "Big one", "foo": 1})
    )
    assert cases.loc["v0", "permits"] == "a;b"
    assert cases.loc["v0", "trip_relation:centro"] == "through"
    assert "name" not in cases.columns
    assert "foo" not in cases.columns


def test_cells_of_the_wrong_kind_are_all_named() -> None:
    """Both faults at once, with their columns."""
    with pytest.raises(InputError) as error:
        fleet_cases(_fleet({"opacity_per_m": "high", "first_registered": "last year"}))
    assert {problem.field for problem in error.value.problems} == {
        "opacity_per_m", "first_registered",
    }  # fmt: skip


def test_the_fleet_is_not_changed() -> None:
    """Cases are a table of their own."""
    fleet = _fleet({"standard": "unknown"})
    before = fleet.vehicles.copy()
    fleet_cases(fleet, assume={"standard": "euro_1"})
    pd.testing.assert_frame_equal(fleet.vehicles, before)
