"""What a rule is, and where rules come from."""

from geofleet.policy.rules.events import Event
from geofleet.policy.rules.facts import Facts, known_attributes
from geofleet.policy.rules.model import EFFECTS, Charge, Geography, Rule, RuleSet
from geofleet.policy.rules.read import read_rules

__all__ = [
    "EFFECTS",
    "Charge",
    "Event",
    "Facts",
    "Geography",
    "Rule",
    "RuleSet",
    "known_attributes",
    "read_rules",
]
