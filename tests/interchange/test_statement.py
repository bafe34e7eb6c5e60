"""Statements by ISO 14083: the schema as its own language reads it, and sums that must add up."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofleet.emissions.accounting import statement as made_by
from geofleet.errors import InputError
from geofleet.interchange import STATEMENT_VERSION, check_statement, statement_schema
from geofleet.interchange.json_schema import schema_faults

Statement = dict[str, Any]


@pytest.fixture(scope="module")
def sound() -> Statement:
    path = Path(__file__).with_name("samples") / "iso14083.json"
    content: Statement = json.loads(path.read_text(encoding="utf-8"))
    return content


def test_a_sound_statement_has_no_problem(sound: Statement, samples: Path) -> None:
    """As a mapping and as a file; what statements are made with names the schema of this check."""
    assert check_statement(sound) == []
    assert check_statement(samples / "iso14083.json") == []
    assert sound["schema"] == made_by._SCHEMA
    assert made_by._SCHEMA["version"] == STATEMENT_VERSION
    assert f":{STATEMENT_VERSION}" in statement_schema()["$id"]


def test_an_older_statement_is_still_read(sound: Statement) -> None:
    """One of version 1.0.0, without requirements and names of categories, keeps to the schema."""
    old = copy.deepcopy(sound)
    old["schema"]["version"] = "1.0.0"
    del old["declaration"]["requirements"]
    old["declaration"] |= {"conforms": True, "reasons": []}
    for element in old["transport_chain_elements"]:
        for category in element["transport_operation_categories"]:
            del category["toc_id"]
    assert check_statement(old) == []


def _element(statement: Statement) -> Statement:
    found: Statement = statement["transport_chain_elements"][0]
    return found


def _set(holder: Statement, name: str, value: Any) -> None:
    holder[name] = value


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda s: s.pop("boundary"), "boundary"),
        (lambda s: _set(s, "standard", "ISO 14064"), "standard"),
        (lambda s: _set(s, "extra", 1), "extra"),
        (lambda s: _set(s["data_quality"]["kinds"], "mass", "guessed"), "data_quality.kinds.mass"),
        (lambda s: _set(s["total"], "distance_km", -1), "total.distance_km"),
        (lambda s: _set(s["period"], "from", "14/05/2024"), "period.from"),
        (lambda s: _set(s["schema"], "version", "2.0.0"), "schema.version"),
        (lambda s: _set(s["schema"], "version", "²"), "schema.version"),
        (lambda s: _set(s["schema"], "version", "9" * 5000), "schema.version"),
        (lambda s: _set(s["declaration"], "conforms", True), "declaration.conforms"),
        (lambda s: _set(s["total"], "mass_t", 1.0), "total.mass_t"),
        (lambda s: _set(_element(s), "distance_km", 1.0),
         "transport_chain_elements[0].distance_km"),
        (lambda s: _set(_element(s)["intensity_g_per_tkm"], "co2e_wtw_g", 5.0),
         "transport_chain_elements[0].intensity_g_per_tkm.co2e_wtw_g"),
        (lambda s: _set(s["total"]["emissions_g"], "co2e_wtt_g", 0),
         "total.emissions_g.co2e_wtw_g"),
        (lambda s: _set(s["total"], "empty_km_share", 0.0), "total.empty_km_share"),
        (lambda s: _set(s["total"], "distance_adjustment_factor", None),
         "total.distance_adjustment_factor"),
        (lambda s: _set(s["data_quality"]["co2e_wtw_share_by_kind"], "modelled", 0.5),
         "data_quality.co2e_wtw_share_by_kind"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(
    sound: Statement, change: Callable[[Statement], Any], field: str
) -> None:
    """Missing and strange fields, sums that do not add up, ratios of other numbers."""
    broken = copy.deepcopy(sound)
    change(broken)
    assert field in {problem.field for problem in check_statement(broken)}


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    return [path, *(found for key, item in items for found in _paths(item, (*path, key)))]


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_the_schema_says_what_json_schema_says(data: st.DataObject, sound: Statement) -> None:
    """On statements with any one part replaced, this check and the jsonschema library agree."""
    changed = copy.deepcopy(sound)
    path = data.draw(st.sampled_from(_paths(changed)[1:]))
    holder: Any = changed
    for key in path[:-1]:
        holder = holder[key]
    values = (None, True, -1, 0, 1.5, 3.0, 2**70, "", "primary", "2024-05-14", [], {}, ["x"],
              {"a": 1})  # fmt: skip
    action = data.draw(st.sampled_from(("replace", "drop", "add")))
    if action == "replace":
        holder[path[-1]] = data.draw(st.sampled_from(values))
    elif action == "drop" and isinstance(holder, dict):
        del holder[path[-1]]
    elif isinstance(holder, dict):
        holder["<script>"] = data.draw(st.sampled_from(values))
    validator = jsonschema.Draft202012Validator(
        statement_schema(), format_checker=jsonschema.FormatChecker(["date"])
    )
    assert bool(schema_faults(changed, statement_schema())) == (not validator.is_valid(changed))


def test_the_published_schema_is_one(sound: Statement) -> None:
    """The schema keeps to its own language, and the sample to the schema."""
    jsonschema.Draft202012Validator.check_schema(statement_schema())
    jsonschema.Draft202012Validator(statement_schema()).validate(sound)


def test_broken_files_are_refused(tmp_path: Path) -> None:
    """NaN is no JSON; a list is no statement."""
    for text in ('{"total": NaN}', "[]", "{", ""):
        path = tmp_path / "s.json"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(InputError):
            check_statement(path)
