"""Maps of a study's layers: interactive pages, static pictures, plain charts."""

from geofleet.maps.access import access_page
from geofleet.maps.base import study_outline
from geofleet.maps.charts import bar_chart, line_chart
from geofleet.maps.compare import HourTotals, Scenario, compare_page
from geofleet.maps.electric import electric_page
from geofleet.maps.frame import OSM_TILES, PageFrame, Sister
from geofleet.maps.harm import harm_answer, harm_number, harm_page
from geofleet.maps.harm_figures import HarmFigures, harm_figures
from geofleet.maps.index import Answer, Link, Links, index_page
from geofleet.maps.pictures import Picture, Shapes, classed, map_picture, thumbnail
from geofleet.maps.plan import plan_page
from geofleet.maps.policy import contingency_page
from geofleet.maps.shell import furnish, new_page, write_map

__all__ = [
    "OSM_TILES",
    "Answer",
    "HarmFigures",
    "HourTotals",
    "Link",
    "Links",
    "PageFrame",
    "Picture",
    "Scenario",
    "Shapes",
    "Sister",
    "access_page",
    "bar_chart",
    "classed",
    "compare_page",
    "contingency_page",
    "electric_page",
    "furnish",
    "harm_answer",
    "harm_figures",
    "harm_number",
    "harm_page",
    "index_page",
    "line_chart",
    "map_picture",
    "new_page",
    "plan_page",
    "study_outline",
    "thumbnail",
    "write_map",
]
