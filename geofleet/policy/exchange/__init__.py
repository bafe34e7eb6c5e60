"""Rules of other makes: OpenStreetMap's opening hours, GeoJSON, and the open schemas of France."""

from geofleet.policy.exchange.bnzfe import read_bnzfe
from geofleet.policy.exchange.cerema import read_cerema
from geofleet.policy.exchange.geojson import read_geojson, to_geojson
from geofleet.policy.exchange.hours import WrittenHours, opening_hours_of, write_hours

__all__ = [
    "WrittenHours", "opening_hours_of", "read_bnzfe", "read_cerema", "read_geojson", "to_geojson",
    "write_hours",
]  # fmt: skip
