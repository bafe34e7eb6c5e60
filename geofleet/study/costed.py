"""What technologies would do on the routes of a run, and what they would cost."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from geofleet.study.regulated import Regulated

if TYPE_CHECKING:
    import pandas as pd

    from geofleet.defaults import Defaults
    from geofleet.economics.options import Options
    from geofleet.economics.outcomes import Duties, Outcomes
    from geofleet.energy import Feasibility
    from geofleet.energy.robust import RobustFeasibility

__all__ = ["Costed"]


@dataclass(frozen=True)
class Costed(Regulated):
    """The part of a run's results that is about other technologies and their money.

    Parameters
    ----------
    feasibility, robust
        Verdicts of electric models, as planned and over a year of days.
    """

    feasibility: Feasibility
    robust: RobustFeasibility

    @cached_property
    def outcomes(self) -> Outcomes:
        """What every vehicle with every technology would emit, use and be able to do in a year."""
        from geofleet.economics.outcomes import study_outcomes

        return study_outcomes(
            self.itineraries,
            self.inputs.network,
            self.inputs.fleet,
            emissions=self.emissions,
            unit_exposure=self.unit_exposure,
            feasibility=self.feasibility,
            robust=self.robust,
            models=self.inputs.models,
            country=self.config.country,
            year=self.inputs.year,
            temperature_c=list(self.inputs.weather.mean_by_hour("temperature_c")),
            defaults=self.defaults.fresh(),
        )

    @cached_property
    def duties(self) -> Duties:
        """What vehicles would do on the work of others of the same operator."""
        from geofleet.economics.outcomes import duties

        return duties(self.outcomes)

    def options(
        self, *, access: pd.Series | None = None, defaults: Defaults | None = None
    ) -> Options:
        """Return what each vehicle can be or become, with all its money.

        Parameters
        ----------
        access
            Worth of days and hours won, money of a year, by (``vehicle_id``, ``option``).
        defaults
            Prices; those of the study when not given.
        """
        from geofleet.economics.options import make_options

        found = self.outcomes
        own = self.defaults.fresh() if defaults is None else defaults
        return make_options(found.physical, found.vehicles, access=access, defaults=own)
