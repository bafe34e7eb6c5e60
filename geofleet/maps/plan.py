"""Map of a plan: who gets what and when, and what depots put up."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

import folium
import numpy as np
import pandas as pd
from branca.element import Figure

from geofleet.layers import Layer
from geofleet.maps.assets import inline_assets
from geofleet.maps.elements import GroundPane, Panel, Ref, Source, StyledLines, StyledPoints
from geofleet.maps.packing import pack
from geofleet.maps.page import OSM_TILES
from geofleet.maps.plan_words import PlanWords, plan_words
from geofleet.maps.scales import STEPS, blend
from geofleet.maps.streets import ground

__all__ = ["plan_map"]

# Okabe and Ito (2008); what is kept is pale, so that many kept routes do not hide a few new ones
_TECHNOLOGIES: dict[str, dict[str, Any]] = {
    "keep": {"color": "#9aa3a8", "weight": 1.6, "opacity": 0.55},
    "dpf_retrofit": {"color": "#e69f00", "weight": 3.2, "opacity": 0.95},
    "euro_6": {"color": "#56b4e9", "weight": 3.2, "opacity": 0.95},
    "cng": {"color": "#cc79a7", "weight": 3.2, "opacity": 0.95},
    "diesel_hybrid": {"color": "#d55e00", "weight": 3.2, "opacity": 0.95, "dashArray": "10 4"},
    "electric": {"color": "#0072b2", "weight": 3.2, "opacity": 0.95},
}
_SIZES = {
    "1-5": {"color": "#d55e00", "weight": 3.0, "opacity": 0.9},
    "6-30": {"color": "#e69f00", "weight": 3.0, "opacity": 0.9},
    "31-100": {"color": "#56b4e9", "weight": 3.0, "opacity": 0.9},
    ">100": {"color": "#0072b2", "weight": 3.0, "opacity": 0.9},
    "unknown": {"color": "#5c5c5c", "weight": 2.4, "opacity": 0.9, "dashArray": "2 5"},
}
_DEPOT = {"shape": "square", "radius": 8, "color": "#ffffff", "weight": 1.5,
          "fillColor": "#111111", "fillOpacity": 1}  # fmt: skip


def plan_map(
    layers: Mapping[str, Layer],
    *,
    title: str,
    currency: str,
    facts: Sequence[tuple[str, str]] = (),
    attribution: str | Sequence[str] = "© OpenStreetMap contributors, ODbL",
    notes: str | Sequence[str] = (),
    language: str = "en",
    tiles: Mapping[str, str] | None = None,
) -> folium.Map:
    """Draw a plan on a map that opens without internet.

    Parameters
    ----------
    layers
        ``plan_vehicles``; ``plan_depots`` and ``roads`` are drawn where they are there.
    title, attribution, notes, tiles
        As for :func:`geofleet.maps.study_map`.
    currency
        Of all amounts.
    facts
        Key figures as (value, label).
    language
        ``en`` or ``es``.

    Returns
    -------
    folium.Map
        Equal layers give an equal page.
    """
    words = plan_words(language)
    page = folium.Map(location=[0.0, 0.0], tiles=None, control_scale=False, prefer_canvas=True,
                      zoom_control="topright", zoom_snap=0.25)  # fmt: skip
    page.default_js, page.default_css = [], []
    page._name, page._id = "map", "plan"
    figure = page.get_root()
    if not isinstance(figure, Figure):
        raise TypeError("folium made a map without a figure")
    figure.title = html.escape(title)
    figure.header.add_child(inline_assets(), name="assets")
    GroundPane().add_to(page)
    if "roads" in layers:
        sources, lines = ground(layers["roads"])
        for element in (*sources, *lines):
            element.add_to(page)
    vehicles = layers["plan_vehicles"].frame
    source = _vehicles_source(vehicles, words)
    source.add_to(page)
    themes, options = _themes(vehicles, source, words, currency)
    groups: list[dict[str, Any]] = [
        {"kind": "choice", "name": "plan", "label": words["colour_by"], "selected": 1,
         "options": [{"label": words["nothing"]}, *options]}
    ]  # fmt: skip
    stack: list[Any] = list(themes)
    if "plan_depots" in layers and len(layers["plan_depots"].frame):
        depots = layers["plan_depots"].frame
        points = _depots_source(depots, words)
        points.add_to(page)
        marks = StyledPoints(points, _depot_style(words, currency), "depots", name=words["depots"])
        stack.append(marks)
        groups.append({
            "kind": "toggle", "name": "depots", "label": words["depots"],
            "layer": Ref(marks.get_name()), "shown": True,
            "legend": {"items": [{"shape": "square", "radius": _DEPOT["radius"],
                                  "colour": _DEPOT["fillColor"], "edge": _DEPOT["color"],
                                  "label": words["depot_mark"]}]},
        })  # fmt: skip
    for layer in stack:
        layer.add_to(page)
    tile_words = {**(OSM_TILES if tiles is None else tiles), "label": words["tiles"]}
    Panel({
        "title": title, "notes": _lines(notes), "attribution": _lines(attribution),
        "facts": [{"value": value, "label": label} for value, label in facts],
        "bounds": _bounds(vehicles), "groups": groups,
        "stack": [Ref(layer.get_name()) for layer in stack], "tiles": tile_words,
        "language": language,
    }).add_to(page)  # fmt: skip
    return page


def _lines(text: str | Sequence[str]) -> list[str]:
    return [line for line in ([text] if isinstance(text, str) else text) if line.strip()]


def _bounds(frame: Any) -> list[list[float]] | None:
    if frame.geometry.isna().all():
        return None
    west, south, east, north = (float(value) for value in frame.total_bounds)
    return [[south, west], [north, east]]


def _vehicles_source(frame: pd.DataFrame, words: PlanWords) -> Source:
    years = [None if pd.isna(year) else str(int(year)) for year in frame["year"]]
    owner = [
        str(name) if isinstance(name, str) else str(key)
        for name, key in zip(frame["operator_name"], frame["operator_id"], strict=True)
    ]
    texts: dict[str, list[str | None]] = {
        "name": [f"{vehicle}, {who}" for vehicle, who in
                 zip(frame["vehicle_id"], owner, strict=True)],
        "today": [
            words.today(str(kind), str(fuel), str(standard), int(year))
            for kind, fuel, standard, year in zip(
                frame["vehicle_class"], frame["fuel"], frame["standard"], frame["model_year"],
                strict=True,
            )
        ],
        "technology": [str(name) for name in frame["technology"]],
        "becomes": [
            words.becomes(str(row.technology), _text(row.model_id)) for row in frame.itertuples()
        ],
        "size": ["unknown" if pd.isna(size) else str(size) for size in frame["operator_size"]],
        "when": ["kept" if year is None else year for year in years],
        "year": years,
        "why": [None if pd.isna(why) else words.reason(str(why)) for why in frame["reason"]],
        "duty": [
            None if duty == own else words["nobody"] if pd.isna(duty) else str(duty)
            for duty, own in zip(frame["duty_id"], frame["vehicle_id"], strict=True)
        ],
    }  # fmt: skip
    names = ("spend", "cost", "harm_avoided", "pm25_avoided_kg", "co2e_avoided_t")
    numbers = {name: frame[name].to_numpy(np.float64) for name in names}
    numbers["days_of_100"] = frame["probability"].to_numpy(np.float64) * 100.0
    return Source(pack(frame.geometry.to_numpy(), numbers=numbers, texts=texts), "vehicles")


def _text(value: Any) -> str | None:
    return None if value is None or pd.isna(value) or not str(value) else str(value)


def _themes(
    frame: pd.DataFrame, source: Source, words: PlanWords, currency: str
) -> tuple[list[StyledLines], list[dict[str, Any]]]:
    card = {
        "title": "name", "subtitle": "today",
        "rows": [
            {"label": words["becomes"], "column": "becomes", "text": True},
            {"label": words["when"], "column": "year", "text": True},
            {"label": words["why"], "column": "why", "text": True},
            {"label": words["duty"], "column": "duty", "text": True},
            {"label": words["spend"], "column": "spend", "unit": currency},
            {"label": words["cost"], "column": "cost", "unit": currency},
            {"label": words["harm"], "column": "harm_avoided", "unit": words["harm_unit"]},
            {"label": words["pm25"], "column": "pm25_avoided_kg", "unit": "kg"},
            {"label": words["co2e"], "column": "co2e_avoided_t", "unit": "t"},
            {"label": words["days"], "column": "days_of_100", "unit": words["of_100"]},
        ],
    }  # fmt: skip
    first = {k: v for k, v in _TECHNOLOGIES.items() if (frame["technology"] == k).any()}
    made = [
        ("technology", words["by_technology"], first, {k: words.technology(k) for k in first}),
        ("when", words["by_year"], *_years(frame, words)),
        ("size", words["by_size"], *_sizes(frame, words)),
    ]
    layers, options = [], []
    for column, label, looks, labels in made:
        order = sorted(looks, key=lambda name: name not in ("keep", "kept"))
        style = {"column": column, "categories": looks, "order": order, "card": card}
        layer = StyledLines(source, style, column, name=label)
        counts = _counts(frame, column)
        items = [
            {"shape": "line", "colour": look["color"], "width": look["weight"],
             "dash": look.get("dashArray"), "label": f"{labels[name]}: {counts.get(name, 0)}"}
            for name, look in looks.items()
        ]  # fmt: skip
        layers.append(layer)
        options.append({
            "label": label, "column": column, "layer": Ref(layer.get_name()),
            "legend": {"text": words["legend"], "items": items},
        })  # fmt: skip
    return layers, options


def _counts(frame: pd.DataFrame, column: str) -> dict[str, int]:
    if column == "technology":
        values = frame["technology"].astype(str)
    elif column == "size":
        values = (
            frame["operator_size"].astype(object).where(frame["operator_size"].notna(), "unknown")
        )
    else:
        values = pd.Series(["kept" if pd.isna(year) else str(int(year)) for year in frame["year"]])
    return {str(name): int(count) for name, count in values.value_counts().items()}


def _years(frame: pd.DataFrame, words: PlanWords) -> tuple[dict[str, Any], dict[str, str]]:
    found = sorted({int(year) for year in frame["year"].dropna()})
    colours = blend(STEPS[::-1], max(len(found), 1))
    looks: dict[str, Any] = {"kept": _TECHNOLOGIES["keep"]}
    for year, colour in zip(found, colours, strict=False):
        looks[str(year)] = {"color": colour, "weight": 3.2, "opacity": 0.95}
    return looks, {"kept": words.technology("keep"), **{str(year): str(year) for year in found}}


def _sizes(frame: pd.DataFrame, words: PlanWords) -> tuple[dict[str, Any], dict[str, str]]:
    present = {"unknown" if pd.isna(size) else str(size) for size in frame["operator_size"]}
    looks = {size: look for size, look in _SIZES.items() if size in present}
    labels = {size: words["unknown"] if size == "unknown" else f"{size} {words['vehicles']}"
              for size in looks}  # fmt: skip
    return looks, labels


def _depots_source(frame: pd.DataFrame, words: PlanWords) -> Source:
    texts: dict[str, list[str | None]] = {
        "name": [str(name) for name in frame["depot_id"]],
        "mark": ["depot"] * len(frame),
        "chargers": [words.chargers(str(text)) for text in frame["chargers"]],
        "first": [str(int(year)) for year in frame["first_year"]],
        "electric": [f"{int(some)} / {int(every)}" for some, every in
                     zip(frame["electric"], frame["vehicles"], strict=True)],
    }  # fmt: skip
    numbers = {name: frame[name].to_numpy(np.float64) for name in
               ("power_kw", "extensions", "spend", "cost")}  # fmt: skip
    return Source(pack(frame.geometry.to_numpy(), numbers=numbers, texts=texts), "depots")


def _depot_style(words: PlanWords, currency: str) -> dict[str, Any]:
    return {
        "column": "mark", "categories": {"depot": _DEPOT},
        "card": {
            "title": "name",
            "rows": [
                {"label": words["chargers"], "column": "chargers", "text": True},
                {"label": words["electric"], "column": "electric", "text": True},
                {"label": words["first"], "column": "first", "text": True},
                {"label": words["power"], "column": "power_kw", "unit": "kW"},
                {"label": words["extensions"], "column": "extensions"},
                {"label": words["spend"], "column": "spend", "unit": currency},
                {"label": words["depot_cost"], "column": "cost", "unit": currency},
            ],
        },
    }  # fmt: skip
