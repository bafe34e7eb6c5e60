"""Read ``study.yaml``, naming every fault with its line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from geofleet.config.model import STUDY_FILE, StudyConfig
from geofleet.errors import InputError, Problem
from geofleet.schema import read_text

__all__ = ["read_config", "read_settings", "setting_line", "setting_problems"]

_AS_WRITTEN = ("policy", "assume")
_EXPECTED = {
    "missing": "this setting to be given",
    "extra_forbidden": "a setting that geofleet knows (is it misspelt?)",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "float_parsing": "a number",
    "float_type": "a number",
    "finite_number": "a number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "string_too_short": "text that is not empty",
    "string_type": "text",
    "path_type": "the name of a file",
    "model_type": "settings below it, one 'key: value' on each line",
    "dict_type": "settings below it, one 'key: value' on each line",
}
_MONEY_OF_YEARS = "an amount of at least 0, or a list of them, one for each year"
_EXPECTED_OF = {
    "budget_per_year": _MONEY_OF_YEARS,
    "plan.budget_per_year": _MONEY_OF_YEARS,
    "country": "two capital letters of ISO 3166 like MX, or null",
    "energy.models": "all, or a list of names of electric models",
    "weather.stations": "by_distance, or a list of stations, each as text (numbers in quotes)",
    "overrides.": "a number, or text where the default is text",
}


def read_config(folder: Path) -> StudyConfig:
    """Read and check ``study.yaml`` in a study folder.

    Raises
    ------
    InputError
        Missing file, broken YAML, or wrong settings: all of them, with line numbers.
    """
    config, problems = read_settings(folder)
    if problems or config is None:
        raise InputError(problems)
    return config


def read_settings(folder: Path) -> tuple[StudyConfig | None, list[Problem]]:
    """Read ``study.yaml`` as far as it can be understood, for a check of all that it names.

    Returns
    -------
    tuple
        The settings without those that are wrong (the time zone is then UTC), None where too
        little is left, and every problem.
    """
    path = folder / STUDY_FILE
    try:
        root, data = _load(folder, path)
        problems = _repeated(path, root, ())
    except InputError as error:
        return None, list(error.problems)
    except RecursionError:
        expected = "settings a few levels deep, of which none holds itself"
        return None, [Problem(str(path), expected=expected)]
    try:
        return StudyConfig.model_validate(data), problems
    except ValidationError as error:
        details = error.errors()
    places = [_place(data, detail) for detail in details]
    found = [_problem(path, root, *pair) for pair in zip(places, details, strict=True)]
    # Of a value that may be one of several kinds, one complaint is enough.
    first = dict(zip(reversed(places), reversed(found), strict=True))
    problems += [first[place] for place in dict.fromkeys(places)]
    for place in first:
        _leave_out(data, place)
    try:
        return StudyConfig.model_validate({"name": "study", "timezone": "UTC", **data}), problems
    except ValidationError:
        return None, problems


def setting_problems(error: ValidationError, data: dict[str, Any], *, file: str) -> list[Problem]:
    """Return what is wrong with settings that were given otherwise than by ``study.yaml``."""
    details = error.errors()
    places = [_place(data, detail) for detail in details]
    found = [_problem(Path(file), None, *pair) for pair in zip(places, details, strict=True)]
    # of a value that may be one of several kinds, one complaint is enough
    return list(dict(zip(reversed(places), reversed(found), strict=True)).values())[::-1]


def setting_line(folder: Path, *location: str) -> int:
    """Return the line of ``study.yaml`` on which a setting stands, 0 where it does not."""
    try:
        root, _ = _load(folder, folder / STUDY_FILE)
    except InputError:
        return 0
    return _line(root, location)


def _load(folder: Path, path: Path) -> tuple[yaml.Node | None, dict[Any, Any]]:
    if not folder.is_dir():
        raise InputError([Problem(str(folder), expected=f"a folder that holds {STUDY_FILE}")])
    text = read_text(path)
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 0
        what = getattr(error, "problem", None) or "broken syntax"
        if "'\\t'" in what:
            what = "a tab; indent with spaces"
        raise InputError([Problem(str(path), "", line, expected=f"YAML ({what})")]) from None
    except ValueError:
        raise InputError(_no_values(path, root)) from None
    if not isinstance(data, dict):
        raise InputError([Problem(str(path), expected="settings as 'key: value' lines")])
    _keep_words(root, data)
    return root, data


def _keep_words(root: yaml.Node | None, data: dict[Any, Any]) -> None:
    """Take assumptions as they are written: ``00`` is a hologram, not the number 0."""
    node: Any = root
    values: Any = data
    for name in _AS_WRITTEN:
        found = next((v for k, v in getattr(node, "value", ()) if k.value == name), None)
        if not isinstance(found, yaml.MappingNode) or not isinstance(values, dict):
            return
        node, values = found, values.get(name)
    for key, value in node.value:
        written = isinstance(value, yaml.ScalarNode) and not value.tag.endswith(":null")
        if written and isinstance(values, dict) and key.value in values:
            values[key.value] = str(value.value)


def _no_values(path: Path, node: yaml.Node | None) -> list[Problem]:
    """Find what looks like a date and is none, which YAML itself names without a line."""
    problems = []
    if isinstance(node, yaml.ScalarNode):
        try:
            yaml.safe_load(node.value)
        except yaml.YAMLError:
            pass  # text in quotes that is no YAML of its own
        except ValueError as error:
            line, why = node.start_mark.line + 1, f"a value that there is ({error})"
            problems.append(Problem(str(path), "", line, node.value, why))
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            problems += _no_values(path, item)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            problems += [*_no_values(path, key), *_no_values(path, value)]
    return problems


def _repeated(path: Path, node: yaml.Node | None, above: tuple[str, ...]) -> list[Problem]:
    """Find settings that stand twice in one section; YAML itself would take the last."""
    problems = []
    lines: dict[str, int] = {}
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        place, line = (*above, str(key.value)), key.start_mark.line + 1
        if place[-1] in lines:
            expected = f"each setting once; it stands on line {lines[place[-1]]} too"
            problems.append(Problem(str(path), ".".join(place), line, expected=expected))
        lines.setdefault(place[-1], line)
        problems += _repeated(path, value, place)
    return problems


def _place(data: Any, detail: Any) -> tuple[str, ...]:
    """Return where a fault is, without the kinds of value that pydantic tried there."""
    place: list[str] = []
    for part in detail["loc"]:
        if not isinstance(data, dict) or (part not in data and detail["type"] != "missing"):
            break
        place.append(str(part))
        data = data.get(part)
    return tuple(place)


def _leave_out(data: dict[Any, Any], place: tuple[str, ...]) -> None:
    for part in place[:-1]:
        data = data.get(part, {})
    if place and isinstance(data, dict):
        data.pop(place[-1], None)


def _problem(path: Path, root: yaml.Node | None, place: tuple[str, ...], detail: Any) -> Problem:
    """Turn one pydantic error into a Problem that names the line."""
    kind, context = detail["type"], detail.get("ctx", {})
    value = "" if kind == "missing" or isinstance(detail["input"], dict) else str(detail["input"])
    name = ".".join(place)
    expected = _EXPECTED.get(kind, str(detail["msg"]).removeprefix("Value error, "))
    if kind == "literal_error":
        expected = "one of " + str(context["expected"]).replace("'", "").replace(" or ", ", ")
    if kind in ("greater_than", "greater_than_equal", "less_than_equal"):
        bound = next(iter(context.values()))
        words = {"greater_than": "above", "greater_than_equal": "of at least"}
        expected = f"a number {words.get(kind, 'of at most')} {bound:g}"
    for start, words_of_setting in _EXPECTED_OF.items():
        if name.startswith(start) and kind != "extra_forbidden":
            expected = words_of_setting
    return Problem(str(path), name, _line(root, place), value, expected)


def _line(node: yaml.Node | None, location: Sequence[str]) -> int:
    """Find the line of a setting, or of the closest section that holds it."""
    line = node.start_mark.line + 1 if node is not None else 0
    for part in location:
        if not isinstance(node, yaml.MappingNode):
            break
        for key, value in node.value:
            if key.value == part:
                line, node = key.start_mark.line + 1, value
                break
        else:
            break
    return line
