"""The fleet of a city that no routes are known of, as a study's settings describe it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from geofleet.config import STUDY_FILE, TrafficConfig, setting_line
from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem

if TYPE_CHECKING:
    import geopandas as gpd

    from geofleet.emissions import LinkEmissions
    from geofleet.fleet import FleetComposition
    from geofleet.network import RoadNetwork
    from geofleet.routes import Traversals
    from geofleet.routes.speeds import HourlySpeeds
    from geofleet.traffic import LinkFlows

__all__ = ["city_emissions", "city_flows", "read_city_composition"]

_MEXICO = "MX"


def read_city_composition(
    folder: Path, traffic: TrafficConfig, *, country: str | None, year: int, defaults: Defaults
) -> FleetComposition:
    """Read the composition of the city's fleet, or take the Mexican one for a study in Mexico.

    Raises
    ------
    InputError
        Faults of the file, or none given outside Mexico.
    """
    from geofleet.fleet import mexican_fleet, read_composition

    if traffic.composition is not None:
        return read_composition(folder / traffic.composition, year=year)
    if country == _MEXICO:
        return mexican_fleet(defaults, year=year)
    place = ("traffic", "composition")
    line = setting_line(folder, *place) or setting_line(folder, "traffic")
    expected = "a table of the fleet's composition: only Mexico (country: MX) has a default one"
    raise InputError([Problem(str(folder / STUDY_FILE), ".".join(place), line, expected=expected)])


def city_flows(
    folder: Path,
    traffic: TrafficConfig,
    network: RoadNetwork,
    zones: gpd.GeoDataFrame,
    composition: FleetComposition,
    *,
    seed: int,
    defaults: Defaults,
) -> LinkFlows:
    """Make the flows of a day from a table, from counts, or from the size of the fleet.

    Raises
    ------
    InputError
        As :func:`geofleet.traffic.read_flows`, :func:`geofleet.traffic.flows_from_counts` and
        :func:`geofleet.traffic.flows_from_zones`.
    """
    from geofleet.schema import read_csv
    from geofleet.traffic import COUNT_SCHEMA, flows_from_counts, flows_from_zones, read_flows

    if traffic.flows is not None:
        return read_flows(
            folder / traffic.flows, network, period=traffic.period, peak_hour=traffic.peak_hour,
            counted_on=traffic.counted_on, day_kind=traffic.day_kind, composition=composition,
            defaults=defaults,
        )  # fmt: skip
    if traffic.counts is not None:
        file = folder / traffic.counts
        counts = read_csv(file, COUNT_SCHEMA)
        return flows_from_counts(
            counts, network, counted_on=traffic.counted_on, day_kind=traffic.day_kind,
            composition=composition, file=str(file), defaults=defaults,
        )  # fmt: skip
    return flows_from_zones(
        network, zones, traffic.vehicles, columns=traffic.trip_ends, day_kind=traffic.day_kind,
        seed=seed, defaults=defaults,
    )  # fmt: skip


def city_emissions(
    flows: LinkFlows,
    network: RoadNetwork,
    composition: FleetComposition,
    traversals: Traversals,
    zones: gpd.GeoDataFrame,
    *,
    speeds: HourlySpeeds,
    known: Literal["link", "fleet"],
    country: str | None,
    temperature_c: Sequence[float],
    defaults: Defaults,
) -> tuple[LinkFlows, LinkEmissions]:
    """Return flows and emissions of the vehicles that are not known, over the service dates.

    Parameters
    ----------
    flows
        The whole fleet on an average day; it counts once for each service date.
    traversals
        Known vehicle-days, which are taken out of the flows.
    zones
        Zones that the composition may tell apart, with a column ``zone_id``.
    known
        How they are taken out: see :func:`geofleet.traffic.known.without`.
    """
    from geofleet.emissions import flow_emissions
    from geofleet.traffic import zones_of_links

    rest = flows.without(traversals, network, how=known) if len(traversals) else flows
    names = None
    if composition.zones:
        row = zones_of_links(network, zones, "zone_id")
        ids = zones["zone_id"].astype(str).tolist()
        names = [ids[number] if number >= 0 else "" for number in row.tolist()]
    dates = traversals.vehicle_days["date"]
    emissions = flow_emissions(
        rest,
        network,
        composition,
        speed_kmh=speeds.of_links(network, rest.edges, defaults=defaults),
        zone_of_edge=names,
        country=country,
        year=int(str(max(dates))[:4]),
        temperature_c=temperature_c,
        defaults=defaults,
    )
    return rest, emissions.times(dates.nunique())
