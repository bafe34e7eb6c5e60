"""Prices of a study's links: routes between two points, and what its fleet could save."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geofleet.config import StudyConfig
from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.study import Inputs, Progress, Study

if TYPE_CHECKING:
    from geofleet.exposure import Receptors, UnitExposure
    from geofleet.fleet import FleetComposition
    from geofleet.pricing import HourChoice, LinkPrices, Repriced, RouteChoices
    from geofleet.routes import Itineraries
    from geofleet.study import Results

__all__ = ["StudyPrices", "Trip", "fleet_savings", "run_prices", "study_prices", "write_trip"]

Point = tuple[float, float]

_HOURS = tuple(range(24))
_STAGE = "Unit exposure of all roads"
_VALUE = "central"


@dataclass(frozen=True)
class Trip:
    """A trip priced: alternatives, the frontier of time against harm, every hour of departure."""

    alternatives: RouteChoices
    frontier: RouteChoices
    hours: HourChoice


@dataclass(frozen=True)
class StudyPrices:
    """What a study knows that makes a price: roads, speeds, engines, and who breathes each link.

    Parameters
    ----------
    inputs, config, defaults
        Of the study.
    exposures
        Unit exposure of all links, of all ``people`` and of each group.
    """

    inputs: Inputs
    config: StudyConfig
    exposures: Mapping[str, UnitExposure]
    defaults: Defaults

    @property
    def unit_exposure(self) -> UnitExposure:
        """Unit exposure of all links, of all people."""
        return self.exposures["people"]

    @property
    def note(self) -> str | None:
        """Which currency costs are in, where it is not that of the study's country."""
        from geofleet.outputs.currency import currency_note

        currency = self.defaults.fresh().text("pricing", "currency")
        return currency_note(
            currency, self.config.country, row="pricing:currency", defaults=self.defaults
        )

    def of_class(self, vehicle_class: str, *, hours: Sequence[int] = _HOURS) -> LinkPrices:
        """Return the prices of the mean vehicle of a class in this study.

        Raises
        ------
        InputError
            A class without vehicles in the study.
        """
        from geofleet.pricing import link_prices

        return link_prices(
            self.inputs.network, self._composition(vehicle_class), vehicle_class,
            unit_exposure=self.unit_exposure, hours=hours, **self.options(),
        )  # fmt: skip

    def options(self) -> dict[str, Any]:
        """Return what ``link_prices`` and ``reprice`` need to know of the place."""
        temperature = self.inputs.weather.mean_by_hour("temperature_c")
        return {
            "speeds": self.inputs.speeds(self.defaults),
            "harm_prices": self._harm_prices(),
            "country": self.config.country,
            "year": self.inputs.year,
            "temperature_c": [float(value) for value in temperature],
            "defaults": self.defaults,
        }

    def _composition(self, vehicle_class: str) -> FleetComposition:
        from geofleet.fleet import FleetComposition

        own = FleetComposition.of_fleet(self.inputs.fleet, weights="vehicles")
        city = self.inputs.composition
        for found in (own, city):
            if found is not None and vehicle_class in found.classes:
                return found
        known = dict.fromkeys([*own.classes, *(city.classes if city is not None else ())])
        expected = "a class with vehicles in this study: " + ", ".join(known)
        raise InputError([Problem("price", "vehicle class", 0, vehicle_class, expected)])

    def _harm_prices(self) -> dict[str, Any] | None:
        """Return deaths and money per gram, where the study says enough of health."""
        health, country = self.config.health, self.config.country
        if health is None or country is None:
            return None
        from geofleet.exposure.harm import by_age, check_health, value_of_life
        from geofleet.pricing import harm_prices

        function, mortality = check_health(health, country=country, defaults=self.defaults)
        if function.pollutant != "pm25":
            return None  # links are priced by PM2.5
        valued = f"{country}.{_VALUE}.value" in self.defaults.values("money")
        return harm_prices(
            by_age(self.exposures), country=country, background_ug_m3=health.background_ug_m3,
            function=function, mortality=mortality, defaults=self.defaults,
            value_of_life=value_of_life(country, _VALUE, defaults=self.defaults)
            if valued else None,
        )  # fmt: skip

    def trip(
        self,
        origin: Point,
        destination: Point,
        vehicle_class: str,
        *,
        hour: int,
        window: tuple[int, int] = (0, 24),
        max_detour: float | None = None,
    ) -> Trip:
        """Price a trip between two points (longitude, latitude).

        Raises
        ------
        InputError
            As :func:`geofleet.pricing.alternatives` and :meth:`of_class`.
        """
        from geofleet.pricing import alternatives, frontier, hour_choice
        from geofleet.pricing.model import MONEY

        prices = self.of_class(vehicle_class)
        objectives = ["fastest", "cheapest", "least_harm"]
        if MONEY in prices.values:
            objectives.append("blended")
        given: dict[str, Any] = {"hour": hour, "max_detour": max_detour, "defaults": self.defaults}
        return Trip(
            alternatives(prices, origin, destination, objectives=objectives, **given),
            frontier(prices, origin, destination, **given),
            hour_choice(prices, origin, destination, window=window, **given),
        )

    def savings(self, itineraries: Itineraries, **options: Any) -> Repriced:
        """Return what other streets or hours would save for vehicle-days of this study.

        ``objective``, ``blend``, ``max_detour``, ``shifts``…: see :func:`geofleet.pricing.reprice`.
        """
        from geofleet.pricing import reprice

        given = {**self.options(), **options}
        return reprice(
            itineraries, self.inputs.network, self.inputs.fleet, self.unit_exposure, **given
        )


