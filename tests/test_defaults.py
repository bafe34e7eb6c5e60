"""Default numbers carry unit, source and status, and their use is recorded."""

from __future__ import annotations

import pytest

from geofleet.defaults import STATUSES, Defaults, read_table, table_names
from geofleet.errors import MissingDefaultError


def test_every_row_says_unit_source_and_status() -> None:
    """No number without a unit, a source and an honest status."""
    for name in table_names():
        table = read_table(name)
        assert set(table["status"]) <= set(STATUSES), name
        assert (table["unit"] != "").all(), name
        assert (table["source"] != "").all(), name
        assert (table["value"] != "").all(), name


def test_use_is_recorded_in_scope_and_above() -> None:
    """A stage's recorder knows its own rows; the study's knows all."""
    table = table_names()[0]
    first, second = read_table(table).index[:2]
    defaults = Defaults()
    scope = defaults.scope()
    defaults.text(table, first)
    scope.text(table, second)
    assert scope.used == (f"{table}:{second}",)
    assert set(defaults.used) == {f"{table}:{first}", f"{table}:{second}"}


def test_override_takes_the_place_of_a_default_and_says_so() -> None:
    """A study's own number is used, and shows as the user's."""
    table = table_names()[0]
    row = read_table(table).index[0]
    key = f"{table}:{row}"
    defaults = Defaults({key: 7.25})
    assert defaults.number(table, row) == 7.25
    described = defaults.describe()
    assert described[["row", "value", "status"]].to_numpy().tolist() == [[key, "7.25", "user"]]


def test_unknown_rows_and_overrides_are_named() -> None:
    """A misspelt row is an error that names table and row."""
    with pytest.raises(MissingDefaultError, match="no default table 'nowhere'"):
        read_table("nowhere")
    table = table_names()[0]
    with pytest.raises(MissingDefaultError, match="no row 'nothing'"):
        Defaults().number(table, "nothing")
    defaults = Defaults({f"{table}:nothing": 1, "nowhere:x": 2})
    assert list(defaults.faulty_overrides()) == [f"{table}:nothing", "nowhere:x"]


def test_overrides_must_be_what_they_replace() -> None:
    """Text, infinity and negative masses in the place of numbers are faults; text for text is not.

    A temperature may be below zero, where the default is above.
    """
    faulty = {
        "energy:reserve_share": "lots",
        "fuel:diesel.co2_kg_kg": "-1",
        "energy:signal_stop_share": "nan",
        "snap:limit_m": "inf",
    }
    signed = [
        f"{name}:{row}"
        for name in table_names()
        for row, unit in read_table(name)["unit"].items()
        if unit == "degC"
    ]
    text = next(
        f"{name}:{row}"
        for name in table_names()
        for row, unit in read_table(name)["unit"].items()
        if unit == "text"
    )
    assert signed
    good = {"energy:signal_stop_share": "0.9", text: "word", **dict.fromkeys(signed, "-5")}
    assert Defaults(faulty).faulty_overrides().keys() == faulty.keys()
    assert Defaults(good).faulty_overrides() == {}
