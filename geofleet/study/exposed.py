"""What people breathe of a run: exposure, intake, deaths and who bears them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from geofleet.config import HealthConfig, StudyConfig
from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.study.inputs import Inputs

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from geofleet.emissions import LinkEmissions
    from geofleet.exposure import Receptors, UnitExposure
    from geofleet.exposure.harm import AttributableDeaths, Intake
    from geofleet.routes import Itineraries

__all__ = ["HARM_QUANTITIES", "Exposed"]

HARM_QUANTITIES = ("pm25_exhaust_g", "pm25_wear_g", "nox_exhaust_g")


@dataclass(frozen=True)
class Exposed:
    """The part of a run's results that is about people.

    Parameters
    ----------
    link_emissions
        Emissions of known vehicle-days and of the city's fleet together.
    unit_exposure
        Of all people.
    group_exposures
        Unit exposure of each group of people; empty where the study names none.
    concentrations
        For each of ``HARM_QUANTITIES``, µg/m3 at each receptor by hour of day (n, 24), from the
        freight of the study alone: mean over its service dates.
    """

    config: StudyConfig
    inputs: Inputs
    itineraries: Itineraries
    link_emissions: LinkEmissions
    receptors: Receptors
    unit_exposure: UnitExposure
    group_exposures: Mapping[str, UnitExposure]
    concentrations: Mapping[str, npt.NDArray[np.float64]]
    defaults: Defaults

    @property
    def exposures(self) -> dict[str, UnitExposure]:
        """Unit exposure of all ``people`` and of each group."""
        return {"people": self.unit_exposure, **self.group_exposures}

    @property
    def service_dates(self) -> int:
        """Number of dates that emissions are summed over."""
        return int(self.itineraries.traversals.vehicle_days["date"].nunique())

    def harm(self, quantity: str) -> float:
        """Return persons·µg/m3·h over the service dates for one quantity."""
        return float(self.unit_exposure.harm(self.link_emissions.matrix(quantity)).sum())

    @cached_property
    def intake(self) -> Intake:
        """Intake fraction of each link and hour; see :func:`geofleet.exposure.intake_fraction`.

        By age where the names of all groups say ages; people in none of them are the others.
        """
        from geofleet.exposure.harm import study_intake

        return study_intake(self.exposures, defaults=self.defaults)

    def health(
        self, settings: HealthConfig | None = None, *, defaults: Defaults | None = None
    ) -> AttributableDeaths:
        """Return deaths per year behind what the studied vehicles add, by one pollutant.

        See :func:`geofleet.exposure.harm.study_deaths`.

        Parameters
        ----------
        settings
            In place of those under ``health`` in ``study.yaml``.

        Raises
        ------
        InputError
            No settings, or a background, days or country that cannot be.
        """
        from geofleet.exposure.harm import study_deaths

        settings = self.config.health if settings is None else settings
        if settings is None:
            expected = "settings under health: background_ug_m3 and days_per_year"
            raise InputError([Problem("study.yaml", "health", expected=expected)])
        try:
            return study_deaths(
                self.receptors, self.air, settings, country=self.config.country,
                seed=self.config.seed,
                defaults=self.defaults.fresh() if defaults is None else defaults,
            )  # fmt: skip
        except InputError as error:
            named = {
                "file": "study.yaml", "field": "health.background_ug_m3", "row": 0,
                "value": f"{settings.background_ug_m3:g}",
            }  # fmt: skip
            raise InputError(
                replace(problem, **named)  # type: ignore[arg-type]
                if problem.file == "background_ug_m3" else problem
                for problem in error.problems
            ) from None  # fmt: skip

    @cached_property
    def deaths(self) -> AttributableDeaths | None:
        """Deaths by the settings under ``health``; None where the study says nothing of it."""
        return None if self.config.health is None else self.health(defaults=self.defaults)

    def deaths_summary(self) -> dict[str, Any] | None:
        """Return deaths as plain data, with what they are worth where the country has values."""
        from geofleet.exposure.harm import values_of_life

        if self.deaths is None:
            return None
        values = values_of_life(self.deaths.country, defaults=self.defaults)
        worth = self.deaths.money(*values).reset_index().to_dict("records") if values else []
        return {**self.deaths.summary(), "money_per_year": worth}

    def exposure_shares(self, by: str, *, quantity: str = "pm25_exhaust_g") -> pd.DataFrame:
        """Return who breathes a quantity: shares of people and of exposure, means and ratios.

        ``by`` is ``zone``, ``group`` (age groups), or a column kept with the zones such as a grade
        of marginalisation; people without one are the row ``unknown``.
        """
        from geofleet.exposure.harm import study_shares

        return study_shares(self.receptors, self.inputs.zones, by, self.air(quantity))

    def air(self, quantity: str) -> npt.NDArray[np.float64]:
        """Return µg/m3 of a quantity at each receptor by hour (n, 24), mean of a service date."""
        if quantity in self.concentrations:
            return self.concentrations[quantity]
        from geofleet.exposure import concentrations

        return concentrations(
            self.inputs.network, self.receptors, self.inputs.weather,
            edges=self.link_emissions.edges,
            grams=self.link_emissions.matrix(quantity) / max(self.service_dates, 1),
            tolerance=self.config.exposure.tolerance,
            max_memory_mb=self.config.exposure.max_memory_mb,
            defaults=self.defaults.fresh(),
        )  # fmt: skip
