"""Study: reads ``study.yaml``, runs the stages in order, and returns the results."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geofleet.config import StudyConfig, read_config, read_settings
from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.inputs import Inputs, gather_inputs, read_inputs, study_defaults
from geofleet.manifest import manifest

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from geofleet.emissions import LinkEmissions, TraversalEmissions
    from geofleet.energy import Feasibility
    from geofleet.exposure import Receptors, UnitExposure
    from geofleet.fleet import Fleet
    from geofleet.layers import Layer
    from geofleet.network import RoadNetwork
    from geofleet.routes import Itineraries
    from geofleet.routes.speeds import SpeedProfile

__all__ = ["Progress", "Results", "Study"]

Progress = Callable[[str, float], None]
"""Called with the name of a stage and the fraction of it that is done."""

HARM_QUANTITIES = ("pm25_exhaust_g", "pm25_wear_g", "nox_exhaust_g")


@dataclass(frozen=True)
class Results:
    """What a run of a study made.

    Parameters
    ----------
    link_emissions
        Emissions of known vehicle-days and of the city's fleet together.
    city_emissions
        Those of the city's fleet alone, vehicles with routes taken out; None where the study says
        nothing of it.
    exposure_key
        Hash of all that the unit exposure depends on.
    concentrations
        For each of ``HARM_QUANTITIES``, µg/m3 at each receptor by hour of day (n, 24), from the
        freight of the study alone: mean over its service dates.
    """

    folder: Path
    config: StudyConfig
    inputs: Inputs
    itineraries: Itineraries
    emissions: TraversalEmissions
    link_emissions: LinkEmissions
    city_emissions: LinkEmissions | None
    receptors: Receptors
    unit_exposure: UnitExposure
    exposure_key: str
    concentrations: Mapping[str, npt.NDArray[np.float64]]
    feasibility: Feasibility
    defaults: Defaults

    def layers(self) -> dict[str, Layer]:
        """Return the results as documented layers."""
        from geofleet.layers import build_layers

        return build_layers(
            network=self.inputs.network,
            fleet=self.inputs.fleet,
            itineraries=self.itineraries,
            emissions=self.emissions,
            link_emissions=self.link_emissions,
            unit_exposure=self.unit_exposure,
            receptors=self.receptors,
            concentrations=self.concentrations,
            feasibility=self.feasibility,
            zones=self.inputs.zones,
            models=self.inputs.models,
        )

    def harm(self, quantity: str) -> float:
        """Return persons·µg/m3·h over the service dates for one quantity."""
        return float(self.unit_exposure.harm(self.link_emissions.matrix(quantity)).sum())

    def manifest(self) -> dict[str, Any]:
        """Return the manifest of the run."""
        network = self.inputs.network
        elevation = self.config.network.elevation
        reports = {
            "network": {
                **network.report,
                "grade": "0 everywhere: no elevation raster given" if elevation is None else
                "from the elevation raster",
            },
            "routes": {
                "traversals": len(self.itineraries.traversals),
                "problems": [str(problem) for problem in self.itineraries.problems],
            },
            "city_fleet": self._city_report(),
            "emissions": {
                **self.emissions.flags,
                "by_process": self.emissions.processes.to_dict(orient="index"),
                "factors": self.emissions.factors.to_dict(orient="records"),
            },
            "weather": dict(self.inputs.weather.report),
            "receptors": dict(self.receptors.report),
            "exposure": dict(self.unit_exposure.report),
            "feasibility": dict(self.feasibility.report),
        }  # fmt: skip
        return manifest(self.folder, self.config, defaults=self.defaults, reports=reports)

    def _city_report(self) -> dict[str, Any] | None:
        """Say what was done to make the flows of the city's fleet and their emissions."""
        if self.city_emissions is None or self.inputs.flows is None:
            return None
        return {
            "flows": dict(self.inputs.flows.report),
            "composition": dict(self.inputs.composition.report) if self.inputs.composition else {},
            "flags": dict(self.city_emissions.flags),
        }

    def summary(self) -> dict[str, Any]:
        """Return the main numbers, with the unit in each name."""
        stops = self.itineraries.stops
        traversals = self.itineraries.traversals
        best = self.feasibility.best
        grams = self.link_emissions.total()
        fuel = self.inputs.fleet.vehicles["fuel"]
        electric = traversals.vehicle_days["vehicle_id"].map(fuel) == "electric"
        return {
            "study": self.config.name,
            "synthetic": self.config.synthetic,
            "links": len(self.inputs.network.edges),
            "links_with_traffic": len(self.link_emissions.edges),
            "vehicle_days": len(traversals.vehicle_days),
            "stops": len(stops),
            "stops_not_reached": int((stops["status"] != "reached").sum()),
            "traversals": len(traversals),
            "distance_km": float(traversals.frame["length_m"].sum() / 1000.0),
            **{str(name): float(value) for name, value in grams.items()},
            "city_fleet": None
            if self.city_emissions is None
            else {str(name): float(value) for name, value in self.city_emissions.total().items()},
            "people": self.unit_exposure.people,
            "receptors": len(self.receptors.frame),
            **{
                f"harm_{name.removesuffix('_g')}_person_ug_m3_h": self.harm(name)
                for name in HARM_QUANTITIES
            },
            "electric_feasible_vehicle_days": int(best["feasible"].sum()),
            "already_electric_vehicle_days": int(electric.sum()),
            "problems": [str(problem) for problem in self.itineraries.problems],
        }

    def summary_rows(self) -> list[tuple[str, str, str]]:
        """Return the summary as (label, value, unit), rounded for reading."""
        s = self.summary()
        vehicle_days = s["vehicle_days"]
        return [
            ("Road links", f"{s['links']:,}", ""),
            ("Road links with freight", f"{s['links_with_traffic']:,}", ""),
            ("Vehicle-days", f"{vehicle_days:,}", ""),
            ("Stops", f"{s['stops']:,}", ""),
            ("Stops not reached", f"{s['stops_not_reached']:,}", ""),
            ("Distance", f"{s['distance_km']:,.0f}", "km"),
            ("NOx from exhaust", f"{s['nox_exhaust_g'] / 1000:,.2f}", "kg a day"),
            ("PM2.5 from exhaust", f"{s['pm25_exhaust_g']:,.0f}", "g a day"),
            ("of it black carbon", f"{s['bc_exhaust_g']:,.0f}", "g a day"),
            ("PM2.5 from wear", f"{s['pm25_wear_g']:,.0f}", "g a day"),
            ("CO2", f"{s['co2_g'] / 1e6:,.2f}", "t a day"),
            ("CO2 equivalents, well to wheel", f"{s['co2e_wtw_g'] / 1e6:,.2f}", "t a day"),
            ("People in the study area", f"{s['people']:,.0f}", ""),
            (
                "Exposure to exhaust PM2.5",
                f"{s['harm_pm25_exhaust_person_ug_m3_h']:,.0f}",
                "persons·µg/m³·h a day",
            ),
            (
                "Vehicle-days an electric model can run",
                f"{s['electric_feasible_vehicle_days']:,} of {vehicle_days:,}",
                f"{s['already_electric_vehicle_days']:,} are electric already",
            ),
        ]


