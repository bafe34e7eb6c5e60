"""What a study's vehicle-days emit, before any air, rule or battery is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geofleet.defaults import Defaults
    from geofleet.emissions import LinkEmissions, TraversalEmissions
    from geofleet.routes import Itineraries
    from geofleet.study.city_fleet import CityFleet
    from geofleet.study.inputs import Inputs

__all__ = ["StudyEmissions"]


@dataclass(frozen=True)
class StudyEmissions:
    """A study as far as its emissions: what :meth:`geofleet.Study.emissions` returns.

    Parameters
    ----------
    inputs
        Roads, fleet, stops, weather.
    itineraries
        Routes of the known vehicle-days.
    emissions
        Of each of their traversals.
    city
        The city's other vehicles; None where the study says nothing of them.
    link_emissions
        Of all vehicles by link and hour.
    defaults
        Which rows were read.
    """

    inputs: Inputs
    itineraries: Itineraries
    emissions: TraversalEmissions
    city: CityFleet | None
    link_emissions: LinkEmissions
    defaults: Defaults
