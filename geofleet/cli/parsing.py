"""Texts of the command line, read."""

from __future__ import annotations

import re
from typing import Any

import typer

__all__ = ["answers", "as_options", "date_of", "pairs", "point_of"]

# Messages name the parameters of the Python call; on the command line these are options.
_PARAMETERS = (
    (re.compile(r"(?<![-\w])assume (?=[a-z_]+=)"), "--assume "),
    (re.compile(r"(?<![-\w])(date|dates|decimal|depot|encoding|sheet)=(?=[\w…])"), r"--\1 "),
    (re.compile(r"(?<![-\w])vehicle_id=(?=…)"), "--vehicle "),
    (re.compile(r"(?<=, or )first_is_depot\b"), "--first-is-depot"),
    (re.compile(r"\(columns\)"), "(--column FIELD=HEADING)"),
    (re.compile(r"given beside the file(?=: )"), "given as --unit FIELD=UNIT"),
    (re.compile(r"or say its encoding: "), "or say its encoding: --encoding "),
)


def as_options(message: str) -> str:
    """Say the parameters that a message of an import names as the options that they are here."""
    for pattern, option in _PARAMETERS:
        message = pattern.sub(option, message)
    return message


def answers(texts: list[str] | None) -> dict[str, bool]:
    """Return the answers to switches, given as name=true or name=false."""
    found = {}
    for name, value in pairs(texts, "--switch").items():
        if value not in ("true", "false"):
            message = f"expected {name}=true or {name}=false"
            raise typer.BadParameter(message, param_hint="--switch")
        found[name] = value == "true"
    return found


def pairs(texts: list[str] | None, option: str) -> dict[str, str]:
    """Return what is given as name=value."""
    found = {}
    for text in texts or ():
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise typer.BadParameter(f"expected name=value, not {text!r}", param_hint=option)
        found[name.strip()] = value.strip()
    return found


def date_of(text: str) -> Any:
    """Return a date."""
    import datetime

    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        message = f"expected a date like 2026-02-17, not {text!r}"
        raise typer.BadParameter(message, param_hint="--date") from None


def point_of(text: str, option: str) -> tuple[float, float]:
    """Return longitude and latitude."""
    try:
        longitude, latitude = (float(part) for part in text.split(","))
    except ValueError:
        message = f"expected longitude,latitude in degrees, not {text!r}"
        raise typer.BadParameter(message, param_hint=option) from None
    return longitude, latitude