@dataclass(frozen=True)
class Study:
    """A study folder and its settings.

    Examples
    --------
    >>> from geofleet import Study
    >>> study = Study.open("data/coquimbo")  # doctest: +SKIP
    >>> results = study.run()  # doctest: +SKIP
    """

    folder: Path
    config: StudyConfig

    @classmethod
    def open(cls, folder: Path | str) -> Study:
        """Read the settings of a study folder.

        Raises
        ------
        InputError
            ``study.yaml`` is missing or wrong.
        """
        path = Path(folder)
        return cls(path, read_config(path))

    def check(self, *, progress: Progress | None = None) -> tuple[Problem, ...]:
        """Return every problem of the inputs, including stops that no road is near; write nothing.

        Reading goes as far as snapping and routing, so that unreachable stops are found too.
        """
        defaults, problems = study_defaults(self.folder, self.config)
        with _stage(progress, "Inputs and road network") as report:
            found = gather_inputs(self.folder, self.config, defaults=defaults, progress=report)
        problems += found.problems
        if found.problems:  # an override may be at fault; what is left is checked without any
            defaults = Defaults()
        network = found.network
        if network is not None and found.fleet is not None and found.stops is not None:
            routed = self._route(
                network, found.fleet, found.stops, found.profile, defaults, progress
            )
            problems += routed.problems
        if network is not None and found.zones is not None:
            try:
                self._receptors(network, found.zones, defaults)
            except InputError as error:
                problems += error.problems
        return tuple(problems)

    @staticmethod
    def check_folder(
        folder: Path | str, *, progress: Progress | None = None
    ) -> tuple[Problem, ...]:
        """Return every problem of a study folder, those of its settings included.

        Where settings are wrong, what they name is checked as far as it can be told.
        """
        path = Path(folder)
        config, problems = read_settings(path)
        if config is not None:
            problems += Study(path, config).check(progress=progress)
        return tuple(problems)

    def run(self, *, stored: Path | None = None, progress: Progress | None = None) -> Results:
        """Run every stage.

        Parameters
        ----------
        stored
            Folder where an earlier run kept its unit exposure; taken from there when nothing
            that it depends on has changed.

        Raises
        ------
        InputError
            Any input is wrong; all problems at once.
        """
        from geofleet.emissions import link_emissions, traversal_emissions
        from geofleet.energy import feasibility

        defaults, problems = study_defaults(self.folder, self.config)
        if problems:
            raise InputError(problems)
        inputs = self._read(defaults, progress)
        itineraries = self._route(
            inputs.network, inputs.fleet, inputs.stops, inputs.profile, defaults, progress
        )
        with _stage(progress, "Emissions"):
            emissions = traversal_emissions(
                itineraries.traversals,
                inputs.network,
                inputs.fleet,
                country=self.config.country,
                temperature_c=list(inputs.weather.mean_by_hour("temperature_c")),
                defaults=defaults,
            )
            known = link_emissions(itineraries.traversals, emissions)
            city = None
            if inputs.flows is not None:
                city = self._city(inputs, itineraries, defaults)
            by_link = known if city is None else known.plus(city)
        receptors, exposure, key, air = self._expose(
            inputs, itineraries, by_link, stored, defaults, progress
        )
        with _stage(progress, "Electric feasibility"):
            verdicts = feasibility(
                itineraries,
                inputs.network,
                inputs.models,
                temperature_c=list(inputs.weather.mean_by_hour("temperature_c")),
                fleet=inputs.fleet,
                defaults=defaults,
            )
        return Results(
            folder=self.folder,
            config=self.config,
            inputs=inputs,
            itineraries=itineraries,
            emissions=emissions,
            link_emissions=by_link,
            city_emissions=city,
            receptors=receptors,
            unit_exposure=exposure,
            exposure_key=key,
            concentrations=dict(zip(HARM_QUANTITIES, air, strict=True)),
            feasibility=verdicts,
            defaults=defaults,
        )

    def _city(self, inputs: Inputs, itineraries: Itineraries, defaults: Defaults) -> LinkEmissions:
        """Return the emissions of vehicles that no routes are known of."""
        from geofleet.city_fleet import city_emissions

        assert inputs.flows is not None
        assert inputs.composition is not None
        assert self.config.traffic is not None
        return city_emissions(
            inputs.flows,
            inputs.network,
            inputs.composition,
            itineraries.traversals,
            inputs.zones,
            speeds=inputs.speeds(defaults),
            known=self.config.traffic.known,
            country=self.config.country,
            temperature_c=list(inputs.weather.mean_by_hour("temperature_c")),
            defaults=defaults,
        )[1]

    def _expose(
        self,
        inputs: Inputs,
        itineraries: Itineraries,
        by_link: LinkEmissions,
        stored: Path | None,
        defaults: Defaults,
        progress: Progress | None,
    ) -> tuple[Receptors, UnitExposure, str, npt.NDArray[np.float64]]:
        """Return receptors, unit exposure with its key, and concentrations by quantity."""
        import numpy as np

        from geofleet import exposure as stage

        network, weather, edges = inputs.network, inputs.weather, by_link.edges
        with _stage(progress, "Exposure") as report:
            receptors = self._receptors(network, inputs.zones, defaults)
            scene = stage.prepare_scene(network, receptors, weather, edges=edges, defaults=defaults)
            own = defaults.fresh()
            key = stage.exposure_key(network, receptors, weather, edges=edges, defaults=own)
            unit = None if stored is None else stage.load_unit_exposure(stored, key=key)
            if unit is None:
                unit = stage.unit_exposure(
                    network, receptors, weather, edges=edges, scene=scene, defaults=defaults,
                    progress=report,
                )  # fmt: skip
        with _stage(progress, "Concentrations") as report:
            # grams are summed over the service dates, while air is a mean over them
            dates = itineraries.traversals.vehicle_days["date"].nunique()
            grams = np.stack([by_link.matrix(name) for name in HARM_QUANTITIES])
            air = stage.concentrations(
                network, receptors, weather, edges=edges, grams=grams / max(dates, 1),
                scene=scene, defaults=defaults, progress=report,
            )  # fmt: skip
        return receptors, unit, key, air

    def _read(self, defaults: Defaults, progress: Progress | None) -> Inputs:
        with _stage(progress, "Inputs and road network") as report:
            return read_inputs(self.folder, self.config, defaults=defaults, progress=report)

    def _receptors(
        self, network: RoadNetwork, zones: gpd.GeoDataFrame, defaults: Defaults
    ) -> Receptors:
        from geofleet.exposure import make_receptors

        try:
            return make_receptors(
                zones,
                crs_metric=network.crs_metric,
                network=network,
                spacing_m=self.config.population.receptor_spacing_m,
                defaults=defaults,
            )
        except InputError as error:
            file = str(self.folder / self.config.population.zones)
            raise InputError(replace(problem, file=file) for problem in error.problems) from None

    def _route(
        self,
        network: RoadNetwork,
        fleet: Fleet,
        stops: pd.DataFrame,
        profile: SpeedProfile | None,
        defaults: Defaults,
        progress: Progress | None,
    ) -> Itineraries:
        from geofleet.routes import build_itineraries
        from geofleet.routes.speeds import hourly_speeds

        highway = network.edges["highway"]
        with _stage(progress, "Routes") as report:
            return build_itineraries(
                network,
                fleet,
                stops,
                timezone=self.config.timezone,
                snap_limit_m=self.config.routes.snap_limit_m,
                speeds=None
                if profile is None
                else hourly_speeds(highway, profile=profile, defaults=defaults),
                defaults=defaults,
                progress=report,
            )


class _stage:  # noqa: N801 - reads as a statement
    """Report the start and end of a stage, and lend it a callback for what lies between."""

    def __init__(self, progress: Progress | None, name: str) -> None:
        self._progress, self._name = progress, name

    def __enter__(self) -> Callable[[float], None] | None:
        if self._progress is None:
            return None
        self._progress(self._name, 0.0)
        return lambda fraction: self._report(min(fraction, 0.999))

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._report(1.0)

    def _report(self, fraction: float) -> None:
        if self._progress is not None:
            self._progress(self._name, fraction)
