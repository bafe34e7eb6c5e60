"""What pages about rules say in both languages: effects, answers, roads, outcomes."""

from __future__ import annotations

from geofleet.wording import Text, both, known, say

__all__ = [
    "certainty_words", "effect_words", "outcome_words", "road_class_words", "status_words",
]  # fmt: skip


def effect_words(effect: str) -> Text:
    """Return what a rule does."""
    return say(f"contingency.effect_{effect}")


def certainty_words(status: str) -> Text:
    """Return how well something is known."""
    return say(f"common.{status}")


def status_words(code: int) -> Text:
    """Return an answer by its place in ``geofleet.policy.decisions.STATUS_WORDS``."""
    return say(f"contingency.status_{code}")


def outcome_words(outcome: str) -> Text:
    """Return what becomes of a vehicle-day."""
    return say(f"contingency.outcome_{outcome}")


def road_class_words(highway: str) -> Text:
    """Return a road class of OpenStreetMap in words; one that is not known as it stands."""
    base = highway.removesuffix("_link")
    key = f"contingency.road_{base}"
    words = say(key) if known(key) else both(base.replace("_", " ").capitalize())
    return say("contingency.road_ramp", road=words) if base != highway else words
