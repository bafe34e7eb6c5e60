"""Reading a fleet: good files give a fleet, bad ones name every fault at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from geofleet.defaults import Defaults
from geofleet.errors import InputError
from geofleet.fleet import read_fleet

HEADER = (
    "vehicle_id,operator_id,vehicle_class,fuel,standard,model_year,gvw_kg,payload_capacity_kg\n"
)
GOOD = (
    "v1,A,cargo_van,diesel,euro_4,2012,3500,1200\n"
    "v2,B,rigid_7_5t,diesel,euro_3,2005,7500,3800\n"
    "v3,B,rigid_20t,electric,none,2024,16000,8000\n"
)
OPERATORS = "operator_id,name,fleet_size\nA,Firm A,3\nB,Firm B,120\n"


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Write a good fleet."""
    vehicles, operators = tmp_path / "vehicles.csv", tmp_path / "operators.csv"
    vehicles.write_text(HEADER + GOOD, encoding="utf-8")
    operators.write_text(OPERATORS, encoding="utf-8")
    return vehicles, operators


def faults(files: tuple[Path, Path], *, year: int = 2024) -> list[tuple[str, str, int]]:
    """Return file, field and row of every problem."""
    with pytest.raises(InputError) as error:
        read_fleet(*files, year=year)
    return [(Path(p.file).name, p.field, p.row) for p in error.value.problems]


def test_a_good_fleet(files: tuple[Path, Path]) -> None:
    """Vehicles and operators are indexed, sizes added, optional columns there and empty."""
    fleet = read_fleet(*files, year=2024)
    assert list(fleet.vehicles.index) == ["v1", "v2", "v3"]
    assert fleet.operators["operator_size"].to_dict() == {"A": "1-5", "B": ">100"}
    assert fleet.vehicles["plate"].isna().all()
    assert fleet.vehicles["annual_km"].isna().all()
    assert "operator_sizes:1-5.largest" in fleet.provenance
    classes = {row.split(":")[1].split(".")[0] for row in fleet.provenance if "classes:" in row}
    assert classes == {"cargo_van", "rigid_7_5t", "rigid_20t"}


def test_every_contradiction_is_named(files: tuple[Path, Path]) -> None:
    """Class, weight class, payload, operator, year and standard: all in one error."""
    files[0].write_text(
        HEADER
        + "v1,A,lorry,diesel,euro_4,2012,3500,1200\n"
        + "v2,A,cargo_van,diesel,euro_4,2012,9000,1200\n"
        + "v3,A,cargo_van,diesel,euro_4,2012,3000,3000\n"
        + "v4,Z,cargo_van,diesel,euro_4,2012,3500,1200\n"
        + "v5,A,cargo_van,diesel,euro_4,2031,3500,1200\n"
        + "v6,A,cargo_van,electric,euro_4,2020,3500,1200\n"
        + "v7,A,cargo_van,diesel,none,2020,3500,1200\n",
        encoding="utf-8",
    )
    assert faults(files) == [
        ("vehicles.csv", "vehicle_class", 2),
        ("vehicles.csv", "gvw_kg", 3),
        ("vehicles.csv", "payload_capacity_kg", 4),
        ("vehicles.csv", "operator_id", 5),
        ("vehicles.csv", "model_year", 6),
        ("vehicles.csv", "standard", 7),
        ("vehicles.csv", "standard", 8),
    ]


def test_bad_cells_do_not_hide_contradictions(files: tuple[Path, Path]) -> None:
    """A bad number in one file, a missing column in the other, an unknown class: one error."""
    files[0].write_text(
        HEADER
        + "v1,A,cargo_van,diesel,euro_4,2012,heavy,1200\nv1,B,boat,diesel,euro_9,1,3000,-5\n",
        encoding="utf-8",
    )
    files[1].write_text("operator_id,name\nA,Firm A\n", encoding="utf-8")
    found = set(faults(files))
    assert found == {
        ("vehicles.csv", "gvw_kg", 2),
        ("vehicles.csv", "vehicle_id", 3),
        ("vehicles.csv", "vehicle_class", 3),
        ("vehicles.csv", "standard", 3),
        ("vehicles.csv", "model_year", 3),
        ("vehicles.csv", "payload_capacity_kg", 3),
        ("vehicles.csv", "operator_id", 3),
        ("operators.csv", "fleet_size", 1),
    }


def test_many_alike_faults_are_counted_not_listed(files: tuple[Path, Path]) -> None:
    """Twenty vehicles of an unknown class take six lines, the last one with the count."""
    rows = [f"v{i},A,boat,diesel,euro_4,2012,3500,1200\n" for i in range(20)]
    files[0].write_text(HEADER + "".join(rows), encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_fleet(*files, year=2024)
    assert len(error.value.problems) == 6
    assert "15 more rows" in str(error.value.problems[-1])


def test_missing_files_are_both_named(tmp_path: Path) -> None:
    """Two missing files are two problems."""
    assert [name for name, _, _ in faults((tmp_path / "v.csv", tmp_path / "o.csv"))] == [
        "v.csv",
        "o.csv",
    ]


def test_next_years_models_are_sold_this_year(files: tuple[Path, Path]) -> None:
    """A model year one ahead of the study is accepted, two ahead is not."""
    text = files[0].read_text(encoding="utf-8")
    files[0].write_text(text.replace("2012", "2025"), encoding="utf-8")
    assert read_fleet(*files, year=2024).vehicles.loc["v1", "model_year"] == 2025
    assert faults(files, year=2023) == [
        ("vehicles.csv", "model_year", 2),
    ]


def test_latin1_is_refused(files: tuple[Path, Path]) -> None:
    """A file that is not UTF-8 is named with the line."""
    files[1].write_bytes("operator_id,name,fleet_size\nA,Firm A,3\nB,Añejo,120\n".encode("latin-1"))
    assert ("operators.csv", "", 3) in faults(files)


def test_a_quotation_mark_that_never_closes_is_named(files: tuple[Path, Path]) -> None:
    """In a long file the reader of cells gives up: a clear message, not its own error."""
    vehicles, operators = files
    text = vehicles.read_text(encoding="utf-8")
    lost = text + '"v99,' + text * (200_000 // len(text))
    vehicles.write_text(lost, encoding="utf-8")
    with pytest.raises(InputError, match=rf"row {text.count(chr(10)) + 1}.*quotation mark"):
        read_fleet(vehicles, operators, year=2024)


def test_a_class_set_to_nonsense_is_named_with_the_other_faults(files: tuple[Path, Path]) -> None:
    """An override of a class table does not hide a missing file."""
    vehicles, operators = files
    operators.unlink()
    defaults = Defaults({"vehicle_classes:rigid_20t.curb_mass_kg": -1})
    with pytest.raises(InputError) as error:
        read_fleet(vehicles, operators, year=2024, defaults=defaults)
    fields = [problem.field for problem in error.value.problems]
    assert "rigid_20t.curb_mass_kg" in fields
    assert any(problem.file == str(operators) for problem in error.value.problems)
