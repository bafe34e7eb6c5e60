"""Statements of transport emissions by ISO 14083: their published schema and their check.

The schema is ``iso14083.schema.json`` beside this module, JSON Schema of 2020-12. It says what a
statement holds; :func:`check_statement` reads that, and whether the numbers agree with each other.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from geofleet.errors import InputError, Problem
from geofleet.interchange.json_files import read_object
from geofleet.interchange.json_schema import schema_faults

__all__ = ["STATEMENT_VERSION", "check_statement", "statement_schema"]

STATEMENT_VERSION = "1.1.0"
_SCHEMA_FILE = "iso14083.schema.json"
_NAME = "geofleet.iso14083_statement"
_TOLERANCE = 1e-6
_MAJOR = re.compile(r"([0-9]{1,9})(?:\.|$)")
_SUMMED = (
    "vehicle_days", "vehicle_days_without_activity", "distance_km", "empty_km", "consignments",
    "mass_t", "actual_tkm", "transport_activity_tkm",
)  # fmt: skip


@cache
def _schema() -> dict[str, Any]:
    text = (resources.files("geofleet.interchange") / _SCHEMA_FILE).read_text(encoding="utf-8")
    content: dict[str, Any] = json.loads(text)
    return content


def statement_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of statements, as a copy.

    Examples
    --------
    >>> statement_schema()["properties"]["schema"]["properties"]["name"]
    {'const': 'geofleet.iso14083_statement'}
    """
    copied: dict[str, Any] = json.loads(json.dumps(_schema()))
    return copied


def check_statement(statement: Mapping[str, Any] | str | Path) -> list[Problem]:
    """Return what is wrong with a statement, nothing if it is sound.

    Parameters
    ----------
    statement
        As :func:`geofleet.emissions.accounting.statement.iso14083_statement` returns it, or its
        file.

    Returns
    -------
    list of Problem
        Fields that the schema does not allow or misses; then, if there are none, sums that do not
        add up (categories to elements, elements to the total), intensities that are not emissions
        over transport activity, well-to-wheel emissions that are not those of the tank and of the
        well together, conformity claimed where a requirement is not met.

    Raises
    ------
    InputError
        A file that is no JSON object.

    Examples
    --------
    >>> check_statement({"standard": "ISO 14083:2023"})[0].field
    'schema'
    """
    if isinstance(statement, str | Path):
        file = str(statement)
        content: Mapping[str, Any] = read_object(Path(statement))
    else:
        file, content = "statement", statement
    newer = _newer(content, file)
    if newer is not None:
        return [newer]
    faults = [
        Problem(file, place or "(whole)", 0, value, expected)
        for place, value, expected in schema_faults(content, _schema())
    ]
    return faults or list(_disagreements(content, file))


def _newer(content: Mapping[str, Any], file: str) -> Problem | None:
    """Return the problem of a statement whose schema is of a later major version."""
    about = content.get("schema")
    version = about.get("version") if isinstance(about, Mapping) else None
    found = _MAJOR.match(str(version))
    known = STATEMENT_VERSION.partition(".")[0]
    if found is not None and int(found[1]) > int(known):
        expected = f"a statement of schema version {known}.x; a newer geofleet reads this one"
        return Problem(file, "schema.version", 0, str(version), expected)
    return None


def _disagreements(content: Mapping[str, Any], file: str) -> Iterator[Problem]:
    elements = content["transport_chain_elements"]
    for number, element in enumerate(elements):
        place = f"transport_chain_elements[{number}]"
        categories = element["transport_operation_categories"]
        yield from _sums(categories, element, file, place, "transport_operation_categories")
        for place_of, numbers in [
            (place, element),
            *(
                (f"{place}.transport_operation_categories[{i}]", category)
                for i, category in enumerate(categories)
            ),
        ]:
            yield from _ratios(numbers, file, place_of)
    yield from _sums(elements, content["total"], file, "total", "transport_chain_elements")
    yield from _ratios(content["total"], file, "total")
    declared = content["declaration"]
    open_ = [row["about"] for row in declared.get("requirements", ()) if row["met"] is not True]
    if declared["conforms"] and open_:
        expected = f"false: not met or not compared are {', '.join(open_)}"
        yield Problem(file, "declaration.conforms", 0, "True", expected)
    shares = content["data_quality"]["co2e_wtw_share_by_kind"]
    if content["total"]["emissions_g"]["co2e_wtw_g"] and not _same(sum(shares.values()), 1.0):
        field = "data_quality.co2e_wtw_share_by_kind"
        yield Problem(file, field, 0, f"{sum(shares.values()):g}", "shares that sum to 1")


def _sums(
    parts: Sequence[Mapping[str, Any]], whole: Mapping[str, Any], file: str, place: str, of: str
) -> Iterator[Problem]:
    """Compare the sums of parts with what the whole says."""
    for name in _SUMMED:
        yield from _sum(name, [p[name] for p in parts], whole[name], file, f"{place}.{name}", of)
    for name, said in whole["emissions_g"].items():
        values = [part["emissions_g"].get(name) for part in parts]
        yield from _sum(name, values, said, file, f"{place}.emissions_g.{name}", of)


def _sum(
    name: str, values: Sequence[Any], said: Any, file: str, place: str, of: str
) -> Iterator[Problem]:
    if any(value is None for value in values):
        # An unknown part leaves the whole unknown.
        if said is not None:
            expected = f"null: {name} is not known of all {of}"
            yield Problem(file, place, 0, str(said), expected)
        return
    if said is None or not _same(sum(values), said):
        expected = f"{sum(values):.10g}, the sum over {of}"
        yield Problem(file, place, 0, str(said), expected)


def _ratios(numbers: Mapping[str, Any], file: str, place: str) -> Iterator[Problem]:
    """Compare ratios with what they are made of; without activity they must be null."""
    activity = numbers["transport_activity_tkm"]
    grams = numbers["emissions_g"]
    for name, said in numbers["intensity_g_per_tkm"].items():
        yield from _ratio(
            grams.get(name), activity, said, file, f"{place}.intensity_g_per_tkm.{name}"
        )
    for top, bottom, field in (
        ("empty_km", "distance_km", "empty_km_share"),
        ("actual_tkm", "transport_activity_tkm", "distance_adjustment_factor"),
    ):
        yield from _ratio(numbers[top], numbers[bottom], numbers[field], file, f"{place}.{field}")
    parts = [grams["co2e_ttw_g"], grams["co2e_wtt_g"]]
    yield from _sum(
        "co2e", parts, grams["co2e_wtw_g"], file, f"{place}.emissions_g.co2e_wtw_g",
        "tank to wheel and well to tank",
    )  # fmt: skip


def _ratio(top: Any, bottom: Any, said: Any, file: str, place: str) -> Iterator[Problem]:
    if top is None or not bottom:
        if said is not None:
            yield Problem(file, place, 0, str(said), "null: there is nothing to divide by")
    elif said is None or not _same(top / bottom, said):
        yield Problem(file, place, 0, str(said), f"{top / bottom:.10g}")


def _same(first: float, second: float) -> bool:
    return math.isclose(first, second, rel_tol=_TOLERANCE, abs_tol=1e-9)


def raise_if_unsound(statement: Mapping[str, Any] | str | Path) -> None:
    """Raise :class:`InputError` with every problem of a statement."""
    problems = check_statement(statement)
    if problems:
        raise InputError(problems)
