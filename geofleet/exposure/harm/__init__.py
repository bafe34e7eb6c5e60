"""From exposure to harm: intake, deaths, years of life, money and who bears them."""

from geofleet.exposure.harm.ages import age_band
from geofleet.exposure.harm.breathing import BreathingRates, breathing_rates
from geofleet.exposure.harm.money import ValueOfLife, transferred_value_of_life, value_of_life
from geofleet.exposure.harm.mortality import BaselineMortality, baseline_mortality
from geofleet.exposure.harm.notes import limits
from geofleet.exposure.harm.price import Metric, harm_price, marginal_deaths_per_tonne
from geofleet.exposure.harm.response import (
    ResponseFunction,
    response_function,
    response_functions,
)

__all__ = [
    "BaselineMortality",
    "BreathingRates",
    "Metric",
    "ResponseFunction",
    "ValueOfLife",
    "age_band",
    "baseline_mortality",
    "breathing_rates",
    "harm_price",
    "limits",
    "marginal_deaths_per_tonne",
    "response_function",
    "response_functions",
    "transferred_value_of_life",
    "value_of_life",
]