def study_prices(
    study: Study, *, stored: Path | None = None, progress: Progress | None = None
) -> StudyPrices:
    """Make the unit exposure of all roads of a study, which every price needs.

    Parameters
    ----------
    stored
        Folder to keep it in; taken from there when nothing that it depends on has changed.

    Raises
    ------
    InputError
        Any input of the study is wrong; all problems at once.
    """
    inputs, receptors, defaults = study.surroundings(progress=progress)
    exposures = _everywhere(
        inputs, receptors, study.config, stored, defaults,
        progress=None if progress is None else lambda part: progress(_STAGE, min(part, 0.999)),
    )  # fmt: skip
    if progress is not None:
        progress(_STAGE, 1.0)
    return StudyPrices(inputs, study.config, exposures, defaults)


def run_prices(results: Results, *, stored: Path | None = None) -> StudyPrices:
    """Make the unit exposure of all roads for the roads, people and weather of a run.

    Parameters
    ----------
    results
        Of :meth:`geofleet.Study.run`.
    stored
        Folder to keep it in; taken from there when nothing that it depends on has changed.
    """
    inputs, defaults = results.inputs, results.defaults.fresh()
    exposures = _everywhere(inputs, results.receptors, results.config, stored, defaults)
    return StudyPrices(inputs, results.config, exposures, defaults)


def _everywhere(
    inputs: Inputs,
    receptors: Receptors,
    config: StudyConfig,
    stored: Path | None,
    defaults: Defaults,
    progress: Callable[[float], None] | None = None,
) -> dict[str, UnitExposure]:
    from geofleet.pricing import network_group_exposures

    return network_group_exposures(
        inputs.network, receptors, inputs.weather, stored=stored, defaults=defaults,
        progress=progress, **config.exposure.model_dump(),
    )  # fmt: skip


def fleet_savings(results: Results, *, stored: Path | None = None, **options: Any) -> Repriced:
    """Return what other streets or hours would save for every vehicle-day of a run.

    Parameters
    ----------
    results
        Of :meth:`geofleet.Study.run`.
    stored
        Folder of the unit exposure of all roads.
    **options
        ``objective``, ``blend``, ``max_detour``, ``shifts``…: see :func:`geofleet.pricing.reprice`.
    """
    return run_prices(results, stored=stored).savings(results.itineraries, **options)


def write_trip(trip: Trip, folder: Path, config: StudyConfig) -> list[Path]:
    """Write a priced trip: GeoJSON of alternatives, links and frontier, CSV of frontier and hours.

    A schema stands beside each file. Files of those names are replaced, others are left alone.
    """
    from geofleet.layers import write_layers
    from geofleet.layers.priced import hours_layer, priced_layer, priced_links_layer

    title = "Frontier of time against harm"
    layers = (
        priced_layer(trip.alternatives, "alternatives"),
        priced_links_layer(trip.alternatives, "alternative_links"),
        priced_layer(trip.frontier, "frontier_routes", title=title),
        priced_layer(trip.frontier, "frontier", title=title, spatial=False),
        hours_layer(trip.hours, trip.alternatives, "hours"),
    )
    return write_layers(
        layers, folder, ("geojson",), attribution=config.attribution, notes=config.notes
    )
