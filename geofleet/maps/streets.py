"""Streets on the map: the ground of all roads, and streets with freight by what they carry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.emissions.model import QUANTITIES
from geofleet.layers import Layer
from geofleet.layers.schemas import HARMS
from geofleet.maps.elements import Ref, Source, StyledLines
from geofleet.maps.packing import pack
from geofleet.maps.scales import EMITTED, HARM, TRAFFIC, class_labels, round_breaks, spread
from geofleet.maps.words import road_words

__all__ = ["Theme", "ground", "street_themes", "streets_source", "whole_streets"]

_WIDTHS = (1.6, 2.3, 3.1, 4.0, 5.2)
_M_PER_KM = 1000.0
_GROUND = (
    ({"motorway", "trunk", "primary"}, {"color": "#b9b9b3", "weight": 2.2}),
    ({"secondary", "tertiary"}, {"color": "#c4c4be", "weight": 1.5}),
)
_GROUND_REST = {"color": "#d2d2cd", "weight": 0.9}
_HARM_TEXT = (
    "How much of what this street emits is breathed: people × concentration × hours."
    " High where much is emitted upwind of many people."
)


@dataclass(frozen=True)
class Theme:
    """One way to colour the streets."""

    column: str
    group: str
    label: str
    unit: str
    colours: tuple[str, ...]
    text: str = ""


def _themes(per: str) -> tuple[Theme, ...]:
    km = f"per km of street {per}"
    harm = f"persons·µg/m³·h {km}"
    emitted, breathed = "Emitted", "Breathed (harm)"
    return (
        Theme("pm25_exhaust_g", emitted, "Exhaust particles (PM2.5)", f"grams {km}", EMITTED),
        Theme("bc_exhaust_g", emitted, "Soot (black carbon)", f"grams {km}", EMITTED),
        Theme("nox_exhaust_g", emitted, "Nitrogen oxides (NOx)", f"grams {km}", EMITTED),
        Theme("pm25_wear_g", emitted, "Tyre, brake and road wear (PM2.5)", f"grams {km}", EMITTED),
        Theme("co2_kg", emitted, "Carbon dioxide (CO2)", f"kilograms {km}", EMITTED),
        Theme("harm_pm25_exhaust", breathed, "Harm from exhaust particles", harm, HARM, _HARM_TEXT),
        Theme("harm_nox", breathed, "Harm from nitrogen oxides", harm, HARM, _HARM_TEXT),
        Theme("harm_pm25_wear", breathed, "Harm from wear particles", harm, HARM, _HARM_TEXT),
        Theme("vehicles", "Traffic", "Freight vehicles", f"vehicles {per}", TRAFFIC),
    )


def whole_streets(links: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Sum the two directions of each street and divide by its length.

    Emissions and harm come back per kilometre of street (``co2_kg`` in kilograms), vehicles as
    a sum; a harm that is unknown in one direction is unknown for the street.
    """
    columns = ["vehicles", *QUANTITIES, *HARMS]
    street = links["street"].to_numpy()
    sums = links[columns].groupby(street).sum().astype(np.float64)
    sums = sums.mask(links[columns].isna().groupby(street).any())
    first = links.groupby(street)[["name", "highway", "length_m", "geometry"]].first()
    km = first["length_m"].to_numpy(np.float64) / _M_PER_KM
    for name in (*QUANTITIES, *HARMS):
        values = sums[name].to_numpy(np.float64)
        sums[name] = np.divide(values, km, out=np.full(len(km), np.nan), where=km > 0)
    sums["co2_kg"] = sums["co2_g"] / 1000.0
    return gpd.GeoDataFrame(pd.concat([first, sums], axis=1), geometry="geometry", crs=links.crs)


def streets_source(streets: gpd.GeoDataFrame) -> Source:
    """Pack streets with every column that a theme or a tooltip shows."""
    numbers = {theme.column: streets[theme.column] for theme in _themes("")}
    numbers["length_m"] = streets["length_m"].round(0)
    texts: dict[str, list[str | None]] = {
        "name": [None if pd.isna(name) else str(name) for name in streets["name"]],
        "road": [road_words(str(kind)) for kind in streets["highway"]],
    }
    packed = pack(streets.geometry.to_numpy(), numbers=_floats(numbers), texts=texts)
    return Source(packed, "streets")


