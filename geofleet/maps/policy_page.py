"""What all pages about rules share: the slider of hours, rules and their places."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import folium
import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geofleet.layers import Layer
from geofleet.maps.elements import Ref, Source
from geofleet.maps.frame import PageFrame
from geofleet.maps.hours import HOURS, rules_spec
from geofleet.maps.packing import pack
from geofleet.wording import Readers, Text, both, say, worded

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from geofleet.config import StudyConfig
    from geofleet.policy.rules import RuleSet

__all__ = [
    "checked_hour", "contingency_frame", "corners", "hour_words", "page_room", "rules_and_places",
    "texts", "told",
]  # fmt: skip

# dark and neutral: the colours of lines have meanings of their own
_ZONE, _PERHAPS = "#1b1f23", "#8a8a8a"
_BEND_DEGREES = 1e-4  # ten metres: areas are outlines, not survey plans
_LINES_BYTES, _BYTES_PER_LINE = 14e6, 46.0
_SPECK = 1e-3  # share of the largest part below which parts and holes are seams of joined areas

_WORDS = (
    "hour", "untitled", "show", "play", "pause", "highest", "rules", "others", "no_rule", "zoom",
    "uncertain", "hatched", "binds_0", "binds_1", "binds_2", "zones", "compare", "one_view",
)  # fmt: skip


def contingency_frame(
    config: StudyConfig, rules: RuleSet, *, language: str = "en", name: str = "contingency"
) -> PageFrame:
    """Return what surrounds the page of a study under rules, when it stands alone."""
    answer = (say("contingency.of_rules", name=rules.title or rules.name),)
    return PageFrame(
        name=name, title=say("contingency.title"), study=config.name, answer=answer,
        notes=(config.noted,), attribution=(config.attribution,),
        readers=Readers.of(config.country), language=language,
    )  # fmt: skip


def hour_words(*, date: str | Text | None = None, whole: bool) -> dict[str, Text]:
    """Return what the script of hours says.

    Parameters
    ----------
    date
        That the rules were asked about, where the page is of several.
    whole
        Whether the whole day can be shown as well as each hour.
    """
    words = {name: say(f"contingency.{name}") for name in _WORDS}
    words["pane"] = say("contingency.pane", name="{name}")  # filled by the script
    if date is not None:
        words["rules"] = say("contingency.rules_of", date=date)
    if whole:
        words["whole"] = say("contingency.whole_day")
    return words


def texts(column: pd.Series) -> list[str | None]:
    """Return the cells of a column as text, None where there is none."""
    return [None if pd.isna(cell) else str(cell) for cell in column]


def told(frame: pd.DataFrame, name: str) -> list[Text | None]:
    """Return the cells of a text column by language: its own, and those of ``<name>_es``."""
    own = texts(frame[name])
    beside = texts(frame[f"{name}_es"]) if f"{name}_es" in frame else own
    return [
        None if text is None else both(worded({"en": text, "es": other or text}))
        for text, other in zip(own, beside, strict=True)
    ]  # fmt: skip


def page_room(count: int) -> float:
    """Return what so many lines may weigh in a page, in bytes: a city of 300,000 opens at once."""
    return max(_LINES_BYTES, _BYTES_PER_LINE * count)


def corners(shapes: gpd.GeoDataFrame | gpd.GeoSeries) -> list[list[float]] | None:
    """Return south-west and north-east corners as latitude and longitude; None of nothing."""
    west, south, east, north = (float(value) for value in shapes.total_bounds)
    return [[south, west], [north, east]] if west == west else None


def checked_hour(hour: int) -> int:
    """Return an hour of the day.

    Raises
    ------
    ValueError
        None of 0 to 23.
    """
    if not 0 <= hour < HOURS:
        raise ValueError(f"hour {hour}; hours of the day are 0 to 23")
    return hour


def rules_and_places(
    layers: Mapping[str, Layer], page: folium.Map, *, deciding: Collection[str] = ()
) -> dict[str, Any]:
    """Return what the page must know of rules and their places; adds the source of their shapes."""
    if "policy_rules" not in layers:
        return {"rules": []}
    rules, places = rules_spec(layers["policy_rules"].frame, deciding=deciding)
    if "policy_zones" not in layers:
        return {"rules": rules}
    nothing: dict[str, Any] = {"rules": [], "binds": "0" * HOURS}
    frame = layers["policy_zones"].frame
    frame = frame[frame.geometry.notna() & frame["geography_id"].isin(list(places))]
    frame = frame[_told(frame, places, rules)]
    shapes = [
        _drawn(shape) if kind == "area" else shape
        for shape, kind in zip(frame.geometry, frame["kind"], strict=True)
    ]
    source = Source(pack(np.array([*shapes, None], dtype=object)[:-1]), "zones")
    source.add_to(page)
    listed = [
        {"id": key, "name": name, "area": kind == "area", **places.get(key, nothing)}
        for key, name, kind in zip(
            frame["geography_id"], told(frame, "name"), frame["kind"], strict=True
        )
    ]  # fmt: skip
    zones = {
        "source": Ref(source.get_name()), "list": listed, "colour": _ZONE, "perhaps": _PERHAPS,
    }  # fmt: skip
    return {"rules": rules, "zones": zones}


def _told(
    frame: gpd.GeoDataFrame, places: Mapping[str, Any], rules: Sequence[Mapping[str, Any]]
) -> npt.NDArray[np.bool_]:
    """Say which places have a rule that decides."""
    return np.array([
        any(rules[number]["decides"] for number in places[name]["rules"])
        for name in frame["geography_id"]
    ], bool)  # fmt: skip


def _drawn(area: BaseGeometry) -> BaseGeometry:
    """Return an area as it is drawn: bends and specks too small to be seen are left out."""
    parts = shapely.get_parts(area.simplify(_BEND_DEGREES))
    least = _SPECK * float(shapely.area(parts).max(initial=0.0))
    kept = [
        shapely.Polygon(
            part.exterior, [hole for hole in part.interiors if shapely.Polygon(hole).area >= least]
        )
        for part in parts if part.area >= least
    ]  # fmt: skip
    return shapely.MultiPolygon(kept)
