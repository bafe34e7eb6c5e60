"""JSON of other programs, read with every way it can be broken named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from geofleet.errors import InputError, Problem
from geofleet.schema import read_text

__all__ = ["read_object"]


def read_object(path: Path) -> dict[str, Any]:
    """Return the object that a JSON file holds.

    Raises
    ------
    InputError
        Missing or unreadable file, broken JSON, numbers that are no numbers, anything but an
        object.
    """
    text = read_text(path)
    try:
        content = json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        expected = f"JSON that is whole and well formed ({error.msg}, column {error.colno})"
        raise InputError([Problem(str(path), row=error.lineno, expected=expected)]) from None
    except (ValueError, RecursionError) as error:
        # NaN, numbers of thousands of digits, brackets thousands deep.
        expected = f"JSON of a usual kind ({' '.join(str(error).split())[:80]})"
        raise InputError([Problem(str(path), expected=expected)]) from None
    if not isinstance(content, dict):
        raise InputError([Problem(str(path), expected="a JSON object")])
    return content


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")
