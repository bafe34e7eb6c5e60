"""Batteries of other sizes: which working days an electric vehicle then gets through."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.energy import ElectricModels, feasibility
from geofleet.energy.catalogue.resized import resized
from geofleet.energy.robust import DayWeather, robust_feasibility

if TYPE_CHECKING:
    from geofleet.routes import Itineraries
    from geofleet.study import Results

__all__ = ["BatteryDesk", "Ranged"]

Floats = npt.NDArray[np.float64]
Texts = npt.NDArray[np.object_]

_FACTORS = tuple(round(0.5 + 0.1 * step, 1) for step in range(26))
_AT_ONCE = 7
"""Sizes that are driven together: with that the 26 take four turns."""
_LEAST_PAYLOAD_KG = 1e-6  # of a vehicle whose pack weighs all that it may carry


@dataclass(frozen=True, eq=False)
class Ranged:
    """Verdict of each vehicle-day (vehicle-days,).

    Parameters
    ----------
    model, factor
        What was asked: a model, or none for the one that suits each day best; size of its battery
        over that of the model.
    model_id
        Whose battery it is; empty where no model replaces the vehicle.
    status
        ``feasible``, ``not feasible`` or ``unknown``.
    cause
        What decides, as in :class:`geofleet.energy.Feasibility`.
    battery_wh, energy_wh, margin_wh
        Usable energy of the battery when new, energy of the day, and what is left over reserve.
    probability
        Over the days of a year; NaN where it was not computed.
    whole
        Whether it was.
    """

    model: str | None
    factor: float
    model_id: Texts
    status: Texts
    cause: Texts
    battery_wh: Floats
    energy_wh: Floats
    margin_wh: Floats
    probability: Floats
    whole: bool


class BatteryDesk:
    """Answers what working days electric vehicles get through with other batteries.

    Parameters
    ----------
    results
        The run.
    """

    def __init__(self, results: Results) -> None:
        self.results = results
        best = results.feasibility.best
        self._best = np.asarray(best["model_id"], object)
        self._models = results.inputs.models
        days = results.itineraries.traversals.vehicle_days
        fleet = results.inputs.fleet
        classes = fleet.vehicles["vehicle_class"].reindex(days["vehicle_id"])
        self._class = classes.to_numpy(object)
        replaces = {str(name): set(str(text).split(";"))
                    for name, text in self._models.frame["replaces"].items()}  # fmt: skip
        self._replaces = replaces
        met = set(self._class)
        self.models = tuple(name for name, some in replaces.items() if some & met)
        self._weather: DayWeather | None = None
        defaults = results.defaults.fresh()
        self._density = defaults.number("energy", "pack_energy_density")
        self._share = defaults.number("energy", "usable_gross_ratio")
        self.promised = defaults.number("robust", "promised_probability")
        self._parts: dict[str, tuple[npt.NDArray[np.int64], Itineraries]] = {}
        self._quick: dict[tuple[str | None, float], Ranged] = {}
        self._full: dict[tuple[str | None, float], Ranged] = {}

    @property
    def factors(self) -> tuple[float, ...]:
        """Sizes that can be chosen, as parts of the models' own batteries."""
        return _FACTORS

    def known(self, model: str | None, factor: float) -> bool:
        """Whether the days of a year were tried."""
        return (model, factor) in self._full

    def quick(self, model: str | None, factor: float) -> Ranged:
        """Return verdicts of the days as planned; with the days of a year where they are known."""
        key = (model, factor)
        if key in self._full:
            return self._full[key]
        if key not in self._quick:
            self._drive(model, factor)
        return self._quick[key]

    def prepare(self) -> None:
        """Drive the days as planned with every size of the model that suits each of them best."""
        for factor in _FACTORS:
            if (None, factor) not in self._quick:
                self._drive(None, factor)

    def keep(self, found: Ranged) -> None:
        """Take verdicts over a year that were worked out elsewhere."""
        self._full[found.model, found.factor] = found

    def full(self, model: str | None, factor: float) -> Ranged:
        """Return verdicts over the days of a year."""
        key = (model, factor)
        if key in self._full:
            return self._full[key]
        planned = self.quick(model, factor)
        chance = np.full(len(planned.status), np.nan)
        if factor == 1.0 and model is None:
            rows = self.results.robust.verdicts
            chance[rows["vehicle_day"].to_numpy()] = rows["probability"].to_numpy(np.float64)
        else:
            for name in dict.fromkeys(planned.model_id[planned.model_id != ""].tolist()):
                self._try(str(name), factor, planned, chance)
        self._full[key] = replace(planned, probability=chance, whole=True)
        return self._full[key]

    def _pairs(self, model: str | None) -> Texts:
        """Return the model of each vehicle-day; empty where it does not replace the vehicle."""
        if model is None:
            return self._best
        fits = [str(name) in self._replaces[model] for name in self._class]
        return np.where(fits, model, "").astype(object)

    def _with_battery(self, names: list[str], factor: float) -> ElectricModels:
        some = ElectricModels(self._models.frame.loc[names], self._models.provenance)
        if factor == 1.0:
            return some
        usable = some.frame["battery_usable_wh"].to_numpy(np.float64) * factor
        made = resized(some, usable, pack_wh_per_kg=self._density, usable_share=self._share)
        least = made.frame["payload_capacity_kg"].clip(lower=_LEAST_PAYLOAD_KG)
        return replace(made, frame=made.frame.assign(payload_capacity_kg=least))

    def _drive(self, model: str | None, factor: float) -> None:
        """Drive the days as planned with a size, and with those next to it.

        The kernel takes as long for one vehicle as for several at once.
        """
        place = _FACTORS.index(factor)
        first = place - place % _AT_ONCE
        factors = _FACTORS[first : first + _AT_ONCE]
        pair = self._pairs(model)
        names = list(dict.fromkeys(pair[pair != ""].tolist()))
        made = [_blank(model, one, pair) for one in factors]
        for name in names:
            here = np.flatnonzero(pair == name)
            models = [self._with_battery([name], one) for one in factors]
            # sizes are told apart by number: the same model is there several times
            frame = pd.concat([one.frame for one in models])
            frame.index = pd.Index([str(number) for number in range(len(factors))])
            rows = feasibility(
                self._days_of(name, here), self.results.inputs.network,
                ElectricModels(frame, models[0].provenance), fleet=self.results.inputs.fleet,
                temperature_c=self.results.temperature_c, defaults=self.results.defaults.fresh(),
            ).verdicts.set_index("model_id")  # fmt: skip
            for number, ranged in enumerate(made):
                found = rows[rows.index == str(number)].sort_values("vehicle_day")
                _write(ranged, here, found, float(frame["battery_usable_wh"].iloc[number]))
        for one in made:
            self._quick.setdefault((model, one.factor), one)

    def _days_of(self, name: str, days: npt.NDArray[np.int64]) -> Itineraries:
        """Return the days that a model is asked about, cut out once."""
        from geofleet.energy.mend.larger_battery import only_days

        kept = self._parts.get(name)
        if kept is None or not np.array_equal(kept[0], days):
            kept = self._parts[name] = (days, only_days(self.results.itineraries, days.tolist()))
        return kept[1]

    def _try(self, name: str, factor: float, planned: Ranged, chance: Floats) -> None:
        """Write the probability of the days of one model."""
        results, config = self.results, self.results.config
        days = np.flatnonzero((planned.model_id == name) & (planned.status != "unknown"))
        if not len(days):
            return
        if self._weather is None:
            self._weather = DayWeather.from_rows(results.inputs.weather.frame)
        found = robust_feasibility(
            results.itineraries, results.inputs.network, self._with_battery([name], factor),
            self._weather, pairs=pd.DataFrame({"vehicle_day": days, "model_id": name}),
            fleet=results.inputs.fleet, draws=config.energy.draws, seed=config.energy.seed,
            defaults=results.defaults.fresh(),
        ).verdicts  # fmt: skip
        chance[found["vehicle_day"].to_numpy()] = found["probability"].to_numpy(np.float64)


def _blank(model: str | None, factor: float, pair: Texts) -> Ranged:
    """Return what is known of days that no model has been asked about."""
    days = len(pair)
    battery, energy, margin, chance = np.full((4, days), np.nan)
    status, cause = np.full(days, "unknown", object), np.full(days, "no model", object)
    return Ranged(model, factor, pair, status, cause, battery, energy, margin, chance, whole=False)


def _write(ranged: Ranged, days: npt.NDArray[np.int64], rows: pd.DataFrame, usable: float) -> None:
    """Write the verdicts of some days."""
    ranged.cause[days] = rows["cause"].to_numpy(object)
    unsure = ranged.cause[days] == "unknown"
    able = rows["feasible"].to_numpy(bool)
    ranged.status[days] = np.select([unsure, able], ["unknown", "feasible"], "not feasible")
    ranged.energy_wh[days] = np.where(unsure, np.nan, rows["energy_wh"].to_numpy(np.float64))
    ranged.margin_wh[days] = rows["margin_wh"].to_numpy(np.float64)
    ranged.battery_wh[days] = usable