def _floats(numbers: dict[str, Any]) -> dict[str, npt.NDArray[np.float64]]:
    return {name: np.asarray(values, dtype=np.float64) for name, values in numbers.items()}


def street_themes(
    streets: gpd.GeoDataFrame, source: Source, *, per: str
) -> tuple[list[StyledLines], list[dict[str, Any]]]:
    """Return a layer for each theme that has data, and its entry for the panel.

    Parameters
    ----------
    per
        The time that sums are over, in words: ``per day``.
    """
    card = {
        "title": "name",
        "untitled": "Street without a name",
        "subtitle": "road",
        "rows": [
            {"label": "Freight vehicles", "column": "vehicles", "unit": per},
            {"label": "Exhaust PM2.5", "column": "pm25_exhaust_g", "unit": "g/km"},
            {"label": "of it black carbon", "column": "bc_exhaust_g", "unit": "g/km"},
            {"label": "Wear PM2.5", "column": "pm25_wear_g", "unit": "g/km"},
            {"label": "NOx", "column": "nox_exhaust_g", "unit": "g/km"},
            {"label": "CO2", "column": "co2_kg", "unit": "kg/km"},
            {"label": "Harm, exhaust PM2.5", "column": "harm_pm25_exhaust", "unit": "per km"},
            {"label": "Harm, wear PM2.5", "column": "harm_pm25_wear", "unit": "per km"},
            {"label": "Harm, NOx", "column": "harm_nox", "unit": "per km"},
            {"label": "Length", "column": "length_m", "unit": "m"},
        ],
        "hint": f"Both directions, {per}. Harm in persons·µg/m³·h.",
    }
    layers, options = [], []
    for theme in _themes(per):
        values = streets[theme.column].to_numpy(np.float64)
        if not np.isfinite(values).any():
            continue
        breaks = round_breaks(values)
        colours = spread(theme.colours, len(breaks) + 1)
        widths = spread(_WIDTHS, len(breaks) + 1)
        classes = [
            {"color": colour, "weight": width, "opacity": 1}
            for colour, width in zip(colours, widths, strict=True)
        ]
        style = {
            "column": theme.column,
            "breaks": breaks,
            "classes": classes,
            "missing": {"color": "#8a8a8a", "weight": 1.2, "dashArray": "2 4"},
            "card": card,
        }
        layer = StyledLines(source, style, theme.column, name=theme.label)
        items = [
            {"shape": "line", "colour": colour, "width": width, "label": label}
            for colour, width, label in zip(colours, widths, class_labels(breaks), strict=True)
        ]
        if np.isnan(values).any():
            items.append(
                {"shape": "line", "colour": "#8a8a8a", "width": 1.2, "dash": "2 4",
                 "label": "unknown"}
            )  # fmt: skip
        legend = {"unit": theme.unit, "text": theme.text, "items": items}
        layers.append(layer)
        options.append(
            {
                "group": theme.group,
                "label": theme.label,
                "column": theme.column,
                "layer": Ref(layer.get_name()),
                "legend": legend,
            }
        )
    return layers, options


def ground(roads: Layer) -> tuple[list[Source], list[StyledLines]]:
    """Return every road of the study as faint lines, three widths by class."""
    kind = roads.frame["highway"].str.removesuffix("_link")
    rest = np.ones(len(kind), dtype=bool)
    groups = []
    for kinds, look in _GROUND:
        chosen = kind.isin(kinds).to_numpy()
        rest &= ~chosen
        groups.append((chosen, look))
    groups.insert(0, (rest, _GROUND_REST))
    sources, layers = [], []
    for number, (chosen, look) in enumerate(groups):
        if not chosen.any():
            continue
        source = Source(pack(roads.frame.geometry.to_numpy()[chosen]), f"ground_{number}")
        style = {"fixed": look, "merge": True, "pane": "ground", "renderer": Ref("ground_pane")}
        sources.append(source)
        layers.append(StyledLines(source, style, f"ground_{number}", name="Roads", show=True))
    return sources, layers
