"""Whether files keep to the rules of GMNS: required fields, types, limits, keys, references."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd

from geofleet.errors import InputError, Problem
from geofleet.interchange.gmns_rules import FIELDS, KEYS, MISSING, OPTIONAL, REFERENCES, Rule
from geofleet.schema import read_rows

__all__ = ["check_gmns", "gmns_table"]

_SHOWN = 5
_BOOLEANS = {"true", "True", "TRUE", "1", "false", "False", "FALSE", "0"}


def check_gmns(folder: str | Path) -> list[Problem]:
    """Return what is wrong with the GMNS network in a folder, nothing if it is valid.

    ``node.csv`` and ``link.csv`` must be there, ``config.csv``, ``geometry.csv`` and
    ``movement.csv`` may be. Fields and tables that GMNS does not define are allowed.

    Examples
    --------
    >>> check_gmns("no such folder")[0].expected
    'a readable file (No such file or directory)'
    """
    place = Path(folder)
    problems: list[Problem] = []
    tables: dict[str, pd.DataFrame] = {}
    for name in FIELDS:
        path = place / f"{name}.csv"
        if name in OPTIONAL and not path.exists():
            continue
        try:
            tables[name] = gmns_table(path)
        except InputError as error:
            problems += error.problems
            continue
        problems += _fields(tables[name], name, str(path))
    config = tables.get("config")
    if config is not None and len(config) != 1:
        file = str(place / "config.csv")
        problems.append(Problem(file, value=f"{len(config)} rows", expected="a single row"))
    return problems + _references(tables, place)


def gmns_table(path: Path) -> pd.DataFrame:
    """Return the cells of a table as text with the column ``row``, missing values empty."""
    header, *lines = read_rows(path)
    names = [cell.strip() for cell in header]
    problems = []
    rows, numbers = [], []
    for number, cells in enumerate(lines, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(names):
            expected = f"{len(names)} cells as in the header, found {len(cells)}"
            problems.append(Problem(str(path), "", number, ",".join(cells)[:80], expected))
            continue
        rows.append(["" if cell.strip() in MISSING else cell.strip() for cell in cells])
        numbers.append(number)
    for name in sorted({name for name in names if names.count(name) > 1}):
        problems.append(Problem(str(path), name, 1, expected="each field once"))
    if problems:
        raise InputError(problems)
    return pd.DataFrame(rows, columns=names, dtype=object).assign(row=numbers)


def _fields(table: pd.DataFrame, name: str, file: str) -> list[Problem]:
    problems = []
    for field, rule in FIELDS[name].items():
        if field not in table.columns:
            if rule.required:
                problems.append(Problem(file, field, 1, expected="this field, it is required"))
            continue
        bad = [
            (row, cell)
            for row, cell in zip(table["row"], table[field], strict=True)
            if not _good(cell, rule)
        ]
        problems += [
            Problem(file, field, int(r), str(c)[:80], _words(rule)) for r, c in bad[:_SHOWN]
        ]
        if len(bad) > _SHOWN:
            more = f"{_words(rule)}; {len(bad) - _SHOWN} more rows have the same fault"
            problems.append(Problem(file, field, int(bad[_SHOWN][0]), expected=more))
    key = KEYS.get(name)
    if key is not None and key in table.columns:
        twice = table[table.duplicated(key) & (table[key] != "")]
        problems += [
            Problem(file, key, int(row), str(value), "each value once")
            for row, value in zip(twice["row"][:_SHOWN], twice[key][:_SHOWN], strict=True)
        ]
    return problems


def _good(cell: str, rule: Rule) -> bool:
    if cell == "":
        return not rule.required
    if rule.choices:
        return cell in rule.choices
    if rule.kind == "boolean":
        return cell in _BOOLEANS
    if rule.kind in ("number", "integer"):
        try:
            value = float(cell)
        except ValueError:
            return False
        whole = rule.kind == "number" or value == int(value) if math.isfinite(value) else False
        return bool(whole and rule.minimum <= value <= rule.maximum)
    return True


def _words(rule: Rule) -> str:
    words = {"any": "a value", "string": "text", "boolean": "true or false",
             "number": "a number", "integer": "a whole number"}[rule.kind]  # fmt: skip
    if rule.choices:
        words = "one of " + ", ".join(rule.choices)
    if math.isfinite(rule.minimum):
        words += f" of at least {rule.minimum:g}"
    if math.isfinite(rule.maximum):
        words += f" and at most {rule.maximum:g}"
    return words


def _references(tables: dict[str, pd.DataFrame], place: Path) -> list[Problem]:
    problems: list[Problem] = []
    for name, fields in REFERENCES.items():
        own = tables.get(name)
        for field, other in fields.items():
            if own is None or field not in own.columns:
                continue
            target, key = tables.get(other), KEYS[other]
            if target is not None and key not in target.columns:
                continue  # said already
            named = own[own[field] != ""]
            known = set() if target is None else set(target[key])
            lost = named[~named[field].isin(known)]
            expected = f"a {key} of {other}.csv"
            problems += [
                Problem(str(place / f"{name}.csv"), field, int(row), str(value), expected)
                for row, value in zip(lost["row"][:_SHOWN], lost[field][:_SHOWN], strict=True)
            ]
    return problems
