"""A plan for a study's fleet: what is offered, what is bought, and how each reader sees it."""

from __future__ import annotations

from geofleet.planned.model import (
    PlannedStudy,
    plan_results,
    plan_settings_of,
    priced_options,
)
from geofleet.planned.offers import access_of, offered, products_of
from geofleet.planned.views import (
    OfficialFigure,
    granted_options,
    lender_view,
    official_figures,
    official_rows,
    official_view,
    operator_view,
    plan_benefits,
    plan_fiscal,
    plan_totals,
)

__all__ = [
    "OfficialFigure",
    "PlannedStudy",
    "access_of",
    "granted_options",
    "lender_view",
    "offered",
    "official_figures",
    "official_rows",
    "official_view",
    "operator_view",
    "plan_benefits",
    "plan_fiscal",
    "plan_results",
    "plan_settings_of",
    "plan_totals",
    "priced_options",
    "products_of",
]
