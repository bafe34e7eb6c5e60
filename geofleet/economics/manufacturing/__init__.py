"""What is made at home: duties, local content, domestic spending, demand by class and year."""

from geofleet.economics.manufacturing.content import domestic_share, local_content
from geofleet.economics.manufacturing.demand import demand_by_class_and_year
from geofleet.economics.manufacturing.duties import DUTY_SCENARIOS, duty

__all__ = [
    "DUTY_SCENARIOS",
    "demand_by_class_and_year",
    "domestic_share",
    "duty",
    "local_content",
]
