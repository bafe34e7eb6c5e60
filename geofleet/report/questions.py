"""Open questions of a brief: what is not known, or made up, in this very study."""

from __future__ import annotations

import math

from geofleet.report.codes import code, country
from geofleet.report.contents import Unknowns
from geofleet.report.model import Audience
from geofleet.report.phrases import listed
from geofleet.wording import Readers, Text, say

__all__ = ["open_questions"]

_FEW_DATES = 5
_ALL = ("official", "operator", "lender")
_OFFICIAL, _MONEY = ("official",), ("operator", "lender", "official")


def open_questions(
    unknowns: Unknowns, readers: Readers, audience: Audience
) -> tuple[Text, ...]:  # fmt: skip
    """Return what a reader of this kind must know to be unknown; nothing that is known.

    Parameters
    ----------
    unknowns
        Of the study.
    readers
        Who write the numbers.
    audience
        Whose brief it is: an operator is not asked about neighbourhoods.
    """
    u = unknowns

    def count(name: str, value: int) -> Text:
        return say(f"brief.{name}", count=readers.whole(value))

    found: list[tuple[bool, tuple[str, ...], Text]] = [
        (u.synthetic, _ALL, say("brief.q_synthetic")),
        (0 < u.dates <= _FEW_DATES, _ALL, count("q_dates", u.dates)),
        (bool(u.prices_of), _MONEY, say("brief.q_prices", country=country(u.prices_of, readers))),
        (u.contested > 0, _MONEY, count("q_contested", u.contested)),
        (u.plates > 0, ("operator", "official"), say(
            "brief.q_plates", count=readers.whole(u.plates),
            what=listed(readers, [code("missing", name) for name in u.plates_lack]))),
        (u.annual_km > 0, _ALL, count("q_annual_km", u.annual_km)),
        (u.electric_unknown > 0, ("official", "operator"),
         count("q_electric", u.electric_unknown)),
        (bool(u.rules), ("official", "operator"),
         say("brief.q_rules", status=say(f"common.{u.rules}") if u.rules else "")),
        (u.decisions_unknown > 0, ("official", "operator"),
         count("q_decisions", u.decisions_unknown)),
        (u.costs_unknown > 0, _OFFICIAL, count("q_costs", u.costs_unknown)),
        (u.no_rules, ("official", "operator"), say("brief.q_no_rules")),
        (u.no_plan, _ALL, say("brief.q_no_plan")),
        (u.other_freight, _OFFICIAL, say("brief.q_other_freight")),
        (u.no_groups, _OFFICIAL, say("brief.q_groups")),
        (u.no_deaths, _OFFICIAL, say("brief.q_deaths")),
        (u.stops_not_reached > 0, _OFFICIAL, count("q_stops", u.stops_not_reached)),
        (u.flat, _ALL, say("brief.q_flat")),
        (True, _OFFICIAL, say("brief.q_secondary")),
        (True, ("lender",), say("brief.q_lender")),
    ]  # fmt: skip
    questions = [text for holds, whose, text in found if holds and audience in whose]
    if audience == "lender":
        questions += [count(f"q_assumed_{name}", number) for name, number in u.assumed.items()
                      if number and math.isfinite(number)]  # fmt: skip
    return tuple(questions)
