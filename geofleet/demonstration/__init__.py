"""Where to demonstrate: routes, depots and operators ranked for a pilot."""

from geofleet.demonstration.candidates import demonstration_candidates
from geofleet.demonstration.criteria import CRITERIA, Criterion
from geofleet.demonstration.harm import exhaust_harm
from geofleet.demonstration.ranking import DemonstrationRanking, rank_demonstrations

__all__ = [
    "CRITERIA",
    "Criterion",
    "DemonstrationRanking",
    "demonstration_candidates",
    "exhaust_harm",
    "rank_demonstrations",
]
