"""Text of a thing that is the same in every run, so that equal things can be told and put in order.

Sets print in an order that differs from run to run, and areas do not print at all; here they do.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping
from typing import Any

from shapely.geometry.base import BaseGeometry

__all__ = ["text_of"]


def text_of(thing: Any) -> str:
    """Return text that two things share just when they say the same.

    Examples
    --------
    >>> text_of(frozenset({"b", "a"}))
    "{'a', 'b'}"
    """
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        parts = (
            f"{field.name}={text_of(getattr(thing, field.name))}"
            for field in dataclasses.fields(thing) if field.name != "line"
        )  # fmt: skip
        return f"{type(thing).__name__}({', '.join(parts)})"
    if isinstance(thing, BaseGeometry):
        return str(thing.normalize().wkb_hex)
    if isinstance(thing, Mapping):
        items = sorted((text_of(key), text_of(value)) for key, value in thing.items())
        return "{" + ", ".join(f"{key}: {value}" for key, value in items) + "}"
    if isinstance(thing, (set, frozenset)):
        return "{" + ", ".join(sorted(text_of(part) for part in thing)) + "}"
    if isinstance(thing, (tuple, list)):
        return "(" + ", ".join(text_of(part) for part in thing) + ")"
    if isinstance(thing, (datetime.date, datetime.datetime)):
        return thing.isoformat()
    if isinstance(thing, float) and thing.is_integer():
        return repr(int(thing))
    return repr(thing)
