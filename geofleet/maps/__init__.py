"""Maps of a study's layers: interactive pages, static pictures, plain charts."""

from geofleet.maps.access import access_map
from geofleet.maps.charts import bar_chart, line_chart
from geofleet.maps.page import OSM_TILES, study_map, write_map
from geofleet.maps.pictures import Picture, Shapes, classed, map_picture
from geofleet.maps.plan import plan_map
from geofleet.maps.policy import contingency_map

__all__ = [
    "OSM_TILES",
    "Picture",
    "Shapes",
    "access_map",
    "bar_chart",
    "classed",
    "contingency_map",
    "line_chart",
    "map_picture",
    "plan_map",
    "study_map",
    "write_map",
]
