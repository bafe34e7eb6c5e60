"""Layers of the road network: all roads, links with traffic, and links by hour."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from geofleet.emissions.model import QUANTITIES, LinkEmissions
from geofleet.exposure.harm import Intake
from geofleet.exposure.model import UnitExposure
from geofleet.layers.model import Layer, as_layer
from geofleet.layers.schemas import HARMS, LINK_HOURS, LINKS, PER_KM, ROADS
from geofleet.network.model import RoadNetwork

__all__ = ["link_hours_layer", "links_layer", "roads_layer", "street_numbers"]


def street_numbers(network: RoadNetwork) -> npt.NDArray[np.int32]:
    """Return one number per edge, equal for the two directions of a street."""
    twin = network.arrays.twin
    own = np.arange(len(twin), dtype=np.int32)
    return np.where(twin >= 0, np.minimum(own, twin), own).astype(np.int32)


def roads_layer(network: RoadNetwork) -> Layer:
    """Return every street once, whichever directions it may be driven in."""
    street = street_numbers(network)
    rows = np.flatnonzero(street == np.arange(len(street)))
    edges = network.edges.iloc[rows]
    columns = {"street": rows, "name": edges["name"].array, "highway": edges["highway"].array}
    return as_layer(columns, ROADS, geometry=edges.geometry.array)


def links_layer(
    network: RoadNetwork,
    *,
    link_emissions: LinkEmissions,
    unit_exposure: UnitExposure | None = None,
    intake: Intake | None = None,
) -> Layer:
    """Return one row per link with traffic: emissions, exposure, and both per kilometre.

    Links for which no unit exposure was computed keep empty harm columns.
    """
    numbers = link_emissions.edges
    edges = network.edges.iloc[numbers]
    totals = link_emissions.by_link()
    columns: dict[str, npt.NDArray[np.generic]] = {
        "edge": numbers,
        "street": street_numbers(network)[numbers],
        "u": edges.index.get_level_values(0).to_numpy(),
        "v": edges.index.get_level_values(1).to_numpy(),
        "vehicles": totals["vehicles"].to_numpy(np.float64),
        "length_m": edges["length_m"].to_numpy(np.float64),
    }
    for name in ("osmid", "name", "highway"):
        columns[name] = edges[name].to_numpy(object)
    for name in QUANTITIES:
        columns[name] = totals[name].to_numpy(np.float64)
    columns |= _exposure(link_emissions, unit_exposure)
    columns["intake_fraction_ppm"] = _intake(link_emissions, intake)
    with np.errstate(divide="ignore", invalid="ignore"):
        for name in PER_KM:
            values = np.asarray(columns[name], dtype=np.float64)
            ratio = values / (np.asarray(columns["length_m"], dtype=np.float64) / 1000.0)
            columns[f"{name}_per_km"] = np.where(np.isfinite(ratio), ratio, np.nan)
    return as_layer(columns, LINKS, geometry=edges.geometry.array)


def _unit(
    numbers: npt.NDArray[np.int32], unit_exposure: UnitExposure | None
) -> npt.NDArray[np.float64]:
    """Return unit exposure by link and hour, aligned with ``numbers``; NaN where unknown."""
    unit = np.full((len(numbers), 24), np.nan)
    if unit_exposure is not None and len(unit_exposure.edges):
        place = np.searchsorted(unit_exposure.edges, numbers)
        place = np.minimum(place, len(unit_exposure.edges) - 1)
        known = unit_exposure.edges[place] == numbers
        unit[known] = unit_exposure.values[place[known]]
    return unit


def _exposure(
    link_emissions: LinkEmissions, unit_exposure: UnitExposure | None
) -> dict[str, npt.NDArray[np.float64]]:
    """Return mean unit exposure and daily harm, aligned with ``link_emissions.edges``."""
    numbers = link_emissions.edges
    unit = _unit(numbers, unit_exposure)
    known = ~np.isnan(unit).any(axis=1)
    columns = {}
    for name, source in HARMS.items():
        harm = np.full(len(numbers), np.nan)
        if unit_exposure is not None and known.any():
            aligned = UnitExposure(numbers[known], unit[known], unit_exposure.people)
            harm[known] = aligned.harm(link_emissions.matrix(source)[known]).sum(axis=1)
        columns[name] = harm
    return columns | {"unit_exposure": _day_mean(link_emissions, unit)}


def _intake(link_emissions: LinkEmissions, intake: Intake | None) -> npt.NDArray[np.float64]:
    """Return the day's mean intake fraction, aligned with ``link_emissions.edges``."""
    numbers = link_emissions.edges
    ppm = np.full((len(numbers), 24), np.nan)
    if intake is not None and len(intake.edges):
        place = np.minimum(np.searchsorted(intake.edges, numbers), len(intake.edges) - 1)
        known = intake.edges[place] == numbers
        ppm[known] = intake.ppm[place[known]]
    return _day_mean(link_emissions, ppm)


def _day_mean(
    link_emissions: LinkEmissions, hourly: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return means over the day by exhaust particles, by vehicles where a link has none."""
    weight = link_emissions.matrix("pm25_exhaust_g")
    idle = weight.sum(axis=1) <= 0
    weight[idle] = link_emissions.matrix("vehicles")[idle]
    total = weight.sum(axis=1)
    mean = np.full(len(hourly), np.nan)
    np.divide((hourly * weight).sum(axis=1), total, out=mean, where=total > 0)
    return mean


def link_hours_layer(
    link_emissions: LinkEmissions, *, unit_exposure: UnitExposure | None = None
) -> Layer:
    """Return emissions and harm by link and hour, as a table without geometry.

    Harm is empty where no unit exposure was computed; summed over the hours it is that of links.
    """
    frame = link_emissions.frame
    names = ["edge", "hour", "vehicles", *QUANTITIES]
    columns = {name: frame[name].to_numpy() for name in names}
    numbers = link_emissions.edges
    at = (np.searchsorted(numbers, columns["edge"]), columns["hour"])
    unit = _unit(numbers, unit_exposure)
    aligned = UnitExposure(numbers, unit, 0.0 if unit_exposure is None else unit_exposure.people)
    for name, source in HARMS.items():
        columns[name] = aligned.harm(link_emissions.matrix(source))[at]
    return as_layer(columns, LINK_HOURS)
