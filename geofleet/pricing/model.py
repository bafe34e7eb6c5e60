"""LinkPrices: what one passage of a vehicle costs on every link in every hour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from geofleet.errors import InputError, Problem
from geofleet.network.model import RoadNetwork
from geofleet.network.routing.paths import RoutingGraph
from geofleet.pricing.search import Path, Ways

__all__ = ["HARM", "OBJECTIVES", "Blend", "LinkPrices", "meaning_of"]

HARM = "harm_person_ug_m3_h"
"""Persons times µg/m3 times hours: the harm that is always known where unit exposure is."""

TIME, DISTANCE, COST, MONEY, CO2E = (
    "time_s", "distance_m", "cost", "harm_money", "co2e_wtw_g",
)  # fmt: skip
OBJECTIVES = ("fastest", "shortest", "cheapest", "least_co2e", "least_harm", "blended")
"""What a route can be the best by."""

_G_PER_T = 1e6
_S_PER_H = 3600.0
_MEANING = {
    TIME: ("s", "time at the speeds of the hour of departure, signals included"),
    DISTANCE: ("m", "length"),
    COST: ("", "operating cost: time of vehicle and crew, wear of the vehicle, fuel"),
    HARM: ("persons·µg/m3·h", "primary pollutant breathed: grams times unit exposure"),
    "harm_deaths": ("deaths", "premature deaths, marginal"),
    MONEY: ("", "premature deaths times the value of a statistical life"),
    CO2E: ("g", "CO2 equivalents, well to wheel"),
}

Floats = npt.NDArray[np.float64]


def meaning_of(name: str, currency: str = "") -> tuple[str, str]:
    """Return unit and meaning of a price."""
    unit, meaning = _MEANING.get(name, ("g" if name.endswith("_g") else "", name))
    return (currency if name in (COST, MONEY) else unit), meaning


@dataclass(frozen=True, slots=True)
class Blend:
    """What a route should keep low together, in money: the weighted sum of prices.

    Parameters
    ----------
    cost
        Weight of the operating cost, which holds the crew's time already.
    time_per_h
        Money for an hour beyond that: urgency of the goods, say.
    harm
        Weight of ``harm_money``; 0 leaves harm out. 1 makes the route pay what it does.
    harm_price
        Money for one person·µg/m3·h, in place of ``harm_money`` where deaths are not valued.
    co2e_per_t
        Money for a tonne of CO2 equivalents.
    """

    cost: float = 1.0
    time_per_h: float = 0.0
    harm: float = 1.0
    harm_price: float | None = None
    co2e_per_t: float = 0.0

    def __post_init__(self) -> None:
        """Check the weights."""
        given = {name: getattr(self, name) for name in self.__slots__}
        problems = [
            Problem("blend", name, value=str(value), expected="a finite number of at least 0")
            for name, value in given.items()
            if value is not None and not (np.isfinite(value) and value >= 0.0)
        ]
        if problems:
            raise InputError(problems)

    def weights(self) -> dict[str, float]:
        """Return the weight of each price."""
        harm = {MONEY: self.harm} if self.harm_price is None else {HARM: self.harm_price}
        found = {
            COST: self.cost, TIME: self.time_per_h / _S_PER_H, CO2E: self.co2e_per_t / _G_PER_T,
            **harm,
        }  # fmt: skip
        return {name: weight for name, weight in found.items() if weight > 0.0}


@dataclass(frozen=True)
class LinkPrices:
    """What one passage of one kind of vehicle costs on every link, by hour of departure.

    Parameters
    ----------
    network, graph
        The roads, and the legal ways of the vehicle over them.
    vehicle_class
        Class of the vehicle.
    hours
        Local hours of the columns, ascending.
    values
        By price an array of shape (links, hours): ``time_s``, ``cost``, ``harm_person_ug_m3_h``,
        ``harm_deaths`` and ``harm_money`` where given, ``co2e_wtw_g``, and grams of the pollutants
        asked for. NaN on links that the vehicle may not use or whose harm is not known.
    harm
        Which of the harms least-harm routes keep low.
    currency
        Of ``cost`` and ``harm_money``.
    pollutants
        Quantities whose grams make the harm.
    report
        Links that may be used, links left out because nobody knows who breathes there.
    """

    network: RoadNetwork
    graph: RoutingGraph
    vehicle_class: str
    hours: tuple[int, ...]
    values: Mapping[str, Floats]
    harm: str
    currency: str
    pollutants: tuple[str, ...]
    report: Mapping[str, Any] = field(default_factory=dict)
    provenance: tuple[str, ...] = ()

    @cached_property
    def ways(self) -> Ways:
        """The legal ways, ready for searches."""
        return Ways(self.graph)

    @property
    def names(self) -> tuple[str, ...]:
        """Every price, distance included."""
        return (TIME, DISTANCE, *(name for name in self.values if name != TIME))

    def at(self, name: str, hour: int) -> Floats:
        """Return one price of every link in one hour, shape (links,).

        Raises
        ------
        InputError
            A price or an hour that was not asked for.
        """
        if hour not in self.hours:
            expected = "an hour that prices were made for: " + ", ".join(map(str, self.hours))
            raise InputError([Problem("link prices", "hour", value=str(hour), expected=expected)])
        if name == DISTANCE:
            open_links = self.graph.access != 0
            return np.where(open_links, self.network.arrays.length_m, np.nan)
        if name not in self.values:
            expected = "one of " + ", ".join(self.names)
            raise InputError([Problem("link prices", "price", value=name, expected=expected)])
        values: Floats = self.values[name][:, self.hours.index(hour)]
        return values

    def objective(self, objective: str, hour: int, *, blend: Blend | None = None) -> Floats:
        """Return what a route is the best by, on every link in one hour, shape (links,).

        Raises
        ------
        InputError
            An objective that does not exist, or a blend of prices that are not there.
        """
        single = {
            "fastest": TIME, "shortest": DISTANCE, "cheapest": COST, "least_co2e": CO2E,
            "least_harm": self.harm,
        }  # fmt: skip
        if objective in single:
            return self.at(single[objective], hour)
        if objective != "blended":
            expected = "one of " + ", ".join(OBJECTIVES)
            raise InputError([Problem("objective", value=objective, expected=expected)])
        weights = (blend or Blend()).weights()
        if MONEY in weights and MONEY not in self.values:
            expected = (
                "prices with harm_money (link_prices(harm_prices=...)), or a blend with harm_price"
            )
            raise InputError([Problem("blend", "harm", expected=expected)])
        if not weights:
            raise InputError([Problem("blend", expected="at least one weight above 0")])
        parts = [w * self.at(name, hour) for name, w in weights.items()]
        return np.asarray(np.sum(parts, axis=0))

    def totals(self, path: Path, hour: int) -> dict[str, float]:
        """Return every price of a path driven in one hour."""
        return {name: float(self.at(name, hour)[path.edges] @ path.share) for name in self.names}
