"""Vehicle classes and operator sizes from their tables."""

from __future__ import annotations

import pytest

from geofleet.defaults import Defaults, read_table
from geofleet.errors import InputError, MissingDefaultError
from geofleet.fleet import operator_size, operator_sizes, vehicle_class, vehicle_class_names


def test_every_class_makes_sense() -> None:
    """Limits are ordered, a laden vehicle weighs no more than its class, axles carry the weight."""
    defaults = Defaults()
    for name in vehicle_class_names():
        found = vehicle_class(defaults, name)
        assert found.gvw_min_kg < found.gvw_max_kg
        assert found.curb_mass_kg + found.payload_capacity_kg <= found.gvw_max_kg
        assert found.axle_load_kg * found.axles >= found.gvw_max_kg * 0.95
        assert 1.5 < found.height_m < 4.3
        assert found.emep_category in ("light", "heavy")
        assert found.label != found.label_es


def test_heavy_classes_tile_the_weights() -> None:
    """Rigid classes follow each other without gap or overlap, as in the guidebook."""
    defaults = Defaults()
    rigid = [vehicle_class(defaults, n) for n in vehicle_class_names() if n.startswith("rigid")]
    assert [c.gvw_max_kg for c in rigid[:-1]] == [c.gvw_min_kg for c in rigid[1:]]
    assert [n for n in rigid if n.holds(7500)] == [rigid[0]]
    assert [n for n in rigid if n.holds(7500.1)] == [rigid[1]]


def test_unknown_class() -> None:
    """The error names the classes there are."""
    with pytest.raises(MissingDefaultError, match="cargo_van"):
        vehicle_class(Defaults(), "boat")


def test_a_study_can_set_a_class_parameter() -> None:
    """An override reaches the typed view."""
    defaults = Defaults({"vehicle_classes:cargo_van.height_m": 2.9})
    assert vehicle_class(defaults, "cargo_van").height_m == 2.9


@pytest.mark.parametrize(
    ("count", "size"),
    [(1, "1-5"), (5, "1-5"), (6, "6-30"), (30, "6-30"), (31, "31-100"), (100, "31-100"),
     (101, ">100")],
)  # fmt: skip
def test_operator_sizes(count: int, size: str) -> None:
    """The limits belong to the smaller class."""
    assert operator_size(Defaults(), count) == size
    assert operator_sizes() == ("1-5", "6-30", "31-100", ">100")


@pytest.mark.parametrize(
    "table", ["vehicle_classes", "operator_sizes", "wear", "emissions", "fuel"]
)
def test_tables_say_where_numbers_come_from(table: str) -> None:
    """Each row has unit, source and a status that means something."""
    rows = read_table(table)
    assert (rows["unit"] != "").mean() > 0.9
    assert (rows["source"] != "").all()
    assert set(rows["status"]) <= {"verified", "derived", "memory", "illustrative"}


@pytest.mark.parametrize(
    ("row", "value"),
    [
        ("curb_mass_kg", -5500), ("drag_area_m2", 0), ("axles", 0), ("height_m", "tall"),
        ("gvw_max_kg", 7000), ("emep_category", "medium"),
    ],
)  # fmt: skip
def test_a_class_that_cannot_be_names_its_row(row: str, value: float | str) -> None:
    """A negative mass, no wheels, a range of weights that ends before it begins."""
    defaults = Defaults({f"vehicle_classes:rigid_12t.{row}": value})
    with pytest.raises(InputError) as error:
        vehicle_class(defaults, "rigid_12t")
    assert [problem.field for problem in error.value.problems] == [f"rigid_12t.{row}"]
