"""The fleet of a city that no routes are known of, as a study's settings describe it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from geofleet.config import STUDY_FILE, TrafficConfig, setting_line
from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from geofleet.emissions import LinkEmissions
    from geofleet.emissions.flows import FlowWork
    from geofleet.fleet import FleetComposition
    from geofleet.network import RoadNetwork
    from geofleet.routes import Traversals
    from geofleet.routes.speeds import HourlySpeeds
    from geofleet.traffic import LinkFlows

__all__ = ["CityFleet", "city_flows", "make_city_fleet", "read_city_composition"]

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


@dataclass(frozen=True)
class CityFleet:
    """Vehicles that no routes are known of, over the service dates of a study.

    Parameters
    ----------
    flows
        An average day of theirs, known vehicles taken out.
    work
        Flows, engines and speeds, as the emission stage prepared them.
    days
        Service dates; emissions are those of an average day times these.
    emissions
        What they emit by link and hour.
    composition
        What was done to make the composition of the fleet.
    zone_of_edge
        Zone of the composition of every link; None where it tells no zones apart.
    network, defaults
        The roads, and where default rows are read.
    """

    flows: LinkFlows
    work: FlowWork
    days: int
    emissions: LinkEmissions
    composition: FleetComposition
    zone_of_edge: list[str] | None
    network: RoadNetwork
    defaults: Defaults

    def inventory(
        self, by: Sequence[str] = (), *, zones: gpd.GeoDataFrame | None = None
    ) -> pd.DataFrame:
        """Return emissions over the service dates by any keys that flows know.

        See :func:`geofleet.emissions.flow_inventory`; zones have a column ``zone_id``.
        """
        from geofleet.emissions import flow_inventory

        day = flow_inventory(
            self.work, self.network, by=by, zones=zones, zone_column="zone_id",
            defaults=self.defaults.fresh(),
        )  # fmt: skip
        return day * self.days

    def report(self) -> dict[str, Any]:
        """Say what was done to make flows and emissions, for the manifest."""
        return {
            "flows": dict(self.flows.report),
            "composition": dict(self.composition.report),
            "service_dates": self.days,
            "flags": dict(self.emissions.flags),
            "flagged_km": dict(self.emissions.flagged_km),
            "factors": self.emissions.factors.to_dict(orient="records"),
        }

    def summary(self) -> dict[str, float]:
        """Return distance and emissions over the service dates, with the unit in each name."""
        distance = sum(self.flows.vehicle_km(self.network).values()) * self.days
        total = self.emissions.total()
        return {"distance_km": float(distance), **{str(k): float(v) for k, v in total.items()}}


def make_city_fleet(
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
) -> CityFleet:
    """Take the known vehicles out of a city's flows, and work out what the others emit.

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
    from geofleet.emissions.flows import link_emissions_of_flows, prepare_flows
    from geofleet.traffic import zones_of_links

    scope = defaults.scope()
    rest = flows
    if len(traversals):
        rest = flows.without(traversals, network, how=known, defaults=scope)
    names = None
    if composition.zones:
        row = zones_of_links(network, zones, "zone_id")
        ids = zones["zone_id"].astype(str).tolist()
        names = [ids[number] if number >= 0 else "" for number in row.tolist()]
    dates = traversals.vehicle_days["date"]
    work = prepare_flows(
        rest,
        network,
        composition,
        speed_kmh=speeds.of_links(network, rest.edges, defaults=scope),
        zone_of_edge=names,
        load_share=None,
        country=country,
        year=int(str(max(dates))[:4]),
        temperature_c=temperature_c,
        defaults=scope,
    )
    days = int(dates.nunique())
    emissions = link_emissions_of_flows(
        work, provenance=(*scope.used, *rest.provenance, *composition.provenance)
    )
    return CityFleet(rest, work, days, emissions.times(days), composition, names, network, defaults)
