"""A page of a whole city: its links by any variables, over the quiet ground of its roads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import numpy.typing as npt

from geofleet.errors import InputError, Problem
from geofleet.layers import Layer
from geofleet.maps.elements import Ref
from geofleet.maps.frame import PageFrame
from geofleet.maps.packed.layer import Card, PackedLines
from geofleet.maps.packed.variables import Variable
from geofleet.maps.shell import furnish, new_page
from geofleet.wording import Text, say

__all__ = ["city_map"]

_SHELL_BYTES = 600_000
"""Room for Leaflet, scripts, words and styles of a page."""


def city_map(
    links: gpd.GeoDataFrame,
    variables: Sequence[Variable],
    *,
    frame: PageFrame,
    texts: Mapping[str, Sequence[str | Text | None]] | None = None,
    numbers: Mapping[str, npt.ArrayLike] | None = None,
    card: Card | None = None,
    roads: Layer | None = None,
    base: Mapping[str, gpd.GeoDataFrame] | None = None,
    selected: str | None = None,
    hour: int | None = None,
    max_bytes: float | None = 15e6,
    facts: Sequence[Mapping[str, str | Text]] = (),
) -> folium.Map:
    """Draw a city's links on one page that opens without internet.

    Parameters
    ----------
    links
        LineStrings or MultiLineStrings in any CRS; a column ``name`` names them, where there is
        one and ``texts`` has none.
    variables
        What they can be coloured by, in the order of ``links``.
    frame, roads, base, facts
        As for the shell of every page (``new_page``, ``furnish``).
    texts, numbers, card, selected, hour
        As for :class:`PackedLines`.
    max_bytes
        What the page may weigh, but for ``roads`` and ``base``; None for no limit.

    Raises
    ------
    geofleet.errors.InputError
        See :class:`PackedLines`; or several columns ``name``.
    ValueError
        ``links`` without CRS.
    """
    if links.crs is None:
        raise ValueError("links have no CRS")
    shapes = links.to_crs(4326).geometry
    columns = dict(texts or {})
    if "name" not in columns and (links.columns == "name").sum() > 1:
        raise InputError([Problem("links", "name", expected="one column of this name")])
    if "name" in links and "name" not in columns:
        columns["name"] = [cell if isinstance(cell, str) else None for cell in links["name"]]
    known = card or Card(title="name" if "name" in columns else None)
    page = new_page(frame, roads=roads, base=base)
    lines = PackedLines(
        np.asarray(shapes.to_numpy(), dtype=object), variables, texts=columns, numbers=numbers,
        card=known, readers=frame.readers, identifier="city", selected=selected, hour=hour,
        max_bytes=None if max_bytes is None else max_bytes - _SHELL_BYTES,
    )  # fmt: skip
    lines.add_to(page)
    group: dict[str, Any] = {
        "kind": "lines", "name": "city", "label": say("lines.colour_by"),
        "layer": Ref(lines.get_name()), "worst": 20,
    }  # fmt: skip
    furnish(page, frame, groups=[group], facts=facts, shown=shapes)
    return page
