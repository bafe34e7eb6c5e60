"""What the two open schemas of France share: their vehicles, stickers, roads drawn as lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geofleet.defaults import Defaults
from geofleet.policy.rules.conditions import All, Among, Condition, Span, Within
from geofleet.policy.rules.facts import Attribute, known_attributes

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

__all__ = [
    "COUNTRY", "STICKERS", "TIMEZONE", "area_around", "attributes", "heavy", "is_line", "is_wgs84",
    "light", "yes",
]  # fmt: skip

COUNTRY, TIMEZONE = "FR", "Europe/Paris"
STICKERS = ("0", "1", "2", "3", "4", "5", "none")
"""Crit'Air stickers from the cleanest, as the attribute ``critair`` has them."""

_OWN = (
    Attribute("two_wheeler", "boolean", "vehicle", "two, three or light four wheels with a motor"),
    Attribute("cargo_bike", "boolean", "vehicle", "a cargo bicycle"),
    Attribute("width_m", "number", "vehicle", "width", "m"),
    Attribute("height_m", "number", "vehicle", "height", "m"),
    Attribute("french_usage", "set", "trip", "use of the vehicle in the words of the order"),
    Attribute("emprise_sens", "text", "road", "direction or side of the road that is meant"),
)
_LINES = ("LineString", "MultiLineString")
_FREIGHT = Among("use", frozenset(("freight",)))


def attributes() -> dict[str, Attribute]:
    """Return the common attributes and those that the schemas ask for beside them."""
    return {**known_attributes(), **{one.name: one for one in _OWN}}


def light(defaults: Defaults) -> Condition:
    """Return the condition of a *véhicule utilitaire léger*."""
    limit = defaults.number("exchange", "french.light_gvw_kg")
    return All((_FREIGHT, Within("gvw_kg", Span(high=limit))))


def heavy(defaults: Defaults) -> Condition:
    """Return the condition of a *poids lourd* that carries goods."""
    limit = defaults.number("exchange", "french.light_gvw_kg")
    return All((_FREIGHT, Within("gvw_kg", Span(low=limit, low_open=True))))


def yes(attribute: str) -> Condition:
    """Return the condition that an attribute is true."""
    return Within(attribute, Span(1.0, 1.0))


def is_line(shape: BaseGeometry) -> bool:
    """Whether a geometry is a line or lines."""
    return shape.geom_type in _LINES


def is_wgs84(shape: BaseGeometry) -> bool:
    """Whether coordinates may be longitude and latitude in degrees."""
    west, south, east, north = shape.bounds
    return bool(-180 <= west <= east <= 180 and -90 <= south <= north <= 90)


def area_around(shape: BaseGeometry, defaults: Defaults) -> BaseGeometry:
    """Return an area in EPSG:4326: that of an area itself, of a line the strip around it.

    Links of another drawing of the same road lie in the strip with most of their length; so do
    parallel roads nearer than its half width (default row ``exchange:line.half_width_m``).
    """
    import geopandas as gpd
    import shapely

    plain = shapely.force_2d(shape)
    if not is_line(plain):
        return plain
    series = gpd.GeoSeries([plain], crs="EPSG:4326")
    half = defaults.number("exchange", "line.half_width_m")
    strip: BaseGeometry = series.to_crs(series.estimate_utm_crs()).buffer(half).to_crs(4326).iloc[0]
    return strip
