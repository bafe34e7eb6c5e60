"""Study: reads ``study.yaml``, runs the stages in order, and returns the results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from geofleet.config import StudyConfig, read_config, read_settings
from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.study.emitted import StudyEmissions
from geofleet.study.inputs import Inputs, gather_inputs, read_inputs, study_defaults
from geofleet.study.results import HARM_QUANTITIES, Results

if TYPE_CHECKING:
    from concurrent.futures import Executor

    import geopandas as gpd
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from geofleet.emissions import LinkEmissions
    from geofleet.exposure import Receptors, UnitExposure
    from geofleet.fleet import Fleet
    from geofleet.network import RoadNetwork
    from geofleet.routes import Itineraries
    from geofleet.routes.speeds import SpeedProfile
    from geofleet.study.city_fleet import CityFleet

__all__ = ["Progress", "Study"]

Progress = Callable[[str, float], None]
"""Called with the name of a stage and the fraction of it that is done."""


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
                self._receptors(network, found.zones, found.buildings, defaults)
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

    def surroundings(
        self, *, progress: Progress | None = None
    ) -> tuple[Inputs, Receptors, Defaults]:
        """Return inputs, people and defaults: what is there before any vehicle moves.

        Raises
        ------
        InputError
            Any input is wrong; all problems at once.
        """
        defaults, problems = study_defaults(self.folder, self.config)
        if problems:
            raise InputError(problems)
        inputs = self._read(defaults, progress)
        receptors = self._receptors(inputs.network, inputs.zones, inputs.buildings, defaults)
        return inputs, receptors, defaults

    def emissions(self, *, progress: Progress | None = None) -> StudyEmissions:
        """Run the study as far as its emissions, without weather's spread, people or batteries.

        A fifth of the work of :meth:`run`, whose emissions are the same.

        Raises
        ------
        InputError
            Any input is wrong; all problems at once.
        """
        from geofleet.emissions import link_emissions, traversal_emissions

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
            city = self._city(inputs, itineraries, defaults)
            by_link = known if city is None else known.plus(city.emissions)
        return StudyEmissions(inputs, itineraries, emissions, city, by_link, defaults)

    def run(
        self,
        *,
        stored: Path | str | None = None,
        executor: Executor | None = None,
        progress: Progress | None = None,
    ) -> Results:
        """Run every stage.

        Parameters
        ----------
        stored
            Folder where an earlier run kept its unit exposure; taken from there when nothing
            that it depends on has changed.
        executor
            Where tiles of the exposure sums are done, the same bits as without one. Processes must
            be spawned, not forked: ``ProcessPoolExecutor(mp_context=get_context("spawn"))``.

        Raises
        ------
        InputError
            Any input is wrong; all problems at once.
        """
        from geofleet.energy import feasibility
        from geofleet.energy.robust import DayWeather, robust_feasibility

        emitted = self.emissions(progress=progress)
        inputs, itineraries, defaults = emitted.inputs, emitted.itineraries, emitted.defaults
        by_link = emitted.link_emissions
        receptors, exposures, key, air = self._expose(
            inputs, itineraries, by_link, stored, executor, defaults, progress
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
            robust = robust_feasibility(
                itineraries,
                inputs.network,
                inputs.models,
                DayWeather.from_rows(inputs.weather.frame),
                pairs=verdicts.best,
                fleet=inputs.fleet,
                draws=self.config.energy.draws,
                seed=self.config.energy.seed,
                defaults=defaults,
            )
        return Results(
            folder=self.folder,
            config=self.config,
            inputs=inputs,
            itineraries=itineraries,
            emissions=emitted.emissions,
            city=emitted.city,
            link_emissions=by_link,
            receptors=receptors,
            unit_exposure=exposures.pop("people"),
            group_exposures=exposures,
            exposure_key=key,
            concentrations=dict(zip(HARM_QUANTITIES, air, strict=True)),
            feasibility=verdicts,
            robust=robust,
            defaults=defaults,
        )

    def _city(
        self, inputs: Inputs, itineraries: Itineraries, defaults: Defaults
    ) -> CityFleet | None:
        """Return the vehicles that no routes are known of, and what they emit."""
        from geofleet.study.city_fleet import make_city_fleet

        traffic = self.config.traffic
        if inputs.flows is None or inputs.composition is None or traffic is None:
            return None
        return make_city_fleet(
            inputs.flows,
            inputs.network,
            inputs.composition,
            itineraries.traversals,
            inputs.zones,
            speeds=inputs.speeds(defaults),
            known=traffic.known,
            country=self.config.country,
            temperature_c=list(inputs.weather.mean_by_hour("temperature_c")),
            defaults=defaults,
        )

    def _expose(
        self,
        inputs: Inputs,
        itineraries: Itineraries,
        by_link: LinkEmissions,
        stored: Path | str | None,
        executor: Executor | None,
        defaults: Defaults,
        progress: Progress | None,
    ) -> tuple[Receptors, dict[str, UnitExposure], str, npt.NDArray[np.float64]]:
        """Return receptors, unit exposures with their key, and concentrations by quantity."""
        import numpy as np

        from geofleet import exposure as stage

        network, weather, edges = inputs.network, inputs.weather, by_link.edges
        with _stage(progress, "Exposure") as report:
            receptors = self._receptors(network, inputs.zones, inputs.buildings, defaults)
            settings = self.config.exposure.model_dump()
            scene = stage.prepare_scene(
                network, receptors, weather, edges=edges, defaults=defaults, **settings
            )
            own = defaults.fresh()
            key = stage.exposure_key(
                network, receptors, weather, edges=edges, defaults=own, **settings
            )
            units = None if stored is None else stage.load_unit_exposures(stored, key=key)
            if units is None:
                units = stage.group_exposures(
                    network, receptors, weather, edges=edges, scene=scene, executor=executor,
                    progress=report,
                )  # fmt: skip
        with _stage(progress, "Concentrations") as report:
            # grams are summed over the service dates, while air is a mean over them
            dates = itineraries.traversals.vehicle_days["date"].nunique()
            grams = np.stack([by_link.matrix(name) for name in HARM_QUANTITIES])
            air = stage.concentrations(
                network, receptors, weather, edges=edges, grams=grams / max(dates, 1),
                scene=scene, executor=executor, progress=report,
            )  # fmt: skip
        return receptors, units, key, air

    def _read(self, defaults: Defaults, progress: Progress | None) -> Inputs:
        with _stage(progress, "Inputs and road network") as report:
            return read_inputs(self.folder, self.config, defaults=defaults, progress=report)

    def _receptors(
        self,
        network: RoadNetwork,
        zones: gpd.GeoDataFrame,
        buildings: gpd.GeoDataFrame | None,
        defaults: Defaults,
    ) -> Receptors:
        from geofleet.exposure import make_receptors

        people = self.config.population
        try:
            return make_receptors(
                zones,
                crs_metric=network.crs_metric,
                network=network,
                buildings=buildings,
                spread=people.spread,
                spacing_m=people.receptor_spacing_m,
                finest_m=people.receptor_finest_m,
                defaults=defaults,
            )
        except InputError as error:
            file = str(self.folder / self.config.population.zones)
            raise InputError(
                replace(problem, file=file) if problem.file == "zones" else problem
                for problem in error.problems
            ) from None

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
