"""From results to layers."""

from __future__ import annotations

import logging

import geopandas as gpd
import pandas as pd

from geofleet.emissions.model import LinkEmissions, TraversalEmissions
from geofleet.energy.mend import Mends
from geofleet.energy.model import ElectricModels, Feasibility
from geofleet.energy.robust import RobustFeasibility
from geofleet.exposure.harm import Intake
from geofleet.exposure.model import Receptors, UnitExposure
from geofleet.fleet.model import Fleet
from geofleet.layers.links import link_hours_layer, links_layer, roads_layer
from geofleet.layers.model import Layer
from geofleet.layers.profiles import mends_layer, profiles_layer
from geofleet.layers.receptors import Concentrations, receptors_layer, zones_layer
from geofleet.layers.routes import feasibility_layer, routes_layer, stops_layer
from geofleet.network.model import RoadNetwork
from geofleet.routes.model import Itineraries

__all__ = ["build_layers"]

_LOG = logging.getLogger(__name__)


def build_layers(
    *,
    network: RoadNetwork,
    itineraries: Itineraries,
    emissions: TraversalEmissions,
    link_emissions: LinkEmissions,
    fleet: Fleet | None = None,
    unit_exposure: UnitExposure | None = None,
    intake: Intake | None = None,
    receptors: Receptors | None = None,
    concentrations: Concentrations | None = None,
    feasibility: Feasibility | None = None,
    robust: RobustFeasibility | None = None,
    models: ElectricModels | None = None,
    profiles: pd.DataFrame | None = None,
    mends: Mends | None = None,
    zones: gpd.GeoDataFrame | None = None,
) -> dict[str, Layer]:
    """Return the layers of a study by name, in drawing order from the ground up.

    Parameters
    ----------
    network, itineraries, emissions, link_emissions
        What the stages returned.
    fleet
        Adds operator, standard and model year to the routes.
    unit_exposure
        Adds unit exposure and harm to the links; without it they stay empty.
    intake
        Adds the intake fraction to the links, alike.
    receptors, concentrations
        Receptor points, and µg/m³ at them by emission quantity (``pm25_exhaust_g``,
        ``pm25_wear_g``, ``nox_exhaust_g``), each of shape (receptors,) as the day's mean or
        (receptors, 24).
    feasibility, robust, models
        Verdicts of the planned day, verdicts over a year, and the electric models they are about
        (for their names).
    profiles
        The charge along the way, as from ``geofleet.energy.charge_profiles``.
    mends
        What would mend the days that their best model cannot run; needs ``feasibility`` and
        ``models``.
    zones
        Population polygons with ``zone_id`` and ``people``.

    Returns
    -------
    dict
        ``roads``, ``links``, ``link_hours``, ``routes``, ``stops`` always; ``zones``,
        ``receptors``, ``feasibility``, ``route_profiles`` and ``mends`` when their inputs are
        given.
    """
    layers = [roads_layer(network)]
    if zones is not None:
        layers.append(zones_layer(zones, receptors=receptors, concentrations=concentrations))
    if receptors is not None:
        layers.append(receptors_layer(receptors, concentrations=concentrations))
    layers += [
        links_layer(
            network, link_emissions=link_emissions, unit_exposure=unit_exposure, intake=intake
        ),
        link_hours_layer(link_emissions, unit_exposure=unit_exposure),
        routes_layer(
            network,
            itineraries=itineraries,
            fleet=fleet,
            emissions=emissions,
            feasibility=feasibility,
            models=models,
            robust=robust,
        ),
        stops_layer(itineraries, feasibility=feasibility),
    ]
    if feasibility is not None:
        layers.append(feasibility_layer(itineraries, feasibility=feasibility, models=models))
    if profiles is not None:
        layers.append(profiles_layer(itineraries, profiles))
    if mends is not None and feasibility is not None and models is not None:
        layers.append(
            mends_layer(mends, itineraries=itineraries, models=models, best=feasibility.best)
        )
    for layer in layers:
        _LOG.debug("layer %s: %d rows", layer.name, len(layer.frame))
    return {layer.name: layer for layer in layers}
