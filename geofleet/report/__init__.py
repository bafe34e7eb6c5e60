"""Briefs for officials, operators and lenders: pages that print, in every language."""

from geofleet.report.assumptions import assumptions_of, rows_table
from geofleet.report.lender import lender_brief
from geofleet.report.model import (
    AUDIENCES,
    About,
    Assumption,
    Assumptions,
    Audience,
    Brief,
    BriefTable,
    Figure,
    Section,
)
from geofleet.report.official import official_brief
from geofleet.report.operator import operator_brief
from geofleet.report.questions import open_questions
from geofleet.report.render import brief_html

__all__ = [
    "AUDIENCES",
    "About",
    "Assumption",
    "Assumptions",
    "Audience",
    "Brief",
    "BriefTable",
    "Figure",
    "Section",
    "assumptions_of",
    "brief_html",
    "lender_brief",
    "official_brief",
    "open_questions",
    "operator_brief",
    "rows_table",
]
