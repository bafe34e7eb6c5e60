"""Tables are checked whole: every fault is named with file, row, field, value and expectation."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofleet.errors import InputError
from geofleet.schema import Column, TableSchema, check_frame, read_csv

SCHEMA = TableSchema(
    "drops",
    "Drops",
    (
        Column("name", "text", "who"),
        Column("mass_kg", "number", "mass", "kg", minimum=0),
        Column("kind", "text", "kind", choices=("a", "b")),
        Column("start", "time", "from", required=False, nullable=True),
        Column("day", "date", "day", required=False, nullable=True),
        Column("count", "integer", "how many", required=False, nullable=True),
        Column("cold", "boolean", "refrigerated", required=False, nullable=True),
    ),
    key=("name",),
)


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "drops.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def problems(path: Path) -> list[tuple[int, str, str]]:
    with pytest.raises(InputError) as caught:
        read_csv(path, SCHEMA)
    return [(p.row, p.field, p.value) for p in caught.value.problems]


def test_good_table_is_typed(tmp_path: Path) -> None:
    """A right table comes back with numbers, clock seconds and missing values."""
    path = write(
        tmp_path,
        "name,mass_kg,kind,start,day,count,cold,extra\n"
        "x,1.5,a,25:30,2024-05-14,3,yes,kept\n"
        "y,0,b,,,,,\n",
    )
    frame = read_csv(path, SCHEMA)
    assert frame["mass_kg"].tolist() == [1.5, 0.0]
    assert frame["start"].iloc[0] == 25 * 3600 + 30 * 60
    assert pd.isna(frame["start"].iloc[1])
    assert frame["day"].tolist() == ["2024-05-14", None]
    assert frame["count"].iloc[0] == 3
    assert pd.isna(frame["count"].iloc[1])
    assert bool(frame["cold"].iloc[0]) is True
    assert frame["extra"].tolist() == ["kept", ""]


def test_every_fault_is_named_at_once(tmp_path: Path) -> None:
    """Six faults in one file give six problems with the line numbers of the file."""
    path = write(
        tmp_path,
        "name,mass_kg,kind,start,day\nx,-1,a,,\n\ny,heavy,c,8:99,14/05/2024\nx,2,b,,\n",
    )
    assert problems(path) == [
        (2, "mass_kg", "-1"),
        (4, "mass_kg", "heavy"),
        (4, "kind", "c"),
        (4, "start", "8:99"),
        (4, "day", "14/05/2024"),
        (5, "name", "x"),
    ]


def test_missing_column_lists_what_was_found(tmp_path: Path) -> None:
    """A missing column names itself and the columns that are there."""
    path = write(tmp_path, "name,kind\nx,a\n")
    with pytest.raises(InputError, match=r"field mass_kg: expected a column 'mass_kg'.*name, kind"):
        read_csv(path, SCHEMA)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not empty"),
        (b"name,mass_kg,kind\n", "at least one row"),
        (b"name,mass_kg,kind\nJos\xe9,1,a\n", "row 2: expected UTF-8 text; byte 0xe9"),
        (b"name,mass_kg,kind\nx,1\n", "3 cells as in the header, found 2"),
        (b"name,name,kind\nx,1,a\n", "each column once"),
    ],
)
def test_broken_files_say_how(tmp_path: Path, content: bytes, message: str) -> None:
    """Empty, headless, non-UTF-8 and ragged files each give one clear message."""
    path = write(tmp_path, content)
    with pytest.raises(InputError, match=message):
        read_csv(path, SCHEMA)


def test_missing_file_is_named(tmp_path: Path) -> None:
    """A file that is not there is a problem, not a traceback."""
    with pytest.raises(InputError, match=r"nowhere\.csv: expected a readable file"):
        read_csv(tmp_path / "nowhere.csv", SCHEMA)


def test_many_bad_rows_are_summed_up(tmp_path: Path) -> None:
    """A column that is wrong everywhere gives five rows and a count, not a flood."""
    rows = "".join(f"n{i},-1,a\n" for i in range(100))
    found = problems(write(tmp_path, "name,mass_kg,kind\n" + rows))
    assert len(found) == 6
    assert found[-1][0] == 7


def test_byte_order_mark_is_accepted(tmp_path: Path) -> None:
    """Spreadsheets write a byte-order mark; it is no part of the first column's name."""
    path = write(tmp_path, b"\xef\xbb\xbfname,mass_kg,kind\nx,1,a\n")
    assert read_csv(path, SCHEMA)["name"].tolist() == ["x"]


@given(st.text(max_size=12))
def test_checking_text_never_breaks(cell: str) -> None:
    """Whatever stands in a cell, the outcome is a value or an InputError."""
    frame = pd.DataFrame({"name": ["x"], "mass_kg": [cell], "kind": ["a"], "start": [cell]})
    with contextlib.suppress(InputError):
        assert check_frame(frame, SCHEMA, file="t.csv")["mass_kg"].iloc[0] >= 0


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_other_separators_are_named_once(tmp_path: Path, mark: str) -> None:
    """A spreadsheet set to decimal commas writes semicolons: one message, not one for each row."""
    path = write(
        tmp_path, f"name,mass_kg,kind\nx,1{'' if mark == '|' else ',5'},a\n".replace(",", mark)
    )
    with pytest.raises(
        InputError, match=r"row 1: .*separated by commas, decimals with a point"
    ) as e:
        read_csv(path, SCHEMA)
    assert len(e.value.problems) == 1


def test_decimal_comma_is_called_that(tmp_path: Path) -> None:
    """A quoted number with a comma says what is wrong with it."""
    path = write(tmp_path, 'name,mass_kg,kind\nx,"1,5",a\n')
    with pytest.raises(InputError, match=r"'1,5': .*with a decimal point"):
        read_csv(path, SCHEMA)


def test_rows_are_counted_in_lines_of_the_file(tmp_path: Path) -> None:
    """A name over three lines and an empty line do not shift the number of a later fault."""
    path = write(tmp_path, 'name,mass_kg,kind\n"a\nb\nc",1,a\n\nx,-1,a\n')
    assert problems(path) == [(6, "mass_kg", "-1")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('name,mass_kg,kind\nx,1,a\n"y,1,a\nz,1,a\n', "row 3: .*quotation mark"),
        ("\nname,mass_kg,kind\nx,1,a\n", "row 1: .*names of the columns in the first line"),
    ],
)
def test_broken_quotes_and_headers_are_one_message(
    tmp_path: Path, content: str, message: str
) -> None:
    """What makes all rows unreadable is said once, with its line."""
    with pytest.raises(InputError, match=message) as caught:
        read_csv(write(tmp_path, content), SCHEMA)
    assert len(caught.value.problems) == 1
