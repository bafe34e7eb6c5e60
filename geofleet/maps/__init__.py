"""Maps of a study's layers: interactive pages, static pictures, plain charts."""

from geofleet.maps.access import access_page
from geofleet.maps.charts import bar_chart, line_chart
from geofleet.maps.compare import HourTotals, Scenario, compare_page
from geofleet.maps.page import OSM_TILES, study_map, write_map
from geofleet.maps.pictures import Picture, Shapes, classed, map_picture
from geofleet.maps.plan import plan_page
from geofleet.maps.policy import contingency_page

__all__ = [
    "OSM_TILES",
    "HourTotals",
    "Picture",
    "Scenario",
    "Shapes",
    "access_page",
    "bar_chart",
    "classed",
    "compare_page",
    "contingency_page",
    "line_chart",
    "map_picture",
    "plan_page",
    "study_map",
    "write_map",
]
