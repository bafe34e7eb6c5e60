"""What briefs say of a study, as plain numbers: from a run and a plan to the contents of briefs."""

from geofleet.brief_facts.harm import day_under_rules, harm_today
from geofleet.brief_facts.loans import loan_book
from geofleet.brief_facts.operators import operator_facts
from geofleet.brief_facts.plan import budget_of
from geofleet.brief_facts.rows import lender_rows, official_rows_used, operator_rows
from geofleet.brief_facts.unknown import unknowns_of

__all__ = [
    "budget_of",
    "day_under_rules",
    "harm_today",
    "lender_rows",
    "loan_book",
    "official_rows_used",
    "operator_facts",
    "operator_rows",
    "unknowns_of",
]
