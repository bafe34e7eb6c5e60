"""From exposure to harm: intake, deaths, years of life, money and who bears them."""

from geofleet.exposure.harm.ages import age_band
from geofleet.exposure.harm.breathing import BreathingRates, breathing_rates
from geofleet.exposure.harm.deaths import AttributableDeaths, attributable_deaths
from geofleet.exposure.harm.equity import (
    ConcentrationIndex,
    concentration_index,
    exposure_shares,
    exposure_shares_by_group,
    of_zones,
)
from geofleet.exposure.harm.intake import Intake, intake_fraction
from geofleet.exposure.harm.means import (
    ExposureMeans,
    emission_weighted_exposure,
    mean_increment,
    people_weighted,
)
from geofleet.exposure.harm.money import (
    ValueOfLife,
    transferred_value_of_life,
    value_of_life,
    values_of_life,
)
from geofleet.exposure.harm.mortality import BaselineMortality, baseline_mortality
from geofleet.exposure.harm.nitrogen import (
    added_arm2_no2,
    arm2_no2,
    marginal_no2_ratio,
    ozone_limited_no2,
)
from geofleet.exposure.harm.notes import limits
from geofleet.exposure.harm.price import Metric, harm_price, marginal_deaths_per_tonne
from geofleet.exposure.harm.response import (
    ResponseFunction,
    response_function,
    response_functions,
)
from geofleet.exposure.harm.study import (
    breathed,
    by_age,
    check_ages,
    check_health,
    study_deaths,
    study_intake,
    study_shares,
)
from geofleet.exposure.harm.yearly import QUANTITIES_OF, yearly_increment

__all__ = [
    "QUANTITIES_OF",
    "AttributableDeaths",
    "BaselineMortality",
    "BreathingRates",
    "ConcentrationIndex",
    "ExposureMeans",
    "Intake",
    "Metric",
    "ResponseFunction",
    "ValueOfLife",
    "added_arm2_no2",
    "age_band",
    "arm2_no2",
    "attributable_deaths",
    "baseline_mortality",
    "breathed",
    "breathing_rates",
    "by_age",
    "check_ages",
    "check_health",
    "concentration_index",
    "emission_weighted_exposure",
    "exposure_shares",
    "exposure_shares_by_group",
    "harm_price",
    "intake_fraction",
    "limits",
    "marginal_deaths_per_tonne",
    "marginal_no2_ratio",
    "mean_increment",
    "of_zones",
    "ozone_limited_no2",
    "people_weighted",
    "response_function",
    "response_functions",
    "study_deaths",
    "study_intake",
    "study_shares",
    "transferred_value_of_life",
    "value_of_life",
    "values_of_life",
    "yearly_increment",
]
