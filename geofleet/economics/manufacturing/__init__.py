"""What is made at home: duties, local content, domestic spending, demand by class and year."""

from geofleet.economics.manufacturing.duties import DUTY_SCENARIOS, duty

__all__ = ["DUTY_SCENARIOS", "duty"]
