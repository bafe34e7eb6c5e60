"""The page that says where the harm is: streets by hour, neighbourhoods, worst streets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import folium
import geopandas as gpd

from geofleet.errors import InputError
from geofleet.layers import Layer
from geofleet.maps.elements import Ref, StyledPolygons
from geofleet.maps.frame import PageFrame
from geofleet.maps.harm_figures import HarmFigures, StreetHours, harm_figures, street_hours
from geofleet.maps.harm_streets import THEMES, Period, street_lines, themes_of
from geofleet.maps.meridian import seamless
from geofleet.maps.packed import PackedLines
from geofleet.maps.people import zone_themes, zones_source
from geofleet.maps.shell import furnish, new_page
from geofleet.wording import LANGUAGES, Readers, Text, both, say

__all__ = ["harm_answer", "harm_number", "harm_page"]

_WORST = 20
_MAX_BYTES = 14e6  # with all else a page stays under 15 MB
_MANY_STREETS = 50_000
_MAIN = ("harm_pm25_exhaust", "harm_nox", "pm25_exhaust", "nox")
"""What a city of more streets than that is coloured by, the first of them most needed."""
_MASSES = ((1e6, "t"), (1e3, "kg"), (1.0, "g"), (1e-3, "mg"))


def harm_page(
    layers: Mapping[str, Layer],
    *,
    frame: PageFrame,
    base: Mapping[str, gpd.GeoDataFrame] | None = None,
    themes: Sequence[str] | None = None,
    selected: str = THEMES[0],
    hour: int | None = None,
    max_bytes: float | None = _MAX_BYTES,
) -> folium.Map:
    """Draw where freight harms people: by street and hour, and where they live.

    Parameters
    ----------
    layers
        As from ``build_layers``: ``links`` and ``link_hours`` are needed; ``roads``, ``zones``
        and ``routes`` (for the number of service dates) are used when they are there.
    frame
        What surrounds the page.
    base
        Water, green and boundaries, as for :func:`geofleet.maps.shell.new_page`.
    themes
        What the streets can be coloured by. When not given: all, but in a large city four, and
        fewer where they would not fit in ``max_bytes``; the page then says what is left out.
    selected, hour
        Theme and hour shown at first (the first theme with data when that one has none); hour
        None is the whole day.
    max_bytes
        What the streets may weigh in the page; hourly values are kept as finely as fits.

    Returns
    -------
    folium.Map
        Equal layers give an equal page.

    Raises
    ------
    ValueError
        A theme that there is none of.
    geofleet.errors.InputError
        ``max_bytes`` that cannot be kept.
    """
    layers, base = seamless(layers, base)
    hours = street_hours(layers)
    period = Period(_days(layers), frame.readers)
    page = new_page(frame, roads=layers.get("roads"), base=base)
    groups: list[dict[str, Any]] = []
    zone_layers: list[StyledPolygons] = []
    if "zones" in layers:
        source = zones_source(layers["zones"])
        source.add_to(page)
        zone_layers, options = zone_themes(layers["zones"], source, readers=frame.readers)
        for layer in zone_layers:
            layer.add_to(page)
        groups.append({
            "kind": "choice", "name": "zones", "label": say("harm.zones_by"), "selected": 0,
            "options": [{"label": say("harm.nothing")}, *options],
            "find": {"label": say("harm.zones"), "source": Ref(source.get_name()),
                     "title": "name"},
        })  # fmt: skip
    themes_of(hours, [selected])  # there must be such a theme
    streets, shown = _fitting(
        hours, themes, period=period, selected=selected, hour=hour, max_bytes=max_bytes
    )
    if streets is not None:
        streets.add_to(page)
        groups.insert(0, {
            "kind": "lines", "name": "streets", "label": say("harm.colour_by"),
            "layer": Ref(streets.get_name()), "worst": _WORST,
            "find": say("harm.streets"),
        })  # fmt: skip
    figures = harm_figures(hours)
    facts = _facts(figures, hours.day("nox_exhaust_g").sum(), period)
    groups.insert(0 if streets is None else 1, {"kind": "facts", "facts": facts})
    if themes is None:
        frame = replace(frame, notes=[*frame.notes, *_left_out(hours, shown, frame.readers)])
    if not frame.answer:
        answer = harm_answer(figures, days=period.days, readers=frame.readers)
        frame = replace(frame, answer=answer)
    furnish(
        page, frame, groups=groups,
        shown=layers["links"].frame, stack=[Ref(layer.get_name()) for layer in zone_layers],
    )  # fmt: skip
    return page


def _fitting(
    hours: StreetHours,
    themes: Sequence[str] | None,
    *,
    max_bytes: float | None,
    **options: Any,
) -> tuple[PackedLines | None, list[str]]:
    """Return the streets by the themes asked for, or by as many as fit, and their names.

    No streets where nothing is known of any.
    """
    asked: list[Sequence[str]] = [THEMES if themes is None else themes]
    if themes is None:
        if len(hours.streets) > _MANY_STREETS:
            asked.clear()
        asked += [_MAIN, _MAIN[::2], _MAIN[:1]]
    tries = [names for one in asked if (names := themes_of(hours, one))]
    for place, names in enumerate(tries):
        try:
            return street_lines(hours, themes=names, max_bytes=max_bytes, **options), names
        except InputError:
            if place == len(tries) - 1:
                raise
    return None, []


def _left_out(hours: StreetHours, shown: Sequence[str], readers: Readers) -> list[Text]:
    """Return a note of the themes that would not fit, where there are any."""
    rest = [say(f"harm.{name}") for name in themes_of(hours, THEMES) if name not in shown]
    if not rest:
        return []
    names = {
        language: readers[language].list([one[language] for one in rest]) for language in LANGUAGES
    }
    return [say("harm.left_out", themes=names)]


def harm_number(figures: HarmFigures, readers: Readers) -> Text:
    """Return the one number to keep in mind: on how few of the streets half of the harm arises."""
    if figures.grams == 0.0:
        return say("harm.number_none")
    if not figures.known:
        return say("harm.number_nobody" if figures.total == 0.0 else "common.unknown")
    return say("harm.number", share=readers.percent(figures.half_km_share))


def harm_answer(figures: HarmFigures, *, days: int, readers: Readers) -> list[Text]:
    """Return the answer in sentences: how much, on how few streets, which, and when.

    Parameters
    ----------
    days
        Service dates that the figures are over.
    """
    if figures.grams == 0.0:
        return [say("harm.answer_no_exhaust")]
    if figures.total != figures.total:
        return [say("harm.answer_unknown")]
    if not figures.known or figures.half_hours is None:
        return [say("harm.answer_nothing")]
    answer = [
        say(
            "harm.answer_known", total=readers.number(figures.total),
            share=readers.percent(figures.half_km_share), per=Period(days, readers).per,
        )
    ]  # fmt: skip
    if figures.worst:
        names = {language: readers[language].list(list(figures.worst)) for language in LANGUAGES}
        answer.append(say("harm.answer_worst", streets=names))
    start, end = _clocks(figures.half_hours)
    return [*answer, say("harm.answer_hours", start=start, end=end)]


def _clocks(span: tuple[int, int]) -> tuple[str, str]:
    return f"{span[0]:02d}:00", f"{span[1] + 1:02d}:00"


def _days(layers: Mapping[str, Layer]) -> int:
    return int(layers["routes"].frame["date"].nunique()) if "routes" in layers else 1


def _facts(figures: HarmFigures, nox_g: float, period: Period) -> list[dict[str, Text]]:
    """Return the key figures; what is not known of the harm is left out, or said as unknown."""
    readers, per = period.readers, period.per
    facts = []
    if figures.known and figures.half_hours is not None and figures.hour is not None:
        most = figures.by_hour[figures.hour] / figures.by_hour.sum()
        facts += [
            (readers.number(figures.total), say("harm.fact_total", per=per)),
            (readers.percent(figures.worst_share), say("harm.fact_worst")),
            (both("–".join(_clocks(figures.half_hours))), say("harm.fact_half_hours")),
            (both("–".join(_clocks((figures.hour, figures.hour)))),
             say("harm.fact_hour", share=readers.percent(most))),
        ]  # fmt: skip
    facts += [
        (mass(figures.grams, readers), say("harm.fact_pm25", per=per)),
        (mass(nox_g, readers), say("harm.fact_nox", per=per)),
    ]
    if figures.grams_unknown > 0:
        share = readers.percent(figures.grams_unknown / figures.grams)
        facts.append((share, say("harm.fact_unknown")))
    return [{"value": value, "label": label} for value, label in facts]


def mass(grams: float, readers: Readers) -> Text:
    """Return a mass to three digits, in the unit that reads best."""
    for size, unit in _MASSES:
        if grams >= size:
            return readers.quantity(grams / size, unit)
    return readers.quantity(grams, "g")
