"""Which figures a study has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from geofleet.defaults import Defaults
from geofleet.figures.contingency import contingency_figure
from geofleet.figures.electric import electric_figure
from geofleet.figures.harm import harm_hours_figure, harm_map_figure
from geofleet.figures.model import StudyFigure
from geofleet.figures.plan import frontier_figure, plan_figure, price_figure

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from geofleet.layers import Layer
    from geofleet.maps.frame import PageFrame

__all__ = ["study_figures"]


def study_figures(
    layers: Mapping[str, Layer],
    *,
    frame: PageFrame,
    promised: float | None = None,
    base: Mapping[str, gpd.GeoDataFrame] | None = None,
    currency: str | None = None,
    harm_today: float | None = None,
    frontier: pd.DataFrame | None = None,
) -> list[StudyFigure]:
    """Return the figures that these layers can tell, in reading order.

    Parameters
    ----------
    layers
        By name. ``links``, ``link_hours``, ``roads`` and ``routes`` of a run; ``policy_day_hours``
        and ``policy_days`` of a day under rules; ``plan_vehicles``, ``plan_years`` and
        ``plan_depots`` of a plan.
    frame
        Study, credits, notes and readers; its title and sisters do not matter.
    promised
        Share of the days of a year from which on an electric model can do a day nearly always;
        the default row ``robust:promised_probability`` when not given.
    base
        ``water`` of the study, for the map.
    currency
        Of the plan; without it there is no figure of money.
    harm_today
        Exposure over the years of the plan if nothing changed, persons·µg/m³·h: what the plan
        avoids is then told as a share of it.
    frontier
        Plans that none beats: ``cost`` and ``harm`` of each, as ``PlannedStudy.frontier().table``.

    Returns
    -------
    list of StudyFigure
        ``harm_map``, ``harm_hours``, ``electric``, ``contingency``, ``plan``, ``price``,
        ``frontier``: those whose layers are there and say something.
    """
    if promised is None:
        promised = Defaults().number("robust", "promised_probability")
    found: list[StudyFigure | None] = []
    if {"links", "link_hours", "roads", "routes"} <= set(layers):
        found.append(harm_map_figure(layers, frame=frame, base=base or {}))
        found.append(harm_hours_figure(layers, frame=frame))
    if "routes" in layers:
        found.append(electric_figure(layers, frame=frame, promised=promised))
    if "policy_day_hours" in layers:
        found.append(contingency_figure(layers, frame=frame))
    if {"plan_vehicles", "plan_years"} <= set(layers) and currency is not None:
        found.append(plan_figure(layers, frame=frame, currency=currency, harm_today=harm_today))
        found.append(price_figure(layers, frame=frame, currency=currency))
    if frontier is not None and currency is not None:
        found.append(frontier_figure(frontier, frame=frame, currency=currency))
    return [figure for figure in found if figure is not None]
