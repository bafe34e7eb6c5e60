"""Where people breathe freight, and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from geofleet.figures.ground import MapView, shape_of
from geofleet.figures.model import StudyFigure, sentences
from geofleet.figures.sheet import INK, QUIET, Sheet
from geofleet.maps.harm import mass
from geofleet.maps.harm_figures import HarmFigures, StreetHours, harm_figures, street_hours
from geofleet.maps.harm_streets import Period
from geofleet.maps.scales import HARM, class_texts, round_breaks, spread
from geofleet.wording import Text, say

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.axes import Axes

    from geofleet.layers import Layer
    from geofleet.maps.frame import PageFrame

__all__ = ["harm_hours_figure", "harm_map_figure"]

_COLUMN, _GRAMS = "harm_pm25_exhaust", "pm25_exhaust_g"
_EMITTED_DARK, _EMITTED_PALE = "#a93a1e", "#f0c9b4"
_HARM_DARK, _HARM_PALE = "#4f2489", "#cfc9e6"
_NAMED = 5
_SEEN = 0.95
"""Share of the harm that the map holds: one far delivery must not shrink the city."""
_NARROWEST, _WIDEST = 0.36, 0.64
"""Of the map, in shares of the sheet."""
_ROWS, _NAME_LETTERS = 20, 42
_HOURS = np.arange(24)

Floats = npt.NDArray[np.float64]


def harm_map_figure(
    layers: Mapping[str, Layer], *, frame: PageFrame, base: Mapping[str, gpd.GeoDataFrame]
) -> StudyFigure | None:
    """Return the map of harm by street; None where no harm is known.

    Parameters
    ----------
    layers
        ``links``, ``link_hours``, ``roads`` and ``routes``.
    base
        May hold ``water``.
    """
    streets = street_hours(layers)
    figures = harm_figures(streets, named=_NAMED)
    if not figures.known:
        return None
    write, period = frame.readers, _period(layers, frame)
    unit = period.km_day(say("harm.harm_unit"))
    harm = streets.day(_COLUMN)
    parts = [(name, _of(streets, harm, name) / figures.total) for name in figures.worst]
    shares = [(name, share, write.percent(share)) for name, share in parts]
    facts = [
        say("figures.harm_total", total=write.number(figures.total), per=period.per),
        say("figures.harm_concentration", worst=write.percent(figures.worst_share),
            half=write.percent(figures.half_km_share), km=write.quantity(figures.street_km, "km")),
    ]  # fmt: skip
    worst = [say("figures.harm_named", streets=_listed(shares, frame))] if shares else []
    if figures.grams_unknown > 0:
        facts.append(say("figures.harm_unknown", grams=mass(figures.grams_unknown, write)))

    def draw(sheet: Sheet) -> None:
        _draw_map(sheet, streets, harm, shares, unit, layers=layers, base=base)

    return StudyFigure(
        "harm_map", say("figures.harm_title", share=write.percent(figures.half_km_share)),
        say("figures.harm_shown", unit=unit),
        sentences([say("figures.harm_caption", seen=write.percent(_SEEN)), *facts, *worst]),
        sentences([say("figures.harm_alt"), *facts, *worst]), frame, draw,
    )  # fmt: skip


def _of(streets: StreetHours, harm: Floats, name: str) -> float:
    own = (streets.streets["name"].to_numpy(object) == name) & np.isfinite(harm)
    return float(harm[own].sum())


def _listed(shares: list[tuple[str, float, Text]], frame: PageFrame) -> Text:
    return {
        language: frame.readers[language].list([f"{name} ({share[language]})"
                                                for name, _, share in shares])
        for language in frame.readers.by_language
    }  # fmt: skip


def _draw_map(
    sheet: Sheet,
    streets: StreetHours,
    harm: Floats,
    shares: list[tuple[str, float, Text]],
    unit: Text,
    *,
    layers: Mapping[str, Layer],
    base: Mapping[str, gpd.GeoDataFrame],
) -> None:
    import geopandas as gpd

    shapes = gpd.GeoSeries(streets.streets["geometry"].to_numpy(object), crs=4326)
    per_km = np.nansum(streets.per_km(_COLUMN), axis=1)
    bounds = _bounds(shapes, harm)
    edge = min(_WIDEST, max(_NARROWEST, sheet.width_of(shape_of(bounds))))
    view = MapView(sheet, sheet.axes(0.0, edge, 0.0, 1.0), bounds)
    view.ground(layers["roads"].frame, base)
    breaks = round_breaks(per_km)
    number = np.searchsorted(breaks, per_km, side="right")
    texts = class_texts(breaks, sheet.figure.frame.readers)
    colours = spread(HARM, len(texts))
    widths = np.linspace(1.0, 4.2, len(texts)) if len(texts) > 1 else np.array([2.5])
    known = np.isfinite(harm) & (harm > 0)
    for place, colour in enumerate(colours):
        view.lines(shapes[known & (number == place)], colour, float(widths[place]))
    names = streets.streets["name"].to_numpy(object)
    for rank, (name, _, _) in enumerate(shares, start=1):
        own = np.flatnonzero(known & (names == name))
        most = own[int(np.argmax(harm[own]))]
        view.mark(shapes.iloc[most].interpolate(0.5, normalized=True), str(rank))
    view.scale()
    _draw_key(sheet, edge + 0.03, colours=colours, widths=widths, texts=texts, unit=unit)
    _draw_worst(sheet, edge + 0.03, shares)


def _draw_key(
    sheet: Sheet,
    left: float,
    *,
    colours: Sequence[str],
    widths: Floats,
    texts: Sequence[Text],
    unit: Text,
) -> None:
    """Draw the classes, the highest first, as rows of a column of 20."""
    axes = _column(sheet, left)
    axes.text(0.0, 0.5, sheet.words(say("figures.harm_key", unit=unit)), va="center", weight="bold")
    for row, (colour, width, text) in enumerate(
        zip(colours[::-1], widths[::-1], texts[::-1], strict=True)
    ):
        axes.plot([0.0, 0.08], [row + 1.6] * 2, color=colour, linewidth=1.4 * width,
                  solid_capstyle="butt")  # fmt: skip
        axes.text(0.1, row + 1.6, sheet.words(text), va="center")


def _draw_worst(sheet: Sheet, left: float, shares: Sequence[tuple[str, float, Text]]) -> None:
    """Draw the worst streets with bars of their shares, below the key."""
    if not shares:
        return
    axes = _column(sheet, left)
    axes.text(0.0, 8.0, sheet.words(say("figures.harm_worst")), va="center", weight="bold")
    most = max(share for _, share, _ in shares)
    for rank, (name, share, text) in enumerate(shares, start=1):
        y = 7.1 + 2.2 * rank
        axes.text(0.025, y + 0.3, str(rank), va="center", ha="center", size=11, weight="bold",
                  color="white", bbox={"boxstyle": "circle,pad=0.25", "facecolor": INK,
                                       "edgecolor": INK})  # fmt: skip
        axes.text(0.07, y, sheet.words(name, _NAME_LETTERS), va="center")
        axes.barh(y + 0.85, 0.78 * share / most, left=0.07, height=0.5, color=HARM[-2])
        axes.text(0.085 + 0.78 * share / most, y + 0.85, sheet.words(text), va="center",
                  weight="bold")  # fmt: skip


def _column(sheet: Sheet, left: float) -> Axes:
    axes = sheet.axes(left, 1.0, 0.0, 1.0)
    axes.set_axis_off()
    axes.set(xlim=(0, 1), ylim=(_ROWS, 0))
    return axes


def _bounds(shapes: gpd.GeoSeries, harm: Floats) -> tuple[float, float, float, float]:
    """Return what holds nearly all of the harm, strongest streets first."""
    values = np.nan_to_num(harm)
    order = np.argsort(-values, kind="stable")
    summed = np.cumsum(values[order])
    last = int(np.searchsorted(summed, _SEEN * summed[-1])) + 1
    west, south, east, north = shapes.iloc[order[:last]].total_bounds
    return float(west), float(south), float(east), float(north)


def harm_hours_figure(layers: Mapping[str, Layer], *, frame: PageFrame) -> StudyFigure | None:
    """Return what is emitted and breathed by hour; None where nothing is emitted.

    Parameters
    ----------
    layers
        ``links``, ``link_hours`` and ``routes``.
    """
    streets = street_hours(layers)
    figures = harm_figures(streets)
    grams = streets.values[_GRAMS].sum(axis=0)
    if not grams.sum() > 0:
        return None
    write, period = frame.readers, _period(layers, frame)
    span = _inside(figures.half_hours) if figures.half_hours is not None else _HOURS < 0
    total = say("figures.hours_emitted", grams=mass(float(grams.sum()), write), per=period.per,
                top=_clock(int(np.argmax(grams))))  # fmt: skip
    if figures.half_hours is None or figures.hour is None:
        title, facts = (
            say("figures.hours_title_emitted", top=_clock(int(np.argmax(grams)))),
            [total],
        )
    else:
        start, end = _clock(figures.half_hours[0]), _clock((figures.half_hours[1] + 1) % 24 or 24)
        told: dict[str, str | Text] = {
            "start": start, "end": end,
            "share": write.percent(float(grams[span].sum() / grams.sum())),
            "within": write.percent(float(figures.by_hour[span].sum() / figures.total)),
        }  # fmt: skip
        title = say("figures.hours_title", **told)
        harm = say("figures.hours_harm", total=write.number(figures.total), per=period.per,
                   top=_clock(figures.hour))  # fmt: skip
        facts = [total, harm, say("figures.hours_span", **told)]

    def draw(sheet: Sheet) -> None:
        _draw_hours(sheet, grams, figures, span, period)

    return StudyFigure(
        "harm_hours", title, say("figures.hours_shown"),
        sentences([say("figures.hours_caption"), *facts]),
        sentences([say("figures.hours_alt"), *facts]), frame, draw,
    )  # fmt: skip


def _draw_hours(
    sheet: Sheet, grams: Floats, figures: HarmFigures, span: npt.NDArray[np.bool_], period: Period
) -> None:
    panels = [(grams, say("figures.hours_panel_emitted"), _in_hour(say("harm.grams"), period),
               _EMITTED_DARK, _EMITTED_PALE)]  # fmt: skip
    if figures.known:
        unit = _in_hour(say("harm.harm_unit"), period)
        panels.append((figures.by_hour, say("figures.hours_panel_harm"), unit, _HARM_DARK,
                       _HARM_PALE))  # fmt: skip
    each = 1.0 / len(panels)
    for place, (values, heading, unit, dark, pale) in enumerate(panels):
        low = 1.0 - each * (place + 1)
        axes = sheet.axes(0.055, 0.975, low + 0.12 * each + 0.02, low + 0.86 * each, grid="y")
        marked = span if span.any() else np.ones(24, dtype=bool)
        axes.bar(_HOURS + 0.5, values, width=0.82, color=np.where(marked, dark, pale),
                 edgecolor=dark, linewidth=0.9)  # fmt: skip
        axes.set(xlim=(0, 24), ylim=(0, max(float(values.max()) * 1.08, 1e-12)))
        axes.set_xticks(range(0, 25, 2), [_clock(hour) for hour in range(0, 25, 2)])
        sheet.numbers(axes.yaxis, 4)
        axes.set_title(sheet.words(heading), loc="left", size=13, weight="bold", pad=8)
        axes.set_title(sheet.words(unit), loc="right", size=11, color=QUIET, pad=8)


def _in_hour(unit: Text, period: Period) -> Text:
    if period.days <= 1:
        return say("figures.hours_unit", unit=unit)
    return say("figures.hours_unit_days", unit=unit, days=period.readers.whole(period.days))


def _inside(span: tuple[int, int]) -> npt.NDArray[np.bool_]:
    first, last = span
    return np.asarray((_HOURS - first) % 24 <= (last - first) % 24)


def _clock(hour: int) -> str:
    return f"{hour:02d}:00"


def _period(layers: Mapping[str, Layer], frame: PageFrame) -> Period:
    return Period(int(layers["routes"].frame["date"].nunique()), frame.readers)
