"""Figures of a study: what its layers and its plan say, as slides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geofleet.figures import StudyFigure, study_figures
from geofleet.outputs.pages import StudyPages

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["figures_of"]


def figures_of(pages: StudyPages, *, frontier: pd.DataFrame | None = None) -> list[StudyFigure]:
    """Return the figures that a study has, in reading order.

    Parameters
    ----------
    pages
        Of the study: they hold its layers.
    frontier
        ``cost`` and ``harm`` of plans that none beats, as ``PlannedStudy.frontier().table``; it
        takes many plans to find, and is left out when not given.
    """
    planned = pages.planned
    currency = harm_today = None
    if planned is not None:
        from geofleet.brief_facts import budget_of

        currency, harm_today = planned.currency, budget_of(planned).harm_today
    return study_figures(
        pages.layers, frame=pages.frame("index"), promised=pages.promised, base=pages.base,
        currency=currency, harm_today=harm_today, frontier=frontier,
    )  # fmt: skip
