"""Streets of the harm page: what is emitted and what is breathed, by hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from geofleet.maps.harm_figures import StreetHours
from geofleet.maps.packed import Card, CardRow, PackedLines, Variable
from geofleet.maps.policy_words import road_class_words
from geofleet.maps.scales import EMITTED, HARM, TRAFFIC
from geofleet.wording import Readers, Text, both, say

__all__ = ["THEMES", "Period", "street_lines", "themes_of"]

_G_PER_KG = 1000.0


@dataclass(frozen=True)
class Period:
    """The service dates that sums are over, in words.

    Parameters
    ----------
    days
        How many.
    readers
        How numbers are written.
    """

    days: int
    readers: Readers

    @property
    def per(self) -> Text:
        """What sums are over: ``per day`` or ``over 5 days``."""
        if self.days <= 1:
            return say("harm.per_day")
        return say("harm.over_days", days=self.readers.whole(self.days))

    def km_day(self, mass: Text) -> Text:
        """Return the unit of a sum of the whole day for each kilometre."""
        return say("harm.unit", mass=mass, per=say("harm.km_day", per=self.per))

    def km_hour(self, mass: Text) -> Text:
        """Return the unit of a sum of one hour for each kilometre."""
        return say("harm.unit", mass=mass, per=self._hour("harm.km_hour"))

    def passages(self) -> tuple[Text, Text]:
        """Return the units of passages in the day and in an hour."""
        return say("harm.passages", per=self.per), self._hour("harm.passages_hour")

    def _hour(self, key: str) -> Text:
        if self.days <= 1:
            return say(key)
        return say(f"{key}_days", days=self.readers.whole(self.days))


@dataclass(frozen=True)
class _Theme:
    """A column of ``link_hours`` that streets can be coloured by."""

    name: str
    column: str
    group: str
    colours: tuple[str, ...]
    mass: str = "grams"
    divide: float = 1.0


_ALL = (
    _Theme("harm_pm25_exhaust", "harm_pm25_exhaust", "breathed", HARM, "harm_unit"),
    _Theme("harm_nox", "harm_nox", "breathed", HARM, "harm_unit"),
    _Theme("harm_pm25_wear", "harm_pm25_wear", "breathed", HARM, "harm_unit"),
    _Theme("pm25_exhaust", "pm25_exhaust_g", "emitted", EMITTED),
    _Theme("bc_exhaust", "bc_exhaust_g", "emitted", EMITTED),
    _Theme("nox", "nox_exhaust_g", "emitted", EMITTED),
    _Theme("pm25_wear", "pm25_wear_g", "emitted", EMITTED),
    _Theme("co2", "co2_g", "emitted", EMITTED, "kilograms", _G_PER_KG),
    _Theme("vehicles", "vehicles", "traffic", TRAFFIC, "vehicles"),
)
THEMES = tuple(theme.name for theme in _ALL)
"""What streets can be coloured by."""


def themes_of(hours: StreetHours, themes: Sequence[str]) -> list[str]:
    """Return those of the themes that are known of some street, in the order of ``THEMES``.

    Raises
    ------
    ValueError
        A theme that there is none of.
    """
    unknown = [name for name in themes if name not in THEMES]
    if unknown:
        raise ValueError(f"themes {unknown}: expected some of {', '.join(THEMES)}")
    driven = hours.values["vehicles"] > 0  # nothing is emitted in other hours: known, but no news
    return [
        theme.name
        for theme in _ALL
        if theme.name in themes and (np.isfinite(hours.values[theme.column]) & driven).any()
    ]


def street_lines(
    hours: StreetHours,
    *,
    period: Period,
    themes: Sequence[str] = THEMES,
    selected: str = THEMES[0],
    hour: int | None = None,
    max_bytes: float | None = None,
) -> PackedLines:
    """Return the streets as a layer with a variable for each theme that has data.

    Parameters
    ----------
    themes
        Out of ``THEMES``; those that are known of no street are left out, and one at least stays.
    selected, hour
        What is shown at first (the first of them when not among them); hour None is the whole day.
    max_bytes
        What the layer may weigh in the page.

    Raises
    ------
    ValueError
        A theme that there is none of.
    """
    names = themes_of(hours, themes)
    chosen = [theme for theme in _ALL if theme.name in names]
    streets = hours.streets
    return PackedLines(
        streets["geometry"].to_numpy(),
        [_variable(theme, hours, period) for theme in chosen],
        texts={
            "name": [None if pd.isna(name) else str(name) for name in streets["name"]],
            "road": [road_class_words(str(kind)) for kind in streets["highway"]],
        },
        numbers={"length_m": streets["length_m"].to_numpy(np.float64)},
        card=Card(
            title="name", subtitle="road", untitled=say("lines.unnamed"), hint=say("harm.hint"),
            rows=[CardRow(say("harm.length"), "length_m", unit=both("m"))],
        ),
        readers=period.readers,
        identifier="streets",
        selected=selected if selected in names else names[0],
        hour=hour,
        max_bytes=max_bytes,
    )  # fmt: skip


def _variable(theme: _Theme, hours: StreetHours, period: Period) -> Variable:
    if theme.column == "vehicles":
        values, (unit, hour_unit) = hours.values["vehicles"], period.passages()
    else:
        values, mass = hours.per_km(theme.column) / theme.divide, say(f"harm.{theme.mass}")
        unit, hour_unit = period.km_day(mass), period.km_hour(mass)
    text = {
        "breathed": say("harm.harm_text", thousand=period.readers.whole(1000)),
        "emitted": say("harm.emitted_text"), "traffic": say("harm.vehicles_text"),
    }[theme.group]  # fmt: skip
    return Variable(
        theme.name, label=say(f"harm.{theme.name}"), unit=unit, hour_unit=hour_unit,
        values=values, whole="sum", colours=theme.colours, text=text,
        group=say(f"harm.{theme.group}"),
    )  # fmt: skip
